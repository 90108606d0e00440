//! The channel mode messages end what they say they end.

use testkit::SmfBuilder;

use crate::stage::{
    CHANNEL, LIVELY, Sound, assert_near, heard, heard_with, long_note, piece, registered, render,
    steady,
};

const END: u32 = 900;
const CHANGE: u32 = 300;

/// A key held to the end.
fn note() -> SmfBuilder {
    long_note(69, END)
}

#[test]
fn all_sound_off_is_silence_within_milliseconds() {
    let pedal = note().control(CHANNEL, 64, 127, 100);
    let cut = |piece: SmfBuilder, channel| piece.control(channel, 120, 0, CHANGE);
    let steady = heard(&pedal, cut);
    assert!(steady.with.is_as(&steady.without, 0..CHANGE), "not before");
    assert!(steady.with.is_silent(CHANGE + 6..END));
    // The noise rings out in its filter.
    let noisy = heard_with(&LIVELY, &pedal, cut).with;
    let left_over = noisy.level_db(CHANGE + 6..CHANGE + 8) - noisy.level_db(200..CHANGE);
    assert!(left_over < -35.0, "{left_over} dB");
    assert!(noisy.is_silent(CHANGE + 16..END));
}

/// When a sound is 40 dB below what it was, ms after the change.
fn gone_ms(sound: &Sound) -> u32 {
    let before = sound.level_db(CHANGE - 50..CHANGE);
    let quiet = |&at: &u32| sound.level_db(at..at + 10) < before - 40.0;
    (CHANGE..END - 10).step_by(5).find(quiet).unwrap() - CHANGE
}

#[test]
fn all_notes_off_is_as_if_every_key_went_up() {
    let released = piece().note(CHANNEL, 69, 100, 10, CHANGE).end_of_track(END);
    for controller in 123..=127 {
        let heard = heard(&note(), |piece, channel| {
            piece.control(channel, controller, 0, CHANGE)
        });
        assert!(heard.with == steady(&released), "controller {controller}");
        let gone = gone_ms(&heard.with);
        assert!(
            (100..300).contains(&gone),
            "{controller}: gone after {gone} ms"
        );
    }
}

#[test]
fn the_pedals_hold_against_all_notes_off() {
    for pedal in [64, 66] {
        let held = note().control(CHANNEL, pedal, 127, 100);
        let plain = steady(&held);
        for controller in 123..=125 {
            let with = held.clone().control(CHANNEL, controller, 0, CHANGE);
            assert!(steady(&with) == plain, "{controller} under pedal {pedal}");
        }
        let up = held
            .clone()
            .control(CHANNEL, 123, 0, CHANGE)
            .control(CHANNEL, pedal, 0, 500);
        let released = piece().note(CHANNEL, 69, 100, 10, 500).end_of_track(END);
        assert!(steady(&up) == steady(&released), "until {pedal} goes up");
    }
}

#[test]
fn a_late_note_off_after_all_notes_off_ends_no_other_note() {
    let twice = piece()
        .note(CHANNEL, 69, 100, 10, 500)
        .control(CHANNEL, 123, 0, 200)
        .event(300, &[0x90 | CHANNEL, 76, 100])
        .end_of_track(END);
    let once = piece()
        .event(300, &[0x90 | CHANNEL, 76, 100])
        .end_of_track(END);
    assert!(steady(&twice).is_as(&steady(&once), 700..END));
}

#[test]
fn reset_all_controllers_takes_back_what_rp_015_lists() {
    let set = |piece: SmfBuilder| {
        piece
            .bend(CHANNEL, 16_383, 0)
            .control(CHANNEL, 1, 127, 0)
            .control(CHANNEL, 11, 30, 0)
            .channel_pressure(CHANNEL, 127, 0)
            .key_pressure(CHANNEL, 69, 127, 50)
            .control(CHANNEL, 64, 60, 0)
            .control(CHANNEL, 66, 127, 20)
            .control(CHANNEL, 67, 127, 0)
            .control(CHANNEL, 68, 127, 0)
            .control(CHANNEL, 5, 100, 0)
            .control(CHANNEL, 65, 127, 0)
            .control(CHANNEL, 84, 40, 90)
            .control(CHANNEL, 101, 0, 0)
            .control(CHANNEL, 100, 1, 0)
    };
    // After the reset at 400 ms: data entry for nothing, what would bring the values before it to
    // light, and a second note.
    let rest = |piece: SmfBuilder| {
        let piece = piece.control(CHANNEL, 121, 0, 400);
        let piece = piece
            .control(CHANNEL, 6, 127, 410)
            .control(CHANNEL, 33, 0, 410)
            .control(CHANNEL, 43, 0, 410);
        let piece = registered(piece, CHANNEL, 410, 0, (2, 0));
        piece.note(CHANNEL, 76, 100, 500, END)
    };
    // The pedals let go of the first note, in either.
    let first = || piece().note(CHANNEL, 69, 100, 10, 100).end_of_track(END);
    let with = steady(&rest(set(first())));
    let without = steady(&rest(first()));
    assert!(!with.is_as(&without, 20..400), "they were heard");
    // The first note's release is over.
    assert!(with.is_as(&without, 890..END - 5), "all are taken back");
    for (what, range) in [("pitch", 520..545), ("the whole note", 800..890)] {
        let off = with.level_db(range.clone()) - without.level_db(range);
        assert_near(what, off, 0.0, 0.1);
    }
}

#[test]
fn reset_all_controllers_leaves_what_rp_015_leaves() {
    let set = |piece: SmfBuilder| {
        let piece = piece
            .control(CHANNEL, 7, 60, 0)
            .control(CHANNEL, 10, 30, 0)
            .control(CHANNEL, 72, 100, 0)
            .control(CHANNEL, 73, 20, 0)
            .control(CHANNEL, 74, 100, 0);
        let tuned = registered(piece, CHANNEL, 0, 1, (80, 0)).program(CHANNEL, 71, 0);
        let bends_wide = registered(tuned, CHANNEL, 0, 0, (12, 0));
        registered(bends_wide, CHANNEL, 0, 5, (2, 0))
    };
    let piece = set(piece().note(CHANNEL, 69, 100, 10, 500).end_of_track(END))
        .bend(CHANNEL, 9_000, 250)
        .control(CHANNEL, 1, 127, 250);
    let reset = piece
        .clone()
        .control(CHANNEL, 121, 0, 200)
        .control(CHANNEL, 121, 0, 5);
    assert!(render(&reset, &[]) == render(&piece, &[]));
}
