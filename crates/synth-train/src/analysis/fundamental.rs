//! The fundamental, refined from how the phases of the low partials advance.

use super::demodulation::{PhaseCourse, demodulate};

/// Partials that are listened to.
const PARTIALS: usize = 8;
/// Passes; each starts from the fundamental that the one before found.
const PASSES: usize = 3;
/// Standard deviation of the smoothing of the deviation, s.
const SMOOTHING_S: f64 = 0.019 / 2.0;
/// The fundamental may move this far from where the coarse course puts it, semitones.
const FARTHEST_SEMITONES: f64 = 3.0;

/// What the refinement needs to know besides the samples.
pub(super) struct Grid {
    pub(super) hop: usize,
    pub(super) sample_rate_hz: f64,
    /// Periods of the demodulation's window.
    pub(super) periods: usize,
}

/// Refines a fundamental given at every hop of `x`.
pub(super) fn refine(x: &[f32], coarse_hz: &[f64], grid: &Grid) -> Vec<f64> {
    let mut f0_hz = coarse_hz.to_vec();
    for pass in 0..PASSES {
        let course = PhaseCourse::new(&f0_hz, grid.hop, x.len(), grid.sample_rate_hz);
        let highest = f0_hz.iter().copied().fold(1.0, f64::max);
        // A coarse fundamental is too far off to follow high partials by.
        let wanted = if pass == 0 { 3 } else { PARTIALS };
        let below_nyquist = (0.45 * grid.sample_rate_hz / highest) as usize;
        let partials = wanted.min(below_nyquist).max(1);
        let amplitudes = demodulate(x, &course, grid.hop, grid.periods, partials);
        let columns = amplitudes.columns();
        // Weighted deviation in rad a hop between neighbouring columns, and the weights.
        let (mut sum, mut weight) = (vec![0.0_f64; columns], vec![0.0_f64; columns]);
        for column in 1..columns {
            for k in 0..partials {
                let (now, before) = (column * partials + k, (column - 1) * partials + k);
                let (a, b) = (f64::from(amplitudes.re[now]), f64::from(amplitudes.im[now]));
                let (c, d) = (
                    f64::from(amplitudes.re[before]),
                    f64::from(amplitudes.im[before]),
                );
                // a conj(b) has the product of the sizes, a power; the number of the partial says
                // how sharply its phase tells the fundamental.
                let (re, im) = (a * c + b * d, b * c - a * d);
                let number = (k + 1) as f64;
                let power = re.hypot(im);
                sum[column] += power * number * im.atan2(re);
                weight[column] += power * number * number;
            }
        }
        let per_column = grid.sample_rate_hz / grid.hop as f64;
        let sigma = SMOOTHING_S * per_column;
        let floor = weight.iter().copied().fold(0.0, f64::max) * 1e-12 + 1e-300;
        let (sum, weight) = (smooth(&sum, sigma), smooth(&weight, sigma));
        for column in 0..columns {
            let advance = sum[column] / (weight[column] + floor);
            let deviation_hz = advance / std::f64::consts::TAU * per_column;
            let coarse = coarse_hz[column];
            let bound = (FARTHEST_SEMITONES / 12.0).exp2();
            f0_hz[column] = (f0_hz[column] + deviation_hz).clamp(coarse / bound, coarse * bound);
        }
    }
    f0_hz
}

/// Gaussian smoothing, the ends held.
fn smooth(values: &[f64], sigma: f64) -> Vec<f64> {
    let reach = (3.0 * sigma).ceil() as isize;
    let taps: Vec<f64> = (-reach..=reach)
        .map(|i| (-0.5 * (i as f64 / sigma.max(1e-9)).powi(2)).exp())
        .collect();
    let last = values.len() as isize - 1;
    (0..values.len() as isize)
        .map(|n| {
            let (mut sum, mut total) = (0.0, 0.0);
            for (tap, i) in taps.iter().zip(n - reach..=n + reach) {
                if (0..=last).contains(&i) {
                    sum += tap * values[i as usize];
                    total += tap;
                }
            }
            sum / total
        })
        .collect()
}
