//! What a Neural Engine may do, and what the ladder makes of it.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use ane_bridge::fake::{Answer, FakeAne, LateAnswer};
use ane_bridge::{COMPILE_LIMIT, Stage, Unavailable};
use half::f16;
use mil_runtime::ane::{ABANDONED_CODE, AneDevice, Outcome, Rung, SILENT_CODE, Step};
use mil_runtime::{ColumnKernel, DeviceError, RunError};

use crate::engine::{COMPILE, assert_says, climb, device, engine, make_sound, refusal, spoil};

#[test]
fn where_there_is_no_engine_nothing_is_tried_and_the_reason_told() {
    for (why, says) in [
        (Unavailable::Unsupported, "only be reached on macOS"),
        (
            Unavailable::NoFramework {
                reason: "image not found".into(),
            },
            "image not found",
        ),
        (
            Unavailable::NoClass {
                class: "_ANEInMemoryModel",
            },
            "no class _ANEInMemoryModel",
        ),
        (
            Unavailable::ChangedMethod {
                method: "-[_ANEInMemoryModel loadWithQoS:options:error:]".into(),
                reason: "it takes 4 arguments".into(),
            },
            "takes 4 arguments",
        ),
    ] {
        let fake = engine();
        fake.take_away(why);
        let error = refusal(&device(&fake));
        assert!(
            matches!(error, DeviceError::Unavailable { .. }),
            "{error:?}"
        );
        assert_says(&error.to_string(), &["device `ane` cannot be used: ", says]);
        assert_eq!(fake.calls(), []);
    }
    let fake = engine();
    fake.become_virtual();
    assert_says(&refusal(&device(&fake)).to_string(), &["virtual machine"]);
    let fake = engine();
    fake.claim_engine(Some(false));
    assert_says(&refusal(&device(&fake)).to_string(), &["no Neural Engine"]);
    assert_eq!(fake.calls(), []);
}

/// No rung of this engine can pass; what each of them is told.
#[track_caller]
fn assert_all_fail(fake: &FakeAne, says: &str) {
    let (report, kernel) = climb(&device(fake), 1);
    assert!(kernel.is_none());
    assert_eq!(report.attempts.len(), Rung::LADDER.len());
    for attempt in &report.attempts {
        assert_says(attempt.reason().unwrap(), &[says]);
    }
    assert_eq!(report.stopped, None);
    assert_eq!((fake.models(), fake.surfaces()), (0, 0));
}

#[test]
fn strides_that_are_absurd_or_missing() {
    for (key, value, says) in [
        ("RowStride", Some(2), "RowStride of 2"),
        ("PlaneStride", Some(-128), "PlaneStride of -128"),
        (
            "BatchStride",
            Some(i64::MAX),
            "BatchStride of 9223372036854775807",
        ),
        ("RowStride", None, "without a RowStride"),
        ("Channels", Some(7), "has C = 7"),
    ] {
        let fake = engine();
        fake.set_attribute(key, value);
        assert_all_fail(&fake, says);
    }
    let fake = engine();
    fake.hide_attributes();
    assert_all_fail(&fake, "wrong places");
    let fake = engine();
    fake.set_type("Float32");
    assert_all_fail(&fake, "Float32");
    // Wider rows than needed are no fault.
    let fake = engine();
    fake.align_rows(256);
    assert!(climb(&device(&fake), 1).1.is_some());
}

#[test]
fn programs_that_are_refused() {
    for stage in [Stage::Describe, Stage::Compile, Stage::Load, Stage::Bind] {
        let fake = engine();
        fake.refuse_programs(stage, |_| true, None);
        assert_all_fail(&fake, "does not say why");
        let fake = engine();
        let error = FakeAne::runtime_error(4, "program creation failed");
        fake.refuse_programs(stage, |_| true, Some(error));
        assert_all_fail(&fake, "program creation failed");
    }
}

#[test]
fn evaluations_that_are_refused() {
    let fake = engine();
    fake.refuse_programs(Stage::Evaluate, |_| true, None);
    assert_all_fail(&fake, "does not say why");
    let fake = engine();
    let error = FakeAne::runtime_error(8, "status=0x1d statusType=0x9");
    fake.refuse_programs(Stage::Evaluate, |_| true, Some(error));
    assert_all_fail(&fake, "status=0x1d");
    let fake = engine();
    fake.refuse_programs(Stage::Lock, |_| true, None);
    assert_all_fail(&fake, "lend the memory");
    let fake = engine();
    fake.limit_surfaces(100);
    assert_all_fail(&fake, "100 bytes");
}

#[test]
fn answers_that_are_wrong() {
    for (answer, says) in [
        (Answer::Zeros, "only zeros"),
        (Answer::Nan, "NaN"),
        (Answer::Nothing, "wrote nothing"),
    ] {
        let fake = engine();
        fake.answer(answer);
        assert_all_fail(&fake, says);
    }
    // Values in wrong places: rows that are packed although strides were told.
    let fake = engine();
    fake.align_rows(256);
    fake.answer(Answer::Packed);
    assert_all_fail(&fake, "use the CPU");
}

/// What one value, one column or one channel that is wrong looks like. The answer is `[66, 64]`, or longer.
#[test]
fn small_faults_in_an_answer_are_caught() {
    type Fault = fn(&mut [f16]);
    let passes = |fault: Fault| {
        let fake = engine();
        spoil(&fake, fault);
        climb(&device(&fake), 1).1.is_some()
    };
    assert!(passes(|_| {}));
    let faults: [(&str, Fault); 7] = [
        ("one value", |y| y[65 * 64 + 63] += f16::from_f32(0.5)),
        ("one channel by a part", |y| {
            y[..64].iter_mut().for_each(|y| *y *= f16::from_f32(1.1));
        }),
        ("shifted by a column", |y| y.rotate_left(1)),
        ("two columns swapped", |y| {
            y.as_chunks_mut::<64>()
                .0
                .iter_mut()
                .for_each(|row| row.swap(3, 4));
        }),
        ("two channels swapped", |y| {
            let (one, other) = y.split_at_mut(64);
            one.swap_with_slice(&mut other[..64]);
        }),
        ("a channel of zeros", |y| y[64..128].fill(f16::ZERO)),
        ("the last column alone", |y| y[63] = f16::from_f32(100.0)),
    ];
    for (what, fault) in faults {
        assert!(!passes(fault), "{what}");
    }
}

#[test]
fn an_answer_of_the_call_before_is_caught() {
    let fake = engine();
    let mut last = Vec::new();
    spoil(&fake, move |answer| {
        let now = answer.to_vec();
        if last.len() == now.len() {
            answer.copy_from_slice(&last);
        }
        last = now;
    });
    assert!(climb(&device(&fake), 1).1.is_none());
}

/// An engine that leaves columns of zeros as they were: only a batch that is not full shows it.
#[test]
fn columns_that_are_not_computed_are_caught() {
    let fake = engine();
    let mut last: Vec<f16> = Vec::new();
    spoil(&fake, move |answer| {
        let now = answer.to_vec();
        if last.len() == now.len() {
            let rows = answer.as_chunks_mut::<64>().0.iter_mut();
            for (row, last) in rows.zip(last.as_chunks::<64>().0) {
                let of_zeros = row[62];
                if row[61] == of_zeros {
                    row[2..62].copy_from_slice(&last[2..62]);
                }
            }
        }
        last = now;
    });
    let (report, kernel) = climb(&device(&fake), 1);
    assert!(kernel.is_none(), "{report}");
}

#[test]
fn an_engine_that_hangs_is_not_tried_again() {
    let fake = engine();
    fake.answer(Answer::TimeOut);
    let (report, kernel) = climb(&device(&fake), 1);
    assert!(kernel.is_none());
    assert_eq!(
        report.attempts.len(),
        1,
        "each would take seconds and memory for ever"
    );
    assert_says(
        &report.summary(),
        &["timed out", "another might hang as long"],
    );
    assert_eq!(fake.finish_late(), LateAnswer::Written);
}

/// The self-test passes and the hardware fails afterwards, before the kernel is handed out.
#[test]
fn a_failure_while_warming_up_is_told_as_such() {
    let fake = engine();
    let evaluations = Arc::new(AtomicUsize::new(0));
    let counted = evaluations.clone();
    spoil(&fake, move |_| {
        counted.fetch_add(1, Ordering::Relaxed);
    });
    // After six evaluations of the self-test, the third of the warm-up.
    let is_due = move |_: &str| evaluations.load(Ordering::Relaxed) == 6 + 2;
    let error = FakeAne::runtime_error(18, "0x12");
    fake.refuse_programs(Stage::Evaluate, is_due, Some(error));
    let (report, kernel) = climb(&device(&fake), 1);
    assert!(kernel.is_none());
    let first = &report.attempts[0];
    assert!(matches!(
        first.outcome,
        Outcome::Failed {
            step: Step::WarmUp,
            ..
        }
    ));
    assert_says(&first.to_string(), &["failed after its self-test", "0x12"]);
}

#[test]
fn the_compile_limit_ends_the_ladder_and_says_so() {
    let fake = engine();
    let device = device(&fake);
    for seed in 0..u64::from(COMPILE_LIMIT) {
        assert!(climb(&device, seed).1.is_some());
    }
    let (report, kernel) = climb(&device, 1000);
    assert!(kernel.is_none());
    assert_eq!((report.attempts.len(), report.compiles_left), (1, 0));
    assert_says(
        &report.summary(),
        &["compiled 80 programs", "each would have to be compiled"],
    );
    assert_eq!(fake.count(COMPILE), 80);
    // What the system has is loaded all the same.
    assert!(climb(&device, 7).1.is_some());
}

#[test]
fn a_full_disk_or_a_strange_folder_ends_the_ladder_and_says_so() {
    let fake = engine();
    fake.limit_disk(10_000);
    let (report, kernel) = climb(&device(&fake), 1);
    assert!(kernel.is_none());
    assert_eq!(report.attempts.len(), 1);
    assert_says(
        &report.summary(),
        &[
            "free some space in the temporary folder",
            "no other form was tried",
        ],
    );
    assert_eq!(
        std::fs::read_dir(fake.folder()).unwrap().count(),
        0,
        "nothing is left behind"
    );
    let fake = engine();
    fake.name_folder(Some(Path::new("/")));
    let (report, _) = climb(&device(&fake), 1);
    assert_eq!(report.attempts.len(), 1);
}

#[test]
fn a_load_that_is_refused_once_is_no_failure() {
    let fake = engine();
    fake.refuse(Stage::Load, 1, None);
    let (report, kernel) = climb(&device(&fake), 1);
    assert!(kernel.is_some());
    assert_eq!(report.attempts.len(), 1);
}

#[test]
fn what_the_engine_refuses_later_has_a_code_and_leaves_the_output_alone() {
    let fake = engine();
    let mut kernel = climb(&device(&fake), 1).1.unwrap();
    let (x, mut y) = (vec![0.25; 4 * 64], vec![7.5; 66 * 64]);
    let fails = |fake: &FakeAne, error| fake.refuse(Stage::Evaluate, 1, error);
    fails(&fake, Some(FakeAne::runtime_error(8, "status=0x1d")));
    assert_eq!(
        kernel.run(64, &x, &mut y),
        Err(RunError::Device { code: 8 })
    );
    fails(&fake, None);
    assert_eq!(
        kernel.run(64, &x, &mut y),
        Err(RunError::Device { code: SILENT_CODE })
    );
    assert!(y.iter().all(|&y| y == 7.5));
    kernel.run(64, &x, &mut y).expect("it recovers");
    fake.answer(Answer::TimeOut);
    assert_eq!(
        kernel.run(64, &x, &mut y),
        Err(RunError::Device { code: 3 })
    );
    fake.answer(Answer::Computed);
    assert_eq!(
        kernel.run(64, &x, &mut y),
        Err(RunError::Device {
            code: ABANDONED_CODE
        })
    );
}

#[test]
fn two_processes_and_two_devices_do_not_disturb_each_other() {
    let fake = engine();
    let other = fake.other_process();
    make_sound(&other);
    let threads: Vec<_> = (0..4_u64)
        .map(|thread| {
            let ane = if thread % 2 == 0 {
                fake.ane()
            } else {
                other.ane()
            };
            std::thread::spawn(move || {
                let device = AneDevice::with(ane, Default::default());
                // All four compile some of the same programs.
                for seed in [1, 2, 10 + thread, 1] {
                    let (report, kernel) = climb(&device, seed);
                    let mut kernel = kernel.unwrap_or_else(|| panic!("{report}"));
                    let mut y = vec![0.0; 66 * 64];
                    kernel.run(64, &[0.5; 4 * 64], &mut y).unwrap();
                    assert_eq!(report.attempts.len(), 1, "{report}");
                }
            })
        })
        .collect();
    for thread in threads {
        thread.join().unwrap();
    }
    assert_eq!((fake.models(), other.models()), (0, 0));
}
