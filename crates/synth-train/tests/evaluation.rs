//! What the errors of an evaluation count, and what they leave out.

use std::path::PathBuf;
use synth_model::Instrument;
use synth_train::starter::{StarterKind, held_out_columns};
use synth_train::{TrainingSet, evaluate};

const NOISE_BAND_HZ: f64 = 44_100.0 / 128.0;
/// The last band within the band limit; its centre is the limit itself.
const LAST_BAND: usize = 20;

fn flute() -> Instrument {
    let file = "../ane-synth-app/instruments/flute.synth";
    Instrument::read(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(file)).unwrap()
}

/// Columns of the flute that stop at [`LAST_BAND`], with their levels changed.
fn columns(partial_shift_db: f32, noise_shift_db: impl Fn(usize) -> f32) -> TrainingSet {
    let whole = held_out_columns(StarterKind::Flute, 200, 7).unwrap();
    let mut set = TrainingSet::new(whole.partials(), whole.noise_bands());
    for mut frame in (0..whole.len()).filter_map(|index| whole.frame(index)) {
        let partials = frame.partial_db.iter().map(|db| db + partial_shift_db);
        let partials: Vec<f32> = partials.collect();
        let noise = frame.noise_db.iter().enumerate();
        let noise: Vec<f32> = noise.map(|(j, db)| db + noise_shift_db(j)).collect();
        frame.partial_db = &partials;
        frame.noise_db = &noise;
        frame.band_limit_hz = (LAST_BAND as f64 * NOISE_BAND_HZ) as f32;
        set.push(&frame).unwrap();
    }
    set
}

#[test]
fn noise_bands_beyond_the_band_limit_do_not_count() {
    let flute = flute();
    let plain = evaluate(&flute, &columns(0.0, |_| 0.0)).unwrap();
    let beyond = |j: usize| if j > LAST_BAND { 40.0 } else { 0.0 };
    assert_eq!(evaluate(&flute, &columns(0.0, beyond)).unwrap(), plain);

    let last = |j: usize| if j == LAST_BAND { 1_000.0 } else { 0.0 };
    let changed = evaluate(&flute, &columns(0.0, last)).unwrap();
    let share = 1_000.0 / (LAST_BAND + 1) as f64;
    assert!(
        (changed.noise_error_db - plain.noise_error_db - share).abs() < 1.0,
        "the error is a mean over the bands within the limit: {changed:?} {plain:?}"
    );
    assert_eq!(changed.harmonic_error_db, plain.harmonic_error_db);
}

#[test]
fn the_reference_of_the_partial_levels_does_not_matter() {
    let flute = flute();
    let plain = evaluate(&flute, &columns(0.0, |_| 0.0)).unwrap();
    for shift_db in [-20.0, 20.0] {
        let shifted = evaluate(&flute, &columns(shift_db, |_| 0.0)).unwrap();
        // The levels are f32: shifting rounds them by some 1e-5 dB.
        assert!(
            (shifted.harmonic_error_db - plain.harmonic_error_db).abs() < 1e-4,
            "{shifted:?} {plain:?}"
        );
        assert_eq!(shifted.noise_error_db, plain.noise_error_db);
    }
    assert!(plain.harmonic_error_db > 0.01);
}
