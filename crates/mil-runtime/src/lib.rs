//! Runs MIL programs.
//!
//! A [`Device`] makes a checked [`mil::Program`] ready: [`Device::prepare`] any program,
//! [`Device::prepare_columns`] one that treats each column of `[1, C, 1, N]` alike and apart.
//! Preparing may allocate and fail; running does neither: it takes `&mut self` and the caller's
//! buffers, returns a `Copy` error before it touches the output, and belongs to one thread at a
//! time. Tensors pass as f32 in row-major order.
//!
//! [`cpu::CpuDevice`] is always there; [`cpu::ReferenceDevice`] is the plain interpreter all others
//! are held against. Weights are rounded to FP16 on every device, so that all of them agree.
#![deny(unsafe_code)]

pub mod cpu;
mod device;
mod error;
mod tensor;

pub use device::{ColumnKernel, Device, Executable, Timing};
pub use error::{DeviceError, RunError};
pub use tensor::{TensorView, TensorViewMut};
