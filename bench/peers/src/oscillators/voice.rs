//! One steady voice whose amplitudes move with every control frame.

use synth_dsp::harmonic_bank::Segment;
use synth_dsp::phase::{PhaseAccumulator, increment_from_freq};

/// Samples of a buffer.
pub(super) const BUFFER: usize = 512;
/// Samples of a control frame.
pub(super) const HOP: usize = 64;
pub(super) const PARTIALS: usize = 64;
pub(super) const SAMPLE_RATE_HZ: f64 = 44_100.0;

/// What every candidate renders, from the same phases and amplitudes.
pub(super) struct Voice {
    phases: Vec<u64>,
    freq_norm: Vec<f32>,
    /// Amplitudes at even control frames and at odd ones.
    levels: [Vec<f32>; 2],
}

impl Voice {
    /// So many samples from phase 0 on, rounded down to whole control frames. Amplitudes move from
    /// `amplitudes` to 0.9 of them and back.
    pub(super) fn new(f0_hz: f64, samples: usize, amplitudes: &[f32]) -> Self {
        let samples = samples / HOP * HOP;
        let freq_norm = f0_hz / SAMPLE_RATE_HZ;
        let mut phases = vec![0; samples];
        PhaseAccumulator::default().fill_steady(increment_from_freq(freq_norm), &mut phases);
        let low = amplitudes.iter().map(|amplitude| 0.9 * amplitude).collect();
        Self {
            phases,
            freq_norm: vec![freq_norm as f32; samples],
            levels: [amplitudes.to_vec(), low],
        }
    }

    pub(super) fn samples(&self) -> usize {
        self.phases.len()
    }

    /// Every control frame as a segment, in order.
    pub(super) fn segments(&self) -> impl Iterator<Item = Segment<'_>> {
        let frames = self
            .phases
            .chunks_exact(HOP)
            .zip(self.freq_norm.chunks_exact(HOP));
        frames
            .enumerate()
            .map(|(frame, (phases, freq_norm))| Segment {
                phases,
                freq_norm,
                from: &self.levels[frame % 2],
                to: &self.levels[(frame + 1) % 2],
                ramp_position: 0,
                hop: HOP as u32,
            })
    }

    /// Renders all samples into as many of `out`.
    pub(super) fn render(&self, render: impl Fn(&Segment<'_>, &mut [f32]), out: &mut [f32]) {
        for (segment, out) in self.segments().zip(out.chunks_exact_mut(HOP)) {
            render(&segment, out);
        }
    }
}
