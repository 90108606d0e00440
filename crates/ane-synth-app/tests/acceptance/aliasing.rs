//! Nothing sounds between the harmonics.

use testkit::{MIN_ALIASING_LENGTH, note_aliasing_to_signal_db, note_hz};

use crate::place::{INSTRUMENTS, Place, samples, score_in_samples};

const MOST_DB: f64 = -90.0;
/// Attack and onset feature have died away: the latter is 0 in FP16 after 80 ms * ln(2^24).
const SETTLE_S: f64 = 1.4;

/// Plays `keys` one after another, the instruments in turn, and judges each.
fn assert_clean(rate_hz: u32, keys: impl Iterator<Item = u8>) {
    let mut score = score_in_samples(rate_hz);
    for (channel, (_, program)) in (0..).zip(INSTRUMENTS) {
        score = score.event(0, &[0xC0 | channel, program]);
    }
    let settle = samples(SETTLE_S, rate_hz);
    let mut notes = Vec::new();
    let mut now = 0;
    for key in keys {
        let channel = key % 3;
        let end = now + settle + MIN_ALIASING_LENGTH as u32;
        score = score
            .note(channel, key, 100, now, end)
            .event(end, &[0xB0 | channel, 120, 0]);
        notes.push((key, (now + settle) as usize));
        now = end + samples(0.02, rate_hz);
    }
    // The file's last 10 ms fade out: no note may be judged there.
    let score = score.end_of_track(now);
    let wav = Place::new().render(&score, rate_hz, &["--steady"]);
    let mut worst = (f64::NEG_INFINITY, 0);
    for (key, from) in notes {
        let name = INSTRUMENTS[usize::from(key % 3)].0;
        let sustain = &wav.channels[0][from..from + MIN_ALIASING_LENGTH];
        let f0_hz = note_hz(f64::from(key));
        let level_db = note_aliasing_to_signal_db(sustain, f64::from(rate_hz), f0_hz);
        assert!(
            level_db < MOST_DB,
            "{name}, note {key} at {rate_hz} Hz: aliasing-to-signal ratio {level_db} dB"
        );
        if level_db > worst.0 {
            worst = (level_db, key);
        }
    }
    println!(
        "{rate_hz} Hz: worst aliasing-to-signal {:.1} dB, note {}",
        worst.0, worst.1
    );
}

#[test]
fn notes_21_to_127_do_not_alias() {
    assert_clean(44_100, 21..=127);
}

#[test]
fn high_notes_do_not_alias_at_other_rates() {
    assert_clean(48_000, (85..=127).step_by(4));
    assert_clean(8_000, (60..=107).step_by(4));
}
