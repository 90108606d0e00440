//! What every table computes: one buffer of the page this project came from. 8 voices, each with 8
//! control frames and 64 partials, make 512 samples at 44.1 kHz.

use synth_dsp::harmonic_bank::Segment;
use synth_dsp::phase::{PhaseAccumulator, increment_from_freq};
use synth_model::{Instrument, ModelShape, Network, NetworkError};

pub(crate) const SAMPLE_RATE_HZ: f64 = 44_100.0;
/// Samples of a buffer.
pub(crate) const BUFFER: usize = 512;
/// Samples of a control frame.
pub(crate) const HOP: usize = 64;
/// Control frames of a buffer.
pub(crate) const FRAMES: usize = BUFFER / HOP;
pub(crate) const VOICES: usize = 8;
pub(crate) const COLUMNS: usize = VOICES * FRAMES;
pub(crate) const PARTIALS: usize = 64;
/// What a buffer lasts, in microseconds.
pub(crate) const DEADLINE_US: f64 = BUFFER as f64 / SAMPLE_RATE_HZ * 1e6;

/// The voices' pitches, A2 to A3: all 64 partials of each are below Nyquist.
pub(crate) const F0_HZ: [f64; VOICES] =
    [110.0, 123.47, 130.81, 146.83, 164.81, 174.61, 196.0, 220.0];

/// The instrument that plays: its bytes are built in, as the synthesizer's are.
const ALTO_SAX: &[u8] = include_bytes!("../../../instruments/alto-sax.synth");

/// A recorded instrument.
pub(crate) fn instrument() -> Result<Instrument, String> {
    Instrument::from_bytes(ALTO_SAX).map_err(|error| error.to_string())
}

/// The page's network, 4-64-128-64-66. Its weights say nothing; the time does not depend on them.
pub(crate) fn page_network() -> Result<Network, NetworkError> {
    Network::he_initialised(ModelShape::classic(), 1)
}

/// A network's input for all voices and frames, `[4, COLUMNS]`, values within -1..1.
pub(crate) fn features() -> Vec<f32> {
    let inputs = ModelShape::classic().inputs;
    let value = |index: usize| (index * 37 % 64) as f32 / 32.0 - 1.0;
    (0..inputs * COLUMNS).map(value).collect()
}

/// The phases and the frequency of one steady voice.
pub(crate) struct SteadyPitch {
    increment: u64,
    accumulator: PhaseAccumulator,
    phases: Vec<u64>,
    freq_norm: Vec<f32>,
}

impl SteadyPitch {
    /// `samples` samples from phase 0 on.
    pub(crate) fn new(f0_hz: f64, samples: usize) -> Self {
        let freq_norm = f0_hz / SAMPLE_RATE_HZ;
        let mut pitch = Self {
            increment: increment_from_freq(freq_norm),
            accumulator: PhaseAccumulator::default(),
            phases: vec![0; samples],
            freq_norm: vec![freq_norm as f32; samples],
        };
        pitch.advance();
        pitch
    }

    /// Goes on to the next samples.
    pub(crate) fn advance(&mut self) {
        self.accumulator
            .fill_steady(self.increment, &mut self.phases);
    }

    /// All samples as one segment.
    pub(crate) fn whole<'a>(&'a self, from: &'a [f32], to: &'a [f32]) -> Segment<'a> {
        Segment {
            phases: &self.phases,
            freq_norm: &self.freq_norm,
            from,
            to,
            ramp_position: 0,
            hop: HOP as u32,
        }
    }

    /// The samples of a control frame.
    pub(crate) fn frame<'a>(&'a self, frame: usize, from: &'a [f32], to: &'a [f32]) -> Segment<'a> {
        let samples = frame * HOP..(frame + 1) * HOP;
        Segment {
            phases: &self.phases[samples.clone()],
            freq_norm: &self.freq_norm[samples],
            ..self.whole(from, to)
        }
    }
}
