use super::{COMPILE, IN, LOAD, OUT, UNLOAD, WEIGHTS, assert_says, build, io, message, program};
use crate::sys::fake::{Call, FakeAne};
use crate::{AneError, COMPILE_LIMIT, Qos, Stage};
use std::time::Duration;

#[test]
fn the_sequence_is_the_known_one() {
    let fake = FakeAne::new();
    let mut kernel = build(&fake).unwrap();
    kernel.eval().unwrap();
    kernel.close().unwrap();
    let bound = Call::Bind {
        inputs: 1,
        outputs: 1,
    };
    let evaluate = super::EVALUATE;
    assert_eq!(
        fake.calls(),
        [Call::Describe, COMPILE, LOAD, bound, evaluate, UNLOAD]
    );
    assert_eq!((fake.models(), fake.surfaces()), (0, 0));
}

#[test]
fn another_quality_of_service_reaches_every_call() {
    let fake = FakeAne::new();
    let ane = fake.ane().with_qos(Qos::UserInteractive);
    let text = program(IN, OUT);
    let mut kernel = ane.compile(text.as_bytes(), None, &io(IN, OUT)).unwrap();
    kernel.eval().unwrap();
    drop(kernel);
    for call in [
        Call::Compile { qos: 33 },
        Call::Load { qos: 33 },
        Call::Evaluate { qos: 33 },
        Call::Unload { qos: 33 },
    ] {
        assert_eq!(fake.count(call), 1, "{call:?}");
    }
}

#[test]
fn a_refused_description_says_the_system_s_words() {
    let fake = FakeAne::new();
    fake.refuse(Stage::Describe, 1, None);
    assert_says(
        &message(build(&fake)),
        &["take the program", "does not say why"],
    );
}

#[test]
fn a_refused_compilation_is_told_and_leaves_nothing_behind() {
    let fake = FakeAne::new();
    let error = FakeAne::compiler_error("CompilationFailure");
    fake.refuse(Stage::Compile, 1, Some(error.clone()));
    let refused = build(&fake);
    let Err(AneError::Refused {
        stage: Stage::Compile,
        error: Some(told),
        ..
    }) = &refused
    else {
        panic!("{refused:?}");
    };
    assert_eq!(*told, error);
    assert_says(
        &message(refused),
        &[
            "compile the program",
            "com.apple.appleneuralengine.compiler 1",
            "CompilationFailure",
            "try another form",
        ],
    );
    assert_eq!(fake.count(COMPILE), 1, "a sound refusal is not asked again");
    assert_eq!(fake.count(UNLOAD), 0);
    assert_eq!((fake.models(), fake.surfaces()), (0, 0));
    assert_eq!(std::fs::read_dir(fake.folder()).unwrap().count(), 0);
}

#[test]
fn only_the_programs_that_match_are_refused() {
    let fake = FakeAne::new();
    let error = FakeAne::compiler_error("InvalidMILProgram");
    fake.refuse_programs(Stage::Compile, |text| text.contains("ios18"), Some(error));
    let text = program(IN, OUT).replace("ios16", "ios18");
    let refused = fake.ane().compile(text.as_bytes(), None, &io(IN, OUT));
    assert_says(
        &message(refused),
        &["InvalidMILProgram", "program(1.0) with ios16"],
    );
    build(&fake).unwrap();
}

#[test]
fn loading_is_tried_twice_with_a_pause_between() {
    let fake = FakeAne::new();
    fake.refuse(Stage::Load, 1, None);
    build(&fake).unwrap();
    let pause = Call::Pause(Duration::from_millis(100));
    assert_eq!(fake.calls()[1..5], [COMPILE, LOAD, pause, LOAD]);
}

#[test]
fn a_load_refused_twice_is_told() {
    let fake = FakeAne::new();
    let error = FakeAne::runtime_error(6, "load failure 0x50004");
    fake.refuse(Stage::Load, 2, Some(error));
    assert_says(
        &message(build(&fake)),
        &["load the program", "0x50004", "drop kernels"],
    );
    assert_eq!((fake.count(LOAD), fake.count(UNLOAD)), (2, 0));
    assert_eq!(fake.models(), 0);
}

#[test]
fn what_the_system_has_compiled_is_loaded_and_not_compiled() {
    let fake = FakeAne::new();
    let kernel = build(&fake).unwrap();
    assert!(kernel.preparation().compile.is_some());
    drop(kernel);
    let left = fake.ane().compiles_left();
    let kernel = build(&fake).unwrap();
    assert_eq!(kernel.preparation().compile, None);
    assert_eq!((fake.count(COMPILE), fake.count(LOAD)), (1, 2));
    assert_eq!(fake.ane().compiles_left(), left);
}

#[test]
fn a_cache_that_does_not_load_is_compiled_anew() {
    let fake = FakeAne::new();
    drop(build(&fake).unwrap());
    fake.refuse(Stage::Load, 2, Some(FakeAne::runtime_error(23, "gone")));
    build(&fake).unwrap();
    assert_eq!((fake.count(COMPILE), fake.count(LOAD)), (2, 4));
}

#[test]
fn compiling_stops_before_the_runtime_would() {
    let fake = FakeAne::new();
    // Each program is another one, and refused ones count as well.
    fake.refuse(Stage::Compile, 2, None);
    let compile = |i: u32| {
        let text = program(IN, OUT).replace("\"y\"", &format!("\"y{i}\""));
        fake.ane().compile(text.as_bytes(), None, &io(IN, OUT))
    };
    for i in 0..COMPILE_LIMIT {
        assert_eq!(fake.ane().compiles_left(), COMPILE_LIMIT - i);
        assert_eq!(compile(i).is_err(), i < 2);
    }
    assert_says(
        &message(compile(COMPILE_LIMIT)),
        &["compiled 80 programs", "start the process again"],
    );
    assert_eq!(fake.ane().compiles_left(), 0);
    assert_eq!(fake.count(COMPILE), 80);
    compile(COMPILE_LIMIT - 1).expect("in the cache");
}

#[test]
fn what_cannot_be_a_program_is_not_even_asked_for() {
    let fake = FakeAne::new();
    let spec = io(IN, OUT);
    for (text, weights, says) in [
        (&b""[..], None, "not a path"),
        (b"\xff\xfe", None, "not UTF-8"),
        (b"program(1.0)", Some(&b""[..]), "pass None"),
    ] {
        let refused = fake.ane().compile(text, weights, &spec);
        assert_says(&message(refused), &[says]);
    }
    assert_eq!(fake.calls(), []);
    let nonsense = fake.ane().compile(b"nonsense", Some(WEIGHTS), &spec);
    assert_says(&message(nonsense), &["InvalidMILProgram"]);
}

#[test]
fn a_request_that_cannot_be_made_unloads_the_program() {
    let fake = FakeAne::new();
    fake.refuse(Stage::Bind, 1, None);
    assert_says(&message(build(&fake)), &["make a request", "free memory"]);
    assert_eq!((fake.count(UNLOAD), fake.models()), (1, 0));
}
