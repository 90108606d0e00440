//! The fast column kernel: a chain of 1x1 convolutions, each with a bias and perhaps a ReLU.
//!
//! Columns go through the whole chain a small block at a time, so that a block's activations never
//! leave the nearest cache; weights are packed once, in the order in which the kernel reads them,
//! and stay in the next one.
//!
//! A column's answer has the same bits whatever the batch and wherever in it the column stands:
//! lanes never mix, every sum takes its inputs in one order, and the last block is filled up with
//! columns of zeros.

use super::simd::convolution::{Block, PackedLayer};
use super::simd::{Dispatch, Level, WIDEST_BLOCK};
use crate::{ColumnKernel, DeviceError, RunError, Timing};

/// Floats in the largest vector: scratch begins at a multiple of it, so that no vector straddles
/// two cache lines, and has room for as many channels.
const ALIGNMENT: usize = 16;

/// One 1x1 convolution over columns: `output = max(weight * input + bias, 0)`, or without the
/// maximum.
#[derive(Clone, Debug, PartialEq)]
pub struct ConvLayer {
    /// Channels in, at least 1.
    pub inputs: usize,
    /// Channels out, at least 1.
    pub outputs: usize,
    /// `[outputs, inputs]`, row-major.
    pub weight: Vec<f32>,
    /// `[outputs]`.
    pub bias: Vec<f32>,
    /// Whether negative answers become zero; NaN stays NaN.
    pub relu: bool,
}

/// A prepared chain of 1x1 convolutions.
///
/// # Realtime safety
/// Building allocates and may fail; [`run`](ColumnKernel::run) does neither, and takes a time that
/// depends on the shapes alone.
pub struct ConvChain {
    layers: Box<[PackedLayer]>,
    dispatch: Dispatch,
    inputs: usize,
    outputs: usize,
    max_columns: usize,
    scratch: Box<[f32]>,
    /// Floats in each of the two halves of the scratch, a multiple of [`ALIGNMENT`].
    half: usize,
}

impl ConvChain {
    /// Packs the layers for the instruction set that [`Level::detect`] names, for up to
    /// `max_columns` columns a call.
    ///
    /// # Errors
    /// Where the layers do not form a chain, or `max_columns` is 0.
    pub fn new(layers: Vec<ConvLayer>, max_columns: usize) -> Result<Self, DeviceError> {
        Self::with_level(layers, max_columns, Level::detect())
    }

    /// As [`ConvChain::new`], on an instruction set of the caller's choice.
    ///
    /// # Errors
    /// As for [`ConvChain::new`], and where this machine lacks the level.
    pub fn with_level(
        layers: Vec<ConvLayer>,
        max_columns: usize,
        level: Level,
    ) -> Result<Self, DeviceError> {
        let dispatch = Dispatch::new(level).ok_or_else(|| DeviceError::Unsupported {
            device: "cpu",
            operation: format!("a convolution chain on {level}"),
            reason: "this machine lacks it; choose another level or let it be detected".into(),
        })?;
        let (inputs, outputs) = check(&layers)?;
        // `run` multiplies the two; checked here, the product cannot overflow there.
        if max_columns == 0 || inputs.max(outputs).checked_mul(max_columns).is_none() {
            return Err(DeviceError::MaxColumns { got: max_columns });
        }

        let layers: Box<[PackedLayer]> = layers
            .iter()
            .map(|layer| dispatch.pack(layer.inputs, &layer.weight, &layer.bias, layer.relu))
            .collect();
        let widest = layers
            .iter()
            .map(|layer| layer.outputs)
            .fold(inputs, usize::max);
        // Whole strips of channels, and so whole vectors.
        let half = widest.next_multiple_of(ALIGNMENT) * WIDEST_BLOCK;
        let scratch = vec![0.0; 2 * half + ALIGNMENT - 1].into_boxed_slice();
        Ok(Self {
            layers,
            dispatch,
            inputs,
            outputs,
            max_columns,
            scratch,
            half,
        })
    }

    /// The instruction set in use.
    #[must_use]
    pub fn level(&self) -> Level {
        self.dispatch.level()
    }

    /// Channels a column has on the way in.
    #[must_use]
    pub fn inputs(&self) -> usize {
        self.inputs
    }

    /// Channels a column has on the way out.
    #[must_use]
    pub fn outputs(&self) -> usize {
        self.outputs
    }

    /// The most columns a call may have.
    #[must_use]
    pub fn max_columns(&self) -> usize {
        self.max_columns
    }
}

/// The channels that the chain takes and gives, if every layer is sound and takes what the one
/// before it gives.
fn check(layers: &[ConvLayer]) -> Result<(usize, usize), DeviceError> {
    let wrong = |layer, reason| Err(DeviceError::Chain { layer, reason });
    let mut ends = None;
    for (index, layer) in layers.iter().enumerate() {
        let ConvLayer {
            inputs,
            outputs,
            weight,
            bias,
            ..
        } = layer;
        if *inputs == 0 || *outputs == 0 {
            return wrong(
                index,
                "it has no channels; give it at least one in and one out".into(),
            );
        }
        if inputs.checked_mul(*outputs) != Some(weight.len()) {
            let found = weight.len();
            return wrong(
                index,
                format!("{found} weights for [{outputs}, {inputs}]; store one a pair"),
            );
        }
        if bias.len() != *outputs {
            let found = bias.len();
            return wrong(
                index,
                format!("{found} biases for {outputs} outputs; store one an output"),
            );
        }
        match ends {
            Some((_, given)) if given != *inputs => {
                return wrong(
                    index,
                    format!("it takes {inputs} channels, but is given {given}"),
                );
            }
            Some((first, _)) => ends = Some((first, *outputs)),
            None => ends = Some((*inputs, *outputs)),
        }
    }
    ends.map_or_else(
        || wrong(0, "there is none; give the chain at least one layer".into()),
        Ok,
    )
}

impl ColumnKernel for ConvChain {
    fn timing(&self) -> Timing {
        Timing::Bounded
    }

    fn run(&mut self, columns: usize, input: &[f32], output: &mut [f32]) -> Result<(), RunError> {
        if columns > self.max_columns {
            return Err(RunError::TooManyColumns {
                max: self.max_columns,
                got: columns,
            });
        }
        let (expected, got) = (self.inputs * columns, input.len());
        if got != expected {
            return Err(RunError::InputLength { expected, got });
        }
        let (expected, got) = (self.outputs * columns, output.len());
        if got != expected {
            return Err(RunError::OutputLength { expected, got });
        }

        let start = self
            .scratch
            .as_ptr()
            .align_offset(ALIGNMENT * size_of::<f32>());
        let start = start.min(ALIGNMENT - 1);
        let aligned = &mut self.scratch[start..start + 2 * self.half];
        let (source, target) = aligned.split_at_mut(self.half);

        let mut done = 0;
        while done < columns {
            let left = columns - done;
            let width = block_width(self.dispatch.block_widths(), left);
            let taken = width.min(left);
            let block = Block {
                input: &input[done..],
                output: &mut output[done..],
                stride: columns,
                columns: taken,
                scratch: [&mut *source, &mut *target],
            };
            self.dispatch.run(width, &self.layers, block);
            done += taken;
        }
        Ok(())
    }
}

/// The widest block that `left` columns fill, or nearly fill: one filled up to the end is faster
/// than two narrow ones.
fn block_width(widths: &[usize], left: usize) -> usize {
    let narrowest = widths[widths.len() - 1];
    let rounded_up = left.next_multiple_of(narrowest);
    widths
        .iter()
        .copied()
        .find(|&width| width <= rounded_up)
        .unwrap_or(narrowest)
}
