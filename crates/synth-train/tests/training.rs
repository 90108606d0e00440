//! The starter instruments' training as a whole, in few steps.

use synth_model::Instrument;
use synth_train::starter::{StarterKind, StarterSettings, held_out_columns, train_with};
use synth_train::{FitSettings, evaluate};

fn short_settings(steps: usize) -> StarterSettings {
    let fit = FitSettings {
        hidden: vec![32, 32],
        steps,
        batch: 128,
        ..StarterSettings::default().fit
    };
    StarterSettings {
        fit,
        columns: 2_048,
        held_out_columns: 128,
    }
}

#[test]
fn training_twice_gives_identical_files() {
    let settings = short_settings(40);
    let bytes =
        |settings: &StarterSettings| train_with(StarterKind::Reed, settings).unwrap().to_bytes();
    let once = bytes(&settings);
    assert!(once == bytes(&settings));
    let mut other = settings.clone();
    other.fit.seed = 2;
    assert!(once != bytes(&other));
}

#[test]
fn a_short_fit_is_close_and_a_shorter_one_less_so() {
    for kind in StarterKind::ALL {
        let held_out = held_out_columns(kind, 256, 99).unwrap();
        let error = |steps| {
            let instrument = train_with(kind, &short_settings(steps)).unwrap();
            let read = Instrument::from_bytes(&instrument.to_bytes()).unwrap();
            evaluate(&read, &held_out).unwrap()
        };
        let (short, shorter) = (error(500), error(30));
        assert!(
            short.harmonic_error_db < 2.0 && short.noise_error_db < 3.0,
            "{kind:?}: {short:?}"
        );
        assert!(shorter.harmonic_error_db > short.harmonic_error_db);
    }
}
