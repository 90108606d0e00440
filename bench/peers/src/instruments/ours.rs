//! The synthesizer itself, as it plays live.

use std::sync::Arc;

use mil_runtime::cpu::CpuDevice;
use synth_engine::{
    Event, LimiterMode, LoadedInstrument, ProgramMap, Renderer, RendererConfig, TimedEvent,
};
use synth_model::{Instrument as Model, Predictor};

use super::{BUFFER, Instrument, KEYS, VELOCITY};
use crate::Failure;

/// A recorded instrument that the synthesizer ships.
const ALTO_SAX: &[u8] =
    include_bytes!("../../../../crates/ane-synth-app/instruments/alto-sax.synth");

/// The whole renderer on one thread, noise, room and live limiter included.
pub(super) struct Ours {
    renderer: Renderer,
    sounding: usize,
}

impl Ours {
    pub(super) fn new() -> Result<Self, Failure> {
        let instrument = Arc::new(Model::from_bytes(ALTO_SAX)?);
        let predictor =
            Predictor::new(&CpuDevice::new(), &instrument, Renderer::columns_per_call())?;
        let loaded = LoadedInstrument {
            instrument,
            predictors: vec![predictor],
            ahead: None,
        };
        let config = RendererConfig {
            limiter: LimiterMode::Instant,
            ..RendererConfig::default()
        };
        Ok(Self {
            renderer: Renderer::new(config, vec![loaded], ProgramMap::single(0))?,
            sounding: 0,
        })
    }

    fn process(&mut self, events: &[TimedEvent], left: &mut [f32], right: &mut [f32]) {
        self.sounding = self.renderer.process(events, &mut [left, right]).voices;
    }
}

impl Instrument for Ours {
    fn start(&mut self) -> Result<(), Failure> {
        let (mut left, mut right) = ([0.0; BUFFER], [0.0; BUFFER]);
        let at_once = |event| TimedEvent { offset: 0, event };
        self.process(
            &[at_once(Event::AllSoundOff { channel: 0 })],
            &mut left,
            &mut right,
        );
        let notes = KEYS.map(|key| {
            at_once(Event::NoteOn {
                channel: 0,
                key,
                velocity: f32::from(VELOCITY) / 127.0,
            })
        });
        self.process(&notes, &mut left, &mut right);
        Ok(())
    }

    fn render(&mut self, left: &mut [f32], right: &mut [f32]) -> Result<(), Failure> {
        self.process(&[], left, right);
        Ok(())
    }

    fn all_sound(&mut self) -> bool {
        self.sounding == KEYS.len()
    }
}
