//! The text of every rung, byte for byte as it is kept in `tests/golden`. A text that changes is another
//! program for the system's cache, and another one than was run on hardware: change a file there on
//! purpose only.

use mil::text::syntax::{Binding, Document, Statement};
use mil::{BiasForm, Dialect, Op, Program, Weights};
use mil_runtime::ane::{CAPACITIES, Rung};
use mil_runtime::cpu::conv_chain::ConvLayer;

use crate::forms::{assert_forms_are_known, form, sample};
use crate::network::{CLASSIC, layers};

fn all() -> impl Iterator<Item = Rung> {
    Rung::LADDER.into_iter().chain([Rung::BATCHED])
}

pub(crate) fn classic_layers(seed: u64) -> Vec<ConvLayer> {
    let pairs = CLASSIC.windows(2);
    let both = layers(&CLASSIC, seed).into_iter().zip(pairs).enumerate();
    both.map(|(index, (layer, pair))| ConvLayer {
        inputs: pair[0],
        outputs: pair[1],
        weight: layer.weight.iter().map(|w| w.to_f32()).collect(),
        bias: layer.bias.iter().map(|b| b.to_f32()).collect(),
        relu: index + 2 < CLASSIC.len(),
    })
    .collect()
}

fn program(rung: &Rung) -> (Program, Weights) {
    rung.program(&classic_layers(1), 64).unwrap()
}

#[test]
fn every_rung_s_text_is_the_one_that_is_kept() {
    for rung in all() {
        let path = format!(
            "{}/tests/golden/classic-64-{}.mil",
            env!("CARGO_MANIFEST_DIR"),
            rung.name()
        );
        let kept = std::fs::read_to_string(&path).unwrap_or_default();
        let (program, _) = program(&rung);
        assert_eq!(program.to_text(rung.dialect), kept, "{path}");
    }
}

#[test]
fn every_rung_s_text_comes_back_as_its_program_and_fits_its_weights() {
    for rung in all() {
        for capacity in CAPACITIES {
            let (program, weights) = rung.program(&classic_layers(1), capacity).unwrap();
            let text = program.to_text(rung.dialect);
            let read = Program::from_text(&text).unwrap();
            assert_eq!(read, program, "{rung}");
            read.check_weights(&weights).unwrap();
            assert_forms_are_known(&text, rung.dialect);
            // What chips are reported to refuse, or to take wrongly.
            assert!(!text.contains("cast") && !text.contains("fp32"), "{rung}");
            assert_eq!((program.inputs().len(), program.outputs().len()), (1, 1));
            assert_eq!(
                text.matches("BLOBFILE").count(),
                8,
                "{rung}: 16 are the most"
            );
        }
    }
}

#[test]
fn the_rungs_differ_in_what_they_are_named_for() {
    for rung in all() {
        let (program, _) = program(&rung);
        let text = program.to_text(rung.dialect);
        let version = match rung.dialect {
            Dialect::Ios16 => "program(1.0)",
            Dialect::Ios18 => "program(1.3)",
        };
        assert!(text.starts_with(version), "{rung}");
        let adds = program
            .operations()
            .iter()
            .filter(|operation| matches!(operation.op, Op::Binary(_)))
            .count();
        let added = if rung.bias == BiasForm::Add { 4 } else { 0 };
        assert_eq!(adds, added, "{rung}");
        let shape = |ids: &[mil::ValueId]| program.type_of(ids[0]).unwrap().shape.clone();
        let [inputs, outputs] = if rung.is_padded { [32, 96] } else { [4, 66] };
        let [batches, width] = if rung.is_batched { [8, 8] } else { [1, 64] };
        assert_eq!(
            shape(program.inputs()),
            [batches, inputs, 1, width],
            "{rung}"
        );
        assert_eq!(
            shape(program.outputs()),
            [batches, outputs, 1, width],
            "{rung}"
        );
    }
}

/// Offsets of metadata records and the file's length, from files that Apple's own writer made.
#[test]
fn the_blob_is_the_known_one() {
    let (_, weights) = program(&Rung::LADDER[0]);
    let offsets: Vec<u64> = weights.names().map(|(_, offset)| offset).collect();
    assert_eq!(
        offsets,
        [64, 640, 832, 17_280, 17_600, 34_048, 34_240, 42_752]
    );
    assert_eq!(weights.bytes().len(), 42_948);
}

/// A published convolution that is said to compile and run, and ours: the same form, and the same
/// parameters where they are no network's own.
#[test]
fn convolutions_are_spelled_as_a_published_one() {
    let Some(published) = sample("espresso-conv.mil") else {
        return;
    };
    let find = |document: &Document, op: &str| -> Statement {
        let mut statements = document.functions[0].statements.iter();
        statements.find(|s| s.op == op).unwrap().clone()
    };
    let parameter = |document: &Document, conv: &Statement, name: &str| {
        let Some(Binding::Name(constant)) = conv.argument(name) else {
            panic!("{name} of {conv:?}");
        };
        let mut statements = document.functions[0].statements.iter();
        let constant = statements.find(|s| s.results[0].name == *constant).unwrap();
        (
            constant.results[0].ty.clone(),
            constant.attribute("val").cloned(),
        )
    };
    let theirs = find(&published, "conv");
    for rung in all().filter(|rung| rung.dialect == Dialect::Ios18 && rung.bias == BiasForm::Add) {
        let (program, _) = program(&rung);
        let ours = Document::parse(&program.to_text(rung.dialect)).unwrap();
        assert_eq!(
            (&ours.version, &ours.functions[0].opset),
            (&published.version, &published.functions[0].opset)
        );
        let conv = find(&ours, "conv");
        assert_eq!(form(&conv), form(&theirs), "{rung}");
        for name in ["dilations", "groups", "pad", "pad_type", "strides"] {
            assert_eq!(
                parameter(&ours, &conv, name),
                parameter(&published, &theirs, name),
                "{rung}: {name}"
            );
        }
    }
}

/// A fault in a text is one that the tests above would see.
#[test]
fn planted_faults_are_caught() {
    let (program, weights) = program(&Rung::LADDER[5]);
    let text = program.to_text(Dialect::Ios16);
    let is_sound = |text: &str| {
        Program::from_text(text)
            .is_ok_and(|read| read == program && read.check_weights(&weights).is_ok())
    };
    assert!(is_sound(&text));
    for (from, to) in [
        ("[1, 32, 1, 64]> features", "[1, 4, 1, 64]> features"),
        ("[1, 96, 1, 64]> answer_conv", "[1, 66, 1, 64]> answer_conv"),
        ("tensor<uint64, []>(64)", "tensor<uint64, []>(128)"),
        ("y = answer_bias", "y = layer0_bias"),
        ("relu(x = layer0)", "relu(x = layer0_conv)"),
        (
            "tensor<fp16, [1, 96, 1, 1]> answer_bias",
            "tensor<fp16, [96]> answer_bias",
        ),
    ] {
        let planted = text.replacen(from, to, 1);
        assert_ne!(planted, text, "{from}");
        assert!(!is_sound(&planted), "{from} -> {to}");
    }
}
