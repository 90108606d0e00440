//! A fit as a whole, in few steps.

use synth_model::Instrument;
use synth_train::evaluate;

use crate::formulas::{columns, fitted};

#[test]
fn fitting_twice_gives_identical_files() {
    let once = fitted(40, 1).to_bytes();
    assert!(once == fitted(40, 1).to_bytes());
    assert!(once != fitted(40, 2).to_bytes());
}

#[test]
fn a_short_fit_is_close_and_a_shorter_one_less_so() {
    let held_out = columns(256, 99);
    let error = |steps| {
        let read = Instrument::from_bytes(&fitted(steps, 1).to_bytes()).unwrap();
        evaluate(&read, &held_out).unwrap()
    };
    let (short, shorter) = (error(500), error(30));
    println!("{short:?}, after fewer steps {shorter:?}");
    assert!(
        short.harmonic_error_db < 2.0 && short.noise_error_db < 3.0,
        "{short:?}"
    );
    assert!(shorter.harmonic_error_db > short.harmonic_error_db);
}
