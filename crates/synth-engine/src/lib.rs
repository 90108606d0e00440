//! Events, voices, control clock and mix: notes in, stereo sound out.
//!
//! A [`Renderer`] is made once ([`Renderer::new`] may allocate and fail) and then renders blocks of
//! any length ([`Renderer::process`] does neither). It owns no thread and knows no device, file
//! format or operating system: instruments come prepared, as [`LoadedInstrument`]s.
//!
//! * Events take effect on their exact sample; every voice's control frames are counted from its own
//!   onset; the output does not depend on how the time line is cut into blocks.
//! * Pitch, gates and gains act at audio rate; the network's answer shapes the timbre and lags one
//!   control hop (1.45 ms at 44.1 kHz).
//! * Units: Hz, seconds, dBA re full scale, semitones; sample frames are counted from the
//!   renderer's start.
//!
//! ```no_run
//! use mil_runtime::cpu::CpuDevice;
//! use std::{error::Error, path::Path, sync::Arc};
//! use synth_engine::{Event, LoadedInstrument, ProgramMap, Renderer, RendererConfig, TimedEvent};
//! use synth_model::{Instrument, Predictor};
//!
//! fn main() -> Result<(), Box<dyn Error>> {
//!     let instrument = Arc::new(Instrument::read(Path::new("bowed.synth"))?);
//!     let columns = Renderer::columns_per_call();
//!     let predictors = vec![Predictor::new(&CpuDevice::new(), &instrument, columns)?];
//!     let loaded = vec![LoadedInstrument { instrument, predictors }];
//!     let config = RendererConfig::default();
//!     let mut renderer = Renderer::new(config, loaded, ProgramMap::single(0))?;
//!
//!     let (mut left, mut right) = ([0.0; 512], [0.0; 512]);
//!     let event = Event::NoteOn { channel: 0, key: 69, velocity: 0.8 };
//!     renderer.process(&[TimedEvent { offset: 100, event }], &mut [&mut left, &mut right]);
//!     Ok(())
//! }
//! ```
//!
#![forbid(unsafe_code)]

mod channel;
mod clock;
mod columns;
mod config;
mod control_curve;
mod event;
mod instruments;
mod midi;
mod mix;
mod program_map;
mod renderer;
mod voice;
mod workforce;

pub use config::{LimiterMode, POLYPHONY, RendererConfig, RendererError, SAMPLE_RATES_HZ};
pub use event::{CHANNELS, Event, TimedEvent};
pub use instruments::LoadedInstrument;
pub use midi::MidiDecoder;
pub use program_map::ProgramMap;
pub use renderer::{Counters, Renderer, Status};
