//! Makes instruments from recordings: analysis, the regression loop, evaluation.
//!
//! * A [`TrainingSet`] holds columns: what the network is told and the partial and noise levels it
//!   should answer, from recordings.
//! * [`fit()`] turns a set into an instrument's network and body EQ; [`evaluate`] says how far an
//!   instrument is from a set it has not seen.
//! * [`train::train()`] does all that, from recordings to an instrument.
//!
//! # Threads and allocation
//! Not RT-safe: everything here allocates and takes its time. One fit is one thread.
//!
//! # Units
//! Levels in dB re full scale, noise in dB of power density per Hz, frequencies in Hz, times in s.
#![forbid(unsafe_code)]

pub mod adamw;
pub mod analysis;
pub mod batch;
pub mod corpus;
pub mod dynamics;
pub mod equaliser;
mod evaluate;
pub mod evaluation;
mod fit;
pub mod loss;
pub mod loudness;
pub mod model;
mod output_range;
pub mod perceptron;
pub mod playing;
pub mod random;
mod real;
pub mod recording;
pub mod strangers;
mod tilt;
pub mod train;
mod training_set;
mod unrecorded;
mod velocity_response;

pub use evaluate::{Answers, EvaluateError, Evaluation, evaluate};
pub use fit::{Fit, FitError, FitSettings, fit, fit_watched};
pub use output_range::output_range;
pub use real::Real;
pub use tilt::{TiltError, tilt_table};
pub use training_set::{TrainingFrame, TrainingSet, TrainingSetError};
pub use velocity_response::{
    Rising, VelocityFall, VelocityPoint, spread_pitches_hz, velocity_falls, velocity_response,
};
