//! Pressure on a channel and on a key swells what sounds there.

use crate::stage::{
    CHANNEL, Heard, STEADY, assert_near, assert_unheard, heard, heard_with, long_note, piece,
};

const END: u32 = 700;
const CHANGE: u32 = 250;
const AFTER: std::ops::Range<u32> = 300..690;
const FULL_DB: f64 = 6.0;

#[test]
fn channel_pressure_swells_up_to_six_decibels() {
    for (value, expected) in [(127, FULL_DB), (64, FULL_DB * 64.0 / 127.0)] {
        for at in [0, CHANGE] {
            let heard = heard(&long_note(60, END), |piece, channel| {
                piece.channel_pressure(channel, value, at)
            });
            let swell = heard.with.a_level_db(AFTER) - heard.without.a_level_db(AFTER);
            assert_near(&format!("pressure {value}"), swell, expected, 0.1);
            let (with, without) = (&heard.with, &heard.without);
            let brighter = with.brightness(AFTER, 60) / without.brightness(AFTER, 60);
            assert!(brighter > 1.001, "the timbre follows: {brighter}");
        }
    }
}

#[test]
fn let_go_it_goes_back() {
    let pressed = |piece: testkit::SmfBuilder, channel| piece.channel_pressure(channel, 127, 100);
    let heard = heard(&long_note(60, END), pressed);
    let back = pressed(long_note(60, END), CHANNEL).channel_pressure(CHANNEL, 0, CHANGE);
    let level = crate::stage::steady(&back).level_db(AFTER);
    assert_near("let go", level, heard.without.level_db(AFTER), 0.01);
}

#[test]
fn key_pressure_swells_its_key_alone() {
    // The fundamentals of the tritone are no one's partials.
    let chord = long_note(60, END).note(CHANNEL, 66, 100, 10, END);
    let heard = heard(&chord, |piece, channel| {
        piece.key_pressure(channel, 66, 127, CHANGE)
    });
    let swell = |heard: &Heard, key| {
        heard.with.key_level_db(AFTER, key) - heard.without.key_level_db(AFTER, key)
    };
    // Alone, the note as a whole swells by that; how much of it the fundamental takes is the
    // instrument's.
    let alone = heard_with(&STEADY, &long_note(66, END), |piece, channel| {
        piece.key_pressure(channel, 66, 127, CHANGE)
    });
    let whole = alone.with.a_level_db(AFTER) - alone.without.a_level_db(AFTER);
    assert_near("its key alone", whole, FULL_DB, 0.1);
    assert_near("its key", swell(&heard, 66), swell(&alone, 66), 0.05);
    assert_near("the other key", swell(&heard, 60), 0.0, 0.01);
    let elsewhere = chord.clone().key_pressure(CHANNEL, 67, 127, CHANGE);
    assert_unheard("pressure on a key that does not sound", &chord, &elsewhere);
}

#[test]
fn the_pressures_add_up() {
    let both = long_note(60, END)
        .channel_pressure(CHANNEL, 127, CHANGE)
        .key_pressure(CHANNEL, 60, 127, CHANGE);
    let swell = crate::stage::steady(&both).a_level_db(AFTER)
        - crate::stage::steady(&piece().note(CHANNEL, 60, 100, 10, END)).a_level_db(AFTER);
    assert_near("both", swell, 2.0 * FULL_DB, 0.2);
}
