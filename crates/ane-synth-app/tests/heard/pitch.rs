//! Bend, and everything that tunes a channel or the whole.

use testkit::SmfBuilder;

use crate::exclusive::{gs, gs_part, real_time, xg, xg_part};
use crate::stage::{
    KEY, Message, Sound, assert_near, assert_unheard, heard, heard_everywhere, long_note, piece,
    registered, steady,
};

const END: u32 = 850;
const CENTS: f64 = 0.05;

/// The change moves a note by so many cents.
#[track_caller]
fn assert_moved(what: &str, expected: f64, change: impl Fn(SmfBuilder, u8) -> SmfBuilder) {
    let heard = heard(&long_note(KEY, END), change);
    assert_near("before", heard.without.cents(250..END, 69.0), 0.0, CENTS);
    assert_off(what, &heard.with, expected);
}

/// The sound is so many cents off A4.
#[track_caller]
fn assert_off(what: &str, sound: &Sound, expected: f64) {
    let semitones = (expected / 100.0).round();
    let measured = sound.cents(250..END, 69.0 + semitones) + 100.0 * semitones;
    assert_near(what, measured, expected, CENTS);
}

#[test]
fn a_bend_moves_the_pitch_by_its_range() {
    for (bend, cents) in [
        (16_383, 200.0 * 8_191.0 / 8_192.0),
        (0, -200.0),
        (8_192 + 4_096, 100.0),
        (8_192 + 64, 200.0 * 64.0 / 8_192.0),
    ] {
        for at in [0, 150] {
            let bent = |piece: SmfBuilder, channel| piece.bend(channel, bend, at);
            assert_moved(&format!("bend {bend} at {at}"), cents, bent);
        }
    }
}

#[test]
fn rpn_0_sets_the_range_of_bends_before_and_after_it() {
    for (data, range) in [((12, 0), 1_200.0), ((0, 50), 50.0), ((7, 25), 725.0)] {
        for (range_at, bend_at) in [(0, 100), (100, 0)] {
            assert_moved(&format!("range {data:?}"), range / 2.0, |piece, channel| {
                let piece = registered(piece, channel, range_at, 0, data);
                piece.bend(channel, 8_192 + 4_096, bend_at)
            });
        }
    }
}

#[test]
fn parts_of_gs_and_xg_have_a_bend_range() {
    for (what, body) in [
        (
            "GS",
            (|channel| gs_part(0x20, channel, 0x10, &[64 + 12])) as Message,
        ),
        ("XG", |channel| xg_part(channel, 0x23, &[64 + 12])),
    ] {
        assert_moved(what, 600.0, |piece, channel| {
            let piece = piece.system_exclusive(0, &body(channel));
            piece.bend(channel, 8_192 + 4_096, 0)
        });
    }
}

#[test]
fn rpn_1_and_2_tune_the_channel() {
    for (number, data, cents) in [
        (1, (127, 127), 100.0 * 8_191.0 / 8_192.0),
        (1, (0, 0), -100.0),
        (1, (64, 64), 100.0 * 64.0 / 8_192.0),
        (2, (64 - 12, 0), -1_200.0),
        (2, (64 + 7, 99), 700.0),
    ] {
        for at in [0, 150] {
            assert_moved(
                &format!("RPN {number} {data:?}"),
                cents,
                |piece, channel| registered(piece, channel, at, number, data),
            );
        }
    }
    assert_moved("fine, coarse and bend together", -50.0, |piece, channel| {
        let fine = registered(piece, channel, 0, 1, (96, 0));
        registered(fine, channel, 0, 2, (65, 0)).bend(channel, 0, 0)
    });
}

#[test]
fn system_exclusive_tunes_everything() {
    for (what, body, cents) in [
        ("universal fine", real_time(&[4, 3, 0, 96]), 50.0),
        ("universal, LSB", real_time(&[4, 3, 64, 64]), 100.0 / 128.0),
        ("universal coarse", real_time(&[4, 4, 0, 64 - 5]), -500.0),
        ("GS master tune", gs([0x40, 0, 0], &[0, 7, 0x0E, 8]), 100.0),
        ("GS key shift", gs([0x40, 0, 5], &[64 + 12]), 1_200.0),
        ("XG master tune", xg([0, 0, 0], &[0, 7, 0x0F, 0x0F]), 102.3),
        ("XG transpose", xg([0, 0, 6], &[64 - 12]), -1_200.0),
        // Of -100 cents and 200 in 256 steps, in two nibbles.
        (
            "Yamaha's own master tuning",
            vec![0x43, 0x10, 0x27, 0x30, 0, 0, 12, 0, 0],
            50.0,
        ),
    ] {
        for at in [0, 150] {
            let note = |channel| piece().note(channel, KEY, 100, 10, END);
            let change = |piece: SmfBuilder| piece.system_exclusive(at, &body);
            for heard in heard_everywhere(note, change) {
                assert_off(what, &heard.with, cents);
            }
        }
    }
}

#[test]
fn fine_and_coarse_master_tuning_add_up() {
    let tuned = long_note(KEY, END)
        .system_exclusive(0, &real_time(&[4, 3, 0, 96]))
        .system_exclusive(0, &real_time(&[4, 4, 0, 65]));
    assert_off("together", &steady(&tuned), 150.0);
}

#[test]
fn parts_of_gs_and_xg_are_shifted_by_key() {
    assert_moved("GS", 700.0, |piece, channel| {
        piece.system_exclusive(0, &gs_part(0x10, channel, 0x16, &[64 + 7]))
    });
    assert_moved("XG", -700.0, |piece, channel| {
        piece.system_exclusive(0, &xg_part(channel, 0x08, &[64 - 7]))
    });
}

#[test]
fn a_damaged_message_tunes_nothing() {
    let note = long_note(KEY, END);
    let mut wrong_sum = gs([0x40, 0, 5], &[64 + 12]);
    *wrong_sum.last_mut().unwrap() ^= 1;
    for (what, body) in [
        ("a wrong checksum", &wrong_sum[..]),
        ("a tuning without its last byte", &[0x7F, 0x7F, 4, 3, 96]),
        ("another maker's message", &[0x42, 0x10, 4, 3, 0, 96]),
    ] {
        let with = note.clone().system_exclusive(0, body);
        assert_unheard(what, &note, &with);
    }
}
