//! One suite over every column kernel: the interpreter in f32 and in FP16, and the fast kernel.

use crate::network::{CLASSIC, INSTRUMENT, SplitMix, chain, layers, plain_answer};
use half::f16;
use mil::BiasForm;
use mil_runtime::cpu::{CpuDevice, ReferenceDevice};
use mil_runtime::{ColumnKernel, Device, RunError, Timing};

const MAX_COLUMNS: usize = 200;

/// Largest error against f64, relative to the largest output.
///
/// A sum of n products in f32 errs by at most n * 2^-24 of the sum of their magnitudes, and by about
/// sqrt(n) * 2^-24 = 7e-7 of it for n = 128 random terms, in each of the four layers. -100 dB is what
/// any two levels of one kernel may differ by, and leaves room for that; a wrong weight or column
/// stands 80 dB above.
const F32_BOUND: f64 = 1e-5;

/// FP16: every stored activation errs by up to 2^-11 = 4.9e-4 of itself. Four layers of He-scaled
/// weights keep the magnitude, so the errors add as random ones to 4.9e-4 * sqrt(5) of a typical
/// output; the worst of 26,000 outputs lies a few times higher.
const FP16_BOUND: f64 = 4e-3;

struct Subject {
    name: &'static str,
    device: Box<dyn Device>,
    bound: f64,
}

fn subjects() -> Vec<Subject> {
    let subject = |name, device, bound| Subject {
        name,
        device,
        bound,
    };
    vec![
        subject(
            "interpreter, f32",
            Box::new(ReferenceDevice::f32()),
            F32_BOUND,
        ),
        subject(
            "interpreter, FP16",
            Box::new(ReferenceDevice::fp16()),
            FP16_BOUND,
        ),
        subject("cpu", Box::new(CpuDevice::new()), F32_BOUND),
    ]
}

/// Inputs as the synthesizer gives them: FP16 numbers.
fn input(channels: usize, columns: usize, seed: u64) -> Vec<f32> {
    let values = SplitMix(seed).uniforms(channels * columns);
    values
        .into_iter()
        .map(|x| f16::from_f32(x).to_f32())
        .collect()
}

fn prepared(subject: &Subject, channels: &[usize], form: BiasForm) -> Box<dyn ColumnKernel> {
    // Written for 64 columns, prepared for 200: the program's own width must not matter.
    let (program, weights) = chain(channels, &layers(channels, 1), 64, form);
    subject
        .device
        .prepare_columns(&program, &weights, MAX_COLUMNS)
        .unwrap()
}

#[test]
fn every_kernel_agrees_with_f64_at_every_number_of_columns() {
    for (shape, form) in [
        (CLASSIC, BiasForm::InConv),
        (CLASSIC, BiasForm::Add),
        (INSTRUMENT, BiasForm::InConv),
    ] {
        let (inputs, outputs) = (shape[0], shape[4]);
        // Batch n is the first n columns, so one answer by the slow twin serves all batches.
        let x = input(inputs, MAX_COLUMNS, 2);
        let expected = plain_answer(&layers(&shape, 1), MAX_COLUMNS, &x);
        let peak = expected.iter().fold(0.0_f64, |peak, y| peak.max(y.abs()));
        for subject in subjects() {
            let mut kernel = prepared(&subject, &shape, form);
            let mut worst = 0.0_f64;
            for columns in 1..=MAX_COLUMNS {
                let x: Vec<f32> = x
                    .as_chunks::<MAX_COLUMNS>()
                    .0
                    .iter()
                    .flat_map(|row| &row[..columns])
                    .copied()
                    .collect();
                let mut y = vec![f32::NAN; outputs * columns];
                kernel.run(columns, &x, &mut y).unwrap();
                let expected = expected
                    .as_chunks::<MAX_COLUMNS>()
                    .0
                    .iter()
                    .flat_map(|row| &row[..columns]);
                for (y, expected) in y.iter().zip(expected) {
                    let error = (f64::from(*y) - expected).abs() / peak;
                    assert!(
                        error <= subject.bound,
                        "{}, {form:?}, {columns} columns: {error:e}",
                        subject.name
                    );
                    worst = worst.max(error);
                }
            }
            println!(
                "{shape:?} {form:?}, {}: {worst:.1e} of the peak",
                subject.name
            );
        }
    }
}

#[test]
fn fp16_mode_rounds_every_activation() {
    let (program, weights) = chain(&CLASSIC, &layers(&CLASSIC, 1), 64, BiasForm::InConv);
    let mut half = ReferenceDevice::fp16()
        .prepare_columns(&program, &weights, 64)
        .unwrap();
    let mut single = ReferenceDevice::f32()
        .prepare_columns(&program, &weights, 64)
        .unwrap();
    let x = input(4, 64, 3);
    let (mut y16, mut y32) = (vec![0.0; 66 * 64], vec![0.0; 66 * 64]);
    half.run(64, &x, &mut y16).unwrap();
    single.run(64, &x, &mut y32).unwrap();
    assert!(
        y16.iter().all(|&y| f16::from_f32(y).to_f32() == y),
        "outputs are FP16 numbers"
    );
    let rounded: Vec<f32> = y32.iter().map(|&y| f16::from_f32(y).to_f32()).collect();
    assert_ne!(y16, rounded, "hidden activations are rounded too");
    // One layer has no hidden activation: there the modes differ by the last rounding alone.
    let one = [4, 66];
    let (program, weights) = chain(&one, &layers(&one, 1), 64, BiasForm::InConv);
    let mut half = ReferenceDevice::fp16()
        .prepare_columns(&program, &weights, 64)
        .unwrap();
    let mut single = ReferenceDevice::f32()
        .prepare_columns(&program, &weights, 64)
        .unwrap();
    half.run(64, &x, &mut y16).unwrap();
    single.run(64, &x, &mut y32).unwrap();
    assert!(
        y16.iter()
            .zip(&y32)
            .all(|(&y16, &y32)| f16::from_f32(y32).to_f32() == y16)
    );
}

#[test]
fn a_column_has_the_same_bits_in_every_batch_and_place() {
    for subject in subjects() {
        let mut kernel = prepared(&subject, &CLASSIC, BiasForm::InConv);
        let column = input(4, 1, 9);
        let mut alone = vec![0.0; 66];
        kernel.run(1, &column, &mut alone).unwrap();
        for (columns, place) in [
            (2, 1),
            (7, 3),
            (8, 7),
            (17, 16),
            (64, 0),
            (64, 31),
            (65, 64),
            (200, 101),
            (200, 199),
        ] {
            let mut x = input(4, columns, 10);
            for (c, value) in column.iter().enumerate() {
                x[c * columns + place] = *value;
            }
            let mut y = vec![f32::NAN; 66 * columns];
            kernel.run(columns, &x, &mut y).unwrap();
            let found: Vec<f32> = y.into_iter().skip(place).step_by(columns).collect();
            let same = found
                .iter()
                .zip(&alone)
                .all(|(a, b)| a.to_bits() == b.to_bits());
            assert!(same, "{}: {columns} columns, place {place}", subject.name);
        }
    }
}

#[test]
fn nan_stays_in_its_column_and_reaches_its_output() {
    for subject in subjects() {
        let mut kernel = prepared(&subject, &CLASSIC, BiasForm::InConv);
        let (columns, broken) = (20, 13);
        let mut x = input(4, columns, 11);
        let mut sound = vec![0.0; 66 * columns];
        kernel.run(columns, &x, &mut sound).unwrap();
        x[2 * columns + broken] = f32::NAN;
        let mut y = vec![0.0; 66 * columns];
        kernel.run(columns, &x, &mut y).unwrap();
        for (i, (y, sound)) in y.iter().zip(&sound).enumerate() {
            if i % columns == broken {
                assert!(y.is_nan(), "{}: a broken network must show", subject.name);
            } else {
                assert_eq!(y.to_bits(), sound.to_bits(), "{}", subject.name);
            }
        }
    }
}

#[test]
fn errors_leave_the_output_untouched() {
    for subject in subjects() {
        let mut kernel = prepared(&subject, &CLASSIC, BiasForm::InConv);
        let max = MAX_COLUMNS;
        for (columns, inputs, outputs, error) in [
            (
                201,
                4 * 201,
                66 * 201,
                RunError::TooManyColumns { max, got: 201 },
            ),
            (
                usize::MAX,
                4,
                66,
                RunError::TooManyColumns {
                    max,
                    got: usize::MAX,
                },
            ),
            (
                3,
                11,
                198,
                RunError::InputLength {
                    expected: 12,
                    got: 11,
                },
            ),
            (
                3,
                13,
                198,
                RunError::InputLength {
                    expected: 12,
                    got: 13,
                },
            ),
            (
                3,
                12,
                197,
                RunError::OutputLength {
                    expected: 198,
                    got: 197,
                },
            ),
            (
                3,
                12,
                199,
                RunError::OutputLength {
                    expected: 198,
                    got: 199,
                },
            ),
            (
                0,
                1,
                0,
                RunError::InputLength {
                    expected: 0,
                    got: 1,
                },
            ),
        ] {
            let mut y = vec![7.5; outputs];
            let result = kernel.run(columns, &vec![0.0; inputs], &mut y);
            assert_eq!(result, Err(error), "{}", subject.name);
            assert!(y.iter().all(|&y| y == 7.5), "{}: {error}", subject.name);
        }
        assert_eq!(
            kernel.run(0, &[], &mut []),
            Ok(()),
            "{}: no column is no error",
            subject.name
        );
    }
}

#[test]
fn running_is_bounded_and_allocates_nothing() {
    for subject in subjects() {
        let mut kernel = prepared(&subject, &CLASSIC, BiasForm::Add);
        assert_eq!(kernel.timing(), Timing::Bounded, "{}", subject.name);
        let x = input(4, MAX_COLUMNS, 12);
        let mut y = vec![0.0; 66 * MAX_COLUMNS];
        let results = testkit::no_alloc(|| {
            [1, 63, 200, 0, 64, 201].map(|columns: usize| {
                let fitting = columns.min(MAX_COLUMNS);
                kernel.run(columns, &x[..4 * fitting], &mut y[..66 * fitting])
            })
        });
        assert!(
            results[..5].iter().all(Result::is_ok),
            "{}: {results:?}",
            subject.name
        );
        assert!(results[5].is_err(), "{}", subject.name);
    }
}
