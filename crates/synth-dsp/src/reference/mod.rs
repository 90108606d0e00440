//! Plain twins of the fast kernels, in `f64` and written differently, for tests and for trust.
//!
//! Slow on purpose; nothing here belongs on the audio thread.

pub mod exponential;
pub mod filtered_noise;
pub mod harmonic_bank;
pub mod limiter;
pub mod room;
