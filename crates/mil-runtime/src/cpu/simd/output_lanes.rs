//! The chain for few columns: lanes hold outputs, so that a wide vector is full with one voice's columns.
//!
//! A column's sums start at the bias and take the inputs in ascending order, as in
//! [`super::convolution`]: its bits are the same whichever of the two computed it.

use super::convolution::{Block, PackedLayer, pack};
use super::lanes::Lanes;

/// Outputs of a strip: the lanes of the widest vector.
pub(super) const STRIP: usize = 16;

/// One layer's weights in strips of outputs.
///
/// Output `strip * STRIP + lane` is found at `weights[strip * inputs + input].0[lane]`; the last strip is
/// filled up with zeros, whose results are not kept.
#[derive(Default)]
pub(crate) struct Strips {
    weights: Box<[Strip]>,
    bias: Box<[Strip]>,
}

/// One value of every output in a strip, in one line of the cache.
#[derive(Clone, Copy)]
#[repr(align(64))]
struct Strip([f32; STRIP]);

impl Strips {
    /// Packs `weight`, `[outputs, inputs]` row-major, and `bias`, `[outputs]`.
    pub(super) fn new(inputs: usize, weight: &[f32], bias: &[f32]) -> Self {
        let strips = |inputs, values| pack(inputs, values).into_iter().map(Strip).collect();
        Self {
            weights: strips(inputs, weight),
            bias: strips(1, bias),
        }
    }
}

/// A strip of channels of `COLUMNS` columns, one column after another.
type Cells<const COLUMNS: usize> = [[f32; STRIP]; COLUMNS];

/// Turns a strip of `COLUMNS` columns into `STRIP` rows of as many columns.
pub(super) trait Transpose<const COLUMNS: usize>: Lanes<Cell = [f32; STRIP]> {
    /// Row `r` gets lane `r` of every column.
    fn transpose(self, columns: &Cells<COLUMNS>) -> [[f32; COLUMNS]; STRIP];
}

/// Runs the chain over a block of `COLUMNS` columns, `STRIPS` strips of outputs at a time.
///
/// In the scratch, the strips of a layer's channels lie one after another.
///
/// # Realtime safety
/// No allocation, no lock; time depends on the shapes alone.
#[inline(always)]
pub(super) fn chain<L: Transpose<COLUMNS>, const COLUMNS: usize, const STRIPS: usize>(
    lanes: L,
    layers: &[PackedLayer],
    block: Block<'_>,
) {
    let Block {
        input,
        output,
        stride,
        columns,
        scratch: [source, target],
    } = block;
    let (Some(first), Some(last)) = (layers.first(), layers.last()) else {
        return;
    };
    let (mut source, mut target) = (strips_mut(source), strips_mut(target));
    gather(input, stride, columns, first.inputs, source);
    for layer in layers {
        convolve::<L, COLUMNS, STRIPS>(lanes, layer, source, target);
        std::mem::swap(&mut source, &mut target);
    }
    let answers = source.iter().zip(output.chunks_mut(STRIP * stride));
    let strips = last.outputs.div_ceil(STRIP);
    for (index, (cells, output)) in answers.take(strips).enumerate() {
        let rows = lanes.transpose(cells);
        let outputs = last.outputs - index * STRIP;
        for (row, output) in rows.iter().zip(output.chunks_mut(stride)).take(outputs) {
            match output.first_chunk_mut() {
                Some(output) if columns == COLUMNS => *output = *row,
                _ => output[..columns].copy_from_slice(&row[..columns]),
            }
        }
    }
}

/// Copies `columns` columns into strips of channels, zeros behind them.
#[inline(always)]
fn gather<const COLUMNS: usize>(
    input: &[f32],
    stride: usize,
    columns: usize,
    channels: usize,
    strips: &mut [Cells<COLUMNS>],
) {
    for (index, row) in input.chunks(stride).take(channels).enumerate() {
        let strip = &mut strips[index / STRIP];
        let mut values = [0.0; COLUMNS];
        values[..columns].copy_from_slice(&row[..columns]);
        for (cell, value) in strip.iter_mut().zip(values) {
            cell[index % STRIP] = value;
        }
    }
}

#[inline(always)]
fn convolve<L: Lanes<Cell = [f32; STRIP]>, const COLUMNS: usize, const STRIPS: usize>(
    lanes: L,
    layer: &PackedLayer,
    input: &[Cells<COLUMNS>],
    output: &mut [Cells<COLUMNS>],
) {
    let strips = layer.strips.bias.len();
    let mut strip = 0;
    while strip + STRIPS <= strips {
        tile::<L, COLUMNS, STRIPS>(lanes, layer, strip, input, output);
        strip += STRIPS;
    }
    while strip < strips {
        tile::<L, COLUMNS, 1>(lanes, layer, strip, input, output);
        strip += 1;
    }
}

/// `STRIPS` strips of outputs for `COLUMNS` columns, all sums in registers.
#[allow(
    clippy::needless_range_loop,
    reason = "as in the convolution: loops over constant ranges leave the sums in registers"
)]
#[inline(always)]
fn tile<L: Lanes<Cell = [f32; STRIP]>, const COLUMNS: usize, const STRIPS: usize>(
    lanes: L,
    layer: &PackedLayer,
    first: usize,
    input: &[Cells<COLUMNS>],
    output: &mut [Cells<COLUMNS>],
) {
    let inputs = layer.inputs;
    let mut weights: [&[Strip]; STRIPS] = [&[]; STRIPS];
    let mut sums = [[lanes.splat(0.0); COLUMNS]; STRIPS];
    for strip in 0..STRIPS {
        let start = (first + strip) * inputs;
        weights[strip] = &layer.strips.weights[start..start + inputs];
        sums[strip] = [lanes.load(&layer.strips.bias[first + strip].0); COLUMNS];
    }
    for (group, cells) in input[..inputs.div_ceil(STRIP)].iter().enumerate() {
        let start = group * STRIP;
        for lane in 0..STRIP.min(inputs - start) {
            let mut factors = [lanes.splat(0.0); STRIPS];
            for strip in 0..STRIPS {
                factors[strip] = lanes.load(&weights[strip][start + lane].0);
            }
            for column in 0..COLUMNS {
                let value = lanes.splat(cells[column][lane]);
                for strip in 0..STRIPS {
                    let sum = &mut sums[strip][column];
                    *sum = lanes.mul_add(factors[strip], value, *sum);
                }
            }
        }
    }
    let floor = lanes.splat(layer.floor);
    for strip in 0..STRIPS {
        let cells = &mut output[first + strip];
        for column in 0..COLUMNS {
            let answer = lanes.at_least(sums[strip][column], floor);
            lanes.store(answer, &mut cells[column]);
        }
    }
}

/// Memory seen as strips; what does not fill a whole one at the end is left out.
fn strips_mut<const COLUMNS: usize>(values: &mut [f32]) -> &mut [Cells<COLUMNS>] {
    values.as_chunks_mut().0.as_chunks_mut().0
}
