//! `ane`: column programs on Apple's Neural Engine.
//!
//! Which form of a program its compiler takes differs between chips and systems, most that goes wrong
//! there goes wrong in silence, and nobody can look inside. So a network is tried in one form after the
//! other, the **ladder** ([`Rung::LADDER`]), until one compiles, loads, passes a self-test against the
//! CPU's kernel and is warm. What became of each rung is kept in a [`LadderReport`]; the one that passed
//! is remembered by hardware and build of the system and tried first from then on, and tested all the
//! same.
//!
//! **Not yet run on Apple hardware**: all of it is tested on `ane-bridge`'s stand-in.
//!
//! ```
//! use mil_runtime::Device;
//! use mil_runtime::ane::AneDevice;
//!
//! let device = AneDevice::new();
//! assert_eq!(device.name(), "ane");
//! if let Err(why) = device.availability() {
//!     // On any system but macOS, in a virtual machine, on an Intel processor.
//!     println!("{why}");
//! }
//! ```

mod columns;
mod device;
mod ladder;
mod remembered;
mod report;
mod rung;
mod self_test;

pub use crate::accelerator::{ABSOLUTE_TOLERANCE, CAPACITIES, RELATIVE_TOLERANCE, capacity};
pub use ane_bridge::{Ane, AneInfo, Strides};
pub use columns::{ABANDONED_CODE, AneColumns, OTHER_CODE, SILENT_CODE};
pub use device::{AneDevice, AneOptions};
pub use ladder::{MOST_RUNGS, WARM_UP_EVALUATIONS};
pub use report::{Attempt, LadderReport, Outcome, Step};
pub use rung::Rung;
