//! `ane-synth play` on a JACK server without a sound card, heard by a client of the server that sends it
//! MIDI: what is heard is what the log says, in time, whatever becomes of the server, the keyboard or the
//! program.
//!
//! Server, client and program run in real time, but nothing is judged by a wall clock: sound is judged by
//! the server's own frames, work by CPU time, and what must happen is waited for. A server that was late
//! on a busy machine says so, and what was played meanwhile is played again.

mod faults;
mod messages;
mod onsets;
mod piece;
#[path = "../play/place.rs"]
#[expect(dead_code, reason = "it serves the tests of play as well")]
mod place;
mod rhythm;
mod servers;
mod stage;
mod start;
