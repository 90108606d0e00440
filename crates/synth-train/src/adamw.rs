//! AdamW with a cosine learning rate.

use crate::real::Real;

/// First-moment decay (Kingma and Ba, ICLR 2015, section 2).
const BETA_1: f64 = 0.9;
/// Second-moment decay. Shorter than the paper's 0.999: a fit lasts only some 2,000 steps.
const BETA_2: f64 = 0.99;
const EPSILON: f64 = 1e-8;

/// Adam with decoupled weight decay (Loshchilov and Hutter, ICLR 2019, algorithm 2).
#[derive(Clone, Debug)]
pub struct AdamW<T> {
    decay: f64,
    step: i32,
    mean: Vec<Vec<T>>,
    power: Vec<Vec<T>>,
}

impl<T: Real> AdamW<T> {
    /// State for parameter groups of the given lengths; `decay` is multiplied by the learning rate.
    #[must_use]
    pub fn new(lengths: &[usize], decay: f64) -> Self {
        let room = || {
            lengths
                .iter()
                .map(|&length| vec![T::zero(); length])
                .collect()
        };
        Self {
            decay,
            step: 0,
            mean: room(),
            power: room(),
        }
    }

    /// Moves every group against its gradient. Groups come in the order given to [`AdamW::new`].
    pub fn update<'a>(
        &mut self,
        learning_rate: f64,
        groups: impl Iterator<Item = (&'a mut Vec<T>, &'a Vec<T>)>,
    ) where
        T: 'a,
    {
        self.step += 1;
        let correction_1 = 1.0 - BETA_1.powi(self.step);
        let correction_2 = 1.0 - BETA_2.powi(self.step);
        let rate = T::from_f64(learning_rate * correction_2.sqrt() / correction_1);
        let epsilon = T::from_f64(EPSILON * correction_2.sqrt());
        let keep = T::from_f64(1.0 - learning_rate * self.decay);
        let (b1, b2) = (T::from_f64(BETA_1), T::from_f64(BETA_2));
        let (c1, c2) = (T::from_f64(1.0 - BETA_1), T::from_f64(1.0 - BETA_2));
        let moments = self.mean.iter_mut().zip(&mut self.power);
        for ((values, slopes), (mean, power)) in groups.zip(moments) {
            let state = mean.iter_mut().zip(power);
            for ((value, &slope), (mean, power)) in values.iter_mut().zip(slopes).zip(state) {
                *mean = b1 * *mean + c1 * slope;
                *power = b2 * *power + c2 * slope * slope;
                *value = keep * *value - rate * *mean / (power.square_root() + epsilon);
            }
        }
    }
}

/// Half a cosine from `peak` at step 0 down to 0 at `steps` (Loshchilov and Hutter, ICLR 2017), after
/// a linear rise over the first fiftieth, without which the first steps of Adam are noise at full rate.
#[must_use]
pub fn cosine_rate(peak: f64, step: usize, steps: usize) -> f64 {
    let position = step as f64 / steps.max(1) as f64;
    let rise = ((step + 1) as f64 / (steps as f64 / 50.0).max(1.0)).min(1.0);
    peak * rise * 0.5 * (1.0 + (std::f64::consts::PI * position.min(1.0)).cos())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_of_one_slope_have_the_length_of_the_learning_rate() {
        let mut adam = AdamW::<f64>::new(&[3], 0.0);
        let mut values = vec![1.0, 1.0, 1.0];
        let slopes = vec![1e-3, -5.0, 0.0];
        // With both moments corrected, a slope that stays gives mean / sqrt(power) = +-1 every time.
        for wanted in [[0.99, 1.01, 1.0], [0.98, 1.02, 1.0]] {
            adam.update(0.01, std::iter::once((&mut values, &slopes)));
            for (got, want) in values.iter().zip(wanted) {
                assert!((got - want).abs() < 1e-6, "{values:?}");
            }
        }
    }

    #[test]
    fn a_slope_that_turns_follows_the_published_formula() {
        let mut adam = AdamW::<f64>::new(&[1], 0.0);
        let mut values = vec![1.0];
        for slope in [1.0, -3.0] {
            adam.update(0.01, std::iter::once((&mut values, &vec![slope])));
        }
        // Algorithm 1 of Kingma and Ba, by hand: m = 0.9 * 0.1 - 0.1 * 3 = -0.21, over 1 - 0.81;
        // v = 0.99 * 0.01 + 0.01 * 9 = 0.0999, over 1 - 0.9801.
        let second = 0.01 * (-0.21 / 0.19) / (0.0999_f64 / 0.0199).sqrt();
        assert!((values[0] - (0.99 - second)).abs() < 1e-9, "{values:?}");
    }

    #[test]
    fn decay_shrinks_what_has_no_gradient() {
        let mut adam = AdamW::<f64>::new(&[1], 0.5);
        let mut values = vec![2.0];
        adam.update(0.1, std::iter::once((&mut values, &vec![0.0])));
        assert!((values[0] - 2.0 * 0.95).abs() < 1e-12);
    }

    #[test]
    fn finds_the_minimum_of_a_parabola() {
        let mut adam = AdamW::<f64>::new(&[2], 0.0);
        let mut values = vec![3.0, -4.0];
        for step in 0..800 {
            let slopes = vec![values[0] - 1.0, 50.0 * (values[1] + 2.0)];
            let rate = cosine_rate(0.1, step, 800);
            adam.update(rate, std::iter::once((&mut values, &slopes)));
        }
        assert!(
            (values[0] - 1.0).abs() < 1e-3 && (values[1] + 2.0).abs() < 1e-3,
            "{values:?}"
        );
    }

    #[test]
    fn the_rate_rises_then_falls_to_nothing() {
        assert!(cosine_rate(1.0, 0, 1000) < 0.1);
        assert!(cosine_rate(1.0, 20, 1000) > 0.99);
        assert!((cosine_rate(1.0, 500, 1000) - 0.5).abs() < 1e-9);
        assert!(cosine_rate(1.0, 999, 1000) < 1e-4);
    }
}
