//! `ane-synth play`, played through the command by lines of text: what it keeps can be made again sample
//! for sample, it outlives any input, and it says how it ended.
//!
//! The null audio device plays in real time, so these pieces are short and of low sample rates. Nothing
//! is judged by a clock: what must happen is waited for in the files that it leaves.

mod changing;
mod damaged_logs;
mod ending;
mod lines;
mod losing;
mod nasty;
mod oscillators;
mod overload;
mod place;
mod refusals;
mod replaying;
mod summary;
mod typing;
