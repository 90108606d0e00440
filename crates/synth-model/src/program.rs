//! The network as one MIL program.

use mil::blob::ALIGNMENT;
use mil::{CheckError, Dialect, Program, ProgramBuilder, TensorType, Weights};
use thiserror::Error;

pub use mil::BiasForm;

use crate::network::{Network, NetworkError};
use crate::shape::{ModelShape, ShapeError};
use crate::weight_blob::weights;

/// Columns come in multiples of this where a device asks for whole rows: 64 FP16 numbers are the
/// 128 bytes that satisfy every known row rule of the ANE.
const ROW_COLUMNS: usize = 64;

/// So many columns, rounded up to whole rows of 64, at least one row.
pub fn padded_columns(columns: usize) -> usize {
    columns
        .max(1)
        .div_ceil(ROW_COLUMNS)
        .saturating_mul(ROW_COLUMNS)
}

/// The MIL text of the seed's network (4->64->128->64->66) for so many voices and control frames,
/// program 1.0: `[1, 4, 1, N]` -> `[1, 66, 1, N]`, all FP16, N = voices * control frames rounded up
/// to a multiple of 64. Column `voice * control_frames + frame` is one voice at one control frame.
///
/// Its weight file is that of [`build_weight_blob`](crate::build_weight_blob).
///
/// # Panics
/// When voices * control frames is more than the 2^23 columns of any use.
pub fn generate_mil(voices: usize, control_frames: usize) -> String {
    let columns = voices.saturating_mul(control_frames);
    assert!(
        columns <= 1 << 23,
        "generate_mil: {voices} x {control_frames} columns are too many"
    );
    shape_program(
        &ModelShape::classic(),
        padded_columns(columns),
        BiasForm::InConv,
    )
    .expect("the classic shape is valid for up to 2^23 columns")
    .to_text(Dialect::default())
}

/// A network's program `[1, inputs, 1, columns]` -> `[1, outputs, 1, columns]` and its weights.
///
/// # Errors
/// When the network is not valid, or there are no columns or too many.
pub fn program(
    network: &Network,
    columns: usize,
    bias: BiasForm,
) -> Result<(Program, Weights), ProgramError> {
    network.check()?;
    Ok((
        shape_program(&network.shape, columns, bias)?,
        weights(network),
    ))
}

/// The program of a shape: 1x1 convolutions with ReLU between them, FP16 in and out, no cast. Its
/// weights are looked for where [`build_weight_blob`](crate::build_weight_blob) puts them.
///
/// Values are called `features`, `layer0`, `hidden0`, `layer1`, ..., `answer`.
///
/// # Errors
/// When the shape is not valid, or there are no columns or too many.
pub fn shape_program(
    shape: &ModelShape,
    columns: usize,
    bias: BiasForm,
) -> Result<Program, ProgramError> {
    shape.check()?;
    let mut builder = ProgramBuilder::new();
    let mut x = builder.input("features", TensorType::fp16([1, shape.inputs, 1, columns]))?;
    let mut record = ALIGNMENT;
    let sizes = shape.layer_sizes();
    let last = sizes.len() - 1;
    for (index, (inputs, outputs)) in sizes.into_iter().enumerate() {
        let weight = record;
        let bias_record = next_record(weight, inputs * outputs);
        record = next_record(bias_record, outputs);
        let is_last = index == last;
        let name = if is_last {
            "answer".to_owned()
        } else {
            format!("layer{index}")
        };
        x = builder.conv1x1(&name, x, outputs, weight, bias_record, bias)?;
        if !is_last {
            x = builder.relu(&format!("hidden{index}"), x)?;
        }
    }
    builder.output(x)?;
    Ok(builder.finish()?)
}

/// Offset of the metadata record after that of a tensor of so many FP16 values.
fn next_record(record: u64, values: usize) -> u64 {
    (record + ALIGNMENT + 2 * values as u64).next_multiple_of(ALIGNMENT)
}

/// Why a program cannot be made.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ProgramError {
    /// The shape is not valid.
    #[error(transparent)]
    Shape(#[from] ShapeError),
    /// The network is not valid.
    #[error(transparent)]
    Network(#[from] NetworkError),
    /// MIL does not take the program, for its number of columns.
    #[error("the network cannot be written as a MIL program: {0}; change the number of columns")]
    Mil(#[from] CheckError),
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(shape: ModelShape, columns: usize, bias: BiasForm) {
        let network = Network::he_initialised(shape, 5).unwrap();
        let (program, weights) = program(&network, columns, bias).unwrap();
        program.check_weights(&weights).unwrap();
        let shape = &network.shape;
        let ty = |ids: &[mil::ValueId]| program.type_of(ids[0]).unwrap().clone();
        assert_eq!(program.inputs().len(), 1);
        assert_eq!(program.outputs().len(), 1);
        assert_eq!(
            ty(program.inputs()),
            TensorType::fp16([1, shape.inputs, 1, columns])
        );
        assert_eq!(
            ty(program.outputs()),
            TensorType::fp16([1, shape.outputs(), 1, columns])
        );
    }

    #[test]
    fn programs_of_any_shape_pass_mils_checker() {
        for bias in [BiasForm::InConv, BiasForm::Add] {
            check(ModelShape::classic(), 64, bias);
            check(ModelShape::instrument(), 64, bias);
            check(ModelShape::instrument(), 1, bias);
            let odd = ModelShape {
                hidden: vec![3, 17],
                partials: 5,
                ..ModelShape::instrument()
            };
            check(odd.clone(), 129, bias);
            check(
                ModelShape {
                    hidden: vec![],
                    ..odd
                },
                7,
                bias,
            );
        }
    }

    #[test]
    fn the_seeds_call_gives_the_folded_program() {
        let text = generate_mil(8, 8);
        assert!(text.starts_with("program(1.0)"));
        for part in [
            "[1, 4, 1, 64]",
            "[1, 64, 1, 64]",
            "[1, 128, 1, 64]",
            "[1, 66, 1, 64]",
        ] {
            assert!(text.contains(part), "{part} is not in\n{text}");
        }
        for offset in [64, 640, 832, 17_280, 17_600, 34_048, 34_240, 42_752] {
            assert!(text.contains(&format!("({offset})")), "offset {offset}");
        }
        assert!(!text.contains("cast") && !text.contains("fp32"));
        assert!(generate_mil(3, 30).contains("[1, 66, 1, 128]"));
        assert!(generate_mil(0, 0).contains("[1, 66, 1, 64]"));
    }

    #[test]
    fn no_columns_and_absurd_ones_are_refused() {
        let network = Network::he_initialised(ModelShape::classic(), 5).unwrap();
        assert!(program(&network, 0, BiasForm::InConv).is_err());
        assert!(program(&network, usize::MAX, BiasForm::InConv).is_err());
    }

    #[test]
    fn columns_are_padded_to_rows() {
        assert_eq!(
            [0, 1, 64, 65, 200].map(padded_columns),
            [64, 64, 64, 128, 256]
        );
    }
}
