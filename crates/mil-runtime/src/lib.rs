//! Runs MIL programs.
//!
//! A [`Device`] makes a checked [`mil::Program`] ready: [`Device::prepare`] any program,
//! [`Device::prepare_columns`] one that treats each column of `[1, C, 1, N]` alike and apart.
//! Preparing may allocate and fail; running does neither: it takes `&mut self` and the caller's
//! buffers, returns a `Copy` error before it touches the output, and belongs to one thread at a
//! time. Tensors pass as f32 in row-major order.
//!
//! [`cpu::CpuDevice`] is always there; [`cpu::ReferenceDevice`] is the plain interpreter all others
//! are held against. With the feature `ane` there is `ane::AneDevice`, Apple's Neural Engine by its private
//! runtime, with `coreml` there is `coreml::CoreMlDevice`, Apple's public way to it. Weights are rounded to
//! FP16 on every device, so that all of them agree.
//!
//! ```
//! use half::f16;
//! use mil::{BiasForm, ProgramBuilder, TensorType, Weights};
//! use mil_runtime::cpu::CpuDevice;
//! use mil_runtime::{Device, TensorView, TensorViewMut};
//!
//! // y = relu(2 x + 1), one channel, three columns.
//! let mut weights = Weights::builder();
//! let w = weights.add_fp16("w", &[f16::from_f32(2.0)]);
//! let b = weights.add_fp16("b", &[f16::ONE]);
//! let weights = weights.finish();
//! let mut builder = ProgramBuilder::new();
//! let x = builder.input("x", TensorType::fp16([1, 1, 1, 3]))?;
//! let h = builder.conv1x1("h", x, 1, w, b, BiasForm::InConv)?;
//! let y = builder.relu("y", h)?;
//! builder.output(y)?;
//! let program = builder.finish()?;
//!
//! // As columns: any number up to the 100 it is prepared for.
//! let mut kernel = CpuDevice::new().prepare_columns(&program, &weights, 100)?;
//! let mut answer = [0.0; 2];
//! kernel.run(2, &[3.0, -4.0], &mut answer)?;
//! assert_eq!(answer, [7.0, 0.0]);
//!
//! // As it stands, with its own shapes.
//! let shape = [1, 1, 1, 3];
//! let mut answer = [0.0; 3];
//! let input = TensorView::new(&shape, &[3.0, -4.0, 0.5])?;
//! let output = TensorViewMut::new(&shape, &mut answer)?;
//! CpuDevice::new().prepare(&program, &weights)?.run(&[input], &mut [output])?;
//! assert_eq!(answer, [7.0, 0.0, 2.0]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
#![deny(unsafe_code)]

#[cfg(any(feature = "ane", feature = "coreml"))]
mod accelerator;
#[cfg(feature = "ane")]
pub mod ane;
#[cfg(feature = "coreml")]
pub mod coreml;
pub mod cpu;
mod device;
mod error;
mod tensor;

pub use device::{ColumnKernel, Device, Executable, Timing};
pub use error::{DeviceError, RunError};
pub use tensor::{TensorView, TensorViewMut};
