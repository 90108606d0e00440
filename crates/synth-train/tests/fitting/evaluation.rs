//! What the errors of an evaluation count, and what they leave out.

use synth_train::{TrainingSet, evaluate};

use crate::formulas::{NOISE_BAND_HZ, columns, fitted};

/// The last band within the band limit; its centre is the limit itself.
const LAST_BAND: usize = 20;

/// Columns that stop at [`LAST_BAND`], with their levels changed.
fn changed(partial_shift_db: f32, noise_shift_db: impl Fn(usize) -> f32) -> TrainingSet {
    let whole = columns(200, 7);
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
    let instrument = fitted(400, 1);
    let plain = evaluate(&instrument, &changed(0.0, |_| 0.0)).unwrap();
    let beyond = |j: usize| if j > LAST_BAND { 40.0 } else { 0.0 };
    let same = evaluate(&instrument, &changed(0.0, beyond)).unwrap();
    assert_eq!(same, plain);

    let last = |j: usize| if j == LAST_BAND { 1_000.0 } else { 0.0 };
    let off = evaluate(&instrument, &changed(0.0, last)).unwrap();
    let share = 1_000.0 / (LAST_BAND + 1) as f64;
    assert!(
        (off.noise_error_db - plain.noise_error_db - share).abs() < 1.0,
        "the error is a mean over the bands within the limit: {off:?} {plain:?}"
    );
    assert_eq!(off.harmonic_error_db, plain.harmonic_error_db);
}

#[test]
fn the_reference_of_the_partial_levels_does_not_matter() {
    let instrument = fitted(400, 1);
    let plain = evaluate(&instrument, &changed(0.0, |_| 0.0)).unwrap();
    for shift_db in [-20.0, 20.0] {
        let shifted = evaluate(&instrument, &changed(shift_db, |_| 0.0)).unwrap();
        // The levels are f32: shifting rounds them by some 1e-5 dB.
        assert!(
            (shifted.harmonic_error_db - plain.harmonic_error_db).abs() < 1e-4,
            "{shifted:?} {plain:?}"
        );
        assert_eq!(shifted.noise_error_db, plain.noise_error_db);
    }
    assert!(plain.harmonic_error_db > 0.01);
}
