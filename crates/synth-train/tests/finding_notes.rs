//! Notes found in synthesised recordings: phrases, vibrato, noise, chords, damage.

use std::f64::consts::TAU;

use synth_train::recording::{Findings, NameHints, Recording, RecordingProblem, find_notes};

const RATE: u32 = 44_100;

/// Builds a recording piece by piece.
struct Tape {
    rate_hz: f64,
    samples: Vec<f32>,
    phase: f64,
    noise: u64,
}

impl Tape {
    fn at(rate: u32) -> Self {
        Self {
            rate_hz: f64::from(rate),
            samples: Vec::new(),
            phase: 0.0,
            noise: 1,
        }
    }

    fn new() -> Self {
        Self::at(RATE)
    }

    fn noise(&mut self) -> f64 {
        self.noise = self
            .noise
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (self.noise >> 11) as f64 / (1_u64 << 52) as f64 - 1.0
    }

    fn silence(mut self, seconds: f64) -> Self {
        let count = (seconds * self.rate_hz) as usize;
        self.samples.resize(self.samples.len() + count, 0.0);
        self
    }

    /// A tone whose pitch is `cents(t)` above `f0_hz`, with partials of the given amplitudes, fading in
    /// and out over 20 ms.
    fn tone(
        mut self,
        f0_hz: f64,
        seconds: f64,
        partials: &[f64],
        cents: impl Fn(f64) -> f64,
    ) -> Self {
        let count = (seconds * self.rate_hz) as usize;
        let fade = 0.02 * self.rate_hz;
        for i in 0..count {
            let f_hz = f0_hz * (cents(i as f64 / self.rate_hz) / 1200.0).exp2();
            self.phase += f_hz / self.rate_hz;
            let edge = (i.min(count - i) as f64 / fade).min(1.0);
            let sum = |(k, a): (usize, &f64)| {
                let k = (k + 1) as f64;
                if k * f_hz < 0.45 * self.rate_hz {
                    a * (TAU * (k * self.phase).fract()).sin()
                } else {
                    0.0
                }
            };
            let value: f64 = partials.iter().enumerate().map(sum).sum();
            self.samples.push((0.1 * edge * value) as f32);
        }
        self
    }

    fn note(self, f0_hz: f64, seconds: f64) -> Self {
        self.tone(f0_hz, seconds, &[1.0, 0.6, 0.4, 0.25, 0.15, 0.1], |_| 0.0)
    }

    /// A tone that goes on from the one before without a fade.
    fn legato(mut self, f0_hz: f64, seconds: f64) -> Self {
        for _ in 0..(seconds * self.rate_hz) as usize {
            self.phase += f0_hz / self.rate_hz;
            let value: f64 = (1..=6)
                .map(|k| 1.0 / f64::from(k) * (TAU * f64::from(k) * self.phase).sin())
                .sum();
            self.samples.push((0.1 * value) as f32);
        }
        self
    }

    /// Noise over everything so far, `level_db` re full scale.
    fn under_noise(mut self, level_db: f64) -> Self {
        let gain = 10.0_f64.powf(level_db / 20.0) * 3.0_f64.sqrt();
        for i in 0..self.samples.len() {
            let noise = gain * self.noise();
            self.samples[i] += noise as f32;
        }
        self
    }

    fn find(self) -> Result<Findings, RecordingProblem> {
        self.find_named("")
    }

    fn find_named(self, name: &str) -> Result<Findings, RecordingProblem> {
        let rate = self.rate_hz as u32;
        find_notes(
            &recording(rate, vec![self.samples]),
            &NameHints::from_name(name),
        )
    }
}

fn recording(sample_rate_hz: u32, channels: Vec<Vec<f32>>) -> Recording {
    Recording {
        name: "test".to_owned(),
        sample_rate_hz,
        channels,
    }
}

fn cents(found_hz: f64, hz: f64) -> f64 {
    1200.0 * (found_hz / hz).log2()
}

fn key_hz(key: f64) -> f64 {
    440.0 * ((key - 69.0) / 12.0).exp2()
}

/// Asserts that exactly these notes were found, within 3 cents.
#[track_caller]
fn assert_notes(found: &Findings, expected_hz: &[f64]) {
    let pitches: Vec<f64> = found.notes.iter().map(|n| n.f0_hz).collect();
    assert_eq!(
        pitches.len(),
        expected_hz.len(),
        "{pitches:?} {:?}",
        found.warnings
    );
    for (found_hz, hz) in pitches.iter().zip(expected_hz) {
        assert!(
            cents(*found_hz, *hz).abs() < 3.0,
            "{found_hz} Hz, not {hz}: {pitches:?}"
        );
    }
    for pair in found.notes.windows(2) {
        assert!(pair[0].end <= pair[1].start, "notes overlap");
    }
    for note in &found.notes {
        assert!(note.start < note.end);
        assert!(
            note.pitch
                .iter()
                .all(|k| (note.start..note.end).contains(&k.sample))
        );
        assert!(
            note.pitch
                .windows(2)
                .all(|pair| pair[0].sample < pair[1].sample)
        );
        assert!((0.7..=1.0).contains(&note.clarity));
    }
}

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
                if i / burst % 2 == 0 {
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
