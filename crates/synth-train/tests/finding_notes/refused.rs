//! What is refused or left out, and why.

use synth_train::recording::{NameHints, RecordingProblem, find_notes};

use crate::tape::{RATE, Tape, assert_notes, key_hz, recording};

#[test]
fn noise_silence_and_shortness_are_refused_with_the_reason() {
    let silent = Tape::new().silence(1.0).find();
    assert!(
        matches!(silent, Err(RecordingProblem::Silent { .. })),
        "{silent:?}"
    );
    let faint = Tape::new().silence(1.0).under_noise(-90.0).find();
    assert!(
        matches!(faint, Err(RecordingProblem::Silent { .. })),
        "{faint:?}"
    );
    let noise = Tape::new().silence(2.0).under_noise(-20.0).find();
    assert!(
        matches!(noise, Err(RecordingProblem::NoPitch { .. })),
        "{noise:?}"
    );
    let short = Tape::new().note(440.0, 0.1).find();
    assert!(
        matches!(short, Err(RecordingProblem::TooShort { .. })),
        "{short:?}"
    );
    let blips = Tape::new()
        .silence(0.5)
        .note(440.0, 0.12)
        .silence(0.5)
        .note(440.0, 0.12);
    let blips = blips.silence(0.5).find();
    assert!(
        matches!(blips, Err(RecordingProblem::NoSteadyNote { .. })),
        "{blips:?}"
    );
}

#[test]
fn chords_are_refused() {
    let chord = |keys: &[f64], noise_db: f64| {
        let tapes: Vec<_> = keys
            .iter()
            .map(|&k| Tape::new().note(key_hz(k), 1.5).samples)
            .collect();
        let mut sum = Tape::new();
        sum.samples = (0..tapes[0].len())
            .map(|i| tapes.iter().map(|t| t[i]).sum())
            .collect();
        sum.under_noise(noise_db).find()
    };
    let chords: [&[f64]; 7] = [
        &[60.0, 64.0, 67.0],
        &[60.0, 63.0, 67.0],
        &[60.0, 67.0],
        &[60.0, 64.0],
        &[60.0, 62.0],
        &[60.0, 66.0],
        &[57.0, 60.0, 64.0, 67.0],
    ];
    for keys in chords {
        let found = chord(keys, -60.0);
        assert!(
            matches!(found, Err(RecordingProblem::SeveralPitches)),
            "{keys:?}: {found:?}"
        );
    }
    assert!(chord(&[60.0], -60.0).is_ok());
}

#[test]
fn clipping_is_warned_about_and_too_much_of_it_refused() {
    let driven = |gain: f32| {
        let mut samples = Tape::new().note(440.0, 1.0).samples;
        let peak = samples.iter().fold(0.0_f32, |peak, x| peak.max(x.abs()));
        for x in &mut samples {
            *x = (gain / peak * *x).clamp(-1.0, 1.0);
        }
        find_notes(&recording(RATE, vec![samples]), &NameHints::default())
    };
    assert_eq!(driven(0.99).unwrap().warnings, [""; 0]);
    let found = driven(1.02).unwrap();
    assert!(found.warnings[0].contains("clipped"), "{found:?}");
    assert!(found.notes[0].clipped > 44);
    let ruined = driven(20.0);
    assert!(
        matches!(ruined, Err(RecordingProblem::Clipped { .. })),
        "{ruined:?}"
    );
}

#[test]
fn one_bad_note_leaves_the_others() {
    let tape = Tape::new()
        .note(220.0, 0.8)
        .silence(0.4)
        .note(330.0, 0.15)
        .silence(0.4);
    let found = tape.note(247.0, 0.8).silence(0.3).find().unwrap();
    assert_notes(&found, &[220.0, 247.0]);
    assert_eq!(found.warnings.len(), 1, "{found:?}");
    assert!(found.warnings[0].contains("1.2 s"), "{found:?}");
}

#[test]
fn nothing_makes_it_panic() {
    let bad = |rate, channels| find_notes(&recording(rate, channels), &NameHints::default());
    assert!(matches!(
        bad(0, vec![vec![0.1; 9]]),
        Err(RecordingProblem::Rate { .. })
    ));
    assert!(matches!(
        bad(u32::MAX, vec![vec![0.1; 9]]),
        Err(RecordingProblem::Rate { .. })
    ));
    assert!(matches!(bad(RATE, vec![]), Err(RecordingProblem::Empty)));
    assert!(matches!(
        bad(RATE, vec![vec![]]),
        Err(RecordingProblem::Empty)
    ));
    assert!(matches!(
        bad(RATE, vec![vec![0.1; 30_000], vec![]]),
        Err(RecordingProblem::Empty)
    ));
    let mut nan = vec![0.1; 30_000];
    nan[5] = f32::NAN;
    assert!(matches!(
        bad(RATE, vec![nan]),
        Err(RecordingProblem::NotFinite { count: 1 })
    ));
    for constant in [0.5, f32::MAX, f32::MIN_POSITIVE] {
        assert!(bad(RATE, vec![vec![constant; 30_000]]).is_err());
    }
    let huge: Vec<f32> = (0..30_000)
        .map(|i| if i % 3 == 0 { f32::MAX } else { f32::MIN })
        .collect();
    let _ = bad(RATE, vec![huge]);
    for seed in 1..40_u64 {
        let mut state = seed;
        let mut next = || {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(seed);
            (state >> 40) as u32
        };
        let rate = 4_000 + next() % 200_000;
        let period = 1 + next() as usize % 3_000;
        let burst = 1 + next() as usize % 20_000;
        let samples: Vec<f32> = (0..60_000)
            .map(|i| {
                if (i / burst).is_multiple_of(2) {
                    (i % period) as f32 / period as f32
                } else {
                    0.0
                }
            })
            .collect();
        let hints = NameHints {
            key: Some((next() % 128) as u8),
            ..NameHints::default()
        };
        let _ = find_notes(&recording(rate, vec![samples]), &hints);
    }
}
