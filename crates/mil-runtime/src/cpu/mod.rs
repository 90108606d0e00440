//! The CPU back ends: the plain interpreter, and fast columns.

pub mod conv_chain;
mod cpu_device;
mod interpreter;
mod reference_device;
mod simd;

pub use cpu_device::CpuDevice;
pub use reference_device::ReferenceDevice;
pub use simd::{Level, MultiplyAddWork, MultiplyAdds, UnknownLevel};
