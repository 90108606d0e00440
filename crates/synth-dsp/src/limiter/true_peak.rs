//! Peaks between the samples: a polyphase interpolator on the limiter's detection path.

use std::f64::consts::PI;

use crate::simd::{Dispatch, Kernel, MAX_WIDTH, Vector};

/// Most samples [`TruePeakDetector::detect`] takes at once.
pub(super) const CHUNK: usize = 64;

/// Points in each interval between two samples, the first sample included. BS.1770-4, Annex 2, asks
/// for four at 48 kHz.
const OVERSAMPLING: usize = 8;

/// Taps of each interpolated point.
const TAPS: usize = 64;

/// Kaiser window shape: a sharp edge near Nyquist matters more here than a deep stop band.
const KAISER_BETA: f64 = 3.0;

/// What a peak may gain from content so near Nyquist that no interpolator of this length can place
/// it, as a multiple of that content's amplitude.
///
/// A steady alternation of signs has no limit between the samples as it grows longer; this factor
/// covers 400 samples of the worst pattern of signs there is (that of a sinc), square waves with a
/// harmonic at Nyquist, and white noise. Measured with a meter at 16 times the rate; below 0.44
/// cycles a sample it costs less than 0.15 dB.
const NYQUIST_ALLOWANCE: f32 = 3.6;

/// Largest absolute value of two channels in the intervals between neighbouring samples.
pub(super) struct TruePeakDetector {
    dispatch: Dispatch,
    /// Tap by tap, oldest sample first: the weights of the points between the samples and, last, those
    /// of the amplitude near Nyquist.
    weights: Vec<[f32; OVERSAMPLING]>,
    /// Each channel's last `TAPS - 1` samples, the chunk at hand, and room to fill a register.
    lines: [[f32; TAPS - 1 + CHUNK + MAX_WIDTH]; 2],
    /// While all of the latest samples stay at or below this, no point can exceed the threshold.
    quiet: f32,
    /// Samples until the last one above `quiet` has left the filter.
    awake: usize,
}

impl TruePeakDetector {
    /// How many samples before a sample the interval began whose peak is reported with it.
    pub(super) const DELAY: usize = TAPS / 2;

    /// Peaks at or below `threshold` may be reported as zero, which saves the work for them.
    pub(super) fn new(threshold: f32, dispatch: Dispatch) -> Self {
        let weights = detector_weights();
        let sum = |lane: usize| weights.iter().map(|tap| tap[lane].abs()).sum::<f32>();
        let most = (0..OVERSAMPLING - 1).map(sum).fold(1.0, f32::max)
            + NYQUIST_ALLOWANCE * sum(OVERSAMPLING - 1);
        Self {
            dispatch,
            weights,
            lines: [[0.0; TAPS - 1 + CHUNK + MAX_WIDTH]; 2],
            quiet: 0.999 * threshold / most,
            awake: 0,
        }
    }

    pub(super) fn reset(&mut self) {
        for line in &mut self.lines {
            line.fill(0.0);
        }
        self.awake = 0;
    }

    /// Takes the next samples, at most [`CHUNK`] and as many in each slice; writes for each the peak
    /// of the interval that began [`Self::DELAY`] samples before it, both ends included.
    pub(super) fn detect(&mut self, left: &[f32], right: &[f32], peaks: &mut [f32]) {
        let samples = peaks.len();
        for (line, channel) in self.lines.iter_mut().zip([left, right]) {
            line[TAPS - 1..TAPS - 1 + samples].copy_from_slice(channel);
            if channel.iter().any(|sample| sample.abs() > self.quiet) {
                self.awake = TAPS + samples;
            }
        }
        if self.awake > 0 {
            let Self { weights, lines, .. } = self;
            self.dispatch.run(Interpolate {
                weights,
                lines,
                peaks,
            });
        } else {
            peaks.fill(0.0);
        }
        self.awake = self.awake.saturating_sub(samples);
        for line in &mut self.lines {
            line.copy_within(samples..samples + TAPS - 1, 0);
        }
    }
}

/// The detector's filters over one chunk, vectorised over time.
struct Interpolate<'a> {
    weights: &'a [[f32; OVERSAMPLING]],
    lines: &'a [[f32; TAPS - 1 + CHUNK + MAX_WIDTH]; 2],
    peaks: &'a mut [f32],
}

impl Kernel for Interpolate<'_> {
    #[inline(always)]
    fn run<V: Vector>(self) {
        for (index, peaks) in self.peaks.chunks_mut(V::WIDTH).enumerate() {
            let start = index * V::WIDTH;
            let mut highest = [0.0_f32; MAX_WIDTH];
            for line in self.lines {
                let mut sums = [V::splat(0.0); OVERSAMPLING];
                for (tap, weights) in self.weights.iter().enumerate() {
                    let samples = V::load(&line[start + tap..]);
                    for (sum, &weight) in sums.iter_mut().zip(weights) {
                        *sum = samples.mul_add(V::splat(weight), *sum);
                    }
                }
                let mut lanes = [[0.0_f32; MAX_WIDTH]; OVERSAMPLING];
                for (lanes, sum) in lanes.iter_mut().zip(sums) {
                    sum.store(lanes);
                }
                let [points @ .., near_nyquist] = &lanes;
                let middle = start + TAPS / 2 - 1;
                for (i, highest) in highest.iter_mut().enumerate().take(V::WIDTH) {
                    let mut peak = larger(line[middle + i].abs(), line[middle + i + 1].abs());
                    for point in points {
                        peak = larger(peak, point[i].abs());
                    }
                    *highest = larger(*highest, peak + NYQUIST_ALLOWANCE * near_nyquist[i].abs());
                }
            }
            peaks.copy_from_slice(&highest[..peaks.len()]);
        }
    }
}

/// The larger of two; the first where the second is NaN, as sums of huge samples may be.
#[inline(always)]
fn larger(a: f32, b: f32) -> f32 {
    if b > a { b } else { a }
}

/// Kaiser-windowed sincs at the points 1/8 .. 7/8 of the middle interval, and a Hann-windowed
/// alternation of signs, which answers with the amplitude of what lies near Nyquist.
fn detector_weights() -> Vec<[f32; OVERSAMPLING]> {
    let half = TAPS as f64 / 2.0;
    let interpolation = |tap: usize, point: usize| {
        let time = tap as f64 - (half - 1.0) - point as f64 / OVERSAMPLING as f64;
        let inside = (1.0 - (time / half).powi(2)).max(0.0);
        let window = bessel_i0(KAISER_BETA * inside.sqrt()) / bessel_i0(KAISER_BETA);
        window * (PI * time).sin() / (PI * time)
    };
    let alternation = |tap: usize| {
        let hann = (PI * (tap as f64 + 0.5) / TAPS as f64).sin().powi(2) / half;
        if tap.is_multiple_of(2) { hann } else { -hann }
    };
    (0..TAPS)
        .map(|tap| {
            std::array::from_fn(|lane| {
                let point = lane + 1;
                let weight = if point < OVERSAMPLING {
                    interpolation(tap, point)
                } else {
                    alternation(tap)
                };
                weight as f32
            })
        })
        .collect()
}

/// Modified Bessel function of the first kind, order 0, by its power series.
fn bessel_i0(x: f64) -> f64 {
    let quarter = x * x / 4.0;
    let (mut sum, mut term) = (1.0, 1.0);
    for k in 1..40 {
        term *= quarter / f64::from(k * k);
        sum += term;
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::{CHUNK, TAPS, TruePeakDetector};
    use crate::simd::{Dispatch, Level};
    use std::f64::consts::PI;

    fn detect(threshold: f32, level: Level, left: &[f32], right: &[f32], chunk: usize) -> Vec<f32> {
        let dispatch = Dispatch::with_level(level).unwrap();
        let mut detector = TruePeakDetector::new(threshold, dispatch);
        let mut peaks = vec![f32::NAN; left.len()];
        let channels = left.chunks(chunk).zip(right.chunks(chunk));
        for ((left, right), peaks) in channels.zip(peaks.chunks_mut(chunk)) {
            detector.detect(left, right, peaks);
        }
        peaks
    }

    fn available() -> Vec<Level> {
        let (available, missing): (Vec<_>, Vec<_>) = Level::ALL
            .into_iter()
            .partition(|&level| Dispatch::with_level(level).is_some());
        println!("skipped {} levels: {missing:?}", missing.len());
        available
    }

    /// Noise whose loudness swells from nothing to 0.6.
    fn swelling_noise(samples: u32) -> Vec<f32> {
        let mut state = 1_u64;
        (0..samples)
            .map(|n| {
                state = state
                    .wrapping_mul(6_364_136_223_846_793_005)
                    .wrapping_add(1);
                let level = 0.6 * (f64::from(n) * 0.001).sin().powi(2);
                (((state >> 33) as f64 / 2.0_f64.powi(30) - 1.0) * level) as f32
            })
            .collect()
    }

    #[test]
    fn finds_the_peaks_of_sines_between_the_samples() {
        for freq_norm in [0.01, 0.1, 0.25, 0.3, 1.0 / 3.0, 0.4, 0.44] {
            for phase in [0.0, PI / 4.0, 1.0] {
                let sine = (0..4000)
                    .map(|n| (2.0 * PI * freq_norm * f64::from(n) + phase).sin() as f32)
                    .collect::<Vec<_>>();
                let silence = vec![0.0; sine.len()];
                let peaks = detect(0.5, Level::Scalar, &sine, &silence, CHUNK);
                let peak = peaks[TAPS..].iter().fold(0.0_f32, |a, &b| a.max(b));
                let db = 20.0 * peak.log10();
                assert!(
                    (-0.2..0.15).contains(&db),
                    "{freq_norm} cycles a sample: {db:.3} dB"
                );
            }
        }
    }

    #[test]
    fn quiet_stretches_are_skipped_and_loud_ones_never_missed() {
        let left = swelling_noise(20_000);
        let right = left.iter().map(|x| 0.9 * x).collect::<Vec<_>>();
        let sparse = detect(0.5, Level::Scalar, &left, &right, CHUNK);
        let full = detect(0.0, Level::Scalar, &left, &right, CHUNK);
        assert!(sparse.contains(&0.0) && full.iter().any(|&peak| peak > 0.5));
        for (sparse, full) in sparse.into_iter().zip(full) {
            assert!(
                sparse == full || (sparse == 0.0 && full <= 0.5),
                "{sparse} {full}"
            );
        }
    }

    #[test]
    fn every_level_agrees_with_the_scalar_one_however_the_signal_is_cut() {
        let left = swelling_noise(3000);
        let right = left.iter().map(|x| -0.5 * x).collect::<Vec<_>>();
        let scalar = detect(0.0, Level::Scalar, &left, &right, CHUNK);
        for level in available() {
            let whole = detect(0.0, level, &left, &right, CHUNK);
            for (whole, scalar) in whole.iter().zip(&scalar) {
                assert!((whole - scalar).abs() < 3e-6, "{level}: {whole} {scalar}");
            }
            for chunk in 1..CHUNK {
                assert_eq!(
                    whole,
                    detect(0.0, level, &left, &right, chunk),
                    "{level}, {chunk}"
                );
            }
        }
    }
}
