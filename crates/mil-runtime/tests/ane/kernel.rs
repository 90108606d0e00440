//! The kernel that the ladder hands out, against the CPU's.

use half::f16;
use mil::BiasForm;
use mil_runtime::ane::{
    ABSOLUTE_TOLERANCE, AneColumns, AneDevice, AneOptions, RELATIVE_TOLERANCE, Rung,
};
use mil_runtime::cpu::{CpuDevice, ReferenceDevice};
use mil_runtime::{ColumnKernel, Device, RunError, Timing};

use crate::engine::{EVALUATE, classic, climb, device, engine};
use crate::network::{CLASSIC, SplitMix, chain, layers};

fn input(columns: usize, seed: u64) -> Vec<f32> {
    let values = SplitMix(seed).uniforms(4 * columns);
    values
        .into_iter()
        .map(|x| f16::from_f32(x).to_f32())
        .collect()
}

fn on_rung(rung: Rung, max_columns: usize) -> AneColumns {
    let fake = engine();
    let options = AneOptions {
        rungs: vec![rung],
        least_columns: 1,
        ..AneOptions::default()
    };
    let (program, weights) = classic(1);
    let device = AneDevice::with(fake.ane(), options);
    device
        .climb(&program, &weights, max_columns)
        .unwrap()
        .1
        .unwrap()
}

/// What the model of the hardware's rounding says about the program as it was given: the rewriting, the
/// padding and the folding must not change a bit of it.
#[test]
fn every_rung_gives_the_answers_of_the_program_it_was_given() {
    for rung in Rung::LADDER.into_iter().chain([Rung::BATCHED]) {
        let mut kernel = on_rung(rung, 200);
        // The form of the bias is the one thing that rounds differently.
        let (program, weights) = chain(&CLASSIC, &layers(&CLASSIC, 1), 64, rung.bias);
        let mut twin = ReferenceDevice::fp16()
            .prepare_columns(&program, &weights, 200)
            .unwrap();
        for columns in [1, 2, 7, 8, 9, 63, 64, 65, 100, 199, 200] {
            let x = input(columns, columns as u64);
            let (mut y, mut expected) = (vec![f32::NAN; 66 * columns], vec![0.0; 66 * columns]);
            kernel.run(columns, &x, &mut y).unwrap();
            twin.run(columns, &x, &mut expected).unwrap();
            assert_eq!(y, expected, "{rung}, {columns} columns");
        }
    }
}

#[test]
fn answers_are_the_cpu_s_within_the_tolerance() {
    let mut kernel = on_rung(Rung::LADDER[4], 64);
    let (program, weights) = classic(1);
    let mut cpu = CpuDevice::new()
        .prepare_columns(&program, &weights, 64)
        .unwrap();
    let x = input(64, 5);
    let (mut y, mut expected) = (vec![0.0; 66 * 64], vec![0.0; 66 * 64]);
    kernel.run(64, &x, &mut y).unwrap();
    cpu.run(64, &x, &mut expected).unwrap();
    let largest = expected.iter().fold(0.0_f32, |most, y| most.max(y.abs()));
    for (y, expected) in y.iter().zip(&expected) {
        let most = ABSOLUTE_TOLERANCE * largest + RELATIVE_TOLERANCE * expected.abs();
        assert!((y - expected).abs() <= most, "{y} for {expected}");
    }
    assert_ne!(y, expected, "the model rounds");
}

#[test]
fn more_columns_than_a_dispatch_has_take_several() {
    let fake = engine();
    let (program, weights) = classic(1);
    let (report, kernel) = device(&fake).climb(&program, &weights, 2500).unwrap();
    let mut kernel = kernel.unwrap();
    assert_eq!((report.capacity, kernel.capacity()), (1024, 1024));
    let mut twin = ReferenceDevice::fp16()
        .prepare_columns(&program, &weights, 2500)
        .unwrap();
    for (columns, dispatches) in [(1024, 1), (1025, 2), (2048, 2), (2500, 3)] {
        let before = fake.count(EVALUATE);
        let x = input(columns, 4);
        let (mut y, mut expected) = (vec![0.0; 66 * columns], vec![0.0; 66 * columns]);
        kernel.run(columns, &x, &mut y).unwrap();
        twin.run(columns, &x, &mut expected).unwrap();
        assert_eq!(y, expected);
        assert_eq!(fake.count(EVALUATE) - before, dispatches, "{columns}");
    }
    // A call whose second dispatch fails writes nothing.
    let evaluated = std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0));
    fake.refuse_programs(
        ane_bridge::Stage::Evaluate,
        move |_| evaluated.fetch_add(1, std::sync::atomic::Ordering::Relaxed) == 1,
        None,
    );
    let mut y = vec![7.5; 66 * 2500];
    assert!(kernel.run(2500, &input(2500, 4), &mut y).is_err());
    assert!(y.iter().all(|&y| y == 7.5));
    kernel.run(2500, &input(2500, 4), &mut y).unwrap();
}

#[test]
fn small_groups_are_the_cpu_s() {
    let fake = engine();
    let device = AneDevice::with(fake.ane(), AneOptions::default());
    let mut kernel = climb(&device, 1).1.unwrap();
    let (program, weights) = classic(1);
    let mut cpu = CpuDevice::new()
        .prepare_columns(&program, &weights, 64)
        .unwrap();
    let least = AneOptions::LEAST_COLUMNS;
    for (columns, dispatches) in [(1, 0), (least - 1, 0), (least, 1), (64, 1)] {
        let before = fake.count(EVALUATE);
        let x = input(columns, 6);
        let (mut y, mut expected) = (vec![0.0; 66 * columns], vec![0.0; 66 * columns]);
        kernel.run(columns, &x, &mut y).unwrap();
        cpu.run(columns, &x, &mut expected).unwrap();
        assert_eq!(fake.count(EVALUATE) - before, dispatches);
        assert_eq!(y == expected, dispatches == 0, "{columns} columns");
    }
}

#[test]
fn errors_leave_the_output_untouched() {
    for least_columns in [1, 16] {
        let fake = engine();
        let options = AneOptions {
            least_columns,
            ..AneOptions::default()
        };
        let mut kernel = climb(&AneDevice::with(fake.ane(), options), 1).1.unwrap();
        assert_eq!(kernel.timing(), Timing::MayBlock);
        let before = fake.calls().len();
        let too_many = |got| RunError::TooManyColumns { max: 64, got };
        let input = |expected, got| RunError::InputLength { expected, got };
        let output = |expected, got| RunError::OutputLength { expected, got };
        for (columns, inputs, outputs, error) in [
            (65, 260, 65 * 66, too_many(65)),
            (usize::MAX, 4, 66, too_many(usize::MAX)),
            (3, 11, 198, input(12, 11)),
            (32, 129, 32 * 66, input(128, 129)),
            (3, 12, 197, output(198, 197)),
            (32, 128, 32 * 66 + 1, output(32 * 66, 32 * 66 + 1)),
            (0, 1, 0, input(0, 1)),
        ] {
            let mut y = vec![7.5; outputs];
            let refused = kernel.run(columns, &vec![0.0; inputs], &mut y);
            assert_eq!(refused, Err(error));
            assert!(y.iter().all(|&y| y == 7.5), "{error}");
        }
        assert_eq!(kernel.run(0, &[], &mut []), Ok(()));
        assert_eq!(
            fake.calls().len(),
            before,
            "nothing of that reached the engine"
        );
    }
}

/// The kernel's own part of a call allocates nothing; what the system does is the system's.
#[test]
fn a_group_that_stays_on_the_cpu_allocates_nothing() {
    let fake = engine();
    let device = AneDevice::with(fake.ane(), AneOptions::default());
    let (program, weights) = chain(&CLASSIC, &layers(&CLASSIC, 1), 64, BiasForm::Add);
    let mut kernel = device.climb(&program, &weights, 64).unwrap().1.unwrap();
    let (x, mut y) = (input(8, 1), vec![0.0; 66 * 8]);
    testkit::no_alloc(|| kernel.run(8, &x, &mut y)).unwrap();
}

#[test]
fn a_kernel_runs_on_another_thread() {
    let mut kernel = on_rung(Rung::LADDER[0], 64);
    let answered = std::thread::spawn(move || {
        let mut y = vec![0.0; 66 * 64];
        kernel.run(64, &input(64, 1), &mut y).map(|()| y)
    });
    assert!(answered.join().unwrap().is_ok());
}
