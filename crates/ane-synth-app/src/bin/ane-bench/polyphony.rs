//! The synthesizer itself, as it plays live: what a buffer costs with 1 to 2,048 held notes, and what all of them
//! share.

use std::error::Error;
use std::sync::Arc;

use cpu_time::ThreadTime;
use mil_runtime::cpu::CpuDevice;
use synth_engine::{
    Event, LimiterMode, LoadedInstrument, Parameter, ProgramMap, Renderer, RendererConfig,
    RoomSettings, TimedEvent,
};
use synth_model::Predictor;

use crate::quantile::{micros, quantile};
use crate::report::{SharedCost, VoiceCost};
use crate::stopwatch::Effort;
use crate::workload::{BUFFER, instrument};

const POLYPHONIES: [usize; 7] = [1, 8, 64, 512, 1024, 1536, 2048];
/// So many of them are enough to see that it runs.
const QUICK: usize = 3;

/// What one voice is played without, to see what it costs.
const SHARED: [Shared; 3] = [Shared::Noise, Shared::Room, Shared::Limiter];

/// What costs the same whatever the number of voices.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Shared {
    Noise,
    Room,
    Limiter,
}

impl Shared {
    fn name(self) -> &'static str {
        match self {
            Self::Noise => "noise",
            Self::Room => "room",
            Self::Limiter => "limiter",
        }
    }
}

/// Held notes: keys from C2 to C7, few notes as widely spread as many.
const LOWEST_KEY: u8 = 36;
const KEYS: usize = 61;
/// The channels before the one of the drums.
const MELODIC: usize = 9;
/// Each note is so many keys above the last, round and round: prime to the number of keys.
const STRIDE: usize = 23;

/// Buffers before anything is measured: 1.2 s, in which every attack is over.
const WARM_UP: usize = 100;
/// Buffers between two looks at the thread's clock, which costs a system call.
const BUFFERS_A_SAMPLE: usize = 8;
/// A median of so many stands still, and thousands of voices take their time.
const MOST_SAMPLES: usize = 48;

/// The costs of so many voices, and of what they share.
pub(crate) fn measure(effort: Effort) -> Result<(Vec<VoiceCost>, Vec<SharedCost>), Box<dyn Error>> {
    let mut playing = Vec::new();
    let most = if effort.quick {
        QUICK
    } else {
        POLYPHONIES.len()
    };
    for &voices in &POLYPHONIES[..most] {
        playing.push(Playing::new(voices, None)?);
    }
    for shared in SHARED {
        playing.push(Playing::new(1, Some(shared))?);
    }
    for _ in 0..effort.samples.div_ceil(BUFFERS_A_SAMPLE).min(MOST_SAMPLES) {
        playing.iter_mut().for_each(Playing::take_sample);
    }
    let mut costs = playing.into_iter().map(Playing::cost);
    let voices: Vec<VoiceCost> = costs.by_ref().take(most).collect::<Result<_, _>>()?;
    let one = voices.first().map_or(0.0, |cost| cost.us);
    let shared = SHARED.into_iter().zip(costs);
    let shared = shared.map(|(shared, without)| {
        without.map(|without| SharedCost {
            name: shared.name(),
            us: one - without.us,
        })
    });
    let shared = shared.collect::<Result<_, _>>()?;
    Ok((voices, shared))
}

/// A renderer and what its buffers took.
struct Playing {
    renderer: Renderer,
    voices: usize,
    left: Vec<f32>,
    right: Vec<f32>,
    samples_us: Vec<f64>,
}

impl Playing {
    /// So many held notes, with everything but what they are to be played `without`.
    fn new(voices: usize, without: Option<Shared>) -> Result<Self, Box<dyn Error>> {
        let instrument = Arc::new(instrument()?);
        let predictor =
            Predictor::new(&CpuDevice::new(), &instrument, Renderer::columns_per_call())?;
        let loaded = LoadedInstrument {
            instrument,
            predictors: vec![predictor],
            ahead: None,
        };
        let config = RendererConfig {
            limiter: match without {
                Some(Shared::Limiter) => LimiterMode::Off,
                _ => LimiterMode::Instant,
            },
            room: match without {
                Some(Shared::Room) => RoomSettings::OFF,
                _ => RoomSettings::default(),
            },
            polyphony: voices,
            most_polyphony: voices,
            ..RendererConfig::default()
        };
        let mut playing = Self {
            renderer: Renderer::new(config, vec![loaded], ProgramMap::single(0))?,
            voices,
            left: vec![0.0; BUFFER],
            right: vec![0.0; BUFFER],
            samples_us: Vec::new(),
        };
        let no_noise = TimedEvent {
            offset: 0,
            event: Event::Parameter {
                parameter: Parameter::Noise,
                value: Parameter::Noise.info().range.0,
            },
        };
        let settings = (without == Some(Shared::Noise)).then_some(no_noise);
        let notes: Vec<TimedEvent> = settings.into_iter().chain((0..voices).map(note)).collect();
        playing.process(&notes);
        for _ in 0..WARM_UP {
            playing.process(&[]);
        }
        Ok(playing)
    }

    fn process(&mut self, events: &[TimedEvent]) -> usize {
        let out = &mut [&mut self.left[..], &mut self.right[..]];
        self.renderer.process(events, out).voices
    }

    fn take_sample(&mut self) {
        // The others' data is in the caches.
        self.process(&[]);
        let begun = ThreadTime::now();
        for _ in 0..BUFFERS_A_SAMPLE {
            self.process(&[]);
        }
        let taken_us = micros(begun.elapsed());
        self.samples_us.push(taken_us / BUFFERS_A_SAMPLE as f64);
    }

    /// The median, if all voices have sounded to the end.
    fn cost(mut self) -> Result<VoiceCost, Box<dyn Error>> {
        let (sounding, voices) = (self.process(&[]), self.voices);
        if sounding != voices {
            return Err(format!("{sounding} voices sound where {voices} should").into());
        }
        self.samples_us.sort_by(f64::total_cmp);
        let us = quantile(&self.samples_us, 0.5);
        Ok(VoiceCost { voices, us })
    }
}

fn note(index: usize) -> TimedEvent {
    TimedEvent {
        offset: 0,
        event: Event::NoteOn {
            channel: (index % MELODIC) as u8,
            key: LOWEST_KEY + (index * STRIDE % KEYS) as u8,
            velocity: 0.8,
        },
    }
}
