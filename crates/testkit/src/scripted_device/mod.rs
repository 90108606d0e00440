//! Devices that follow a script on a virtual clock.
//!
//! A [`ScriptedDevice`] computes what the CPU computes and hands it over as its [`Script`] says: in
//! time, late, wrong, never. Time is a [`VirtualClock`] that counts audio blocks, so that a test runs
//! as fast as it can compute and always the same; [`Workers`] are the threads that may wait for such a
//! device, kept in step with the blocks.
//!
//! ```
//! use testkit::{Script, ScriptedDevice, VirtualClock, Workers};
//!
//! let clock = VirtualClock::new();
//! let device = ScriptedDevice::new(Script::LateBy(2), clock.clone());
//! let workers = Workers::new(clock);
//! // For an engine: `workers.start(move || { while worker.step() {} worker.is_over() })`.
//! workers.start(|| false);
//! for _block in 0..10 {
//!     // Here the audio side renders its block.
//!     workers.rest();
//! }
//! assert_eq!(device.calls().len(), 0);
//! ```

mod clock;
mod device;
mod script;
#[cfg(test)]
mod script_tests;
mod workers;

pub use clock::VirtualClock;
pub use device::{Call, ScriptedDevice};
pub use script::Script;
pub use workers::Workers;
