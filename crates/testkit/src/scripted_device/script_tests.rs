//! Each script does what it says.

use super::clock::VirtualClock;
use super::device::{FAILURE, ScriptedDevice};
use super::script::Script;
use half::f16;
use mil::{BiasForm, ProgramBuilder, TensorType, Weights};
use mil_runtime::cpu::CpuDevice;
use mil_runtime::{ColumnKernel, Device, RunError, Timing};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread::{spawn, yield_now};

/// y0 = 2 x0 + 1/3, y1 = x0 - x1.
fn kernel(device: &dyn Device) -> Box<dyn ColumnKernel> {
    let mut weights = Weights::builder();
    let fp16 = |values: &[f32]| -> Vec<f16> { values.iter().map(|&x| f16::from_f32(x)).collect() };
    let w = weights.add_fp16("w", &fp16(&[2.0, 0.0, 1.0, -1.0]));
    let b = weights.add_fp16("b", &fp16(&[1.0 / 3.0, 0.0]));
    let weights = weights.finish();
    let mut builder = ProgramBuilder::new();
    let x = builder.input("x", TensorType::fp16([1, 2, 1, 8])).unwrap();
    let y = builder.conv1x1("y", x, 2, w, b, BiasForm::InConv).unwrap();
    builder.output(y).unwrap();
    let program = builder.finish().unwrap();
    device.prepare_columns(&program, &weights, 8).unwrap()
}

/// Calls with other columns each time, 3 and 4 in turn.
fn input(call: usize) -> (usize, Vec<f32>) {
    let columns = 3 + call % 2;
    let value = |at: usize| ((call * 8 + at) as f32 * 0.37).sin();
    (columns, (0..2 * columns).map(value).collect())
}

type Answer = Result<Vec<f32>, RunError>;

fn call(kernel: &mut dyn ColumnKernel, number: usize) -> Answer {
    let (columns, input) = input(number);
    let mut output = vec![-99.0; 2 * columns];
    kernel.run(columns, &input, &mut output).map(|()| output)
}

fn right(number: usize) -> Answer {
    call(&mut *kernel(&CpuDevice::new()), number)
}

/// What a device with this script answers at once.
fn answers(script: Script) -> Vec<Answer> {
    let device = ScriptedDevice::new(script, VirtualClock::new());
    let mut kernel = kernel(&device);
    assert_eq!(kernel.timing(), Timing::MayBlock);
    let answers: Vec<Answer> = (0..6).map(|number| call(&mut *kernel, number)).collect();
    let calls = device.calls();
    assert_eq!(calls.len(), 6);
    assert_eq!(device.columns(), 3 * 3 + 3 * 4);
    for (number, (call, answer)) in calls.iter().zip(&answers).enumerate() {
        assert_eq!(call.columns, 3 + number % 2);
        assert_eq!((call.began, call.ended), (0, Some(0)));
        assert_eq!(call.failed, answer.is_err());
    }
    answers
}

#[test]
fn on_time_is_the_cpu_bit_for_bit() {
    for (number, answer) in answers(Script::OnTime).into_iter().enumerate() {
        assert_eq!(answer, right(number));
    }
}

#[test]
fn fp16_rounds_a_little() {
    let mut differences = 0;
    for (number, answer) in answers(Script::Fp16).into_iter().enumerate() {
        for (have, want) in answer.unwrap().iter().zip(right(number).unwrap()) {
            assert!((have - want).abs() < 5e-3, "{have} {want}");
            differences += usize::from(*have != want);
        }
    }
    assert!(differences > 10);
}

#[test]
fn calls_fail_where_the_script_says() {
    let failed = |script| -> Vec<usize> {
        let answers = answers(script).into_iter().enumerate();
        let wrong = answers.filter(|(number, answer)| *answer != right(*number));
        wrong
            .map(|(number, answer)| {
                assert_eq!(answer, Err(FAILURE));
                number
            })
            .collect()
    };
    assert_eq!(failed(Script::FailAt(2)), [2]);
    assert_eq!(failed(Script::FailFrom(3)), [3, 4, 5]);
}

#[test]
fn wrong_answers_are_wrong_as_the_script_says() {
    let all_are = |script, is: fn(&f32) -> bool| {
        let answers = answers(script).into_iter();
        answers.flat_map(Result::unwrap).all(|x| is(&x))
    };
    assert!(all_are(Script::Zeros, |&x| x == 0.0));
    assert!(all_are(Script::NaN, |x| x.is_nan()));
    assert!(all_are(Script::Constant(-1.5), |&x| x == -1.5));
    assert!(all_are(Script::Garbage { seed: 5 }, |x| (-4.0..=0.0).contains(x)));
    for (number, answer) in answers(Script::Shifted(1)).into_iter().enumerate() {
        let (right, columns) = (right(number).unwrap(), 3 + number % 2);
        for (at, have) in answer.unwrap().into_iter().enumerate() {
            let from = at / columns * columns + (at % columns + 1) % columns;
            assert_eq!(have, right[from]);
        }
    }
}

#[test]
fn stale_answers_are_those_of_the_call_before() {
    let stale = answers(Script::Stale);
    assert_eq!(stale[0], right(0));
    for (number, have) in stale.into_iter().enumerate().skip(1) {
        let (have, before) = (have.unwrap(), right(number - 1).unwrap());
        let (columns, had) = (3 + number % 2, 3 + (number - 1) % 2);
        for (at, have) in have.into_iter().enumerate() {
            assert_eq!(have, before[at / columns * had + at % columns % had]);
        }
    }
}

#[test]
fn scripts_follow_one_another_over_all_kernels() {
    let scripts = [(2, Script::Zeros), (3, Script::FailFrom(4))];
    let device = ScriptedDevice::changing(&scripts, VirtualClock::new());
    let mut kernels = [kernel(&device), kernel(&device)];
    let answers: Vec<Answer> = (0..6)
        .map(|number| call(&mut *kernels[number % 2], number))
        .collect();
    assert_eq!(answers[..2], [right(0), right(1)]);
    assert_eq!(answers[2], Ok(vec![0.0; 6]));
    assert_eq!(answers[3..], [right(3), Err(FAILURE), Err(FAILURE)]);
    assert_eq!(device.failed(), 2);
}

#[test]
fn a_kernel_dies_in_its_call() {
    let device = ScriptedDevice::new(Script::DieAt(1), VirtualClock::new());
    let mut kernel = kernel(&device);
    assert_eq!(call(&mut *kernel, 0), right(0));
    assert!(catch_unwind(AssertUnwindSafe(|| call(&mut *kernel, 1))).is_err());
    assert_eq!(device.failed(), 1);
}

/// A thread that makes some calls, let go on block by block while it waits.
fn blocks_of(script: Script, calls: usize) -> Vec<(u64, Option<u64>)> {
    let clock = VirtualClock::new();
    let device = ScriptedDevice::new(script, clock.clone());
    let mut kernel = kernel(&device);
    let caller = spawn(move || {
        for number in 0..calls {
            assert_eq!(call(&mut *kernel, number), right(number));
        }
    });
    while !caller.is_finished() {
        if clock.is_waiting() {
            clock.advance();
        }
        yield_now();
    }
    caller.join().unwrap();
    let calls = device.calls();
    calls.iter().map(|call| (call.began, call.ended)).collect()
}

#[test]
fn late_answers_come_when_their_block_has_come() {
    let late = blocks_of(Script::LateBy(3), 3);
    assert_eq!(late, [(0, Some(3)), (3, Some(6)), (6, Some(9))]);
    let jittery = Script::Jittery {
        seed: 3,
        most_blocks: 4,
    };
    let (first, again) = (blocks_of(jittery, 40), blocks_of(jittery, 40));
    assert_eq!(first, again);
    for lateness in 0..=4 {
        assert!(
            first
                .iter()
                .any(|&(began, ended)| ended == Some(began + lateness))
        );
    }
}

#[test]
fn a_call_hangs_until_the_clock_is_closed() {
    let clock = VirtualClock::new();
    let device = ScriptedDevice::new(Script::HangFrom(1), clock.clone());
    let mut kernel = kernel(&device);
    assert_eq!(call(&mut *kernel, 0), right(0));
    let caller = spawn(move || call(&mut *kernel, 1));
    while !clock.is_waiting() {
        yield_now();
    }
    for _ in 0..1000 {
        clock.advance();
    }
    assert!(clock.is_waiting() && !caller.is_finished());
    assert_eq!(device.calls()[1].ended, None);
    clock.close();
    assert_eq!(caller.join().unwrap(), Err(FAILURE));
    assert_eq!(device.failed(), 1);
}
