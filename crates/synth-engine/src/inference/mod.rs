//! Networks that may block, run ahead of time on a worker.
//!
//! The audio side fills a [`Job`] with the columns that voices will ask for if no event comes, sends
//! it over a ring and gets it back, answered or failed, over another one. Jobs are made once and
//! travel for ever; neither side ever waits for the other.

mod check;
#[cfg(test)]
mod check_tests;
#[cfg(test)]
mod flat_instrument;
mod job;
mod link;
mod protocol;
#[cfg(test)]
mod protocol_model;
mod rings;
#[cfg(test)]
mod stress_tests;
mod worker;

pub use worker::InferenceWorker;
pub(crate) use {
    job::{ColumnKey, Fault, Job, Outcome},
    link::{Link, MOST_COLUMNS, link},
    worker::{WorkerKernel, spawn},
};
