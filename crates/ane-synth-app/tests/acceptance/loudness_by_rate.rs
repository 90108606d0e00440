//! An instrument sounds the same at every sample rate.

use testkit::{THIRD_OCTAVE_BANDS, third_octave_edges_hz, third_octave_levels_db};

use crate::place::{INSTRUMENTS, Place, samples, score_in_samples};

const MOST_DB: f64 = 1.0;
const HELD_S: f64 = 20.0;
/// Bands this far below the loudest do not count.
const FLOOR_DB: f64 = -60.0;
const HIGHEST_HZ: f64 = 18_000.0;
/// Keys for double bass, flute and alto sax.
const KEYS: [u8; 3] = [43, 72, 58];

/// Third-octave levels of the three notes, played one after another; the room has a test of its own.
fn levels_db(rate_hz: u32) -> Vec<[f64; THIRD_OCTAVE_BANDS]> {
    let held = samples(HELD_S, rate_hz);
    let apart = held + samples(0.5, rate_hz);
    let mut score = score_in_samples(rate_hz);
    for (turn, ((_, program), key)) in (0_u8..).zip(INSTRUMENTS.into_iter().zip(KEYS)) {
        let start = u32::from(turn) * apart;
        score = score
            .event(0, &[0xC0 | turn, program])
            .note(turn, key, 100, start, start + held)
            .event(start + held, &[0xB0 | turn, 120, 0]);
    }
    let wav = Place::new().render(&score, rate_hz, &["--room", "off"]);
    let notes = wav.channels[0].chunks(apart as usize);
    let sustains = notes.map(|note| &note[..held as usize]);
    let levels = sustains.map(|held| third_octave_levels_db(held, f64::from(rate_hz)));
    levels.collect()
}

#[test]
fn third_octave_levels_agree_over_the_sample_rates() {
    let expected = levels_db(44_100);
    assert_eq!(expected.len(), 3);
    for rate_hz in [48_000, 96_000, 192_000] {
        for (note, (levels, expected)) in levels_db(rate_hz).iter().zip(&expected).enumerate() {
            let name = INSTRUMENTS[note].0;
            let loudest = expected.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            let mut worst = (0.0_f64, 0.0);
            let mut judged = 0;
            for (band, (level, expected)) in levels.iter().zip(expected).enumerate() {
                let (low_hz, high_hz) = third_octave_edges_hz(band);
                if expected.max(*level) < loudest + FLOOR_DB || high_hz > HIGHEST_HZ {
                    continue;
                }
                judged += 1;
                let off = (level - expected).abs();
                assert!(
                    off <= MOST_DB,
                    "{name} at {rate_hz} Hz: {low_hz:.0} to {high_hz:.0} Hz is at {level:.2} dB, at \
                     44.1 kHz at {expected:.2} dB"
                );
                worst = if off > worst.0 { (off, low_hz) } else { worst };
            }
            assert!(judged >= 10, "{name}: only {judged} bands are loud enough");
            println!(
                "{name}, {rate_hz} Hz: {judged} bands, worst {:.2} dB from {:.0} Hz up",
                worst.0, worst.1
            );
        }
    }
}
