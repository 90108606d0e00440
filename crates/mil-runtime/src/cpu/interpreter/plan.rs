//! Preparing and running a program.

use std::collections::HashMap;

use half::f16;
use mil::{Clip, Constant, DataType, Literal, Op, Program, ValueId, Weights};

use super::{Rounding, kernels};
use crate::cpu::conv_chain::ConvChain;
use crate::cpu::lowering::Part;
use crate::tensor::check_views;
use crate::{ColumnKernel, DeviceError, Executable, RunError, TensorView, TensorViewMut};

/// A program with a buffer for each of its values.
pub(in crate::cpu) struct Interpreter {
    slots: Vec<Slot>,
    steps: Vec<Step>,
    inputs: Vec<ValueId>,
    outputs: Vec<ValueId>,
    rounding: Rounding,
}

/// A value's buffer. Only the first `element_count` elements are in use; the rest is room for
/// more columns.
pub(super) struct Slot {
    pub(super) shape: Vec<usize>,
    data: Vec<f32>,
}

struct Step {
    work: Work,
    result: ValueId,
}

enum Work {
    Operation(Op),
    /// A chain that reads this value.
    Chain(Box<ConvChain>, ValueId),
}

impl Slot {
    pub(super) fn data(&self) -> &[f32] {
        &self.data[..self.element_count()]
    }

    fn element_count(&self) -> usize {
        self.shape.iter().product()
    }
}

impl Interpreter {
    /// `device` is the name that errors give.
    pub(in crate::cpu) fn prepare(
        device: &'static str,
        program: &Program,
        weights: &Weights,
        rounding: Rounding,
    ) -> Result<Self, DeviceError> {
        program.check_weights(weights)?;
        let slots = program.values().iter().map(|value| {
            let mut data = Vec::new();
            if value.ty.data_type.is_float() {
                let elements = value.ty.element_count();
                reserve(&mut data, &value.name, elements)?;
            }
            Ok(Slot {
                shape: value.ty.shape.clone(),
                data,
            })
        });
        let mut slots = slots.collect::<Result<Vec<_>, DeviceError>>()?;
        let mut steps = Vec::new();
        for operation in program.operations() {
            let result = operation.result;
            match &operation.op {
                Op::Const(constant) => {
                    let name = &program.values()[result.index()].name;
                    if let Some(values) = constant_values(device, name, constant, weights)? {
                        slots[result.index()].data = values;
                    }
                }
                Op::Clip(clip) if is_fp16(program, clip.x) => steps.push(Step {
                    work: Work::Operation(Op::Clip(rounded_limits(clip))),
                    result,
                }),
                op => steps.push(Step {
                    work: Work::Operation(op.clone()),
                    result,
                }),
            }
        }
        let (inputs, outputs) = (program.inputs().to_vec(), program.outputs().to_vec());
        Ok(Self {
            slots,
            steps,
            inputs,
            outputs,
            rounding,
        })
    }

    /// Puts chains in the place of the operations that they stand for.
    pub(super) fn use_chains(
        &mut self,
        parts: Vec<Part>,
        max_columns: usize,
    ) -> Result<(), DeviceError> {
        let mut own: HashMap<ValueId, Step> = self
            .steps
            .drain(..)
            .map(|step| (step.result, step))
            .collect();
        for part in parts {
            let step = match part {
                Part::Operation(result) => own.remove(&result),
                Part::Chain { layers, from, to } => {
                    let chain = Box::new(ConvChain::new(layers, max_columns)?);
                    Some(Step {
                        work: Work::Chain(chain, from),
                        result: to,
                    })
                }
            };
            self.steps.extend(step);
        }
        Ok(())
    }

    /// Gives `ids`, all `[1, K, 1, N]`, room for `columns` columns.
    pub(super) fn make_room(
        &mut self,
        program: &Program,
        ids: &[ValueId],
        columns: usize,
    ) -> Result<(), DeviceError> {
        for &id in ids {
            let slot = &mut self.slots[id.index()];
            let elements = slot.shape[1]
                .checked_mul(columns)
                .ok_or(DeviceError::MaxColumns { got: columns })?;
            reserve(&mut slot.data, &program.values()[id.index()].name, elements)?;
        }
        Ok(())
    }

    /// Sets the width of `ids`, all `[1, K, 1, N]` with room for it.
    pub(super) fn set_columns(&mut self, ids: &[ValueId], columns: usize) {
        for id in ids {
            self.slots[id.index()].shape[3] = columns;
        }
    }

    pub(super) fn load(&mut self, input: ValueId, values: &[f32]) {
        let rounding = self.rounding;
        let slot = &mut self.slots[input.index()];
        let data = &mut slot.data[..values.len()];
        data.copy_from_slice(values);
        rounding.apply(data);
    }

    pub(super) fn value(&self, id: ValueId) -> &Slot {
        &self.slots[id.index()]
    }

    pub(super) fn execute(&mut self) {
        for step in &mut self.steps {
            // The result is never one of its own operands, so its buffer can be taken out.
            let slot = &mut self.slots[step.result.index()];
            let count = slot.element_count();
            let mut data = std::mem::take(&mut slot.data);
            let out = &mut data[..count];
            let shape = &self.slots[step.result.index()].shape;
            let value = |id: ValueId| &self.slots[id.index()];
            let op = match &mut step.work {
                Work::Operation(op) => op,
                Work::Chain(chain, from) => {
                    let from = value(*from);
                    let columns = from.shape[3];
                    let done = chain.run(columns, from.data(), out);
                    debug_assert!(done.is_ok(), "{done:?}");
                    self.slots[step.result.index()].data = data;
                    continue;
                }
            };
            match op {
                // Filled while preparing.
                Op::Const(_) => {}
                Op::Conv(conv) => kernels::conv(
                    conv,
                    value(conv.x),
                    value(conv.weight),
                    conv.bias.map(value),
                    shape,
                    out,
                ),
                Op::Unary(unary) => kernels::unary(unary.kind, value(unary.x), out),
                Op::Binary(binary) => {
                    kernels::binary(binary.kind, value(binary.x), value(binary.y), shape, out);
                }
                Op::Clip(clip) => kernels::clip(clip, value(clip.x), out),
                Op::Concat(concat) => {
                    kernels::concat(
                        concat.axis,
                        concat.values.iter().map(|&id| value(id)),
                        shape,
                        out,
                    );
                }
            }
            self.rounding.apply(out);
            self.slots[step.result.index()].data = data;
        }
    }
}

impl Executable for Interpreter {
    fn run(
        &mut self,
        inputs: &[TensorView<'_>],
        outputs: &mut [TensorViewMut<'_>],
    ) -> Result<(), RunError> {
        let shape = |id: &ValueId| &self.value(*id).shape[..];
        let (taken, made) = (
            self.inputs.iter().map(shape),
            self.outputs.iter().map(shape),
        );
        check_views(inputs, outputs, taken, made)?;
        for (at, view) in inputs.iter().enumerate() {
            self.load(self.inputs[at], view.data());
        }
        self.execute();
        for (view, id) in outputs.iter_mut().zip(&self.outputs) {
            view.data_mut().copy_from_slice(self.value(*id).data());
        }
        Ok(())
    }
}

fn is_fp16(program: &Program, id: ValueId) -> bool {
    program
        .type_of(id)
        .is_some_and(|ty| ty.data_type == DataType::Fp16)
}

/// The limits as the program's text has them.
fn rounded_limits(clip: &Clip) -> Clip {
    let round = |limit| f16::from_f32(limit).to_f32();
    Clip {
        x: clip.x,
        alpha: round(clip.alpha),
        beta: round(clip.beta),
    }
}

/// The elements of the float constant `name`, rounded to FP16; `None` if it is no float.
pub(in crate::cpu) fn constant_values(
    device: &'static str,
    name: &str,
    constant: &Constant,
    weights: &Weights,
) -> Result<Option<Vec<f32>>, DeviceError> {
    let mut values = match constant {
        Constant::Blob { offset } => weights.tensor(*offset)?.to_f32()?,
        Constant::Literal(Literal::Fp16(values)) => values.iter().map(|v| v.to_f32()).collect(),
        Constant::Literal(Literal::Fp32(values)) => values.clone(),
        Constant::Literal(_) => return Ok(None),
    };
    for value in &mut values {
        let rounded = f16::from_f32(*value).to_f32();
        if rounded.is_infinite() && value.is_finite() {
            return Err(DeviceError::Unsupported {
                device,
                operation: name.to_owned(),
                reason: "a constant is beyond FP16 (65504); scale it down".into(),
            });
        }
        *value = rounded;
    }
    Ok(Some(values))
}

/// Fills up with zeros to `elements`.
fn reserve(data: &mut Vec<f32>, value: &str, elements: usize) -> Result<(), DeviceError> {
    data.try_reserve_exact(elements.saturating_sub(data.len()))
        .map_err(|_| DeviceError::Memory {
            value: value.to_owned(),
            elements,
        })?;
    data.resize(elements.max(data.len()), 0.0);
    Ok(())
}
