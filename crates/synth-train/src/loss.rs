//! The regression loss: audibility-weighted L1 in dB over the partials, plain L1 over the noise.

use crate::equaliser::Tap;
use crate::real::Real;

/// dB per unit of a network output and of a curve value.
pub const DB_PER_UNIT: f64 = 10.0;
/// Weight of a partial this far or farther below its column's loudest partial.
pub const QUIET_WEIGHT: f32 = 0.02;
/// Where that weight is reached, dB below the loudest partial.
pub const QUIET_AT_DB: f32 = 70.0;

/// Weight of a partial `below_db` under its column's loudest one: 1 at 0 dB, falling on a line to
/// [`QUIET_WEIGHT`] at [`QUIET_AT_DB`].
#[must_use]
pub fn audibility(below_db: f32) -> f32 {
    let position = (below_db / QUIET_AT_DB).clamp(0.0, 1.0);
    1.0 + (QUIET_WEIGHT - 1.0) * position
}

/// Writes the weight of every partial: [`audibility`] where `(k + 1) f0_hz < limit_hz`, else 0.
pub fn partial_weights(partial_db: &[f32], f0_hz: f32, limit_hz: f32, weights: &mut [f32]) {
    let heard = ((limit_hz / f0_hz).ceil() as usize)
        .saturating_sub(1)
        .min(partial_db.len());
    let loudest = partial_db[..heard].iter().copied().fold(f32::MIN, f32::max);
    for (weight, &db) in weights.iter_mut().zip(&partial_db[..heard]) {
        *weight = audibility(loudest - db);
    }
    weights[heard..].fill(0.0);
}

/// What the network should answer for one batch of columns.
#[derive(Clone, Debug)]
pub struct BatchTarget<T> {
    /// Partials a column.
    pub partials: usize,
    /// Noise bands a column.
    pub noise_bands: usize,
    /// Where each partial falls on the body curve, `[batch, partials]`.
    pub taps: Vec<Tap<T>>,
    /// dB, `[batch, partials]`.
    pub partial_db: Vec<T>,
    /// Loss weight, `[batch, partials]`; 0 leaves a partial out.
    pub partial_weight: Vec<T>,
    /// A-weighted power of each partial at amplitude 1 as the decoder counts it, `[batch, partials]`.
    pub a_power: Vec<T>,
    /// dB, `[batch, noise_bands]`.
    pub noise_db: Vec<T>,
    /// Loss weight, `[batch, noise_bands]`; 0 leaves a band out.
    pub noise_weight: Vec<T>,
}

/// log2(10) / 10: octaves of power a dB.
const LOG2_10_TENTH: f64 = std::f64::consts::LOG2_10 / 10.0;

/// The two parts of the loss, both in dB.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Loss {
    /// Weighted mean absolute error of the partials.
    pub partial_db: f64,
    /// Mean absolute error of the noise bands.
    pub noise_db: f64,
}

/// Compares `output` (`[batch, partials + 1 + noise_bands]`, row-major) and the body `curve` with the
/// target, and writes the gradient of `partial + noise_share * noise` with respect to both.
///
/// A partial's level is `10 (output[k] + curve(k f0))` dB, less the A-weighted loudness of the column
/// that these levels make: as the decoder scales the partials, so that only their relations are
/// learnt. The gain row, common to all partials, cancels in that and has no slope. A band's level is
/// `10 output` dB.
pub fn loss_and_slopes<T: Real>(
    target: &BatchTarget<T>,
    output: &[T],
    curve: &[T],
    noise_share: f64,
    output_slope: &mut [T],
    curve_slope: &mut [T],
) -> Loss {
    let scale = T::from_f64(DB_PER_UNIT);
    let sum = |weights: &[T]| weights.iter().map(|w| w.to_f64()).sum::<f64>().max(1e-9);
    let (partial_total, noise_total) = (sum(&target.partial_weight), sum(&target.noise_weight));
    let partial_rate = T::from_f64(DB_PER_UNIT / partial_total);
    let noise_rate = T::from_f64(DB_PER_UNIT * noise_share / noise_total);
    let (count, bands) = (target.partials, target.noise_bands);
    let (mut partial_sum, mut noise_sum) = (0.0, 0.0);
    curve_slope.fill(T::zero());
    let (mut levels, mut shares) = (vec![T::zero(); count], vec![0.0_f64; count]);

    let width = count + 1 + bands;
    let columns = output
        .chunks_exact(width)
        .zip(output_slope.chunks_exact_mut(width));
    for (column, (output, slope)) in columns.enumerate() {
        let partials = column * count..(column + 1) * count;
        let taps = &target.taps[partials.clone()];
        let wanted = &target.partial_db[partials.clone()];
        let weights = &target.partial_weight[partials];
        let gain = output[count];
        let a_power = &target.a_power[column * count..(column + 1) * count];
        let mut rate_sum = T::zero();
        let mut error_sum = T::zero();
        let mut power = 1e-30;
        for k in 0..count {
            levels[k] = scale * (output[k] + gain + taps[k].read(curve));
            let own = a_power[k].to_f64() * (levels[k].to_f64() * LOG2_10_TENTH).exp2();
            shares[k] = own;
            power += own;
        }
        let loudness = T::from_f64(power.log2() / LOG2_10_TENTH);
        for k in 0..count {
            let error = levels[k] - loudness - wanted[k];
            let (size, rate) = absolute(error, partial_rate * weights[k]);
            error_sum += weights[k] * size;
            slope[k] = rate;
            rate_sum += rate;
        }
        for k in 0..count {
            slope[k] = slope[k] - rate_sum * T::from_f64(shares[k] / power);
            taps[k].scatter(slope[k], curve_slope);
        }
        slope[count] = T::zero();
        partial_sum += error_sum.to_f64();

        let mut error_sum = T::zero();
        for j in 0..bands {
            let weight = target.noise_weight[column * bands + j];
            let error = scale * output[count + 1 + j] - target.noise_db[column * bands + j];
            let (size, rate) = absolute(error, noise_rate * weight);
            error_sum += weight * size;
            slope[count + 1 + j] = rate;
        }
        noise_sum += error_sum.to_f64();
    }
    Loss {
        partial_db: partial_sum / partial_total,
        noise_db: noise_sum / noise_total,
    }
}

/// |error| and the gradient of `rate |error|`.
fn absolute<T: Real>(error: T, rate: T) -> (T, T) {
    if error > T::zero() {
        (error, rate)
    } else if error < T::zero() {
        (-error, -rate)
    } else {
        (T::zero(), T::zero())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn audibility_has_its_published_ends() {
        assert_eq!(audibility(0.0), 1.0);
        assert!((audibility(QUIET_AT_DB) - QUIET_WEIGHT).abs() < 1e-6);
        assert!((audibility(120.0) - QUIET_WEIGHT).abs() < 1e-6);
        assert!((audibility(35.0) - 0.51).abs() < 1e-6);
    }

    #[test]
    fn partials_at_or_above_the_limit_have_no_weight_and_do_not_mask() {
        let mut weights = [9.0; 4];
        // The third partial is the loudest but lies on the limit.
        partial_weights(&[-10.0, -80.0, 0.0, 0.0], 1000.0, 3000.0, &mut weights);
        assert_eq!(weights[0], 1.0);
        assert!((weights[1] - 0.02).abs() < 1e-6);
        assert_eq!(weights[2..], [0.0, 0.0]);
        partial_weights(&[-10.0; 4], 5000.0, 3000.0, &mut weights);
        assert_eq!(weights, [0.0; 4]);
    }

    #[test]
    fn the_loss_of_a_known_error_is_that_error() {
        let tap = |fraction| Tap { index: 0, fraction };
        let target = BatchTarget {
            partials: 2,
            noise_bands: 1,
            taps: vec![tap(0.25), tap(0.75)],
            partial_db: vec![-2.0, -22.0],
            partial_weight: vec![1.0, 0.5],
            // The first partial alone makes the loudness.
            a_power: vec![1.0, 0.0],
            noise_db: vec![-90.0],
            noise_weight: vec![1.0],
        };
        // The curve is 0.5 and 0.7 there: levels of -15 and -33 dB, 0 and -18 re the loudness.
        let output = [-3.0, -5.0, 1.0, -8.0];
        let (mut slope, mut curve_slope) = ([9.0_f64; 4], [9.0_f64; 2]);
        let curve = [0.4, 0.8];
        let loss = loss_and_slopes(&target, &output, &curve, 0.3, &mut slope, &mut curve_slope);
        assert!((loss.partial_db - (2.0 + 0.5 * 4.0) / 1.5).abs() < 1e-12);
        assert!((loss.noise_db - 10.0).abs() < 1e-12);
        // Raising the first raises the loudness, which lowers the second.
        let want = [-5.0 / 1.5, 5.0 / 1.5, 0.0, 3.0];
        assert!(
            slope.iter().zip(want).all(|(a, b)| (a - b).abs() < 1e-12),
            "{slope:?}"
        );
        assert!((curve_slope[0] + 2.5 / 1.5).abs() < 1e-12);
        assert!((curve_slope[1] - 2.5 / 1.5).abs() < 1e-12);
    }
}
