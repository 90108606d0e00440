//! The interface on a real terminal, which is tmux's: played, changed, resized, left, killed, suspended.
//!
//! Nothing is judged by a clock: what must be seen is waited for. The audio device is null, which plays to nobody.

mod kept;
mod leaving;
mod playing;
mod releases;
mod screen;
