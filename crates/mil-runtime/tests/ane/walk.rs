//! From rung to rung: each is reached, the first that passes is taken, nothing is compiled in vain.

use ane_bridge::fake::{Answer, FakeAne};
use ane_bridge::{COMPILE_LIMIT, Stage};
use mil::{BiasForm, ProgramBuilder, TensorType, UnaryKind, Weights};
use mil_runtime::ane::{
    AneDevice, AneOptions, MOST_RUNGS, Outcome, Rung, Step, WARM_UP_EVALUATIONS,
};
use mil_runtime::{Device, DeviceError};

use crate::engine::{COMPILE, EVALUATE, assert_says, classic, climb, device, engine, refusal};
use crate::network::{CLASSIC, INSTRUMENT, chain, layers};

/// Evaluations of a self-test.
const TESTS: usize = 6;

/// Whether a text is one of this rung.
fn is_of(rung: Rung) -> impl Fn(&str) -> bool {
    move |text: &str| {
        text.starts_with(&format!("program({})", rung.dialect.version()))
            && text.contains("add(") == (rung.bias == BiasForm::Add)
            && text.contains("[1, 32, 1, ") == rung.is_padded
            && text.contains("[8, ") == rung.is_batched
    }
}

#[test]
fn the_first_rung_is_taken_where_it_passes() {
    let fake = engine();
    let (report, kernel) = climb(&device(&fake), 1);
    assert_eq!(kernel.unwrap().rung(), Rung::LADDER[0]);
    assert_eq!(report.attempts.len(), 1);
    assert_eq!(
        (fake.count(COMPILE), fake.count(EVALUATE)),
        (1, TESTS + WARM_UP_EVALUATIONS)
    );
    let passed = report.passed().unwrap();
    assert!(!passed.is_from_cache() && passed.evaluate.is_some());
    assert_eq!(report.channels, CLASSIC);
    assert_eq!(report.hardware.architecture.as_deref(), Some("h13g"));
    assert_eq!(report.compiles_left, COMPILE_LIMIT - 1);
    assert_eq!(report.summary(), "program 1.0, bias in the convolution");
    assert_says(
        &report.to_string(),
        &[
            "Neural Engine h13g, 16 cores, system build 24A335",
            "network 4->64->128->64->66, 64 columns a dispatch",
            "program 1.0, bias in the convolution: passed (compiled in ",
            "may still compile: 79",
        ],
    );
}

/// Each rung is the one that is left when those before it are refused, whatever refuses them.
#[test]
fn every_rung_is_reached() {
    for stage in [
        Stage::Describe,
        Stage::Compile,
        Stage::Load,
        Stage::Evaluate,
    ] {
        for (index, rung) in Rung::LADDER.into_iter().enumerate() {
            let fake = engine();
            for before in &Rung::LADDER[..index] {
                let error = FakeAne::compiler_error("CompilationFailure");
                fake.refuse_programs(stage, is_of(*before), Some(error));
            }
            let (report, kernel) = climb(&device(&fake), 1);
            assert_eq!(kernel.unwrap().rung(), rung, "{stage:?}");
            assert_eq!(report.attempts.len(), index + 1);
            for (attempt, rung) in report.attempts.iter().zip(Rung::LADDER) {
                assert_eq!(attempt.rung, rung);
            }
            for failed in &report.attempts[..index] {
                assert_says(failed.reason().unwrap(), &["CompilationFailure"]);
                let line = failed.to_string();
                assert_says(&line, &[&failed.rung.to_string(), "CompilationFailure"]);
            }
            // What was refused is not kept.
            assert_eq!(fake.models(), 0);
        }
    }
}

#[test]
fn a_rung_that_answers_wrongly_is_left_for_the_next() {
    for answer in [Answer::Zeros, Answer::Nan, Answer::Nothing] {
        let fake = engine();
        fake.answer_programs(is_of(Rung::LADDER[0]), answer);
        fake.answer_programs(is_of(Rung::LADDER[1]), answer);
        let (report, kernel) = climb(&device(&fake), 1);
        assert_eq!(kernel.unwrap().rung(), Rung::LADDER[2], "{answer:?}");
        for failed in &report.attempts[..2] {
            assert!(matches!(
                failed.outcome,
                Outcome::Failed {
                    step: Step::SelfTest,
                    ..
                }
            ));
            assert!(failed.load.is_some() && failed.evaluate.is_none());
        }
    }
}

#[test]
fn the_optional_rung_is_the_last_and_can_stand_alone() {
    let fake = engine();
    for rung in Rung::LADDER {
        fake.refuse_programs(Stage::Compile, is_of(rung), None);
    }
    let with = |rungs: Vec<Rung>| {
        let options = AneOptions {
            rungs,
            ..AneOptions::default()
        };
        AneDevice::with(fake.ane(), options)
    };
    let all = [&Rung::LADDER[..], &[Rung::BATCHED]].concat();
    let (report, kernel) = climb(&with(all.clone()), 1);
    assert_eq!(kernel.unwrap().rung(), Rung::BATCHED);
    assert_eq!(report.attempts.len(), MOST_RUNGS);
    assert_eq!(fake.count(COMPILE), MOST_RUNGS);
    let (report, _) = climb(&with(vec![Rung::BATCHED]), 1);
    assert_eq!(report.attempts.len(), 1);

    // No more than eight, however many are asked for.
    let fake = engine();
    fake.refuse_programs(Stage::Compile, |_| true, None);
    let options = AneOptions {
        rungs: [&all[..], &all[..]].concat(),
        ..AneOptions::default()
    };
    let (report, kernel) = climb(&AneDevice::with(fake.ane(), options), 1);
    assert!(kernel.is_none());
    assert_eq!(report.attempts.len(), MOST_RUNGS);
    assert_eq!(fake.count(COMPILE), MOST_RUNGS);
}

#[test]
fn where_every_rung_is_refused_every_reason_is_told() {
    let fake = engine();
    let error = FakeAne::compiler_error("CompilationFailure");
    fake.refuse_programs(Stage::Compile, |_| true, Some(error));
    let (report, kernel) = climb(&device(&fake), 1);
    assert!(kernel.is_none() && report.passed().is_none());
    assert_eq!(report.attempts.len(), 7);
    assert!(fake.count(COMPILE) <= MOST_RUNGS);
    assert_says(&report.summary(), &["all 7 forms: ", "CompilationFailure"]);
    let message = refusal(&device(&fake)).to_string();
    assert_says(
        &message,
        &["device `ane` takes no form of the program: all 7 forms: "],
    );

    let fake = engine();
    fake.refuse_programs(Stage::Compile, |text| text.contains("ios16"), None);
    let odd = FakeAne::runtime_error(6, "0x50004");
    fake.refuse_programs(Stage::Load, |text| text.contains("ios18"), Some(odd));
    let (report, _) = climb(&device(&fake), 1);
    let summary = report.summary();
    assert_says(
        &summary,
        &[
            "0x50004",
            "does not say why",
            "(program 1.3, bias in the convolution; ",
        ],
    );
    assert_eq!(summary.matches("does not say why").count(), 1, "{summary}");
}

#[test]
fn a_program_seen_before_is_loaded_and_not_compiled() {
    let fake = engine();
    drop(climb(&device(&fake), 1));
    let (report, kernel) = climb(&device(&fake), 1);
    assert!(kernel.is_some());
    assert!(report.passed().unwrap().is_from_cache());
    assert_says(&report.to_string(), &["from the system's cache, loaded in"]);
    assert_eq!(fake.count(COMPILE), 1);
    // Other weights are another program, and so is another capacity.
    drop(climb(&device(&fake), 2));
    let (program, weights) = classic(1);
    let (report, kernel) = device(&fake).climb(&program, &weights, 300).unwrap();
    assert_eq!((report.capacity, kernel.unwrap().capacity()), (1024, 1024));
    assert_eq!(fake.count(COMPILE), 3);
}

/// What the values are called, and the width that a program was written for, are no part of the network.
#[test]
fn the_same_network_under_other_names_is_the_same_program() {
    let fake = engine();
    drop(climb(&device(&fake), 1));
    let (program, weights) = chain(&CLASSIC, &layers(&CLASSIC, 1), 640, BiasForm::Add);
    let mut parts = program.into_parts();
    for value in &mut parts.values {
        value.name.push_str("_of_another");
    }
    let program = mil::Program::from_parts(parts).unwrap();
    let (report, _) = device(&fake).climb(&program, &weights, 64).unwrap();
    assert!(report.passed().unwrap().is_from_cache());
}

#[test]
fn an_instrument_s_network_runs_on_every_rung() {
    let (program, weights) = chain(&INSTRUMENT, &layers(&INSTRUMENT, 3), 64, BiasForm::InConv);
    for rung in Rung::LADDER.into_iter().chain([Rung::BATCHED]) {
        let fake = engine();
        let options = AneOptions {
            rungs: vec![rung],
            ..AneOptions::default()
        };
        let device = AneDevice::with(fake.ane(), options);
        let (report, kernel) = device.climb(&program, &weights, 64).unwrap();
        assert!(kernel.is_some(), "{report}");
    }
}

#[test]
fn what_is_no_chain_is_refused_before_anything_is_compiled() {
    let fake = engine();
    let mut weights = Weights::builder();
    let w = weights.add_fp16("w", &[half::f16::ONE; 8]);
    let b = weights.add_fp16("b", &[half::f16::ONE; 2]);
    let weights = weights.finish();
    let mut builder = ProgramBuilder::new();
    let x = builder.input("x", TensorType::fp16([1, 4, 1, 64])).unwrap();
    let h = builder.conv1x1("h", x, 2, w, b, BiasForm::InConv).unwrap();
    let y = builder.unary("y", UnaryKind::Sigmoid, h).unwrap();
    builder.output(y).unwrap();
    let program = builder.finish().unwrap();
    let device = device(&fake);
    let refused = device.climb(&program, &weights, 64).unwrap_err();
    assert!(matches!(
        refused,
        DeviceError::Unsupported { device: "ane", .. }
    ));
    assert_says(
        &refused.to_string(),
        &["`y`", "1x1 convolutions", "run it on the cpu"],
    );

    let (program, weights) = classic(1);
    let Err(refused) = device.prepare(&program, &weights) else {
        panic!("it was prepared");
    };
    assert_says(
        &refused.to_string(),
        &["only column programs", "prepare_columns"],
    );
    for (columns, weights) in [
        (0, &weights),
        (usize::MAX, &weights),
        (64, &Weights::empty()),
    ] {
        assert!(device.climb(&program, weights, columns).is_err());
    }
    assert_eq!(fake.calls(), []);
    assert_eq!(device.last_report(), None);
}
