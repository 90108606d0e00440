//! The limiter over a whole recording at once: `f64`, brute force, every window searched anew.

use std::f64::consts::PI;

/// Samples before the recording that the interpolator's taps can reach from.
const LEAD: i64 = 32;

/// What [`limit_true_peaks`] and [`limit_sample_peaks`] answer.
pub struct Limited {
    /// Left channel, not delayed.
    pub left: Vec<f64>,
    /// Right channel, not delayed.
    pub right: Vec<f64>,
    /// Gain of each sample.
    pub gain: Vec<f64>,
}

/// Limits sample peaks to -1 dBFS: at once, 10 ms hold, 100 ms release.
#[must_use]
pub fn limit_sample_peaks(sample_rate_hz: u32, left: &[f32], right: &[f32]) -> Limited {
    let ceiling = 10.0_f64.powf(-1.0 / 20.0);
    let hold = samples(0.010, sample_rate_hz);
    let required = (0..left.len())
        .map(|n| (ceiling / at(left, n as i64).abs().max(at(right, n as i64).abs())).min(1.0))
        .collect::<Vec<_>>();
    let least = (0..required.len() as i64)
        .map(|n| minimum(&required, n + 1 - hold, n))
        .collect::<Vec<_>>();
    apply(left, right, release(&least, sample_rate_hz))
}

/// Limits true peaks to -1 dBTP with 0.3 dB to spare and 1.5 ms of look-ahead.
#[must_use]
pub fn limit_true_peaks(sample_rate_hz: u32, left: &[f32], right: &[f32]) -> Limited {
    let threshold = 10.0_f64.powf(-1.3 / 20.0);
    let guard = samples(0.000_1, sample_rate_hz);
    let look_ahead = samples(0.001_5, sample_rate_hz).max(4);
    let smoothing = look_ahead - guard + 1;
    let count = left.len() as i64;
    let kernels = Kernels::new();
    // An interpolated peak can stand before the first sample, and the gain path also sees what
    // comes after the last one, up to the look-ahead.
    let required = (-LEAD..count + look_ahead)
        .map(|n| {
            let peak = interval_peak(left, n, &kernels).max(interval_peak(right, n, &kernels));
            (threshold / peak).min(1.0)
        })
        .collect::<Vec<_>>();
    let window = smoothing + 2 * guard + samples(0.010, sample_rate_hz);
    let least = (0..required.len() as i64)
        .map(|n| minimum(&required, n + 1 - window, n))
        .collect::<Vec<_>>();
    let released = release(&least, sample_rate_hz);
    let first = (smoothing + 1) / 2;
    let second = smoothing + 1 - first;
    let average = |values: &[f64], length: i64| {
        (0..values.len() as i64)
            .map(|n| {
                let sum = (0..length)
                    .map(|back| usize::try_from(n - back).map_or(1.0, |i| values[i]))
                    .sum::<f64>();
                sum / length as f64
            })
            .collect::<Vec<_>>()
    };
    let smooth = average(&average(&released, first), second);
    apply(left, right, smooth[(LEAD + look_ahead) as usize..].to_vec())
}

fn samples(seconds: f64, sample_rate_hz: u32) -> i64 {
    ((seconds * f64::from(sample_rate_hz)).round() as i64).max(1)
}

/// Sample `index`, zero outside the recording and for values that are not finite.
fn at(channel: &[f32], index: i64) -> f64 {
    let sample = usize::try_from(index)
        .ok()
        .and_then(|i| channel.get(i))
        .copied();
    f64::from(sample.filter(|x| x.is_finite()).unwrap_or(0.0))
}

fn minimum(values: &[f64], from: i64, to: i64) -> f64 {
    values[from.max(0) as usize..=to as usize]
        .iter()
        .fold(1.0, |least, &x| least.min(x))
}

/// Peak from sample `index` to the next, both included, at eighths of the interval, plus 3.6 times
/// the amplitude found near Nyquist.
fn interval_peak(channel: &[f32], index: i64, kernels: &Kernels) -> f64 {
    let surroundings = (index - 31..=index + 32)
        .map(|i| at(channel, i))
        .collect::<Vec<_>>();
    if surroundings.iter().all(|x| x.abs() < 0.05) {
        return 0.0;
    }
    let dot = |kernel: &Vec<f64>| {
        surroundings
            .iter()
            .zip(kernel)
            .map(|(sample, weight)| sample * weight)
            .sum::<f64>()
            .abs()
    };
    let ends = at(channel, index).abs().max(at(channel, index + 1).abs());
    kernels.eighths.iter().map(dot).fold(ends, f64::max) + 3.6 * dot(&kernels.alternation)
}

/// Weights of the 64 samples around an interval.
struct Kernels {
    /// Kaiser-windowed sincs at the eighths of the interval.
    eighths: Vec<Vec<f64>>,
    /// Hann-windowed alternation of signs.
    alternation: Vec<f64>,
}

impl Kernels {
    fn new() -> Self {
        let sinc = |eighth: i32| {
            let weight = |i: i32| {
                let distance = f64::from(i) - f64::from(eighth) / 8.0;
                let inside = 1.0 - (distance / 32.0).powi(2);
                let kaiser = bessel_i0(3.0 * inside.max(0.0).sqrt()) / bessel_i0(3.0);
                (PI * distance).sin() / (PI * distance) * kaiser
            };
            (-31..=32).map(weight).collect()
        };
        let alternation = |i: i32| {
            let hann = 0.5 * (1.0 + (2.0 * PI * (f64::from(i) - 0.5) / 64.0).cos());
            hann / 32.0 * (PI * f64::from(i)).cos()
        };
        Self {
            eighths: (1..8).map(sinc).collect(),
            alternation: (-31..=32).map(alternation).collect(),
        }
    }
}

/// Modified Bessel function of order 0 as the mean of exp(x cos t) over a turn.
fn bessel_i0(x: f64) -> f64 {
    (0..32)
        .map(|i| (x * (PI * f64::from(i) / 16.0).cos()).exp())
        .sum::<f64>()
        / 32.0
}

fn release(least: &[f64], sample_rate_hz: u32) -> Vec<f64> {
    let keep = (-1.0 / (0.100 * f64::from(sample_rate_hz))).exp();
    let mut reduction = 0.0_f64;
    least
        .iter()
        .map(|&gain| {
            reduction = (reduction * keep).max(1.0 - gain);
            1.0 - reduction
        })
        .collect()
}

fn apply(left: &[f32], right: &[f32], gain: Vec<f64>) -> Limited {
    let scaled = |channel: &[f32]| {
        (0..channel.len() as i64)
            .zip(&gain)
            .map(|(n, gain)| at(channel, n) * gain)
            .collect()
    };
    Limited {
        left: scaled(left),
        right: scaled(right),
        gain,
    }
}
