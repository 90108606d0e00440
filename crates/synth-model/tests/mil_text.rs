//! The programs of networks as text: read back, they are the same programs and fit the same weights.

use mil::{Dialect, Program};
use synth_model::{BiasForm, ModelShape, Network, generate_mil, program};

fn shapes() -> Vec<ModelShape> {
    let odd = ModelShape {
        hidden: vec![3, 17],
        partials: 5,
        ..ModelShape::instrument()
    };
    let flat = ModelShape {
        hidden: vec![],
        ..odd.clone()
    };
    vec![ModelShape::classic(), ModelShape::instrument(), odd, flat]
}

#[test]
fn every_program_comes_back_in_both_dialects() {
    for shape in shapes() {
        let network = Network::he_initialised(shape, 5).unwrap();
        for (bias, columns) in [
            (BiasForm::InConv, 64),
            (BiasForm::Add, 64),
            (BiasForm::InConv, 1),
            (BiasForm::Add, 129),
        ] {
            let (program, weights) = program(&network, columns, bias).unwrap();
            for dialect in Dialect::ALL {
                let read = Program::from_text(&program.to_text(dialect)).unwrap();
                assert_eq!(read, program);
                read.check_weights(&weights).unwrap();
            }
        }
    }
}

#[test]
fn the_seeds_text_is_the_classic_program() {
    let network = Network::he_initialised(ModelShape::classic(), 5).unwrap();
    let (program, _) = program(&network, 64, BiasForm::InConv).unwrap();
    assert_eq!(Program::from_text(&generate_mil(8, 8)).unwrap(), program);
}

/// What the first rung of the Neural Engine's ladder compiles for the classic network is this text.
#[test]
fn the_seeds_text_is_what_the_neural_engine_gets_first() {
    let rung = include_str!("../../mil-runtime/tests/golden/classic-64-ios16-bias.mil");
    assert_eq!(generate_mil(8, 8), rung);
}
