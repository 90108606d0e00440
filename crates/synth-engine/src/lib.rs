//! Events, voices, control clock and mix: notes in, stereo sound out.
//!
//! A [`Renderer`] is made once ([`Renderer::new`] may allocate and fail) and then renders blocks of
//! any length ([`Renderer::process`] does neither). It keeps no thread (asked to use several, it
//! starts them for each large block) and knows no device, file format or operating system:
//! instruments come prepared, as [`LoadedInstrument`]s.
//!
//! * Events take effect on their exact sample; every voice's control frames are counted from its own
//!   onset; the output does not depend on how the time line is cut into blocks.
//! * Pitch, gates and gains act at audio rate; the network's answer shapes the timbre and lags one
//!   control hop (1.45 ms at 44.1 kHz).
//! * Units: Hz, seconds, dBA re full scale, semitones; sample frames are counted from the
//!   renderer's start.
//!
//! ```
//! use mil_runtime::cpu::CpuDevice;
//! use std::sync::Arc;
//! use synth_engine::{Event, LoadedInstrument, ProgramMap, Renderer, RendererConfig, TimedEvent};
//! use synth_model::{Instrument, Predictor};
//!
//! let instrument = Arc::new(Instrument::read("../ane-synth-app/instruments/alto-sax.synth")?);
//! // One predictor for each of `RendererConfig::threads`.
//! let columns = Renderer::columns_per_call();
//! let predictors = vec![Predictor::new(&CpuDevice::new(), &instrument, columns)?];
//! let loaded = LoadedInstrument { instrument, predictors, ahead: None };
//! let mut renderer = Renderer::new(RendererConfig::default(), vec![loaded], ProgramMap::single(0))?;
//!
//! let note = Event::NoteOn { channel: 0, key: 69, velocity: 0.8 };
//! let (mut left, mut right) = ([0.0; 512], [0.0; 512]);
//! renderer.process(&[TimedEvent { offset: 100, event: note }], &mut [&mut left, &mut right]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
#![forbid(unsafe_code)]

mod ahead;
mod articulation;
mod channel;
mod channel_programs;
mod clock;
mod columns;
mod config;
mod control_curve;
mod event;
mod inference;
mod instrument_set;
mod instruments;
mod midi;
mod mix;
mod parameter;
mod program_map;
mod realtime;
mod renderer;
mod stems;
mod transpose;
mod voice;
mod workforce;

pub use ahead::{ColumnCounts, Retirement};
pub use channel_programs::ChannelPrograms;
pub use config::{
    ControlRate, LimiterMode, POLYPHONY, RendererConfig, RendererError, RoomSettings,
    SAMPLE_RATES_HZ,
};
pub use event::{CHANNELS, Event, MOST_SHEDDING, SoundControl, TimedEvent};
pub use inference::InferenceWorker;
pub use instruments::{AheadKernel, LoadedInstrument};
pub use midi::MidiDecoder;
pub use parameter::{
    Curve, Parameter, ParameterInfo, ParameterSetting, ParameterSettingError, ParameterValues,
};
pub use program_map::ProgramMap;
pub use realtime::{
    AudioProcessor, BlockReport, Capacity, ChangeId, ControlHandle, Delivery, EventSender,
    EventTime, Prepared, Refusal, Report, carried_voices, realtime, realtime_with_workers,
};
pub use renderer::{ColumnView, Counters, Renderer, Status};
pub use stems::Stems;
pub use synth_dsp::harmonic_bank::{Oscillators, UnknownOscillators};
