//! The sound-making half of the synthesizer: oscillator bank, filtered noise, ramps, limiter and room.
//!
//! * **Knows** samples, phases, amplitudes in full scale (1.0) and rates in Hz; knows no notes, no
//!   network and no platform.
//! * **Prepare, then process.** Constructors allocate and pick the instruction set; everything that
//!   takes caller-owned slices afterwards neither allocates, locks, logs nor panics on valid input.
//! * **Time is an index.** Every result is a function of the sample index since the last event, so
//!   the same samples come out however a stretch is cut into calls, bit for bit.
//! * **One body per kernel**, dispatched once at construction to the widest [`simd::Level`] the
//!   machine has; [`mod@reference`] holds plain `f64` twins written differently, which the tests
//!   compare every level with.

#![deny(unsafe_code)]

pub mod dc_blocker;
pub mod exponential;
pub mod filtered_noise;
pub mod fx;
pub mod harmonic_bank;
pub mod limiter;
pub mod phase;
pub mod ramp;
pub mod reference;
pub mod simd;
pub mod true_peak;
