//! The whole renderer, as it plays live: blocks of 512 samples of held notes of the alto saxophone.

use std::error::Error;
use std::hint::black_box;
use std::sync::Arc;

use mil_runtime::cpu::CpuDevice;
use synth_engine::{
    Event, LimiterMode, LoadedInstrument, ProgramMap, Renderer, RendererConfig, TimedEvent,
};
use synth_model::{Instrument, Predictor};

const BLOCK: usize = 512;
const ALTO_SAX: &[u8] = include_bytes!("../../../ane-synth-app/instruments/alto-sax.synth");

/// So many keys on each of so many channels as are needed, from E2 on: every partial of each is below
/// Nyquist.
const LOWEST_KEY: u8 = 40;
const KEYS: usize = 16;
/// Blocks before the first call, 0.2 s, in which the attacks are over.
const WARM_UP: usize = 20;

/// A renderer and the notes it holds.
pub(crate) struct HeldNotes {
    renderer: Renderer,
    left: Vec<f32>,
    right: Vec<f32>,
}

impl HeldNotes {
    /// # Errors
    /// Where the renderer cannot be made, or not all voices sound.
    pub(crate) fn new(voices: usize) -> Result<Self, Box<dyn Error>> {
        let instrument = Arc::new(Instrument::from_bytes(ALTO_SAX)?);
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
        let mut held = Self {
            renderer: Renderer::new(config, vec![loaded], ProgramMap::single(0))?,
            left: vec![0.0; BLOCK],
            right: vec![0.0; BLOCK],
        };
        let notes: Vec<TimedEvent> = (0..voices).map(note).collect();
        held.process(&notes);
        for _ in 0..WARM_UP {
            held.process(&[]);
        }
        match held.process(&[]) {
            sounding if sounding == voices => Ok(held),
            sounding => Err(format!("{sounding} voices sound where {voices} should").into()),
        }
    }

    pub(crate) fn call(&mut self) {
        self.process(&[]);
        black_box((&mut self.left, &mut self.right));
    }

    fn process(&mut self, events: &[TimedEvent]) -> usize {
        let out = &mut [&mut self.left[..], &mut self.right[..]];
        self.renderer.process(events, out).voices
    }
}

fn note(index: usize) -> TimedEvent {
    TimedEvent {
        offset: 0,
        event: Event::NoteOn {
            channel: (index / KEYS) as u8,
            key: LOWEST_KEY + (index % KEYS) as u8,
            velocity: 0.8,
        },
    }
}
