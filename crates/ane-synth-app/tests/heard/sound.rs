//! Release time, attack time and brightness.

use testkit::SmfBuilder;

use crate::sound_place::{ATTACK_TIME, BRIGHTNESS, RELEASE_TIME};
use crate::stage::{
    CHANNEL, STEADY, Sound, assert_near, assert_unheard, heard, heard_with, long_note, piece,
};

/// The sustain of a note of 700 ms.
const AFTER: std::ops::Range<u32> = 300..690;

/// A key that goes up at 400 ms, in its sustain: the attack is the shortest there is.
fn short_note() -> SmfBuilder {
    piece()
        .control(CHANNEL, 73, 0, 0)
        .note(CHANNEL, 69, 100, 10, 400)
        .end_of_track(1_000)
}

/// Seconds for 60 dB, by the fall over `ms` from 20 ms after the key.
fn release_s(sound: &Sound, ms: u32) -> f64 {
    let first = sound.level_db(415..425);
    let last = sound.level_db(415 + ms..425 + ms);
    60.0 * f64::from(ms) / 1_000.0 / (first - last)
}

#[test]
fn release_time_stretches_and_shortens_releases() {
    RELEASE_TIME.assert_ways_agree(&short_note(), &STEADY, 100);
    for (value, ms) in [(43, 20), (85, 100), (127, 200)] {
        let heard = heard(&short_note(), |piece, channel| {
            RELEASE_TIME.set(piece, channel, value)
        });
        let longer = release_s(&heard.with, ms) / release_s(&heard.without, 60);
        let expected = 8_f64.powf((f64::from(value) - 64.0) / 63.0);
        assert_near(&format!("CC 72 {value}"), longer, expected, 0.05 * expected);
    }
    let note = short_note();
    let late = note.clone().control(CHANNEL, 72, 127, 200);
    assert_unheard("a release time under the note", &note, &late);
}

/// Milliseconds from the onset until 6 dB below the sustain.
fn attack_ms(sound: &Sound) -> u32 {
    let sustain = sound.level_db(1_500..1_590);
    let window = |at: u32| sound.level_db(at..at + 5);
    let found = (10..1_500).find(|&at| window(at) > sustain - 6.0);
    found.unwrap() + 2 - 10
}

#[test]
fn attack_time_stretches_and_shortens_attacks() {
    let note = long_note(81, 1_600);
    ATTACK_TIME.assert_ways_agree(&note, &STEADY, 100);
    for value in [43, 64 + 21, 127] {
        let heard = heard(&note, |piece, channel| {
            ATTACK_TIME.set(piece, channel, value)
        });
        let without = f64::from(attack_ms(&heard.without));
        let longer = f64::from(attack_ms(&heard.with)) / without;
        let expected = 8_f64.powf((f64::from(value) - 64.0) / 63.0);
        // Times are read in whole milliseconds.
        let tolerance = 0.05 * expected + 1.5 / without;
        assert_near(&format!("CC 73 {value}"), longer, expected, tolerance);
    }
    let late = note.clone().control(CHANNEL, 73, 127, 15);
    assert_unheard("an attack time under the note", &note, &late);
}

#[test]
fn brightness_moves_the_spectrum_and_not_the_level() {
    BRIGHTNESS.assert_ways_agree(&long_note(60, 700), &STEADY, 100);
    for instrument in ["flute", "double-bass", "alto-sax"] {
        let arguments = ["--steady", "--instrument", instrument];
        for at in [0, 250] {
            let brighter = |value| {
                let heard = heard_with(&arguments, &long_note(60, 700), |piece, channel| {
                    piece.control(channel, 74, value, at)
                });
                let (with, without) = (&heard.with, &heard.without);
                let level = with.a_level_db(AFTER) - without.a_level_db(AFTER);
                assert_near(
                    &format!("{instrument}, CC 74 {value}: level"),
                    level,
                    0.0,
                    0.1,
                );
                with.brightness(AFTER, 60) / without.brightness(AFTER, 60)
            };
            let ways = [brighter(0), brighter(32), brighter(96), brighter(127)];
            println!("{instrument}: {ways:?}");
            assert!(
                ways.is_sorted_by(|a, b| *a < b - 0.005),
                "{instrument}: {ways:?}"
            );
            assert!(ways[1] < 0.99 && ways[2] > 1.01, "{instrument}: {ways:?}");
        }
    }
}
