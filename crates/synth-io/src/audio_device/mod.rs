//! Live output: the devices of this computer, and streams that play what a callback makes.
//!
//! [`devices`] lists what there is. [`open`] takes a device and finds out its sample rate, channels and
//! buffer, of which the callback can then be made; [`ReadyOutput::start`] begins to play, and
//! [`OutputStream::stop`] gives the callback back. Whatever the device is like, an [`AudioCallback`] makes
//! two channels of `f32`.
//!
//! The systems are those of `cpal`: ALSA, CoreAudio, WASAPI, and JACK with the feature `jack`.
//!
//! # Realtime safety
//! Between the system and [`AudioCallback::render`] nothing allocates, frees, locks or waits; at the first
//! callback the thread asks for its priority ([`Priority`]). What happens to a stream is told through
//! atomic numbers and a ring ([`OutputStream::fault`], [`OutputStream::statistics`]).
//!
//! ```no_run
//! use synth_io::audio_device::{AudioCallback, CallbackTime, OutputRequest, open};
//!
//! /// A quarter of full scale, up and down.
//! struct Square {
//!     half_period: u64,
//! }
//!
//! impl AudioCallback for Square {
//!     fn render(&mut self, left: &mut [f32], right: &mut [f32], at: CallbackTime) {
//!         for (frame, (left, right)) in (at.frame..).zip(left.iter_mut().zip(right)) {
//!             let up = frame / self.half_period % 2 == 0;
//!             *left = if up { 0.25 } else { -0.25 };
//!             *right = *left;
//!         }
//!     }
//! }
//!
//! let output = open(&OutputRequest::default())?;
//! let half_period = u64::from(output.format().sample_rate_hz) / 880;
//! let mut stream = output.start(Square { half_period })?;
//! std::thread::sleep(std::time::Duration::from_secs(1));
//! assert_eq!(stream.fault(), None);
//! let _square: Square = stream.stop()?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod callback;
mod choice;
mod cycle_start;
mod error;
mod fault;
mod hosts;
mod interleave;
#[cfg(test)]
mod interleave_tests;
mod list;
mod offer;
mod open;
mod pump;
#[cfg(test)]
mod pump_tests;
mod sample;
mod stream;

pub use callback::{AudioCallback, CallbackTime};
pub use error::AudioDeviceError;
pub use fault::{Fault, OutputStatistics, Priority};
pub use list::{DeviceEntry, DeviceList, HostEntry, NumberRange, devices};
pub use offer::Difference;
pub use open::{LONGEST_PIECE, OpenError, OutputFormat, OutputRequest, ReadyOutput, open};
pub use stream::{NotStarted, OutputStream};
