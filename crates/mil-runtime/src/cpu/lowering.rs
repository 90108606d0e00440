//! What of a column program is a chain of 1x1 convolutions, and the layers of each chain.

use std::collections::HashMap;

use mil::{Binary, BinaryKind, Op, Operation, Program, Unary, UnaryKind, ValueId, Weights};

use super::conv_chain::ConvLayer;
use super::interpreter::{column_shape, constant_values};
use crate::DeviceError;

/// A part of a column program, in the order of execution.
#[derive(Debug, PartialEq)]
pub(super) enum Part {
    /// Layers that lead from one activation to another; what lies between, nothing else reads.
    Chain {
        layers: Vec<ConvLayer>,
        from: ValueId,
        to: ValueId,
    },
    /// Anything else: the operation that defines this value.
    Operation(ValueId),
}

/// The layers of a column program that is one chain of 1x1 convolutions, biases (in either form) and
/// ReLUs; `None` if it is anything else. `device` is the name that errors give.
///
/// # Errors
/// A program that is no column program, weights that do not belong to it, a constant beyond FP16.
#[cfg(any(test, feature = "ane", feature = "coreml"))]
pub(crate) fn lower(
    device: &'static str,
    program: &Program,
    weights: &Weights,
) -> Result<Option<Vec<ConvLayer>>, DeviceError> {
    let mut parts = parts(device, program, weights)?;
    Ok(match (parts.pop(), parts.pop()) {
        (Some(Part::Chain { layers, from, to }), None)
            if program.inputs() == [from] && program.outputs() == [to] =>
        {
            Some(layers)
        }
        _ => None,
    })
}

/// Takes a column program apart into chains, each as long as can be, and what is between them. Constants are
/// no part.
///
/// # Errors
/// As [`lower`].
pub(super) fn parts(
    device: &'static str,
    program: &Program,
    weights: &Weights,
) -> Result<Vec<Part>, DeviceError> {
    program.check_weights(weights)?;
    let activations = column_shape(program)?.activations;
    let readers = readers(program);
    let mut constants = Constants::new();
    let mut parts = Vec::new();
    let mut open: Option<Chain> = None;
    for operation in program.operations() {
        let id = operation.result;
        if let Op::Const(constant) = &operation.op {
            let name = &program.values()[id.index()].name;
            if let Some(values) = constant_values(device, name, constant, weights)? {
                constants.insert(id, values);
            }
            continue;
        }
        if let Some(chain) = &mut open
            && readers.get(&chain.to) == Some(&1)
            && chain.extend(operation, program, &constants)
        {
            continue;
        }
        parts.extend(open.take().map(|chain| chain.finish(program)));
        open = Chain::begin(operation, &activations, &constants);
        if open.is_none() {
            parts.push(Part::Operation(id));
        }
    }
    parts.extend(open.map(|chain| chain.finish(program)));
    Ok(parts)
}

/// How many operands and outputs each value is.
fn readers(program: &Program) -> HashMap<ValueId, usize> {
    let mut readers = HashMap::new();
    let operations = program.operations().iter();
    let operands = operations.flat_map(|operation| operation.op.operands());
    for id in operands.chain(program.outputs().iter().copied()) {
        *readers.entry(id).or_default() += 1;
    }
    readers
}

/// A chain that may go on.
struct Chain {
    layers: Vec<Layer>,
    from: ValueId,
    to: ValueId,
}

impl Chain {
    /// The chain that begins with an operation, if it is a convolution of an activation.
    fn begin(
        operation: &Operation,
        activations: &[ValueId],
        constants: &Constants,
    ) -> Option<Self> {
        let Op::Conv(conv) = &operation.op else {
            return None;
        };
        let layer = Layer::of(&operation.op, constants)?;
        activations.contains(&conv.x).then(|| Self {
            layers: vec![layer],
            from: conv.x,
            to: operation.result,
        })
    }

    /// Takes in the operation if it reads the chain's end, is of the right kind, and leaves the order of sums
    /// as it is.
    fn extend(&mut self, operation: &Operation, program: &Program, constants: &Constants) -> bool {
        let end = self.to;
        let taken = match &operation.op {
            Op::Conv(conv) if conv.x == end => match Layer::of(&operation.op, constants) {
                Some(layer) => {
                    self.layers.push(layer);
                    true
                }
                None => false,
            },
            Op::Binary(Binary {
                kind: BinaryKind::Add,
                x,
                y,
            }) => {
                let other = if *x == end { *y } else { *x };
                let reads_end = (*x == end) != (*y == end);
                match self.layers.last_mut() {
                    // After a bias another one would change the order of the sum.
                    Some(layer) if reads_end && layer.bias.is_none() && !layer.relu => {
                        layer.bias = per_channel(program, constants, other, end);
                        layer.bias.is_some()
                    }
                    _ => false,
                }
            }
            Op::Unary(Unary {
                kind: UnaryKind::Relu,
                x,
            }) if *x == end => {
                let last = self.layers.last_mut();
                last.map(|layer| layer.relu = true).is_some()
            }
            _ => false,
        };
        if taken {
            self.to = operation.result;
        }
        taken
    }

    fn finish(self, program: &Program) -> Part {
        let channels = |id| program.type_of(id).and_then(|ty| ty.shape.get(1).copied());
        Part::Chain {
            layers: sized(self.layers, channels(self.from).unwrap_or(1).max(1)),
            from: self.from,
            to: self.to,
        }
    }
}

struct Layer {
    weight: Vec<f32>,
    bias: Option<Vec<f32>>,
    relu: bool,
}

impl Layer {
    /// Of a convolution whose weights are known.
    fn of(op: &Op, constants: &Constants) -> Option<Self> {
        let Op::Conv(conv) = op else { return None };
        if conv.groups != 1 {
            return None;
        }
        let bias = match conv.bias {
            Some(bias) => Some(constants.get(&bias)?.clone()),
            None => None,
        };
        Some(Self {
            weight: constants.get(&conv.weight)?.clone(),
            bias,
            relu: false,
        })
    }
}

fn sized(layers: Vec<Layer>, mut inputs: usize) -> Vec<ConvLayer> {
    let size = |layer: Layer| {
        let outputs = layer.weight.len() / inputs;
        let bias = layer.bias.unwrap_or_else(|| vec![0.0; outputs]);
        let Layer { weight, relu, .. } = layer;
        ConvLayer {
            inputs: std::mem::replace(&mut inputs, outputs),
            outputs,
            weight,
            bias,
            relu,
        }
    };
    layers.into_iter().map(size).collect()
}

/// The float constants met so far.
type Constants = HashMap<ValueId, Vec<f32>>;

/// The elements of `id`, if it is a constant that holds one number for every channel of
/// `activation`.
fn per_channel(
    program: &Program,
    constants: &Constants,
    id: ValueId,
    activation: ValueId,
) -> Option<Vec<f32>> {
    let channels = program
        .type_of(activation)
        .and_then(|ty| ty.shape.get(1))
        .copied();
    let fits = match program.type_of(id).map(|ty| ty.shape.as_slice()) {
        Some(&[1, own, 1, 1] | &[own, 1, 1]) => Some(own) == channels,
        _ => false,
    };
    constants.get(&id).filter(|_| fits).cloned()
}

#[cfg(test)]
mod tests {
    use half::f16;
    use mil::{BiasForm, ProgramBuilder, TensorType};

    use super::*;

    fn weights() -> (Weights, u64, u64) {
        let mut weights = Weights::builder();
        let w = weights.add_fp16("w", &[f16::ONE; 6]);
        let b = weights.add_fp16("b", &[f16::ONE; 2]);
        (weights.finish(), w, b)
    }

    fn lowered(
        build: impl FnOnce(&mut ProgramBuilder, ValueId, u64, u64) -> ValueId,
    ) -> Option<usize> {
        let (weights, w, b) = weights();
        let mut builder = ProgramBuilder::new();
        let x = builder.input("x", TensorType::fp16([1, 3, 1, 5])).unwrap();
        let y = build(&mut builder, x, w, b);
        builder.output(y).unwrap();
        let program = builder.finish().unwrap();
        lower("cpu", &program, &weights)
            .unwrap()
            .map(|layers| layers.len())
    }

    #[test]
    fn chains_in_both_bias_forms_are_lowered() {
        for form in [BiasForm::InConv, BiasForm::Add] {
            let layers = lowered(|builder, x, w, b| {
                let h = builder.conv1x1("h", x, 2, w, b, form).unwrap();
                builder.relu("r", h).unwrap()
            });
            assert_eq!(layers, Some(1));
        }
    }

    #[test]
    fn anything_else_is_left_to_the_interpreter() {
        let layers = lowered(|builder, x, w, b| {
            let h = builder.conv1x1("h", x, 2, w, b, BiasForm::InConv).unwrap();
            builder.unary("s", UnaryKind::Sigmoid, h).unwrap()
        });
        assert_eq!(layers, None, "sigmoid");
        let layers = lowered(|builder, x, w, b| {
            let h = builder.conv1x1("h", x, 2, w, b, BiasForm::InConv).unwrap();
            builder.add("twice", h, h).unwrap()
        });
        assert_eq!(layers, None, "x + x");
        let layers = lowered(|builder, x, w, b| {
            let h = builder.conv1x1("h", x, 2, w, b, BiasForm::Add).unwrap();
            let bias = builder
                .blob("again", TensorType::fp16([1, 2, 1, 1]), b)
                .unwrap();
            builder.add("more", h, bias).unwrap()
        });
        assert_eq!(layers, None, "a second bias");
        let layers = lowered(|builder, x, w, b| {
            let h = builder.conv1x1("h", x, 2, w, b, BiasForm::InConv).unwrap();
            builder.relu("unused", h).unwrap();
            h
        });
        assert_eq!(layers, None, "the output stands before the last operation");
        let layers = lowered(|builder, x, _, _| builder.relu("r", x).unwrap());
        assert_eq!(layers, None, "no convolution");
    }

    #[test]
    fn what_is_between_chains_is_told_apart() {
        let (weights, w, b) = weights();
        let mut builder = ProgramBuilder::new();
        let x = builder.input("x", TensorType::fp16([1, 3, 1, 5])).unwrap();
        let h = builder.conv1x1("h", x, 2, w, b, BiasForm::InConv).unwrap();
        let r = builder.relu("r", h).unwrap();
        let s = builder.unary("s", UnaryKind::Sigmoid, r).unwrap();
        let k = builder.conv1x1("k", x, 2, w, b, BiasForm::Add).unwrap();
        let sum = builder.add("sum", s, k).unwrap();
        builder.output(sum).unwrap();
        let program = builder.finish().unwrap();
        let parts = parts("cpu", &program, &weights).unwrap();
        let ends: Vec<(usize, ValueId)> = parts
            .iter()
            .map(|part| match part {
                Part::Chain { layers, to, .. } => (layers.len(), *to),
                Part::Operation(id) => (0, *id),
            })
            .collect();
        assert_eq!(ends, [(1, r), (0, s), (1, k), (0, sum)]);
        assert_eq!(lower("cpu", &program, &weights).unwrap(), None);
    }
}
