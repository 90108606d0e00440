//! All-passes in a row: one click becomes a dense burst with the same spectrum.

use super::CHUNK;
use super::delay_line::DelayLine;

/// Schroeder's all-pass (JAES 10 (3), 1962), `H = (z^-D - g) / (1 - g z^-D)`, several times.
pub(super) struct Diffuser {
    stages: [Stage; 4],
    gain: f32,
}

struct Stage {
    delay: usize,
    line: DelayLine,
}

impl Diffuser {
    pub(super) fn new(delays_s: [f64; 4], gain: f32, rate_hz: f64) -> Self {
        Self {
            stages: delays_s.map(|delay_s| {
                let delay = ((delay_s * rate_hz).round() as usize).max(1);
                Stage {
                    delay,
                    line: DelayLine::new(delay),
                }
            }),
            gain,
        }
    }

    /// The shortest delay, samples.
    pub(super) fn shortest(&self) -> usize {
        let delays = self.stages.iter().map(|stage| stage.delay);
        delays.min().unwrap_or(1)
    }

    pub(super) fn clear(&mut self) {
        self.stages.iter_mut().for_each(|stage| stage.line.clear());
    }

    /// Replaces the first `length` samples, at most [`Diffuser::shortest`] of them.
    #[inline(always)]
    pub(super) fn process(&mut self, samples: &mut [f32; CHUNK], length: usize) {
        for stage in &mut self.stages {
            let mut inner = *stage.line.read(stage.delay);
            for (sample, inner) in samples.iter_mut().zip(&mut inner) {
                let delayed = *inner;
                *inner = *sample + self.gain * delayed;
                *sample = delayed - self.gain * *inner;
            }
            stage.line.write(&inner, length);
        }
    }
}
