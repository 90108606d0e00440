use super::{EVALUATE, IN, OUT, UNLOAD, assert_says, build, message, ramp, read};
use crate::sys::fake::{Answer, FakeAne, LateAnswer};
use crate::{AneError, AneKernel, Direction, Stage};
use half::f16;
use std::panic::{AssertUnwindSafe, catch_unwind};

const VALUES: usize = 66 * 64;

#[test]
fn a_kernel_moves_between_threads() {
    fn is_send<T: Send>(value: T) -> T {
        value
    }
    let fake = FakeAne::new();
    let mut kernel = is_send(build(&fake).unwrap());
    let kernel = std::thread::spawn(move || {
        kernel.write_input_f16(0, &ramp(256)).unwrap();
        kernel.eval().unwrap();
        kernel
    });
    let got = read(&kernel.join().unwrap(), 0, VALUES);
    assert_eq!(got[..256], ramp(256)[..]);
}

#[test]
fn memory_begins_zeroed() {
    let fake = FakeAne::new();
    let mut kernel = build(&fake).unwrap();
    assert!(read(&kernel, 0, VALUES).iter().all(|v| v.to_bits() == 0));
    fake.compute(|inputs, outputs| {
        assert!(inputs[0].iter().all(|v| v.to_bits() == 0));
        vec![vec![f16::ONE; outputs[0]]]
    });
    kernel.eval().unwrap();
    assert_eq!(read(&kernel, 0, VALUES), vec![f16::ONE; VALUES]);
}

#[test]
fn a_slice_of_another_length_changes_nothing() {
    let fake = FakeAne::new();
    let mut kernel = build(&fake).unwrap();
    kernel.write_input_f16(0, &ramp(256)).unwrap();
    for wrong in [0, 255, 257] {
        let refused = kernel.write_input_f16(0, &vec![f16::ONE; wrong]);
        assert!(matches!(
            refused,
            Err(AneError::WrongLength { expected: 256, direction: Direction::Input, got, .. })
                if got == wrong
        ));
        let refused = message(refused);
        assert_says(&refused, &["has 256 values", "N x C x H x W"]);
    }
    let mut short = vec![f16::ONE; VALUES - 1];
    assert_says(
        &message(kernel.read_output_f16(0, &mut short)),
        &["output 0 has 4224"],
    );
    assert!(short.iter().all(|v| *v == f16::ONE));
    assert_says(
        &message(kernel.read_output_f16(1, &mut short)),
        &["no output 1", "compiled with 1"],
    );
    kernel.eval().unwrap();
    assert_eq!(read(&kernel, 0, VALUES)[..256], ramp(256)[..]);
}

#[test]
fn a_refused_evaluation_is_told_with_and_without_an_error() {
    let fake = FakeAne::new();
    let mut kernel = build(&fake).unwrap();
    fake.refuse(Stage::Evaluate, 1, None);
    assert_says(
        &message(kernel.eval()),
        &[
            "evaluate the program",
            "does not say why",
            "number and order of inputs",
        ],
    );
    let error = FakeAne::runtime_error(8, "Program Inference error: status=0x1d");
    fake.refuse(Stage::Evaluate, 1, Some(error));
    assert_says(
        &message(kernel.eval()),
        &[
            "com.apple.appleneuralengine 8",
            "status=0x1d",
            "too small or bound",
        ],
    );
    kernel.eval().expect("the next one is taken");
}

#[test]
fn memory_that_is_not_lent_is_told() {
    let fake = FakeAne::new();
    let mut kernel = build(&fake).unwrap();
    fake.refuse(Stage::Lock, 2, None);
    assert_says(
        &message(kernel.write_input_f16(0, &ramp(256))),
        &["lend the memory"],
    );
    let mut output = vec![f16::ONE; VALUES];
    assert_says(
        &message(kernel.read_output_f16(0, &mut output)),
        &["lend the memory"],
    );
    assert!(output.iter().all(|v| *v == f16::ONE));
}

#[test]
fn closing_tells_what_dropping_would_not() {
    let fake = FakeAne::new();
    let error = FakeAne::runtime_error(13, "IOSurface map");
    fake.refuse(Stage::Unload, 1, Some(error));
    fake.keep_folder_at_unload();
    let kernel = build(&fake).unwrap();
    assert_says(
        &message(kernel.close()),
        &["unload the program", "IOSurface map"],
    );
    assert_eq!(fake.surfaces(), 0);
    assert_eq!(std::fs::read_dir(fake.folder()).unwrap().count(), 0);

    fake.refuse(Stage::Unload, 1, None);
    drop(build(&fake).unwrap());
    assert_eq!((fake.count(UNLOAD), fake.models()), (2, 0));
}

/// Whoever timed out may still be writing: nothing of it is given back or touched.
fn assert_abandoned(fake: &FakeAne, mut kernel: AneKernel) {
    let evaluations = fake.count(EVALUATE);
    let mut output = vec![f16::ONE; VALUES];
    for refused in [
        kernel.eval(),
        kernel.write_input_f16(0, &ramp(256)),
        kernel.read_output_f16(0, &mut output),
    ] {
        assert!(matches!(refused, Err(AneError::Abandoned)));
        assert_says(&message(refused), &["may still be running", "CPU"]);
    }
    assert_eq!(fake.count(EVALUATE), evaluations);
    assert!(output.iter().all(|v| *v == f16::ONE));
    assert!(matches!(kernel.close(), Err(AneError::Abandoned)));
    assert_eq!(
        fake.count(UNLOAD),
        0,
        "not unloaded under the hardware's feet"
    );
    assert_eq!(
        (fake.models(), fake.surfaces()),
        (1, 2),
        "and nothing freed"
    );
}

#[test]
fn a_kernel_dropped_while_its_request_runs_leaves_the_memory_alone() {
    let fake = FakeAne::new();
    let mut kernel = build(&fake).unwrap();
    assert!(!kernel.is_abandoned());
    fake.answer(Answer::TimeOut);
    assert_says(
        &message(kernel.eval()),
        &["3: request timed out", "drop this kernel"],
    );
    assert!(kernel.is_abandoned());
    assert_abandoned(&fake, kernel);
    assert_eq!(fake.finish_late(), LateAnswer::Written);
    // Another kernel is not concerned.
    fake.answer(Answer::Computed);
    build(&fake).unwrap().eval().unwrap();
}

#[test]
fn an_exception_in_the_middle_counts_as_a_request_that_runs() {
    let fake = FakeAne::new();
    let mut kernel = build(&fake).unwrap();
    fake.answer(Answer::Exception);
    assert!(catch_unwind(AssertUnwindSafe(|| kernel.eval())).is_err());
    assert_abandoned(&fake, kernel);
}

#[test]
fn the_fake_notices_memory_that_is_given_back_too_early() {
    let fake = FakeAne::new();
    assert_eq!(fake.finish_late(), LateAnswer::NoneDue);
    let kernel = build(&fake).unwrap();
    assert_eq!((fake.models(), fake.surfaces()), (1, 2));
    drop(kernel);
    assert_eq!((fake.models(), fake.surfaces()), (0, 0));
    assert_eq!(
        [IN, OUT].map(|shape| shape.iter().product::<usize>()),
        [256, VALUES]
    );
}
