#![doc = include_str!("../README.md")]
#![deny(missing_docs, unsafe_code)]

mod ane;
mod attributes;
mod availability;
mod compile_budget;
mod error;
mod hint;
mod io_spec;
mod kernel;
mod layout;
mod model_folder;
mod qos;
mod self_test;
mod sys;
#[cfg(test)]
mod tests;

pub use ane::Ane;
pub use availability::{AneInfo, Unavailable, availability};
pub use error::{AneError, Direction, ForeignError, Stage, WrongAnswer};
pub use io_spec::{IoSpec, MAX_DIMENSION, MAX_TENSORS, TensorSpec};
pub use kernel::{AneKernel, Preparation};
pub use layout::Strides;
pub use qos::Qos;
pub use self_test::Tolerance;
#[cfg(any(test, feature = "fake"))]
#[doc(hidden)]
pub use sys::fake;

/// How many programs one process compiles before [`AneError::CompileLimit`]. Above about 119 the
/// runtime fails without a word (reported by maderix/ANE, Orion and others); this leaves it a margin.
/// Programs that the system has in its cache are loaded and do not count.
pub const COMPILE_LIMIT: u32 = compile_budget::LIMIT;
