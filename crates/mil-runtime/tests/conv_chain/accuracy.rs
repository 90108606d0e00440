//! Every level answers as the f64 twin does, to within f32 rounding.

use mil_runtime::ColumnKernel;
use mil_runtime::cpu::conv_chain::{ConvChain, ConvLayer};

use crate::levels::available;
use crate::twin::{Answer, SHAPES, answer, columns, cut, network};

const MOST: usize = 200;

/// Slices that begin and end nowhere in particular, with a guard on either side.
struct Guarded {
    values: Vec<f32>,
    offset: usize,
    length: usize,
}

const GUARD: f32 = 1234.5;

impl Guarded {
    fn new(offset: usize, content: &[f32]) -> Self {
        let mut values = vec![GUARD; offset + content.len() + 3];
        values[offset..offset + content.len()].copy_from_slice(content);
        Self {
            values,
            offset,
            length: content.len(),
        }
    }

    fn content(&mut self) -> &mut [f32] {
        &mut self.values[self.offset..self.offset + self.length]
    }

    fn guards_are_intact(&self) -> bool {
        let after = self.offset + self.length;
        let guards = self.values[..self.offset]
            .iter()
            .chain(&self.values[after..]);
        guards.into_iter().all(|&value| value == GUARD)
    }
}

fn assert_within_bounds(expected: &[Vec<Answer>], output: &[f32], columns: usize, what: &str) {
    for (channel, row) in output.chunks_exact(columns).enumerate() {
        for (column, &value) in row.iter().enumerate() {
            let Answer { exact, bound } = expected[column][channel];
            let error = (f64::from(value) - exact).abs();
            assert!(
                error <= bound,
                "{what}, {columns} columns, channel {channel}, column {column}: \
                 {value} for {exact}, error {error:e} over {bound:e}"
            );
        }
    }
}

#[test]
fn every_level_stays_within_the_rounding_bound_for_every_batch_size() {
    for (index, widths) in SHAPES.into_iter().enumerate() {
        let layers = network(widths, 100 + index as u64);
        let (inputs, outputs) = (widths[0], widths[widths.len() - 1]);
        let all = columns(inputs, MOST, 200 + index as u64);
        let expected: Vec<_> = (0..MOST)
            .map(|column| answer(&layers, &cut(&all, MOST, column, 1)))
            .collect();
        for level in available() {
            let mut chain = ConvChain::with_level(layers.clone(), MOST, level).unwrap();
            for count in 1..=MOST {
                // Nothing that an earlier run left behind may show: neither in the scratch nor in
                // the output.
                let poison = vec![f32::NAN; inputs * 33];
                chain
                    .run(33, &poison, &mut vec![0.0; outputs * 33])
                    .unwrap();
                let mut input = Guarded::new(count % 5, &cut(&all, MOST, 0, count));
                let mut output = Guarded::new(count % 3, &vec![f32::NAN; outputs * count]);
                chain.run(count, input.content(), output.content()).unwrap();
                assert!(
                    output.guards_are_intact(),
                    "{level}, {widths:?}, {count} columns"
                );
                let what = format!("{level}, {widths:?}");
                assert_within_bounds(&expected, output.content(), count, &what);
            }
        }
    }
}

/// The bound above is a proof and so a generous one; this is the figure that listeners depend on
/// (-100 dB).
#[test]
fn on_the_synthesizers_own_shapes_every_level_is_below_minus_100_db() {
    for widths in &SHAPES[..2] {
        let layers = network(widths, 7);
        let all = columns(4, MOST, 8);
        let outputs = widths[widths.len() - 1];
        let mut expected = vec![0.0; outputs * MOST];
        for column in 0..MOST {
            for (channel, value) in answer(&layers, &cut(&all, MOST, column, 1))
                .into_iter()
                .enumerate()
            {
                expected[channel * MOST + column] = value.exact;
            }
        }
        let full_scale = expected.iter().fold(0.0, |most: f64, x| most.max(x.abs()));
        for level in available() {
            let mut chain = ConvChain::with_level(layers.clone(), MOST, level).unwrap();
            let mut output = vec![0.0; outputs * MOST];
            chain.run(MOST, &all, &mut output).unwrap();
            let error = output
                .iter()
                .zip(&expected)
                .fold(0.0, |most: f64, (&x, &exact)| {
                    most.max((f64::from(x) - exact).abs())
                });
            let error_db = 20.0 * (error / full_scale).log10();
            println!("{level}, {widths:?}: {error_db:.1} dB");
            assert!(error_db <= -100.0, "{level}, {widths:?}: {error_db} dB");
        }
    }
}

#[test]
fn relu_is_a_choice_of_each_layer_and_keeps_nan() {
    let input = [
        -2.0,
        -0.0,
        0.0,
        3.0,
        f32::NAN,
        f32::INFINITY,
        f32::NEG_INFINITY,
    ];
    for level in available() {
        for relu in [false, true] {
            let identity = ConvLayer {
                inputs: 1,
                outputs: 1,
                weight: vec![1.0],
                bias: vec![-0.0],
                relu,
            };
            let mut chain = ConvChain::with_level(vec![identity], 7, level).unwrap();
            let mut output = [0.0; 7];
            chain.run(7, &input, &mut output).unwrap();
            for (&x, &y) in input.iter().zip(&output) {
                let expected = if relu && x < 0.0 { 0.0 } else { x };
                let same = expected.to_bits() == y.to_bits() || (x.is_nan() && y.is_nan());
                assert!(same, "{level}, relu {relu}: {x} became {y}");
            }
        }
    }
}
