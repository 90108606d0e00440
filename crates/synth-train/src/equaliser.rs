//! The learnt body curve: a gain per absolute frequency, read with two taps, trained by a scatter.

use crate::real::Real;
use synth_model::BodyEq;

/// Where a frequency falls on the curve.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tap<T> {
    /// The point below.
    pub index: usize,
    /// Weight of the point above, 0..=1.
    pub fraction: T,
}

impl<T: Real> Tap<T> {
    /// Where a frequency in Hz falls on the curve of an instrument's body EQ.
    #[must_use]
    pub fn on(curve: &BodyEq, f_hz: f32) -> Self {
        let (index, fraction) = curve.position(f_hz);
        Self {
            index,
            fraction: T::from_f64(f64::from(fraction)),
        }
    }

    /// The curve's value here.
    #[must_use]
    pub fn read(&self, curve: &[T]) -> T {
        let low = curve[self.index];
        low + (curve[self.index + 1] - low) * self.fraction
    }

    /// Adds the loss gradient of a value read here to that of the curve.
    pub fn scatter(&self, slope: T, curve_slope: &mut [T]) {
        let above = slope * self.fraction;
        curve_slope[self.index] += slope - above;
        curve_slope[self.index + 1] += above;
    }
}

/// Weight of the squared second differences of the curve, in its own units.
///
/// Recorded pitches leave gaps on the curve between them, at low partials above all. A point that no
/// recording touches would stay where it began while its neighbours move away; so it is drawn onto
/// the line between them. Far firmer, it would iron out the resonances of a body.
const SMOOTHNESS: f64 = 0.01;
/// Weight of the squares themselves: where pitches are sparse, the curve would else explain each note
/// by itself.
const RIDGE: f64 = 0.01;

/// Adds the gradient of what is known of curves beforehand (they are smooth and small) to the loss
/// gradient of one.
pub fn add_prior_slopes<T: Real>(curve: &[T], slopes: &mut [T]) {
    let ridge = T::from_f64(2.0 * RIDGE);
    for (slope, &value) in slopes.iter_mut().zip(curve) {
        *slope += ridge * value;
    }
    let (two, weight) = (T::from_f64(2.0), T::from_f64(2.0 * SMOOTHNESS));
    for (index, points) in curve.windows(3).enumerate() {
        let slope = weight * (points[0] - two * points[1] + points[2]);
        slopes[index] += slope;
        slopes[index + 1] += -two * slope;
        slopes[index + 2] += slope;
    }
}

/// The value whose slopes [`add_prior_slopes`] adds.
#[must_use]
pub fn prior_loss<T: Real>(curve: &[T]) -> f64 {
    let squares: f64 = curve.iter().map(|v| v.to_f64().powi(2)).sum();
    let bends: f64 = curve
        .windows(3)
        .map(|p| (p[0].to_f64() - 2.0 * p[1].to_f64() + p[2].to_f64()).powi(2))
        .sum();
    RIDGE * squares + SMOOTHNESS * bends
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tap_reads_what_the_instrument_will_play() {
        let gain_db: Vec<f32> = (0..160).map(|i| ((i * 37) % 23) as f32 - 11.0).collect();
        let curve: Vec<f64> = gain_db.iter().map(|&db| f64::from(db)).collect();
        let body = BodyEq { gain_db };
        for f_hz in [
            10.0, 60.0, 61.0, 440.0, 2_500.0, 19_999.0, 20_000.0, 30_000.0,
        ] {
            let got = Tap::<f64>::on(&body, f_hz).read(&curve);
            assert!(
                (got - f64::from(body.gain_db_at(f_hz))).abs() < 1e-4,
                "{f_hz} Hz"
            );
        }
    }

    #[test]
    fn scatter_is_the_transpose_of_read() {
        let body = BodyEq {
            gain_db: vec![0.0; 12],
        };
        for f_hz in [30.0, 160.0, 955.0, 8_000.0, 16_000.0, 25_000.0] {
            let tap = Tap::<f64>::on(&body, f_hz);
            let mut slope = vec![0.0; 12];
            tap.scatter(3.0, &mut slope);
            for (index, got) in slope.iter().enumerate() {
                let mut unit = vec![0.0; 12];
                unit[index] = 1.0;
                assert!((got - 3.0 * tap.read(&unit)).abs() < 1e-12);
            }
        }
    }

    #[test]
    fn slopes_of_the_prior_are_its_derivatives() {
        let curve: Vec<f64> = (0..9).map(|i| f64::from(i * i % 7) * 0.3 - 0.8).collect();
        let mut slopes = vec![0.25; 9];
        add_prior_slopes(&curve, &mut slopes);
        for index in 0..9 {
            let moved = |by: f64| {
                let mut curve = curve.clone();
                curve[index] += by;
                prior_loss(&curve)
            };
            let wanted = (moved(1e-5) - moved(-1e-5)) / 2e-5;
            assert!((slopes[index] - 0.25 - wanted).abs() < 1e-7);
        }
    }
}
