//! Registered and non-registered parameters: selecting, stepping, and what data entry is not for.

use testkit::SmfBuilder;

use crate::stage::{CHANNEL, KEY, assert_near, assert_unheard, heard, long_note, registered};

const END: u32 = 850;

/// Cents off the key with a bend all the way down, which a range of 2 makes 200.
fn bent(change: impl Fn(SmfBuilder, u8) -> SmfBuilder, expected: f64) -> f64 {
    let note = long_note(KEY, END).bend(CHANNEL, 0, 0);
    let near = (expected / 100.0).round();
    heard(&note, change).with.cents(250..END, 69.0 + near) + 100.0 * near
}

fn select(piece: SmfBuilder, channel: u8, number: (u8, u8)) -> SmfBuilder {
    piece
        .control(channel, 101, number.0, 0)
        .control(channel, 100, number.1, 0)
}

fn steps(mut piece: SmfBuilder, channel: u8, controller: u8, count: u8) -> SmfBuilder {
    for value in 0..count {
        // RP-018: the value is of no account.
        piece = piece.control(channel, controller, 127 - value, 0);
    }
    piece
}

#[test]
fn increment_and_decrement_step_by_the_smallest_unit() {
    for (number, controller, count, cents) in [
        // A cent of bend range, over its hundred.
        (0, 96, 30, -230.0),
        (0, 97, 30, -170.0),
        // 1/8192 of a semitone.
        (1, 96, 82, -200.0 + 100.0 * 82.0 / 8_192.0),
        (1, 97, 82, -200.0 - 100.0 * 82.0 / 8_192.0),
        // A semitone.
        (2, 96, 3, 100.0),
        (2, 97, 3, -500.0),
    ] {
        let measured = bent(
            |piece, channel| {
                steps(
                    select(piece, channel, (0, number)),
                    channel,
                    controller,
                    count,
                )
            },
            cents,
        );
        assert_near(
            &format!("RPN {number}, {count} times CC {controller}"),
            measured,
            cents,
            0.05,
        );
    }
}

#[test]
fn an_increment_carries_cents_into_semitones() {
    let carried = |piece, channel| {
        let piece = registered(piece, channel, 0, 0, (2, 95));
        steps(piece, channel, 96, 10)
    };
    assert_near("2.95 and 10 cents", bent(carried, -305.0), -305.0, 0.05);
}

#[test]
fn a_parameter_stays_selected_for_later_entries() {
    let twice = |piece: SmfBuilder, channel| {
        let piece = registered(piece, channel, 0, 0, (7, 0));
        piece.control(channel, 6, 3, 5)
    };
    assert_near("the later range", bent(twice, -300.0), -300.0, 0.05);
}

#[test]
fn the_halves_of_a_number_come_in_either_order() {
    let turned = |piece: SmfBuilder, channel| {
        piece
            .control(channel, 100, 0, 0)
            .control(channel, 101, 0, 0)
            .control(channel, 6, 3, 0)
    };
    assert_near("LSB first", bent(turned, -300.0), -300.0, 0.05);
}

#[test]
fn data_entry_for_nothing_is_nothing() {
    let note = long_note(KEY, END).bend(CHANNEL, 0, 0);
    let entry = |piece: SmfBuilder| {
        let piece = piece.control(CHANNEL, 6, 12, 0).control(CHANNEL, 38, 40, 0);
        piece
            .control(CHANNEL, 96, 0, 0)
            .control(CHANNEL, 97, 0, 0)
            .control(CHANNEL, 97, 0, 0)
    };
    assert_unheard("nothing selected", &note, &entry(note.clone()));
    for number in [(127, 127), (0, 3), (0, 4), (0, 6), (1, 0), (61, 0)] {
        let with = entry(select(note.clone(), CHANNEL, number));
        assert_unheard(&format!("RPN {number:?}"), &note, &with);
    }
    let half = note.clone().control(CHANNEL, 100, 0, 0);
    assert_unheard("half a number", &note, &entry(half));
    for number in [(0, 0), (1, 0), (127, 127), (1, 33)] {
        // An RPN was selected before.
        let with = select(note.clone(), CHANNEL, (0, 0))
            .control(CHANNEL, 99, number.0, 0)
            .control(CHANNEL, 98, number.1, 0);
        assert_unheard(&format!("NRPN {number:?}"), &note, &entry(with));
    }
}

#[test]
fn channels_have_selections_of_their_own() {
    let note = long_note(KEY, END).bend(CHANNEL, 0, 0);
    let with = select(note.clone(), CHANNEL + 1, (0, 0)).control(CHANNEL, 6, 12, 0);
    assert_unheard("another channel's selection", &note, &with);
}
