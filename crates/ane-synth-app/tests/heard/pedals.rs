//! Sustain with its half-pressed positions, sostenuto and soft pedal.

use testkit::SmfBuilder;

use crate::stage::{
    CHANNEL, STEADY, Sound, assert_near, assert_unheard, heard, heard_with, long_note, piece,
    render, steady,
};

const END: u32 = 1_400;
/// The sustain of a note of 700 ms.
const AFTER: std::ops::Range<u32> = 300..690;

/// A key that goes up at 300 ms, in its sustain: the attack is the shortest there is.
fn short_note() -> SmfBuilder {
    short_attack()
        .note(CHANNEL, 69, 100, 10, 300)
        .end_of_track(END)
}

fn short_attack() -> SmfBuilder {
    piece().control(CHANNEL, 73, 0, 0)
}

/// How fast a sound's loudness falls, dB a second, between 320 and 380 ms.
fn fall(sound: &Sound) -> f64 {
    (sound.a_level_db(320..340) - sound.a_level_db(360..380)) / 0.040
}

#[test]
fn sustain_holds_until_it_goes_up() {
    let heard = heard(&short_note(), |piece, channel| {
        let down = piece.control(channel, 64, 127, 100);
        down.control(channel, 64, 0, 700)
    });
    let held = steady(
        &short_attack()
            .note(CHANNEL, 69, 100, 10, 700)
            .end_of_track(END),
    );
    assert!(heard.with == held, "as if the key went up with the pedal");
    let long = 620..690;
    // A-weighted: the level that stays while the timbre of the attack gives way to the sustain's.
    assert_near(
        "held",
        heard.with.a_level_db(long.clone()),
        heard.with.a_level_db(200..290),
        0.02,
    );
    assert!(heard.without.level_db(long) < heard.with.level_db(200..290) - 60.0);
}

#[test]
fn sustain_is_down_from_64_on() {
    let with = |value| {
        let pressed = short_note().control(CHANNEL, 64, value, 100);
        steady(&pressed).level_db(850..890)
    };
    let full = with(127);
    assert_near("64", with(64), full, 0.01);
    assert!(with(63) < full - 10.0);
}

#[test]
fn a_key_struck_again_under_the_pedal_sounds_twice() {
    let twice = |piece: SmfBuilder| piece.note(CHANNEL, 69, 100, 400, 500);
    let once = heard(&short_note(), |piece, channel| {
        piece.control(channel, 64, 127, 100)
    });
    let again = steady(&twice(short_note().control(CHANNEL, 64, 127, 100)));
    // Two equal voices, out of phase by chance: anything but the level of one.
    let added = again.level_db(600..900) - once.with.level_db(600..900);
    assert!(added.abs() > 0.1, "{added} dB");
}

#[test]
fn a_half_pressed_pedal_slows_the_release_by_its_depth() {
    let free = fall(&steady(&short_note()));
    for value in [16, 32, 48, 63] {
        let heard = heard(&short_note(), |piece, channel| {
            piece.control(channel, 64, value, 100)
        });
        // One to eight times as long between the top and the middle.
        let slower = 1.0 + 7.0 * (f64::from(value) / 127.0 / 0.5);
        let expected = free / slower;
        assert_near(
            &format!("CC 64 {value}"),
            fall(&heard.with),
            expected,
            0.05 * expected,
        );
    }
}

#[test]
fn a_pedal_that_comes_up_damps_what_still_rings() {
    let ringing = short_note().control(CHANNEL, 64, 63, 100);
    let heard = heard(&ringing, |piece, channel| {
        piece.control(channel, 64, 0, 350)
    });
    let early = 310..345;
    assert!(heard.with.is_as(&heard.without, early));
    let slope = |sound: &Sound| (sound.a_level_db(370..380) - sound.a_level_db(390..400)) / 0.020;
    let faster = slope(&heard.with) / slope(&heard.without);
    assert_near("faster", faster, 1.0 + 7.0 * 63.0 / 63.5, 0.3);
}

#[test]
fn sostenuto_holds_the_keys_that_are_down_and_no_later_ones() {
    // A tritone: neither is a partial of the other.
    let two = short_note().note(CHANNEL, 75, 100, 150, 300);
    let heard = heard(&two, |piece, channel| {
        piece
            .control(channel, 66, 127, 100)
            .control(channel, 66, 0, 1_100)
    });
    let late = 1_000..1_090;
    let first = heard.with.key_level_db(late.clone(), 69);
    assert_near(
        "the first",
        first,
        heard.with.key_level_db(200..290, 69),
        0.5,
    );
    let alone = short_attack()
        .note(CHANNEL, 69, 100, 10, 1_100)
        .end_of_track(END);
    assert!(
        heard.with.is_as(&steady(&alone), late),
        "the second is over"
    );
    let released = heard.with.level_db(1_340..1_390) - first;
    assert!(released < -35.0, "{released} dB after the pedal");
}

#[test]
fn sostenuto_is_a_switch_at_64() {
    let note = short_note();
    let below = note.clone().control(CHANNEL, 66, 63, 100);
    assert_unheard("sostenuto 63", &note, &below);
    let at = steady(&note.clone().control(CHANNEL, 66, 64, 100));
    let full = steady(&note.control(CHANNEL, 66, 127, 100));
    assert!(at == full);
}

#[test]
fn each_pedal_holds_what_the_other_lets_go() {
    let both = short_note()
        .control(CHANNEL, 66, 127, 100)
        .control(CHANNEL, 64, 127, 500)
        .control(CHANNEL, 66, 0, 600);
    let held = short_note().control(CHANNEL, 64, 127, 100);
    assert!(steady(&both) == steady(&held));
    let other = short_note()
        .control(CHANNEL, 64, 127, 100)
        .control(CHANNEL, 66, 127, 500)
        .control(CHANNEL, 64, 0, 600);
    assert!(steady(&other) == steady(&held));
}

#[test]
fn the_soft_pedal_softens_and_darkens_the_notes_that_begin_under_it() {
    for instrument in ["flute", "double-bass", "alto-sax"] {
        let arguments = ["--steady", "--instrument", instrument];
        let [light, half, full] = [40, 80, 127].map(|value| {
            let heard = heard_with(&arguments, &long_note(60, 700), |piece, channel| {
                piece.control(channel, 67, value, 0)
            });
            let (with, without) = (&heard.with, &heard.without);
            let darker = with.brightness(AFTER, 60) / without.brightness(AFTER, 60);
            let softer_db = without.a_level_db(AFTER) - with.a_level_db(AFTER);
            println!("{instrument}, CC 67 {value}: {softer_db:.2} dB softer, {darker:.3}");
            assert!(darker < 0.995, "{instrument}: {darker}");
            softer_db
        });
        assert_near(instrument, full, 4.0, 0.5);
        assert_near(instrument, half, 4.0 * 80.0 / 127.0, 0.5);
        assert_near(instrument, light, 4.0 * 40.0 / 127.0, 0.5);
    }
    let note = long_note(60, 700);
    let late = note.clone().control(CHANNEL, 67, 127, 100);
    assert_unheard("a soft pedal under the note", &note, &late);
    let up = note
        .clone()
        .control(CHANNEL, 67, 127, 0)
        .control(CHANNEL, 67, 0, 5);
    assert!(render(&up, &STEADY) == steady(&note));
}
