//! Networks to test with: chains of 1x1 convolutions with seeded weights.

use half::f16;
use mil::{BiasForm, Program, ProgramBuilder, TensorType, Weights};

/// The classic predictor's channels.
pub(crate) const CLASSIC: [usize; 5] = [4, 64, 128, 64, 66];
/// The instrument predictor's channels.
pub(crate) const INSTRUMENT: [usize; 5] = [4, 64, 128, 64, 130];

/// Steele, Lea and Flood's SplitMix64.
pub(crate) struct SplitMix(pub(crate) u64);

impl SplitMix {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// Uniform in -1..1.
    pub(crate) fn uniform(&mut self) -> f32 {
        (self.next() >> 40) as f32 / (1 << 23) as f32 - 1.0
    }

    pub(crate) fn uniforms(&mut self, count: usize) -> Vec<f32> {
        (0..count).map(|_| self.uniform()).collect()
    }
}

/// One layer's numbers, already FP16.
pub(crate) struct Layer {
    pub(crate) weight: Vec<f16>,
    pub(crate) bias: Vec<f16>,
}

/// He-initialised layers: uniform weights of variance 2 / inputs, biases in -0.1..0.1.
pub(crate) fn layers(channels: &[usize], seed: u64) -> Vec<Layer> {
    let mut random = SplitMix(seed);
    let mut fp16s = |count: usize, scale: f32| -> Vec<f16> {
        (0..count)
            .map(|_| f16::from_f32(random.uniform() * scale))
            .collect()
    };
    channels
        .windows(2)
        .map(|pair| Layer {
            weight: fp16s(pair[0] * pair[1], (6.0 / pair[0] as f32).sqrt()),
            bias: fp16s(pair[1], 0.1),
        })
        .collect()
}

/// The program of a chain, written for `columns` columns, ReLU between the layers.
pub(crate) fn chain(
    channels: &[usize],
    layers: &[Layer],
    columns: usize,
    form: BiasForm,
) -> (Program, Weights) {
    let mut weights = Weights::builder();
    let mut builder = ProgramBuilder::new();
    let mut x = builder
        .input("x", TensorType::fp16([1, channels[0], 1, columns]))
        .unwrap();
    for (i, layer) in layers.iter().enumerate() {
        let w = weights.add_fp16(&format!("w{i}"), &layer.weight);
        let b = weights.add_fp16(&format!("b{i}"), &layer.bias);
        x = builder
            .conv1x1(&format!("h{i}"), x, channels[i + 1], w, b, form)
            .unwrap();
        if i + 1 < layers.len() {
            x = builder.relu(&format!("r{i}"), x).unwrap();
        }
    }
    builder.output(x).unwrap();
    (builder.finish().unwrap(), weights.finish())
}

/// The same network column by column in f64.
pub(crate) fn plain_answer(layers: &[Layer], columns: usize, input: &[f32]) -> Vec<f64> {
    let outputs = layers.last().unwrap().bias.len();
    let mut answer = vec![0.0; outputs * columns];
    for column in 0..columns {
        let mut x: Vec<f64> = input
            .iter()
            .skip(column)
            .step_by(columns)
            .map(|&x| f64::from(x))
            .collect();
        for (i, layer) in layers.iter().enumerate() {
            let rows = layer.weight.chunks_exact(x.len()).zip(&layer.bias);
            let dot =
                |row: &[f16]| -> f64 { row.iter().zip(&x).map(|(w, x)| w.to_f64() * x).sum() };
            let relu = |y: f64| if i + 1 < layers.len() { y.max(0.0) } else { y };
            x = rows
                .map(|(row, bias)| relu(dot(row) + bias.to_f64()))
                .collect();
        }
        for (m, y) in x.into_iter().enumerate() {
            answer[m * columns + column] = y;
        }
    }
    answer
}
