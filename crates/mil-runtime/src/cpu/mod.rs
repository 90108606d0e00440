//! The CPU back ends: the plain interpreter, and fast columns.

pub mod conv_chain;
mod cpu_device;
mod interpreter;
mod lowering;
mod reference_device;
mod simd;

pub use cpu_device::CpuDevice;
#[cfg(any(feature = "ane", feature = "coreml"))]
pub(crate) use lowering::lower;
pub use reference_device::ReferenceDevice;
pub use simd::{Level, MultiplyAddWork, MultiplyAdds, UnknownLevel};
