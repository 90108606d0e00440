//! Exponentials against `f64`, at their edges, and the same bits everywhere.

use synth_dsp::exponential::{Exponential, db_to_gain, exp2};
use synth_dsp::reference;
use synth_dsp::simd::Level;
use testkit::no_alloc;

/// Three roundings of half a unit in the last place (6e-8 each) and the polynomial's 4e-9.
const RELATIVE_ERROR: f64 = 2e-7;

fn levels() -> Vec<Exponential> {
    let all: Vec<_> = Level::ALL
        .into_iter()
        .filter_map(Exponential::with_level)
        .collect();
    let skipped: Vec<_> = Level::ALL
        .into_iter()
        .filter(|level| !level.is_available())
        .collect();
    println!(
        "{} levels tested, {} skipped: {skipped:?}",
        all.len(),
        skipped.len()
    );
    all
}

/// `count` values from `low` to `high`, at odd fractions.
fn sweep(low: f64, high: f64, count: usize) -> impl Iterator<Item = f32> {
    (0..count).map(move |i| (low + (high - low) * (i as f64 + 0.37) / count as f64) as f32)
}

/// The floats around `centre`, `reach` to either side.
fn neighbours(centre: f32, reach: i32) -> impl Iterator<Item = f32> {
    let bits = centre.to_bits();
    (-reach..=reach).map(move |i| f32::from_bits(bits.wrapping_add_signed(i)))
}

fn worst_relative_error(
    inputs: impl Iterator<Item = f32>,
    got: impl Fn(f32) -> f32,
    expected: impl Fn(f64) -> f64,
) -> f64 {
    let errors = inputs.map(|x| {
        let expected = expected(f64::from(x));
        (f64::from(got(x)) - expected).abs() / expected
    });
    errors.fold(
        0.0,
        |worst, error| if error <= worst { worst } else { error },
    )
}

#[test]
fn powers_of_two_are_accurate() {
    for (low, high) in [(-126.0, 128.0), (-1.0, 1.0), (-1e-3, 1e-3)] {
        let error = worst_relative_error(
            sweep(low, high, 1_000_000),
            exp2,
            reference::exponential::exp2,
        );
        println!("exp2 over {low}..{high}: {error:.2e}");
        assert!(
            error <= RELATIVE_ERROR,
            "exp2 over {low}..{high}: {error:e}"
        );
    }
}

#[test]
fn gains_are_accurate() {
    for (low, high) in [(-758.5, 770.6), (-120.0, 24.0), (-0.01, 0.01)] {
        let inputs = sweep(low, high, 1_000_000);
        let error = worst_relative_error(inputs, db_to_gain, reference::exponential::db_to_gain);
        println!("db_to_gain over {low}..{high}: {error:.2e}");
        assert!(
            error <= RELATIVE_ERROR,
            "db_to_gain over {low}..{high}: {error:e}"
        );
    }
}

#[test]
fn whole_powers_and_unity_gain_are_exact() {
    for n in -126i16..=127 {
        assert_eq!(exp2(f32::from(n)), 2f32.powi(n.into()));
    }
    assert_eq!(
        [exp2(0.0), exp2(-0.0), db_to_gain(0.0), db_to_gain(-0.0)],
        [1.0; 4]
    );
}

#[test]
fn the_edges_are_zero_infinite_or_nan_and_never_denormal() {
    for function in [exp2, db_to_gain] {
        for x in [f32::NEG_INFINITY, f32::MIN, -1e6, -800.0] {
            assert_eq!(function(x).to_bits(), 0, "{x}");
        }
        for x in [f32::INFINITY, f32::MAX, 1e6, 771.0] {
            assert_eq!(function(x), f32::INFINITY, "{x}");
        }
        assert!(function(f32::NAN).is_nan() && function(-f32::NAN).is_nan());
        assert_eq!(function(1e-45), 1.0);
    }
    assert_eq!(exp2(-126.0), f32::MIN_POSITIVE);
    assert_eq!([exp2(-126.000_01), exp2(-127.0)], [0.0, 0.0]);
    assert!(exp2(127.999_99).is_finite());
    assert_eq!(exp2(128.0), f32::INFINITY);
    for x in neighbours(-126.0, 5000).chain(neighbours(128.0, 5000)) {
        let y = exp2(x);
        assert!(
            y == 0.0 || y == f32::INFINITY || y.is_normal(),
            "exp2({x}) is {y}"
        );
        assert!(y >= 0.0, "exp2({x}) is {y}");
    }
    for db in neighbours(-758.595_6, 5000).chain(neighbours(770.636_8, 5000)) {
        let y = db_to_gain(db);
        assert!(
            y == 0.0 || y == f32::INFINITY || y.is_normal(),
            "{db} dB is {y}"
        );
        assert!(y >= 0.0, "{db} dB is {y}");
    }
}

#[test]
fn slices_single_values_and_all_levels_give_the_same_bits() {
    let mut inputs: Vec<f32> = sweep(-140.0, 140.0, 8_000).collect();
    inputs.extend(sweep(-800.0, 800.0, 8_000));
    inputs.extend([
        f32::NEG_INFINITY,
        f32::INFINITY,
        0.0,
        -0.0,
        128.0,
        -126.0,
        -758.6,
    ]);
    for exponential in levels() {
        let mut out = vec![f32::NAN; inputs.len()];
        no_alloc(|| exponential.exp2_slice(&inputs, &mut out));
        for (&x, &y) in inputs.iter().zip(&out) {
            assert_eq!(
                y.to_bits(),
                exp2(x).to_bits(),
                "{}: exp2({x})",
                exponential.level()
            );
        }
        no_alloc(|| exponential.db_to_gain_slice(&inputs, &mut out));
        for (&x, &y) in inputs.iter().zip(&out) {
            assert_eq!(
                y.to_bits(),
                db_to_gain(x).to_bits(),
                "{}: {x} dB",
                exponential.level()
            );
        }
    }
}

#[test]
fn every_length_and_alignment() {
    let inputs: Vec<f32> = sweep(-60.0, 6.0, 80).collect();
    for exponential in levels() {
        for length in 0..=67 {
            for start in 0..3 {
                let mut out = vec![f32::NAN; length + 2];
                exponential.db_to_gain_slice(&inputs[start..start + length], &mut out[1..=length]);
                assert!(out[0].is_nan() && out[length + 1].is_nan());
                for (i, &y) in out[1..=length].iter().enumerate() {
                    assert_eq!(y.to_bits(), db_to_gain(inputs[start + i]).to_bits());
                }
            }
        }
        let mut short = [f32::NAN; 3];
        exponential.exp2_slice(&[1.0, 2.0], &mut short);
        assert!(short[0] == 2.0 && short[1] == 4.0 && short[2].is_nan());
    }
}

#[test]
fn the_level_is_the_one_asked_for() {
    assert_eq!(Exponential::new().level(), Level::detect());
    assert_eq!(Exponential::default().level(), Level::detect());
    for level in Level::ALL {
        assert_eq!(
            Exponential::with_level(level).map(|e| e.level()).is_some(),
            level.is_available()
        );
    }
}
