//! The normalised square difference function: how alike a frame and its shifted self are.
//!
//! Source: P. McLeod and G. Wyvill, "A smarter way to find pitch", ICMC 2005: with the type-II
//! autocorrelation `r(t)` (the sum shrinks with the lag) and `m(t)`, the sum of the squares of the samples
//! that take part in it, `n(t) = 2 r(t) / m(t)`, which is 1 at a period of a periodic sound.

use std::sync::Arc;

use realfft::num_complex::Complex32;
use realfft::{ComplexToReal, RealFftPlanner, RealToComplex};

/// Highest fundamental looked for, Hz: a little above the last key of a piano.
pub(super) const HIGHEST_HZ: f64 = 4_500.0;
/// Lowest fundamental looked for, Hz: below the last string of a double bass (A0, 27.5 Hz).
pub(super) const LOWEST_HZ: f64 = 20.0;
/// Of the shifts that are nearly as good as the best the shortest is the period: its multiples are as
/// good (calibration.md, section 5).
const NEARLY: f32 = 0.99;

/// Maxima below this lag are interpolated with sines, samples.
const SINC_BELOW: usize = 32;

/// A maximum of the function between two of its zeros.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Peak {
    /// Samples, with a fraction.
    pub(super) lag: f64,
    /// 1 where the sound repeats exactly.
    pub(super) height: f32,
}

/// The function over one frame.
#[derive(Clone, Debug)]
pub(super) struct Similarity {
    /// `n(t)` for t = 0, 1, ...
    values: Vec<f32>,
    /// Maxima by rising lag.
    pub(super) peaks: Vec<Peak>,
}

/// Frames of one length.
pub(super) struct Periodicity {
    forward: Arc<dyn RealToComplex<f32>>,
    inverse: Arc<dyn ComplexToReal<f32>>,
    frame: usize,
    shortest: f64,
    longest: usize,
    time: Vec<f32>,
    spectrum: Vec<Complex32>,
}

impl Periodicity {
    /// For frames of `frame` samples at `rate_hz`.
    pub(super) fn new(frame: usize, rate_hz: f64, planner: &mut RealFftPlanner<f32>) -> Self {
        // The last shifts leave too few samples to compare.
        let longest = ((rate_hz / LOWEST_HZ).ceil() as usize).min(frame * 2 / 3);
        let length = (frame + longest + 2).next_power_of_two();
        let forward = planner.plan_fft_forward(length);
        Self {
            inverse: planner.plan_fft_inverse(length),
            frame,
            shortest: rate_hz / HIGHEST_HZ,
            longest,
            time: vec![0.0; length],
            spectrum: forward.make_output_vec(),
            forward,
        }
    }

    /// The function over `samples`, of which the first frame's worth counts.
    pub(super) fn of(&mut self, samples: &[f32]) -> Similarity {
        let samples = &samples[..samples.len().min(self.frame)];
        self.time.fill(0.0);
        self.time[..samples.len()].copy_from_slice(samples);
        // The lengths are those of the plans, so neither can fail.
        let worked = self.forward.process(&mut self.time, &mut self.spectrum);
        debug_assert!(worked.is_ok());
        for bin in &mut self.spectrum {
            *bin = Complex32::new(bin.norm_sqr(), 0.0);
        }
        let worked = self.inverse.process(&mut self.spectrum, &mut self.time);
        debug_assert!(worked.is_ok());
        let scale = 2.0 / self.time.len() as f64;
        let squares: f64 = samples.iter().map(|&x| f64::from(x).powi(2)).sum();
        // Less than this is rounding of what was taken away.
        let floor = squares * 1e-6 + 1e-20;
        let mut m = 2.0 * squares;
        let longest = self.longest.min(samples.len().saturating_sub(1));
        let mut values = Vec::with_capacity(longest + 1);
        for lag in 0..=longest {
            if lag > 0 {
                m -= f64::from(samples[lag - 1]).powi(2);
                m -= f64::from(samples[samples.len() - lag]).powi(2);
            }
            let n = f64::from(self.time[lag]) * scale / m.max(floor);
            values.push(n.clamp(-1.0, 1.0) as f32);
        }
        let peaks = peaks(&values, self.shortest);
        Similarity { values, peaks }
    }
}

impl Similarity {
    /// The highest peak.
    pub(super) fn highest(&self) -> f32 {
        self.peaks.iter().map(|p| p.height).fold(0.0, f32::max)
    }

    /// The period: the first peak that is nearly as high as the highest.
    pub(super) fn period(&self) -> Option<Peak> {
        let enough = self.highest() * NEARLY;
        self.peaks.iter().copied().find(|p| p.height >= enough)
    }

    /// The highest peak within `cents` of `lag`.
    pub(super) fn near(&self, lag: f64, cents: f64) -> Option<Peak> {
        let ratio = (cents / 1200.0).exp2();
        let near = self.peaks.iter().copied();
        near.filter(|p| p.lag >= lag / ratio && p.lag <= lag * ratio)
            .max_by(|a, b| a.height.total_cmp(&b.height))
    }

    /// `lag` made finer by the peaks at 2, 4, ... times it, as far as they are nearly as high.
    pub(super) fn refined(&self, peak: Peak) -> f64 {
        let (mut lag, mut multiple) = (peak.lag, 1.0);
        while 2.0 * multiple * lag < 0.75 * self.values.len() as f64 {
            // A tenth of a period either side: the peak cannot be farther off than the error so far.
            match self.near(2.0 * multiple * lag, 150.0 / (2.0 * multiple)) {
                Some(next) if next.height > 0.95 * peak.height => {
                    multiple *= 2.0;
                    lag = next.lag / multiple;
                }
                _ => break,
            }
        }
        lag
    }
}

/// One maximum for each stretch above zero, but for the one at lag 0.
fn peaks(values: &[f32], shortest: f64) -> Vec<Peak> {
    let mut found = Vec::new();
    let start = values
        .iter()
        .position(|&n| n <= 0.0)
        .unwrap_or(values.len());
    let mut best: Option<usize> = None;
    for lag in start..values.len() {
        if values[lag] > 0.0 {
            if best.is_none_or(|at| values[lag] > values[at]) {
                best = Some(lag);
            }
        } else {
            found.extend(best.take());
        }
    }
    found.extend(best);
    let refine = |at: usize| {
        // At the edge the maximum is not in sight.
        let (Some(&left), Some(&right)) = (values.get(at.wrapping_sub(1)), values.get(at + 1))
        else {
            return None;
        };
        let (middle, curve) = (values[at], left - 2.0 * values[at] + right);
        if middle < left || middle < right {
            return None;
        }
        let (lag, height) = if at < SINC_BELOW && middle > 0.5 {
            top_between(values, at)
        } else {
            let shift = if curve < 0.0 {
                0.5 * (left - right) / curve
            } else {
                0.0
            };
            (
                at as f64 + f64::from(shift),
                middle - 0.25 * (left - right) * shift,
            )
        };
        let height = height.clamp(0.0, 1.0);
        (lag >= shortest).then_some(Peak { lag, height })
    };
    found.into_iter().filter_map(refine).collect()
}

/// The top of the band-limited function near lag `at`, where a parabola is too blunt: the highest of
/// steps of a sixteenth, then a parabola.
fn top_between(values: &[f32], at: usize) -> (f64, f32) {
    const STEPS: f64 = 16.0;
    let value = |step: i32| between(values, at as f64 + f64::from(step) / STEPS);
    let best = (-12..=12)
        .max_by(|&a, &b| value(a).total_cmp(&value(b)))
        .unwrap_or(0);
    let (left, middle, right) = (value(best - 1), value(best), value(best + 1));
    let curve = left - 2.0 * middle + right;
    let shift = if curve < 0.0 {
        (0.5 * (left - right) / curve).clamp(-1.0, 1.0)
    } else {
        0.0
    };
    let lag = at as f64 + (f64::from(best) + shift) / STEPS;
    (lag, (middle - 0.25 * (left - right) * shift) as f32)
}

/// The function, which is even, at a lag between samples: 32 terms of the sum of sines, Hann-windowed.
fn between(values: &[f32], lag: f64) -> f64 {
    const REACH: i64 = 16;
    let middle = lag.floor() as i64;
    let terms = (middle + 1 - REACH..=middle + REACH).map(|i| {
        let n = values
            .get(i.unsigned_abs() as usize)
            .map_or(0.0, |&n| f64::from(n));
        let x = std::f64::consts::PI * (lag - i as f64);
        let sinc = if x.abs() < 1e-9 { 1.0 } else { x.sin() / x };
        n * sinc * (0.5 + 0.5 * (x / REACH as f64).cos())
    });
    terms.sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::f64::consts::TAU;

    fn tone(f0_hz: f64, partials: &[f64], rate_hz: f64, length: usize) -> Vec<f32> {
        let value = |i: usize| -> f64 {
            let phase = TAU * f0_hz * i as f64 / rate_hz;
            let sum = |(k, a): (usize, &f64)| a * ((k + 1) as f64 * phase + 0.3 * k as f64).sin();
            partials.iter().enumerate().map(sum).sum()
        };
        (0..length).map(|i| value(i) as f32).collect()
    }

    #[test]
    fn periods_are_found_from_end_to_end_of_the_range() {
        for rate_hz in [8_000.0, 44_100.0, 192_000.0] {
            let frame = (0.15 * rate_hz) as usize;
            let mut periodicity = Periodicity::new(frame, rate_hz, &mut RealFftPlanner::new());
            for f0_hz in [27.5, 61.7, 440.0, 1_760.0, 1_975.5, 4_186.0] {
                if f0_hz > 0.24 * rate_hz {
                    continue;
                }
                let partials = if f0_hz < 1_000.0 {
                    &[0.1, 1.0, 0.5, 0.7][..]
                } else {
                    &[1.0]
                };
                let found = periodicity.of(&tone(f0_hz, partials, rate_hz, frame));
                let period = found.period().unwrap();
                let cents = 1200.0 * (rate_hz / found.refined(period) / f0_hz).log2();
                assert!(cents.abs() < 3.0, "{f0_hz} Hz at {rate_hz}: {cents} cents");
                assert!(period.height > 0.98, "{f0_hz} Hz at {rate_hz}: {period:?}");
            }
        }
    }

    #[test]
    fn silence_and_a_lone_sample_have_no_period() {
        let mut periodicity = Periodicity::new(2048, 44_100.0, &mut RealFftPlanner::new());
        assert_eq!(periodicity.of(&[0.0; 2048]).period(), None);
        assert_eq!(periodicity.of(&[]).period(), None);
        let mut click = [0.0; 2048];
        click[700] = 1.0;
        assert!(periodicity.of(&click).highest() < 0.01);
    }
}
