//! Which programs are plain chains of 1x1 convolutions, and the layers of those that are.

use std::collections::HashMap;

use mil::{Binary, BinaryKind, Op, Program, Unary, UnaryKind, ValueId, Weights};

use super::conv_chain::ConvLayer;
use super::interpreter::{column_shape, constant_values};
use crate::DeviceError;

/// The layers of a column program that is a chain of 1x1 convolutions, biases (in either form) and
/// ReLUs; `None` if it is anything else. `device` is the name that errors give.
///
/// # Errors
/// A program that is no column program, weights that do not belong to it, a constant beyond FP16.
pub(crate) fn lower(
    device: &'static str,
    program: &Program,
    weights: &Weights,
) -> Result<Option<Vec<ConvLayer>>, DeviceError> {
    program.check_weights(weights)?;
    let shape = column_shape(program)?;
    let mut layers: Vec<Layer> = Vec::new();
    let mut constants = Constants::new();
    let mut current = program.inputs()[0];
    for operation in program.operations() {
        let taken = match &operation.op {
            Op::Const(constant) => {
                let id = operation.result;
                let name = &program.values()[id.index()].name;
                if let Some(values) = constant_values(device, name, constant, weights)? {
                    constants.insert(id, values);
                }
                continue;
            }
            Op::Conv(conv) if conv.x == current && conv.groups == 1 => {
                let bias = conv.bias.map(|bias| constants.get(&bias));
                match (constants.get(&conv.weight), bias) {
                    (None, _) | (_, Some(None)) => false,
                    (Some(weight), bias) => {
                        layers.push(Layer {
                            weight: weight.clone(),
                            bias: bias.flatten().cloned(),
                            relu: false,
                        });
                        true
                    }
                }
            }
            Op::Binary(Binary {
                kind: BinaryKind::Add,
                x,
                y,
            }) => {
                let other = if *x == current { *y } else { *x };
                let reads_current = (*x == current) != (*y == current);
                match layers.last_mut() {
                    // After a bias another one would change the order of the sum.
                    Some(layer) if reads_current && layer.bias.is_none() && !layer.relu => {
                        layer.bias = per_channel(program, &constants, other, current);
                        layer.bias.is_some()
                    }
                    _ => false,
                }
            }
            Op::Unary(Unary {
                kind: UnaryKind::Relu,
                x,
            }) if *x == current => layers.last_mut().map(|layer| layer.relu = true).is_some(),
            _ => false,
        };
        if !taken {
            return Ok(None);
        }
        current = operation.result;
    }
    if program.outputs() != [current] {
        return Ok(None);
    }
    Ok(Some(sized(layers, shape.inputs)))
}

struct Layer {
    weight: Vec<f32>,
    bias: Option<Vec<f32>>,
    relu: bool,
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
}
