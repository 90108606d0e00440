//! One note at a time, legato and portamento.

use testkit::SmfBuilder;

use crate::exclusive::{gs_part, xg_part};
use crate::stage::{CHANNEL, Message, Sound, assert_near, assert_unheard, heard, piece, steady};

/// A4, then a tritone above it while it is held, then A4 alone again.
const LOW: u8 = 69;
const HIGH: u8 = 75;

fn two_keys() -> SmfBuilder {
    piece()
        .note(CHANNEL, LOW, 100, 10, 1_400)
        .note(CHANNEL, HIGH, 100, 500, 1_000)
        .end_of_track(1_600)
}

/// How much louder one key's fundamental is than another's, dB.
fn over(sound: &Sound, range_ms: std::ops::Range<u32>, key: u8, other: u8) -> f64 {
    sound.key_level_db(range_ms.clone(), key) - sound.key_level_db(range_ms, other)
}

fn assert_one_at_a_time(sound: &Sound) {
    for (range_ms, key, other) in [
        (200..480, LOW, HIGH),
        (700..980, HIGH, LOW),
        (1_150..1_390, LOW, HIGH),
    ] {
        let margin = over(sound, range_ms.clone(), key, other);
        assert!(margin > 50.0, "{key} alone at {range_ms:?} ms: {margin} dB");
    }
}

#[test]
fn mono_plays_the_newest_key_and_then_the_one_still_down() {
    for number in [0, 1, 8] {
        let heard = heard(&two_keys(), |piece, channel| {
            piece.control(channel, 126, number, 0)
        });
        let both = over(&heard.without, 700..980, HIGH, LOW);
        assert!(both.abs() < 10.0, "a chord without it: {both} dB");
        assert_one_at_a_time(&heard.with);
    }
    for (what, body) in [
        (
            "GS",
            (|channel| gs_part(0x10, channel, 0x13, &[0])) as Message,
        ),
        ("XG", |channel| xg_part(channel, 0x05, &[0])),
    ] {
        let heard = heard(&two_keys(), |piece, channel| {
            piece.system_exclusive(0, &body(channel))
        });
        println!("{what}");
        assert_one_at_a_time(&heard.with);
    }
}

#[test]
fn poly_takes_mono_back() {
    let mono = two_keys().control(CHANNEL, 126, 1, 0);
    let heard = heard(&mono, |piece, channel| piece.control(channel, 127, 0, 5));
    assert!(heard.with == steady(&two_keys()));
    let gs = mono
        .clone()
        .system_exclusive(5, &gs_part(0x10, CHANNEL, 0x13, &[1]));
    assert!(steady(&gs) == steady(&two_keys()), "GS");
}

#[test]
fn legato_goes_on_where_mono_begins_anew() {
    let mono = two_keys().control(CHANNEL, 126, 1, 0);
    let heard = heard(&mono, |piece, channel| piece.control(channel, 68, 127, 0));
    // The attack of the flute begins 35 dB below its sustain.
    let dip = |sound: &Sound| sound.level_db(505..515) - sound.level_db(480..498);
    assert!(dip(&heard.without) < -12.0, "{}", dip(&heard.without));
    assert_near("no dip", dip(&heard.with), 0.0, 3.0);
    assert_one_at_a_time(&heard.with);
    let poly = two_keys();
    let with = poly.clone().control(CHANNEL, 68, 127, 0);
    assert_unheard("legato without mono", &poly, &with);
    let off = mono.clone().control(CHANNEL, 68, 63, 0);
    assert_unheard("legato 63", &mono, &off);
}

/// A4 ends, then the A above it begins at 500 ms.
fn octave() -> SmfBuilder {
    piece()
        .note(CHANNEL, 69, 100, 10, 400)
        .note(CHANNEL, 81, 100, 500, 2_700)
        .end_of_track(2_800)
}

/// When a glide from 500 ms on passes a key, ms after the onset: the two sides of it are told apart
/// by halving.
fn passes_ms(sound: &Sound, key: f64) -> f64 {
    let upwards = sound.key_at(520) < key;
    let (mut before, mut after) = (520, 2_600);
    while after - before > 1 {
        let middle = (before + after) / 2;
        match (sound.key_at(middle) < key) == upwards {
            true => before = middle,
            false => after = middle,
        }
    }
    f64::from(after - 500)
}

#[test]
fn portamento_glides_for_its_time() {
    for value in [32, 64, 100] {
        let glide_ms = 2_000.0 * (f64::from(value) / 127.0).powi(2);
        let timed = octave().control(CHANNEL, 5, value, 0);
        assert_unheard("time alone", &octave(), &timed);
        let heard = heard(&timed, |piece, channel| piece.control(channel, 65, 64, 0));
        let half_way = passes_ms(&heard.with, 75.0);
        // By the symmetry of the glide; the track comes every 5 ms, over windows of 25.
        assert_near(
            &format!("CC 5 {value}"),
            half_way,
            glide_ms / 2.0,
            0.02 * glide_ms + 6.0,
        );
        let late = heard.with.cents(1_950..2_690, 81.0);
        assert_near("it arrives", late, 0.0, 0.1);
    }
    let switched = octave().control(CHANNEL, 65, 127, 0);
    assert_unheard("no time", &octave(), &switched);
    let off = octave().control(CHANNEL, 5, 64, 0);
    assert_unheard(
        "portamento 63",
        &off,
        &off.clone().control(CHANNEL, 65, 63, 0),
    );
}

#[test]
fn portamento_time_has_a_fine_half() {
    let switched = octave()
        .control(CHANNEL, 65, 127, 0)
        .control(CHANNEL, 5, 64, 0);
    let heard = heard(&switched, |piece, channel| {
        piece.control(channel, 37, 127, 0)
    });
    let expected = 1_000.0 * ((64.0 + 127.0 / 128.0) / 127.0_f64).powi(2);
    assert_near("CC 37", passes_ms(&heard.with, 75.0), expected, 3.0);
    let longer = passes_ms(&heard.with, 75.0) - passes_ms(&heard.without, 75.0);
    assert!((1.0..16.0).contains(&longer), "{longer} ms");
}

#[test]
fn portamento_from_a_key_is_for_one_note() {
    let two = octave()
        .note(CHANNEL, 69, 100, 2_720, 2_790)
        .control(CHANNEL, 5, 64, 0);
    let heard = heard(&two, |piece, channel| piece.control(channel, 84, 93, 450));
    assert!(heard.with.key_at(530) > 91.0, "{}", heard.with.key_at(530));
    assert_near("half of 0.508 s", passes_ms(&heard.with, 87.0), 254.0, 3.0);
    assert_near("it arrives", heard.with.cents(1_950..2_690, 81.0), 0.0, 0.1);
    assert_near("once: the next note", heard.with.key_at(2_770), 69.0, 0.3);
}

#[test]
fn parts_of_xg_have_portamento() {
    let by_number = octave()
        .control(CHANNEL, 5, 64, 0)
        .control(CHANNEL, 65, 127, 0);
    let by_part = octave()
        .system_exclusive(0, &xg_part(CHANNEL, 0x67, &[1]))
        .system_exclusive(0, &xg_part(CHANNEL, 0x68, &[64]));
    assert!(steady(&by_part) == steady(&by_number));
}
