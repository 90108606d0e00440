//! Controls to render and how to render them.

use synth_dsp::harmonic_bank::{HarmonicBank, Segment};
use synth_dsp::phase::{PhaseAccumulator, increment_from_freq};
use synth_dsp::reference;
use testkit::no_alloc;

pub(crate) const SAMPLE_RATE_HZ: f64 = 44_100.0;

/// What the bank is given besides amplitudes.
pub(crate) struct Curve {
    pub(crate) phases: Vec<u64>,
    pub(crate) freq_norm: Vec<f32>,
}

impl Curve {
    /// Follows `f0_hz(second)`, from a phase that has run for `elapsed_samples` at the first pitch.
    pub(crate) fn new(samples: usize, elapsed_samples: u64, f0_hz: impl Fn(f64) -> f64) -> Self {
        let freqs = (0..samples).map(|n| f0_hz(n as f64 / SAMPLE_RATE_HZ) / SAMPLE_RATE_HZ);
        let freqs: Vec<f64> = freqs.collect();
        let increments: Vec<u64> = freqs
            .iter()
            .map(|&freq| increment_from_freq(freq))
            .collect();
        let mut phases = vec![0; samples];
        let mut accumulator = PhaseAccumulator::default();
        accumulator.skip(increments[0], elapsed_samples);
        accumulator.fill(&increments, &mut phases);
        Self {
            phases,
            freq_norm: freqs.iter().map(|&freq| freq as f32).collect(),
        }
    }

    /// All of it as one segment.
    pub(crate) fn segment<'a>(&'a self, from: &'a [f32], to: &'a [f32], hop: u32) -> Segment<'a> {
        let (phases, freq_norm) = (&self.phases[..], &self.freq_norm[..]);
        Segment {
            phases,
            freq_norm,
            from,
            to,
            ramp_position: 0,
            hop,
        }
    }
}

/// Renders onto a dirty buffer.
pub(crate) fn render(bank: &HarmonicBank, segment: &Segment<'_>) -> Vec<f32> {
    let mut out = vec![f32::NAN; segment.phases.len()];
    no_alloc(|| bank.render(segment, &mut out));
    out
}

/// Renders with the plain twin.
pub(crate) fn render_plainly(segment: &Segment<'_>) -> Vec<f64> {
    let mut out = vec![f64::NAN; segment.phases.len()];
    reference::harmonic_bank::render(segment, &mut out);
    out
}

/// Repeatable numbers in 0..1 (splitmix64, S. Vigna).
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    pub(crate) fn unit(&mut self) -> f32 {
        (self.bits() >> 40) as f32 / (1u64 << 24) as f32
    }

    pub(crate) fn amplitudes(&mut self, partials: usize) -> Vec<f32> {
        (0..partials).map(|_| self.unit()).collect()
    }
}
