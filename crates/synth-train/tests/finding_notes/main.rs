//! Notes found in synthesised recordings: phrases, vibrato, noise, chords, damage.

mod refused;
mod tape;

use std::f64::consts::TAU;

use synth_train::recording::{NameHints, find_notes};

use tape::{RATE, Tape, assert_notes, cents, key_hz, recording};

#[test]
fn every_rate_and_register_is_heard() {
    for rate in [8_000, 11_025, 22_050, 44_100, 48_000, 96_000, 192_000] {
        for key in [21.0, 28.3, 45.0, 60.4, 76.0, 93.0] {
            let hz = key_hz(key);
            let found = Tape::at(rate).note(hz, 1.0).find();
            let found = found.unwrap_or_else(|problem| panic!("{hz} Hz at {rate}: {problem}"));
            assert_notes(&found, &[hz]);
            assert_eq!(found.warnings, [""; 0], "{hz} Hz at {rate}");
            assert_eq!(found.notes[0].start, 0);
        }
    }
    assert_notes(&Tape::new().note(4_186.0, 0.8).find().unwrap(), &[4_186.0]);
}

#[test]
fn a_missing_fundamental_is_no_other_pitch() {
    let partials = [0.0, 1.0, 0.8, 0.6, 0.5, 0.4, 0.3];
    let found = Tape::new().tone(55.0, 1.5, &partials, |_| 0.0).find();
    assert_notes(&found.unwrap(), &[55.0]);
    // A clarinet has hardly any even partials.
    let odd = [1.0, 0.01, 0.7, 0.01, 0.5, 0.02, 0.3];
    let found = Tape::new().tone(147.0, 1.5, &odd, |_| 0.0).find();
    assert_notes(&found.unwrap(), &[147.0]);
}

#[test]
fn names_settle_octaves_that_the_sound_leaves_open() {
    // Odd partials 30 dB down: by its period alone it is an octave higher.
    let weak = [0.03, 1.0, 0.02, 0.5, 0.02, 0.3];
    let tape = || Tape::new().tone(220.0, 1.5, &weak, |_| 0.0);
    assert_notes(&tape().find().unwrap(), &[440.0]);
    assert_notes(&tape().find_named("A3.wav").unwrap(), &[220.0]);
    assert_notes(&tape().find_named("A4.wav").unwrap(), &[440.0]);
    // A name does not make an octave that is not there.
    let found = Tape::new()
        .note(440.0, 1.5)
        .under_noise(-50.0)
        .find_named("A3.wav");
    assert_notes(&found.unwrap(), &[440.0]);
}

#[test]
fn names_that_the_sound_contradicts_are_warned_about() {
    let hz = 220.0 * (0.12_f64 / 12.0).exp2();
    let found = Tape::new().note(hz, 1.0).find_named("C4-f-1.wav").unwrap();
    assert_notes(&found, &[hz]);
    assert_eq!(
        found.warnings,
        ["is named C4 but sounds A3 +12 cents; the sound is taken"]
    );
    let agreed = Tape::new().note(hz, 1.0).find_named("A3-f-1.wav").unwrap();
    assert_eq!(agreed.warnings, [""; 0]);
}

#[test]
fn phrases_are_parted_at_silences_with_and_without_a_background() {
    let scale = [60.0, 62.0, 64.0, 65.0, 67.0].map(key_hz);
    for noise_db in [-200.0, -70.0, -50.0] {
        let mut tape = Tape::new().silence(0.4);
        for hz in scale {
            tape = tape.note(hz, 0.7).silence(0.4);
        }
        let found = tape.under_noise(noise_db).find().unwrap();
        assert_notes(&found, &scale);
        for (i, note) in found.notes.iter().enumerate() {
            let onset = ((0.4 + 1.1 * i as f64) * f64::from(RATE)) as usize;
            assert!(
                note.start <= onset && note.start + 5_500 > onset,
                "{noise_db}: {note:?}"
            );
            let end = onset + 30_870;
            assert!(
                note.end + 500 > end && note.end < end + 5_000,
                "{noise_db}: {note:?}"
            );
        }
    }
}

#[test]
fn legato_notes_are_parted_at_the_step() {
    let tape = Tape::new()
        .legato(261.6, 0.8)
        .legato(293.7, 0.6)
        .legato(277.2, 0.7);
    let found = tape.legato(554.4, 0.7).find().unwrap();
    assert_notes(&found, &[261.6, 293.7, 277.2, 554.4]);
    for (note, at) in found.notes.iter().zip([0.0, 0.8, 1.4, 2.1]) {
        let onset = (at * f64::from(RATE)) as usize;
        // An octave up goes on repeating itself at the old period, so it is noticed late.
        let most = if at > 2.0 { 3_000 } else { 1_400 };
        assert!(note.start.abs_diff(onset) < most, "{} {onset}", note.start);
    }
}

#[test]
fn vibrato_and_glides_stay_one_note() {
    let vibrato = |rate_hz: f64, depth: f64| move |t: f64| depth * (TAU * rate_hz * t).sin();
    for (rate_hz, depth) in [(5.5, 20.0), (6.0, 50.0), (4.5, 80.0)] {
        let partials = [1.0, 0.7, 0.5, 0.4, 0.3, 0.2];
        let tape = Tape::new().tone(440.0, 2.0, &partials, vibrato(rate_hz, depth));
        let found = tape.find().unwrap();
        assert_eq!(
            found.notes.len(),
            1,
            "{rate_hz} Hz, {depth} cents: {found:?}"
        );
        assert!(cents(found.notes[0].f0_hz, 440.0).abs() < 0.3 * depth);
    }
    let glide = Tape::new().tone(220.0, 2.0, &[1.0, 0.5, 0.3], |t| 350.0 * t);
    let found = glide.find().unwrap();
    assert_eq!(found.notes.len(), 1, "{found:?}");
    for knot in &found.notes[0].pitch {
        let t = knot.sample as f64 / f64::from(RATE);
        let hz = 220.0 * (350.0 * t / 1200.0).exp2();
        assert!(
            cents(knot.f0_hz, hz).abs() < 25.0 || !(0.1..1.9).contains(&t),
            "{t} s: {knot:?}"
        );
    }
    assert!(found.notes[0].pitch.len() > 50);
}

#[test]
fn a_breathy_note_is_tracked_through_its_noise() {
    let breathy = Tape::new()
        .note(523.3, 1.5)
        .under_noise(-30.0)
        .find()
        .unwrap();
    assert_notes(&breathy, &[523.3]);
    assert!(
        breathy.notes[0].clarity < 0.9,
        "this is to test the tracker: {breathy:?}"
    );
}

#[test]
fn runs_of_short_notes_are_left_out() {
    let mut tape = Tape::new().legato(220.0, 0.8);
    for key in 58..66 {
        tape = tape.legato(key_hz(f64::from(key)), 0.12);
    }
    let found = tape.legato(440.0, 0.8).find().unwrap();
    assert_notes(&found, &[220.0, 440.0]);
    assert!(found.warnings[0].contains("shorter than"), "{found:?}");
}

#[test]
fn channels_that_cancel_are_not_mixed() {
    let tone = Tape::new().note(330.0, 1.0).samples;
    let inverted: Vec<f32> = tone.iter().map(|x| -0.9 * x).collect();
    let silent = vec![0.0; tone.len()];
    for channels in [
        vec![tone.clone(), inverted],
        vec![silent.clone(), tone.clone()],
        vec![tone; 6],
    ] {
        let found = find_notes(&recording(RATE, channels), &NameHints::default());
        assert_notes(&found.unwrap(), &[330.0]);
    }
}

#[test]
fn dc_rumble_and_hum_do_not_hide_the_note() {
    let mut samples = Tape::new()
        .silence(0.5)
        .note(196.0, 1.0)
        .silence(0.5)
        .samples;
    for (i, x) in samples.iter_mut().enumerate() {
        let t = i as f64 / f64::from(RATE);
        *x += (0.3 + 0.1 * (TAU * 3.0 * t).sin() + 0.002 * (TAU * 50.0 * t).sin()) as f32;
    }
    let found = find_notes(&recording(RATE, vec![samples]), &NameHints::default()).unwrap();
    assert_notes(&found, &[196.0]);
    assert!(found.notes[0].start > 10_000, "{found:?}");
}

#[test]
fn a_note_dying_away_slowly_is_kept_to_its_end() {
    let mut samples = Tape::new().note(220.0, 5.0).samples;
    for (i, x) in samples.iter_mut().enumerate() {
        *x *= 10.0_f32.powf(-(9.0 * i as f32 / RATE as f32) / 20.0);
    }
    let length = samples.len();
    let found = find_notes(&recording(RATE, vec![samples]), &NameHints::default()).unwrap();
    assert_notes(&found, &[220.0]);
    assert!(found.notes[0].end + 4_410 > length, "{found:?}");
}
