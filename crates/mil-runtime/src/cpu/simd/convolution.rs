//! The body of every level: a chain of 1x1 convolutions over one block of columns.

use super::lanes::Lanes;

/// Outputs computed together. With two vectors of columns they fill 12 of the 16 registers that
/// AVX2 and SSE2 have; levels with 32 registers take several panels at a time.
pub(crate) const PANEL: usize = 6;

/// One layer's weights in the order in which the kernel reads them.
///
/// Output `panel * PANEL + row` is found at `weights[panel * inputs + input][row]`; the last panel
/// is filled up with zeros, whose results land in the padding of the scratch and are never read.
pub(crate) struct PackedLayer {
    pub(crate) inputs: usize,
    pub(crate) weights: Box<[[f32; PANEL]]>,
    pub(crate) bias: Box<[[f32; PANEL]]>,
    /// 0 where a ReLU follows, else -infinity: one store for both.
    pub(crate) floor: f32,
}

impl PackedLayer {
    /// Packs `weight`, `[outputs, inputs]` row-major, and `bias`, `[outputs]`.
    pub(crate) fn new(inputs: usize, weight: &[f32], bias: &[f32], relu: bool) -> Self {
        let outputs = bias.len();
        let panels = outputs.div_ceil(PANEL);
        let mut packed = vec![[0.0; PANEL]; panels * inputs];
        for (output, row) in weight.chunks_exact(inputs).enumerate() {
            let first = output / PANEL * inputs;
            for (cell, &value) in packed[first..first + inputs].iter_mut().zip(row) {
                cell[output % PANEL] = value;
            }
        }
        let mut packed_bias = vec![[0.0; PANEL]; panels];
        for (output, &value) in bias.iter().enumerate() {
            packed_bias[output / PANEL][output % PANEL] = value;
        }
        Self {
            inputs,
            weights: packed.into_boxed_slice(),
            bias: packed_bias.into_boxed_slice(),
            floor: if relu { 0.0 } else { f32::NEG_INFINITY },
        }
    }
}

/// Runs the chain over a block of `VECTORS` vectors of columns, `PANELS` panels of outputs at a
/// time.
///
/// Channel `c` of the block lies at cell `c * VECTORS`. The block starts in `source`; after every
/// layer the two buffers change places, so the answer is in `target` after an odd number of layers
/// and in `source` after an even one. Both hold at least the widest layer, rounded up to whole
/// panels.
///
/// # Realtime safety
/// No allocation, no lock; time depends on the shapes alone.
#[inline(always)]
pub(super) fn chain<L: Lanes, const PANELS: usize, const VECTORS: usize>(
    lanes: L,
    layers: &[PackedLayer],
    source: &mut [f32],
    target: &mut [f32],
) {
    let (mut source, mut target) = (source, target);
    for layer in layers {
        convolve::<L, PANELS, VECTORS>(lanes, layer, L::cells(source), L::cells_mut(target));
        std::mem::swap(&mut source, &mut target);
    }
}

#[inline(always)]
fn convolve<L: Lanes, const PANELS: usize, const VECTORS: usize>(
    lanes: L,
    layer: &PackedLayer,
    input: &[L::Cell],
    output: &mut [L::Cell],
) {
    let input = &input[..layer.inputs * VECTORS];
    let panels = layer.bias.len();
    let mut panel = 0;
    while panel + PANELS <= panels {
        tile::<L, PANELS, VECTORS>(lanes, layer, panel, input, output);
        panel += PANELS;
    }
    // Left-overs by twos while they last: one panel alone is too short a chain to hide the latency
    // of a sum.
    while PANELS > 2 && panel + 2 <= panels {
        tile::<L, 2, VECTORS>(lanes, layer, panel, input, output);
        panel += 2;
    }
    while panel < panels {
        tile::<L, 1, VECTORS>(lanes, layer, panel, input, output);
        panel += 1;
    }
}

/// `PANELS * PANEL` outputs for `VECTORS` vectors of columns, all sums in registers.
///
/// Each sum starts at the bias and takes the inputs in ascending order, whatever the tile's size: a
/// column's bits do not depend on the tile that computed it.
#[allow(
    clippy::needless_range_loop,
    reason = "loops over constant ranges unroll and leave the sums in registers in every profile; \
              zipped iterators need inlining across codegen units for that"
)]
#[inline(always)]
fn tile<L: Lanes, const PANELS: usize, const VECTORS: usize>(
    lanes: L,
    layer: &PackedLayer,
    first_panel: usize,
    input: &[L::Cell],
    output: &mut [L::Cell],
) {
    let mut weights: [&[[f32; PANEL]]; PANELS] = [&[]; PANELS];
    let mut sums = [[[lanes.splat(0.0); VECTORS]; PANEL]; PANELS];
    for panel in 0..PANELS {
        let start = (first_panel + panel) * layer.inputs;
        weights[panel] = &layer.weights[start..start + layer.inputs];
        let bias = &layer.bias[first_panel + panel];
        for row in 0..PANEL {
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
            for row in 0..PANEL {
                let weight = lanes.splat(weights[row]);
                for vector in 0..VECTORS {
                    let sum = &mut sums[panel][row][vector];
                    *sum = lanes.mul_add(weight, columns[vector], *sum);
                }
            }
        }
    }
    let floor = lanes.splat(layer.floor);
    for panel in 0..PANELS {
        for row in 0..PANEL {
            let first = ((first_panel + panel) * PANEL + row) * VECTORS;
            let cells = &mut output[first..first + VECTORS];
            for vector in 0..VECTORS {
                lanes.store(
                    lanes.at_least(sums[panel][row][vector], floor),
                    &mut cells[vector],
                );
            }
        }
    }
}
