//! A JACK server for the tests, on a machine without a sound card, and clients that
//! record and play.
//!
//! `jackd` with its dummy driver keeps the time of a sound card and needs none. Every server has a
//! name of its own, so that tests do not hear each other. Which server a client talks to is a matter
//! of the environment that its process began with; a test whose clients live in its own process is
//! therefore run [`apart`].

mod player;
mod recorder;
mod server;

pub use player::{JackPlayer, Recording};
pub use recorder::{JackRecorder, JackRecording};
pub use server::{JackServer, apart, own_environment};
