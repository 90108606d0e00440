//! Choosing and entering an instruction set; the only place with `unsafe` and with code that depends on
//! the processor or, for Apple's Accelerate framework, the operating system.
//!
//! A kernel is written once, over a `Vector`, as a type implementing `Kernel`. `Dispatch` is the proof
//! that this machine has a level; running a kernel through it compiles the same body again for each
//! instruction set.

#![allow(unsafe_code)]

mod accelerate;
mod denormals;
mod dispatch;
mod level;
mod plain;
mod vector;

pub(crate) use accelerate::{Accelerate, ArrayFunctions, LANES, Lanes};
pub use denormals::FlushDenormals;
pub(crate) use dispatch::{Dispatch, Kernel};
pub use level::{Level, UnknownLevel};
pub use plain::{PlainCode, PlainKernel};
pub(crate) use vector::{MAX_WIDTH, Vector};
