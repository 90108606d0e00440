//! Notes are in tune within a cent.

use testkit::{note_hz, pitch_error_cents};

use crate::place::{INSTRUMENTS, Place, samples, score_in_samples};

const MOST_CENTS: f64 = 1.0;
/// The attack is left out.
const SETTLE_S: f64 = 0.25;

/// A note's sustain: half a second and the window that `pitch_error_cents` asks for.
fn held_s(key: u8) -> f64 {
    SETTLE_S + 0.51 + 8.0 / note_hz(f64::from(key))
}

/// All notes at one rate, one after another, the instruments in turn from `first` on.
fn assert_in_tune(place: &Place, rate_hz: u32, first: u8) {
    let mut score = score_in_samples(rate_hz);
    for (channel, (_, program)) in (0..).zip(INSTRUMENTS) {
        score = score.event(0, &[0xC0 | channel, program]);
    }
    let mut notes = Vec::new();
    let mut now = 0;
    for key in 24..=108 {
        let channel = (key + first) % 3;
        let end = now + samples(held_s(key), rate_hz);
        score = score
            .note(channel, key, 90, now, end)
            .event(end, &[0xB0 | channel, 120, 0]);
        notes.push((key, channel, now as usize, end as usize));
        now = end + samples(0.02, rate_hz);
    }
    // The file's last 10 ms fade out.
    let wav = place.render(&score.end_of_track(now), rate_hz, &["--steady"]);
    let mut worst = 0.0_f64;
    for (key, channel, start, end) in notes {
        let name = INSTRUMENTS[usize::from(channel)].0;
        let sustain = &wav.channels[0][start + samples(SETTLE_S, rate_hz) as usize..end];
        let expected_hz = note_hz(f64::from(key));
        let cents = pitch_error_cents(sustain, f64::from(rate_hz), expected_hz);
        assert!(
            cents.abs() < MOST_CENTS,
            "{name}, note {key} at {rate_hz} Hz is off by {cents} cents"
        );
        worst = worst.max(cents.abs());
    }
    println!("{rate_hz} Hz: worst pitch error {worst:.2e} cents");
}

#[test]
fn notes_24_to_108_are_in_tune_at_every_rate() {
    let place = Place::new();
    // Over the three rates every instrument plays every note.
    for (first, rate_hz) in [44_100, 48_000, 96_000].into_iter().enumerate() {
        assert_in_tune(&place, rate_hz, first as u8);
    }
}
