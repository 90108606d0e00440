//! Column programs on the interpreter.

use mil::{Op, Program, TensorType, ValueId, Weights};

use super::{Interpreter, Rounding};
use crate::cpu::lowering::Part;
use crate::{ColumnKernel, DeviceError, RunError, Timing};

/// What a column program reads and writes.
pub(in crate::cpu) struct ColumnShape {
    /// Channels of the input.
    pub(in crate::cpu) inputs: usize,
    /// Channels of the output.
    pub(in crate::cpu) outputs: usize,
    /// Every value that depends on the input, in order of definition; all are `[1, K, 1, N]`.
    pub(in crate::cpu) activations: Vec<ValueId>,
}

/// Checks that `program` computes every column from the same column of its input alone, and all by
/// one rule, so that any number of columns can be run.
pub(in crate::cpu) fn column_shape(program: &Program) -> Result<ColumnShape, DeviceError> {
    let (&[input], &[output]) = (program.inputs(), program.outputs()) else {
        let id = program
            .inputs()
            .get(1)
            .or(program.outputs().get(1))
            .or(program.outputs().first());
        let value = id.map_or_else(String::new, |&id| name(program, id).to_owned());
        let reason = "it must have exactly one input and one output".to_owned();
        return Err(DeviceError::NotColumns { value, reason });
    };
    let refuse = |id: ValueId, reason: &str| {
        Err(DeviceError::NotColumns {
            value: name(program, id).to_owned(),
            reason: reason.to_owned(),
        })
    };
    let Some(&[1, inputs, 1, width]) = shape(program, input) else {
        return refuse(input, "it is not of shape [1, C, 1, N]");
    };
    let mut activations = vec![input];
    for operation in program.operations() {
        let operands = operation.op.operands();
        if !operands.iter().any(|operand| activations.contains(operand)) {
            continue;
        }
        if let Err(reason) = columnwise(&operation.op, program, &activations) {
            return refuse(operation.result, reason);
        }
        match shape(program, operation.result) {
            Some(&[1, _, 1, columns]) if columns == width => activations.push(operation.result),
            _ => return refuse(operation.result, "it is not of shape [1, K, 1, N]"),
        }
    }
    match shape(program, output) {
        Some(&[_, outputs, _, _]) if activations.contains(&output) => Ok(ColumnShape {
            inputs,
            outputs,
            activations,
        }),
        _ => refuse(output, "the output does not depend on the input"),
    }
}

fn columnwise(op: &Op, program: &Program, activations: &[ValueId]) -> Result<(), &'static str> {
    let is_activation = |id: ValueId| activations.contains(&id);
    match op {
        Op::Const(_) | Op::Unary(_) | Op::Clip(_) => Ok(()),
        Op::Conv(conv) => {
            let one_by_one = matches!(shape(program, conv.weight), Some(&[_, _, 1, 1]))
                && conv.strides == [1, 1];
            let padded = conv.extent(0, 1, 1) != Some((1, [0, 0]))
                || conv.extent(1, 1, 1) != Some((1, [0, 0]));
            if !one_by_one || padded {
                return Err("a convolution mixes columns: it must be 1x1, of stride 1, unpadded");
            }
            Ok(())
        }
        Op::Binary(binary) => {
            let constant_over_columns = |id: ValueId| {
                is_activation(id)
                    || shape(program, id).is_some_and(|shape| shape.last().is_none_or(|&n| n == 1))
            };
            if constant_over_columns(binary.x) && constant_over_columns(binary.y) {
                Ok(())
            } else {
                Err("a constant differs from column to column")
            }
        }
        Op::Concat(concat) => {
            if concat.axis == 1 && concat.values.iter().all(|&id| is_activation(id)) {
                Ok(())
            } else {
                Err("only activations can be joined, along axis 1")
            }
        }
    }
}

fn shape(program: &Program, id: ValueId) -> Option<&[usize]> {
    program
        .type_of(id)
        .map(|ty: &TensorType| ty.shape.as_slice())
}

fn name(program: &Program, id: ValueId) -> &str {
    program.value(id).map_or("", |value| &value.name)
}

/// An [`Interpreter`] whose width is set for every run.
pub(in crate::cpu) struct ColumnInterpreter {
    interpreter: Interpreter,
    shape: ColumnShape,
    input: ValueId,
    output: ValueId,
    max_columns: usize,
}

impl ColumnInterpreter {
    /// `device` is the name that errors give.
    pub(in crate::cpu) fn prepare(
        device: &'static str,
        program: &Program,
        weights: &Weights,
        max_columns: usize,
        rounding: Rounding,
    ) -> Result<Self, DeviceError> {
        if max_columns == 0 {
            return Err(DeviceError::MaxColumns { got: 0 });
        }
        let shape = column_shape(program)?;
        let mut interpreter = Interpreter::prepare(device, program, weights, rounding)?;
        interpreter.make_room(program, &shape.activations, max_columns)?;
        let (input, output) = (program.inputs()[0], program.outputs()[0]);
        Ok(Self {
            interpreter,
            shape,
            input,
            output,
            max_columns,
        })
    }
}

impl ColumnInterpreter {
    /// The same in f32, with chains in the place of the operations that they stand for.
    pub(in crate::cpu) fn with_chains(
        device: &'static str,
        program: &Program,
        weights: &Weights,
        max_columns: usize,
        parts: Vec<Part>,
    ) -> Result<Self, DeviceError> {
        let rounding = Rounding::None;
        let mut plan = Self::prepare(device, program, weights, max_columns, rounding)?;
        plan.interpreter.use_chains(parts, max_columns)?;
        Ok(plan)
    }
}

impl ColumnKernel for ColumnInterpreter {
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
        let (expected, got) = (self.shape.inputs * columns, input.len());
        if expected != got {
            return Err(RunError::InputLength { expected, got });
        }
        let (expected, got) = (self.shape.outputs * columns, output.len());
        if expected != got {
            return Err(RunError::OutputLength { expected, got });
        }
        if columns == 0 {
            return Ok(());
        }
        self.interpreter
            .set_columns(&self.shape.activations, columns);
        self.interpreter.load(self.input, input);
        self.interpreter.execute();
        output.copy_from_slice(self.interpreter.value(self.output).data());
        Ok(())
    }
}
