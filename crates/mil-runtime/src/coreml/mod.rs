//! `coreml`: programs through Core ML, Apple's public way to the Neural Engine.
//!
//! A program is written as a model package of ours ([`mil::package`]), compiled and loaded by Core ML for
//! the processor and the Neural Engine. Which of the two computes what is Core ML's choice: it is asked
//! for its plan, and the answer is kept in a [`CoreMlReport`]. What was loaded passes a self-test against
//! the CPU before it is handed out.
//!
//! **Not yet run on Apple hardware**: everything above the calls into the framework is tested on a
//! stand-in, those calls are type-checked.
//!
//! ```
//! use mil_runtime::Device;
//! use mil_runtime::coreml::CoreMlDevice;
//!
//! let device = CoreMlDevice::new();
//! assert_eq!(device.name(), "coreml");
//! if let Err(why) = device.availability() {
//!     // On any system but macOS.
//!     println!("{why}");
//! }
//! ```

mod columns;
mod device;
mod executable;
mod prepared;
mod report;
#[cfg(any(target_os = "macos", test))]
mod strided;
mod sys;
#[cfg(test)]
mod tests;

pub use columns::CoreMlColumns;
pub use device::{CoreMlDevice, CoreMlOptions};
pub use executable::CoreMlExecutable;
pub use prepared::WARM_UP_PREDICTIONS;
pub use report::{CoreMlReport, Placement, Processor};
