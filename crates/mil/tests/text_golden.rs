//! Whole programs as text, byte for byte as they are kept in `tests/golden`. A text that changes is
//! another program for every cache that is keyed by it: change a file there on purpose only.

use mil::{BiasForm, Dialect, PadType, Program, ProgramBuilder, TensorType};

/// Two layers with a rectifier between them.
fn network(bias: BiasForm) -> Program {
    let mut b = ProgramBuilder::new();
    let x = b
        .input("features", TensorType::fp16([1, 4, 1, 64]))
        .unwrap();
    let h = b.conv1x1("layer0", x, 64, 64, 640, bias).unwrap();
    let h = b.relu("hidden0", h).unwrap();
    let y = b.conv1x1("answer", h, 66, 832, 9344, bias).unwrap();
    b.output(y).unwrap();
    b.finish().unwrap()
}

/// The other operations with parameters.
fn parameters() -> Program {
    let mut b = ProgramBuilder::new();
    let x = b.input("x", TensorType::fp16([1, 4, 9, 9])).unwrap();
    let weight = b.blob("w", TensorType::fp16([6, 2, 3, 3]), 64).unwrap();
    let conv = mil::Conv {
        strides: [2, 3],
        pad_type: PadType::Custom,
        pad: [1, 2, 3, 4],
        dilations: [2, 1],
        groups: 2,
        ..mil::Conv::new(x, weight)
    };
    let y = b.conv("y", conv).unwrap();
    let z = b.clip("z", y, -0.1, 6.0).unwrap();
    let joined = b.concat("joined", &[z, y], 1).unwrap();
    b.output(joined).unwrap();
    b.finish().unwrap()
}

#[test]
fn texts_are_those_that_are_kept() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden");
    for (name, program) in [
        ("bias-in-conv", network(BiasForm::InConv)),
        ("bias-added", network(BiasForm::Add)),
        ("parameters", parameters()),
    ] {
        for dialect in Dialect::ALL {
            let path = format!("{folder}/{name}-{}.mil", dialect.opset());
            let kept = std::fs::read_to_string(&path).unwrap_or_default();
            let text = program.to_text(dialect);
            assert_eq!(text, kept, "{path}");
        }
    }
}
