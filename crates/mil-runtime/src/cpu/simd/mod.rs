//! The convolution kernel on each instruction set; the crate's only place with `unsafe` and with
//! architecture-dependent code.
//!
//! [`convolution`] is the algorithm, written once over [`lanes::Lanes`]; a file per architecture
//! says how its vectors load, store, multiply and add, and with which register tiles the algorithm
//! runs there; [`dispatch`] chooses. `output_lanes` is the same for few columns on wide vectors.
//! [`multiply_adds`] measures what an instruction set could give.

#![allow(
    unsafe_code,
    reason = "vector loads, stores and instructions, each behind a proof that it exists"
)]

pub(crate) mod convolution;
mod dispatch;
mod lanes;
mod level;
mod multiply_adds;
#[cfg(all(target_arch = "aarch64", target_feature = "neon"))]
mod neon;
#[cfg(all(target_arch = "x86_64", target_feature = "sse2"))]
mod output_lanes;
#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
mod wasm;
#[cfg(all(target_arch = "x86_64", target_feature = "sse2"))]
mod x86;

pub(crate) use dispatch::{Dispatch, WIDEST_BLOCK};
pub use level::{Level, UnknownLevel};
pub use multiply_adds::{MultiplyAddWork, MultiplyAdds};
