//! The body of every level: a chain of 1x1 convolutions over one block of columns.

use super::lanes::Lanes;
#[cfg(all(target_arch = "x86_64", target_feature = "sse2"))]
use super::output_lanes::Strips;

/// Outputs computed together. With two vectors of columns they fill 12 of the 16 registers that
/// AVX2 and SSE2 have; levels with 32 registers take several panels at a time.
pub(crate) const PANEL: usize = 6;

/// One layer's weights in the order in which the kernel reads them.
///
/// Output `panel * PANEL + row` is found at `weights[panel * inputs + input][row]`; the last panel
/// is filled up with zeros, whose results are not kept.
pub(crate) struct PackedLayer {
    pub(crate) inputs: usize,
    pub(crate) outputs: usize,
    pub(crate) weights: Box<[[f32; PANEL]]>,
    pub(crate) bias: Box<[[f32; PANEL]]>,
    /// The same again for few columns, where the level has another way for them.
    #[cfg(all(target_arch = "x86_64", target_feature = "sse2"))]
    pub(super) strips: Strips,
    /// 0 where a ReLU follows, else -infinity: one store for both.
    pub(crate) floor: f32,
}

impl PackedLayer {
    /// Packs `weight`, `[outputs, inputs]` row-major, and `bias`, `[outputs]`; without strips.
    pub(super) fn new(inputs: usize, weight: &[f32], bias: &[f32], relu: bool) -> Self {
        Self {
            inputs,
            outputs: bias.len(),
            weights: pack(inputs, weight).into_boxed_slice(),
            bias: pack(1, bias).into_boxed_slice(),
            #[cfg(all(target_arch = "x86_64", target_feature = "sse2"))]
            strips: Strips::default(),
            floor: if relu { 0.0 } else { f32::NEG_INFINITY },
        }
    }
}

/// Groups of `ROWS` outputs: output `group * ROWS + row` of `values`, `[outputs, inputs]` row-major, is found at
/// `[group * inputs + input][row]`; the last group is filled up with zeros.
pub(super) fn pack<const ROWS: usize>(inputs: usize, values: &[f32]) -> Vec<[f32; ROWS]> {
    let outputs = values.chunks_exact(inputs);
    let mut packed = vec![[0.0; ROWS]; outputs.len().div_ceil(ROWS) * inputs];
    for (output, row) in outputs.enumerate() {
        let first = output / ROWS * inputs;
        for (cell, &value) in packed[first..first + inputs].iter_mut().zip(row) {
            cell[output % ROWS] = value;
        }
    }
    packed
}

/// A block of columns on its way through the chain.
pub(crate) struct Block<'a> {
    /// Channel `c` of column `i` lies at `c * stride + i`.
    pub(crate) input: &'a [f32],
    /// Likewise, and it begins at the same column.
    pub(crate) output: &'a mut [f32],
    /// Columns of the whole batch.
    pub(crate) stride: usize,
    /// How many columns there are, at most the block's width.
    pub(crate) columns: usize,
    /// Two halves, each large enough for the widest layer.
    pub(crate) scratch: [&'a mut [f32]; 2],
}

/// Runs the chain over a block of `VECTORS` vectors of columns, `PANELS` panels of outputs at a
/// time.
///
/// In the scratch, channel `c` lies at cell `c * VECTORS`. The last layer writes where the answer is
/// wanted, if the block is full.
///
/// # Realtime safety
/// No allocation, no lock; time depends on the shapes alone.
#[inline(always)]
pub(super) fn chain<L: Lanes, const PANELS: usize, const VECTORS: usize>(
    lanes: L,
    layers: &[PackedLayer],
    block: Block<'_>,
) {
    let width = VECTORS * L::WIDTH;
    let Block {
        input,
        output,
        stride,
        columns,
        scratch: [mut source, mut target],
    } = block;
    let Some((last, before)) = layers.split_last() else {
        return;
    };
    gather(
        input,
        stride,
        columns,
        &mut source[..layers[0].inputs * width],
        width,
    );
    for layer in before {
        convolve::<L, PANELS, VECTORS>(lanes, layer, source, target, width);
        std::mem::swap(&mut source, &mut target);
    }
    if columns == width {
        convolve::<L, PANELS, VECTORS>(lanes, last, source, output, stride);
    } else {
        convolve::<L, PANELS, VECTORS>(lanes, last, source, target, width);
        scatter(
            &target[..last.outputs * width],
            width,
            output,
            stride,
            columns,
        );
    }
}

/// Copies `columns` columns into a block, zeros behind them: what an earlier block left there could
/// not reach these columns, but if it were denormal it would cost time.
#[inline(always)]
fn gather(input: &[f32], stride: usize, columns: usize, block: &mut [f32], width: usize) {
    for (row, channel) in block.chunks_exact_mut(width).zip(input.chunks(stride)) {
        let (used, padding) = row.split_at_mut(columns);
        used.copy_from_slice(&channel[..columns]);
        padding.fill(0.0);
    }
}

/// Copies a block's first `columns` columns to where they are wanted.
#[inline(always)]
fn scatter(block: &[f32], width: usize, output: &mut [f32], stride: usize, columns: usize) {
    for (row, channel) in block.chunks_exact(width).zip(output.chunks_mut(stride)) {
        channel[..columns].copy_from_slice(&row[..columns]);
    }
}

/// One layer, from cells to rows that are `stride` values apart.
#[inline(always)]
fn convolve<L: Lanes, const PANELS: usize, const VECTORS: usize>(
    lanes: L,
    layer: &PackedLayer,
    input: &[f32],
    output: &mut [f32],
    stride: usize,
) {
    const { assert!(1 <= PANELS && PANELS <= 4) };
    let input = &L::cells(input)[..layer.inputs * VECTORS];
    let whole = layer.outputs / (PANELS * PANEL) * PANELS;
    let mut panel = 0;
    while panel < whole {
        tile::<L, PANELS, PANEL, VECTORS>(lanes, layer, panel, input, output, stride);
        panel += PANELS;
    }
    // One tile takes all that is left, and no more rows of its last panel than there are: a second one
    // would have too few sums to hide the latency of a multiply-add.
    macro_rules! rest {
        ($panels:literal) => {
            match layer.outputs % PANEL {
                1 | 2 => tile::<L, $panels, 2, VECTORS>(lanes, layer, panel, input, output, stride),
                3 | 4 => tile::<L, $panels, 4, VECTORS>(lanes, layer, panel, input, output, stride),
                _ => tile::<L, $panels, PANEL, VECTORS>(lanes, layer, panel, input, output, stride),
            }
        };
    }
    match layer.bias.len() - panel {
        4 if PANELS >= 4 => rest!(4),
        3 if PANELS >= 3 => rest!(3),
        2 if PANELS >= 2 => rest!(2),
        1 => rest!(1),
        _ => {}
    }
}

/// `PANELS` panels of outputs, of the last of them the first `LAST`, for `VECTORS` vectors of columns; all
/// sums in registers.
///
/// Each sum starts at the bias and takes the inputs in ascending order, whatever the tile's size: a
/// column's bits do not depend on the tile that computed it.
#[allow(
    clippy::needless_range_loop,
    reason = "loops over constant ranges unroll and leave the sums in registers in every profile; \
              zipped iterators need inlining across codegen units for that"
)]
#[inline(always)]
fn tile<L: Lanes, const PANELS: usize, const LAST: usize, const VECTORS: usize>(
    lanes: L,
    layer: &PackedLayer,
    first_panel: usize,
    input: &[L::Cell],
    output: &mut [f32],
    stride: usize,
) {
    let rows = |panel: usize| if panel + 1 == PANELS { LAST } else { PANEL };
    let mut weights: [&[[f32; PANEL]]; PANELS] = [&[]; PANELS];
    let mut sums = [[[lanes.splat(0.0); VECTORS]; PANEL]; PANELS];
    for panel in 0..PANELS {
        let start = (first_panel + panel) * layer.inputs;
        weights[panel] = &layer.weights[start..start + layer.inputs];
        let bias = &layer.bias[first_panel + panel];
        for row in 0..rows(panel) {
            sums[panel][row] = [lanes.splat(bias[row]); VECTORS];
        }
    }
    for index in 0..layer.inputs {
        let cells = &input[index * VECTORS..(index + 1) * VECTORS];
        let mut columns = [lanes.splat(0.0); VECTORS];
        for vector in 0..VECTORS {
            columns[vector] = lanes.load(&cells[vector]);
        }
        for panel in 0..PANELS {
            let weights = &weights[panel][index];
            for row in 0..rows(panel) {
                let weight = lanes.splat(weights[row]);
                for vector in 0..VECTORS {
                    let sum = &mut sums[panel][row][vector];
                    *sum = lanes.mul_add(weight, columns[vector], *sum);
                }
            }
        }
    }
    let floor = lanes.splat(layer.floor);
    let left = layer.outputs - first_panel * PANEL;
    for panel in 0..PANELS {
        for row in 0..rows(panel) {
            let index = panel * PANEL + row;
            if index >= left {
                return;
            }
            let first = (first_panel * PANEL + index) * stride;
            let row = &mut output[first..first + VECTORS * L::WIDTH];
            let cells = L::cells_mut(row);
            for vector in 0..VECTORS {
                let answer = lanes.at_least(sums[panel][index % PANEL][vector], floor);
                lanes.store(answer, &mut cells[vector]);
            }
        }
    }
}
