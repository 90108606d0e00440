use super::{assert_says, build, io, message, program, ramp, read};
use crate::sys::fake::{Answer, FakeAne};
use crate::{AneError, Tolerance, WrongAnswer};
use half::f16;

const VALUES: usize = 66 * 64;
const CLOSE: Tolerance = Tolerance {
    absolute: 0.01,
    relative: 0.01,
};

/// What the fake answers with when it has no fault.
fn expected() -> Vec<f16> {
    ramp(256).into_iter().cycle().take(VALUES).collect()
}

fn test(fake: &FakeAne, expected: &[f16]) -> Result<(), AneError> {
    build(fake)?.self_test(&[&ramp(256)], &[expected], CLOSE)
}

#[test]
fn the_right_answer_passes_and_stays_readable() {
    let fake = FakeAne::new();
    test(&fake, &expected()).unwrap();
    let mut kernel = build(&fake).unwrap();
    kernel
        .self_test(&[&ramp(256)], &[&expected()], CLOSE)
        .unwrap();
    assert_eq!(read(&kernel, 0, VALUES), expected());
}

#[test]
fn zeros_nans_and_silence_are_told_apart() {
    let fake = FakeAne::new();
    for (answer, says) in [
        (Answer::Zeros, "only zeros"),
        (Answer::Nan, "NaN to output 0 at 0"),
        (Answer::Nothing, "wrote nothing"),
    ] {
        fake.answer(answer);
        assert_says(&message(test(&fake, &expected())), &[says, "use the CPU"]);
    }
    fake.answer(Answer::Zeros);
    test(&fake, &[f16::ZERO; VALUES]).expect("zeros that were expected");
}

#[test]
fn values_in_wrong_places_are_found() {
    let fake = FakeAne::new();
    fake.align_rows(256);
    fake.answer(Answer::Packed);
    let refused = test(&fake, &expected());
    assert!(matches!(refused, Err(AneError::Wrong(_))), "{refused:?}");
}

#[test]
fn the_tolerance_is_absolute_and_relative() {
    let fake = FakeAne::new();
    let off = |at: usize, by: f32| {
        let mut values = expected();
        values[at] = f16::from_f32(values[at].to_f32() + by);
        values
    };
    test(&fake, &off(0, 0.009)).unwrap();
    test(&fake, &off(200, 1.9)).unwrap();
    for (at, by) in [(0, 0.02), (200, 3.0), (200, -3.0)] {
        match test(&fake, &off(at, by)) {
            Err(AneError::Wrong(WrongAnswer::Differs { at: found, .. })) => assert_eq!(found, at),
            other => panic!("{at} {by}: {other:?}"),
        }
    }
    let refused = message(test(&fake, &off(200, 3.0)));
    assert_says(
        &refused,
        &["wrote 200 to output 0 at 200", "203", "tolerance"],
    );
}

#[test]
fn infinities_are_right_only_where_they_are_expected() {
    let fake = FakeAne::new();
    let mut values = expected();
    values[7] = f16::INFINITY;
    let answer = values.clone();
    fake.compute(move |_, _| vec![answer.clone()]);
    test(&fake, &values).unwrap();
    assert_says(
        &message(test(&fake, &expected())),
        &["wrote inf", "at 7", "7 belongs"],
    );
}

#[test]
fn a_test_that_does_not_fit_the_program_is_refused() {
    let fake = FakeAne::new();
    let mut kernel = build(&fake).unwrap();
    let (input, output) = (ramp(256), expected());
    let refused = message(kernel.self_test(&[], &[&output], CLOSE));
    assert_says(&refused, &["no input 0"]);
    let refused = message(kernel.self_test(&[&input], &[&output, &output], CLOSE));
    assert_says(&refused, &["no output 1"]);
    let refused = message(kernel.self_test(&[&input], &[&output[1..]], CLOSE));
    assert_says(&refused, &["output 0 has 4224"]);
    assert_eq!(fake.count(super::EVALUATE), 0);
}

#[test]
fn an_output_of_one_value_is_judged_too() {
    let fake = FakeAne::new();
    let shape = [1, 1, 1, 1];
    let text = program(shape, shape);
    let mut kernel = fake
        .ane()
        .compile(text.as_bytes(), None, &io(shape, shape))
        .unwrap();
    kernel
        .self_test(&[&[f16::ONE]], &[&[f16::ONE]], CLOSE)
        .unwrap();
    fake.answer(Answer::Zeros);
    let refused = message(kernel.self_test(&[&[f16::ONE]], &[&[f16::ONE]], CLOSE));
    assert_says(&refused, &["only zeros"]);
}
