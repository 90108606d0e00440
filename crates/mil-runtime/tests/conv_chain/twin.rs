//! Seeded networks and columns, and what the kernel should answer: a triple loop in f64.

use mil_runtime::cpu::conv_chain::ConvLayer;

/// The widths of the shapes under test: the two that the synthesizer uses, and odd ones that fill
/// neither a panel of outputs nor a vector.
pub(crate) const SHAPES: [&[usize]; 10] = [
    &[4, 64, 128, 64, 66],
    &[4, 64, 128, 64, 130],
    &[1, 1],
    &[1, 3],
    &[3, 1],
    &[5, 66],
    &[66, 5, 17],
    &[130, 17, 130],
    &[17, 3, 5, 1],
    &[6, 12, 18, 24, 7],
];

/// splitmix64 (Steele, Lea, Flood, "Fast splittable pseudorandom number generators", 2014).
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Uniform in -1..1, never 0.
    pub(crate) fn signed(&mut self) -> f32 {
        ((self.bits() >> 40) as f32 + 0.5) / f32::powi(2.0, 23) - 1.0
    }

    pub(crate) fn below(&mut self, end: usize) -> usize {
        (self.bits() % end as u64) as usize
    }
}

/// A network with He-uniform weights, a ReLU after every layer but the last.
pub(crate) fn network(widths: &[usize], seed: u64) -> Vec<ConvLayer> {
    let mut random = Random(seed);
    let last = widths.len() - 2;
    let layer = |(index, pair): (usize, &[usize])| {
        let (inputs, outputs) = (pair[0], pair[1]);
        let spread = (6.0 / inputs as f32).sqrt();
        let weight = (0..inputs * outputs)
            .map(|_| spread * random.signed())
            .collect();
        let bias = (0..outputs).map(|_| 0.1 * random.signed()).collect();
        ConvLayer {
            inputs,
            outputs,
            weight,
            bias,
            relu: index < last,
        }
    };
    widths.windows(2).enumerate().map(layer).collect()
}

/// `[channels, columns]` of values in -1..1.
pub(crate) fn columns(channels: usize, columns: usize, seed: u64) -> Vec<f32> {
    let mut random = Random(seed);
    (0..channels * columns).map(|_| random.signed()).collect()
}

/// Columns `first..first + count` of a `[channels, columns]` batch, as a batch of their own.
pub(crate) fn cut(batch: &[f32], columns: usize, first: usize, count: usize) -> Vec<f32> {
    batch
        .chunks_exact(columns)
        .flat_map(|row| &row[first..first + count])
        .copied()
        .collect()
}

/// The exact answer for one column, and how far from it rounding in f32 may lead.
pub(crate) struct Answer {
    pub(crate) exact: f64,
    pub(crate) bound: f64,
}

/// The answer for one column, channel by channel.
///
/// The bound is the running one for a recursive sum (Higham, "Accuracy and Stability of Numerical
/// Algorithms", 2002, section 3.1): n products and n sums, each rounded to f32, err by at most `g *
/// (sum |w x| + |b|)` with `g = (n + 1) u / (1 - (n + 1) u)`, u = 2^-24; errors already in x pass
/// on times |w|; a ReLU adds none.
pub(crate) fn answer(layers: &[ConvLayer], column: &[f32]) -> Vec<Answer> {
    let mut values: Vec<Answer> = column
        .iter()
        .map(|&x| Answer {
            exact: f64::from(x),
            bound: 0.0,
        })
        .collect();
    for layer in layers {
        let roundings = (layer.inputs + 1) as f64 * f64::powi(2.0, -24);
        let growth = roundings / (1.0 - roundings);
        let mut next = Vec::new();
        for output in 0..layer.outputs {
            let bias = f64::from(layer.bias[output]);
            let (mut exact, mut size, mut passed_on) = (bias, bias.abs(), 0.0);
            for (input, x) in values.iter().enumerate() {
                let weight = f64::from(layer.weight[output * layer.inputs + input]);
                exact += weight * x.exact;
                size += weight.abs() * (x.exact.abs() + x.bound);
                passed_on += weight.abs() * x.bound;
            }
            let exact = if layer.relu { exact.max(0.0) } else { exact };
            next.push(Answer {
                exact,
                bound: passed_on + growth * size,
            });
        }
        values = next;
    }
    values
}
