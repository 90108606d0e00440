//! Whether each instrument that is built in makes a sound.

use mil_runtime::cpu::CpuDevice;
use serde::Serialize;
use synth_engine::{
    ControlRate, Event, LoadedInstrument, ProgramMap, Renderer, RendererConfig, TimedEvent,
};
use synth_model::Predictor;

use crate::error::AppError;
use crate::instruments::{self, NamedInstrument};

/// What is listened to: half a second, long enough for any attack.
const FRAMES: usize = 22_050;
/// -60 dBFS: what is softer is no note.
const SOFTEST: f32 = 1e-3;

#[derive(Serialize)]
pub(super) struct Found {
    pub(super) name: String,
    /// Whether a note of it is heard, and is finite.
    pub(super) sounds: bool,
}

pub(super) fn try_each() -> Result<Vec<Found>, AppError> {
    let all = instruments::built_in()?;
    all.into_iter()
        .map(|named| {
            Ok(Found {
                sounds: sounds(&named)?,
                name: named.id,
            })
        })
        .collect()
}

/// Plays a note in the middle of its range.
fn sounds(named: &NamedInstrument) -> Result<bool, AppError> {
    let instrument = named.instrument.clone();
    let ranges = &instrument.ranges;
    let middle_hz = f64::from(ranges.f0_lo_hz * ranges.f0_hi_hz).sqrt();
    // MIDI tuning: key 69 is A4, 440 Hz.
    let key = (69.0 + 12.0 * (middle_hz / 440.0).log2())
        .round()
        .clamp(0.0, 127.0) as u8;
    let columns = Renderer::columns_per_call();
    let predictor = Predictor::new(&CpuDevice::new(), &instrument, columns)
        .map_err(|error| AppError::about_name(&named.id, error))?;
    let loaded = LoadedInstrument {
        instrument,
        predictors: vec![predictor],
        ahead: None,
    };
    let config = RendererConfig {
        polyphony: 1,
        control_rate: ControlRate::Full,
        ..RendererConfig::default()
    };
    let mut renderer = Renderer::new(config, vec![loaded], ProgramMap::single(0))
        .map_err(|error| AppError::about_name(&named.id, error))?;
    let note = TimedEvent {
        offset: 0,
        event: Event::NoteOn {
            channel: 0,
            key,
            velocity: 0.8,
        },
    };
    let (mut left, mut right) = (vec![0.0; FRAMES], vec![0.0; FRAMES]);
    renderer.process(&[note], &mut [&mut left, &mut right]);
    let peak = left
        .iter()
        .chain(&right)
        .fold(0.0_f32, |peak, x| peak.max(x.abs()));
    let is_finite = left.iter().chain(&right).all(|x| x.is_finite());
    Ok(is_finite && peak > SOFTEST && renderer.counters().non_finite == 0)
}
