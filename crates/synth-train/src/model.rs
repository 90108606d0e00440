//! What a fit moves: a perceptron and a body curve, and how their gradients are found.

use crate::batch::Batch;
use crate::equaliser::add_prior_slopes;
use crate::loss::{DB_PER_UNIT, Loss, loss_and_slopes};
use crate::perceptron::{Perceptron, Workspace};
use crate::real::Real;
use synth_model::{BodyEq, Layer, ModelShape, Network, NetworkError};

/// Everything that is learnt, in the fit's own arithmetic.
#[derive(Clone, Debug)]
pub struct Model<T> {
    /// The network.
    pub network: Perceptron<T>,
    /// The body curve in units of [`DB_PER_UNIT`] dB, so that one learning rate suits all.
    pub curve: Vec<T>,
}

impl<T: Real> Model<T> {
    /// The same sizes, all zero: the place for gradients.
    #[must_use]
    pub fn zeros_like(&self) -> Self {
        Self {
            network: self.network.zeros_like(),
            curve: vec![T::zero(); self.curve.len()],
        }
    }

    /// Length of every parameter group, in the order of [`Model::pairs_with`].
    #[must_use]
    pub fn group_lengths(&self) -> Vec<usize> {
        let layers = self.network.layers.iter();
        let mut lengths: Vec<usize> = layers
            .flat_map(|l| [l.weight.len(), l.bias.len()])
            .collect();
        lengths.push(self.curve.len());
        lengths
    }

    /// Every parameter group beside the same group of `gradient`: the layers' weights and biases in
    /// turn, then the curve.
    pub fn pairs_with<'a>(
        &'a mut self,
        gradient: &'a Self,
    ) -> impl Iterator<Item = (&'a mut Vec<T>, &'a Vec<T>)> {
        let layers = self.network.layers.iter_mut().zip(&gradient.network.layers);
        let layers = layers.flat_map(|(layer, slope)| {
            [
                (&mut layer.weight, &slope.weight),
                (&mut layer.bias, &slope.bias),
            ]
        });
        layers.chain(std::iter::once((&mut self.curve, &gradient.curve)))
    }

    /// The loss over a batch; its gradient, with that of the prior of the curve, goes to `gradient`.
    ///
    /// # Panics
    /// When `work` or `gradient` was made for other sizes.
    pub fn loss_and_gradient(
        &self,
        batch: &Batch<T>,
        noise_share: f64,
        work: &mut Workspace<T>,
        gradient: &mut Self,
    ) -> Loss {
        self.network.forward(&batch.input, work);
        let (output, slope) = work.output_and_slope();
        let curve_slope = &mut gradient.curve;
        let target = &batch.target;
        let loss = loss_and_slopes(target, output, &self.curve, noise_share, slope, curve_slope);
        add_prior_slopes(&self.curve, curve_slope);
        self.network
            .backward(&batch.input, work, &mut gradient.network);
        loss
    }

    /// Whether every parameter is a number.
    #[must_use]
    pub fn is_finite(&self) -> bool {
        self.network.is_finite() && self.curve.iter().all(|value| value.finite())
    }

    /// The network rounded to FP16 and the curve in dB, as an instrument holds them.
    ///
    /// # Errors
    /// When a weight is not a finite FP16 number or the layers do not fit `shape`.
    pub fn to_instrument_parts(
        &self,
        shape: ModelShape,
    ) -> Result<(Network, BodyEq), NetworkError> {
        let narrow = |values: &[T]| {
            values
                .iter()
                .map(|v| v.to_f64() as f32)
                .collect::<Vec<f32>>()
        };
        let layers = self.network.layers.iter().map(|layer| {
            let (weight, bias) = (narrow(&layer.weight), narrow(&layer.bias));
            Layer::from_f32(layer.inputs, layer.outputs, &weight, &bias)
        });
        let network = Network::new(shape, layers.collect::<Result<_, _>>()?)?;
        let decibels = |value: &T| (value.to_f64() * DB_PER_UNIT) as f32;
        Ok((
            network,
            BodyEq {
                gain_db: self.curve.iter().map(decibels).collect(),
            },
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::batch::{BatchMaker, a_power_table};
    use crate::equaliser::prior_loss;
    use crate::random::SplitMix64;
    use crate::training_set::{TrainingFrame, TrainingSet};
    use synth_model::Ranges;

    fn batch_and_model(seed: u64) -> (Batch<f64>, Model<f64>) {
        let mut rng = SplitMix64::new(seed);
        let mut set = TrainingSet::new(5, 3);
        for _ in 0..30 {
            let partial_db: Vec<f32> = (0..5).map(|_| rng.between(-90.0, 0.0) as f32).collect();
            let noise_db: Vec<f32> = (0..3).map(|_| rng.between(-120.0, -60.0) as f32).collect();
            let frame = TrainingFrame {
                f0_hz: rng.between(40.0, 4_000.0) as f32,
                loudness_db: rng.between(-60.0, -10.0) as f32,
                velocity: rng.uniform() as f32,
                z: rng.uniform() as f32,
                partial_db: &partial_db,
                noise_db: &noise_db,
                band_limit_hz: 9_000.0,
            };
            set.push(&frame).unwrap();
        }
        let maker = BatchMaker {
            ranges: Ranges {
                f0_lo_hz: 27.5,
                f0_hi_hz: 4_200.0,
                loudness_lo_db: -80.0,
                loudness_hi_db: 0.0,
                loudness_centre_db: -30.0,
                velocity_lo: 0.0,
                velocity_hi: 1.0,
            },
            pitch_jitter_semitones: 1.5,
            loudness_jitter_db: 2.0,
            curve: BodyEq {
                gain_db: vec![0.0; 14],
            },
            band_hz: vec![0.0, 5_000.0, 10_000.0],
            a_power: a_power_table(),
        };
        let mut batch = Batch::new(&set, 16);
        maker.draw(&set, &mut rng, &mut batch);
        let mut network = Perceptron::random(&[4, 9, 7, 9], &mut rng);
        // Biases off zero, so that no ReLU and no absolute value sits on its corner.
        for group in network.parameter_groups_mut() {
            group
                .iter_mut()
                .for_each(|value| *value += 0.2 * rng.normal());
        }
        let curve = (0..14).map(|_| 0.3 * rng.normal()).collect();
        (batch, Model { network, curve })
    }

    #[test]
    fn every_gradient_agrees_with_central_differences() {
        const NOISE_SHARE: f64 = 0.3;
        const STEP: f64 = 1e-6;
        let (batch, mut model) = batch_and_model(11);
        let mut work = Workspace::new(&model.network, 16);
        let mut gradient = model.zeros_like();
        // Whatever was in the gradient before must not matter.
        for (dirty, _) in gradient.clone().pairs_with(&gradient) {
            dirty.fill(7.0);
        }
        model.loss_and_gradient(&batch, NOISE_SHARE, &mut work, &mut gradient);
        let mut scratch = model.zeros_like();
        let mut value_at = |model: &Model<f64>| {
            let loss = model.loss_and_gradient(&batch, NOISE_SHARE, &mut work, &mut scratch);
            loss.partial_db + NOISE_SHARE * loss.noise_db + prior_loss(&model.curve)
        };
        let lengths = model.group_lengths();
        for (group, &length) in lengths.iter().enumerate() {
            let slopes: Vec<f64> = model
                .pairs_with(&gradient)
                .nth(group)
                .map(|(_, slope)| slope.clone())
                .unwrap();
            assert!(
                slopes.iter().any(|&slope| slope != 0.0),
                "group {group} learns nothing"
            );
            for (index, &slope) in slopes.iter().enumerate().take(length) {
                let mut moved = |by: f64| {
                    let pair = model.pairs_with(&gradient).nth(group).unwrap();
                    let old = pair.0[index];
                    pair.0[index] = old + by;
                    let value = value_at(&model);
                    model.pairs_with(&gradient).nth(group).unwrap().0[index] = old;
                    value
                };
                let numeric = (moved(STEP) - moved(-STEP)) / (2.0 * STEP);
                assert!(
                    (numeric - slope).abs() < 1e-5 * (1.0 + slope.abs()),
                    "group {group}, parameter {index}: {slope} for {numeric}"
                );
            }
        }
    }

    #[test]
    fn not_a_number_does_not_reach_an_instrument() {
        let (_, mut model) = batch_and_model(4);
        let shape = ModelShape {
            inputs: 4,
            hidden: vec![9, 7],
            partials: 5,
            noise_bands: 3,
            head: synth_model::Head::LogDomain,
        };
        let (network, body) = model.to_instrument_parts(shape.clone()).unwrap();
        assert!((f64::from(body.gain_db[3]) - 10.0 * model.curve[3]).abs() < 1e-5);
        let weight = model.network.layers[1].weight[2];
        assert!((network.layers[1].weight[2].to_f64() - weight).abs() < 1e-3);
        model.network.layers[1].bias[0] = f64::NAN;
        assert!(!model.is_finite());
        assert!(model.to_instrument_parts(shape).is_err());
    }
}
