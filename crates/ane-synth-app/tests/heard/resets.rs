//! GM, GM2, GS and XG resets: silence at once, and everything as it was in the beginning.

use testkit::SmfBuilder;

use crate::exclusive::{GM_OFF, GM_ON, GM2_ON, GS_RESET, XG_ON, gs, gs_part, real_time, xg};
use crate::stage::{CHANNEL, OTHER, piece, registered, render};

const RESET: u32 = 400;
const END: u32 = 900;

fn resets() -> Vec<(&'static str, Vec<u8>)> {
    vec![
        ("GM on", GM_ON.to_vec()),
        ("GM off", GM_OFF.to_vec()),
        ("GM2 on", GM2_ON.to_vec()),
        ("GS reset", GS_RESET.to_vec()),
        ("exit GS", gs([0x40, 0, 0x7F], &[0x7F])),
        ("system mode set 1", gs([0, 0, 0x7F], &[0])),
        ("system mode set 2", gs([0, 0, 0x7F], &[1])),
        ("XG on", XG_ON.to_vec()),
        ("XG all parameter reset", xg([0, 0, 0x7F], &[0])),
    ]
}

/// Everything that lasts, set away from where it begins.
fn all_set(mut piece: SmfBuilder) -> SmfBuilder {
    for (controller, value) in [
        (0, 8),
        (32, 2),
        (1, 127),
        (5, 100),
        (7, 40),
        (10, 20),
        (11, 50),
        (64, 127),
        (65, 127),
        (67, 127),
        (68, 127),
        (72, 100),
        (73, 30),
        (74, 20),
        (76, 100),
        (77, 100),
        (78, 20),
        (126, 1),
    ] {
        piece = piece.control(CHANNEL, controller, value, 0);
    }
    for (number, data) in [(0, (12, 0)), (1, (90, 3)), (2, (66, 0)), (5, (2, 0))] {
        piece = registered(piece, CHANNEL, 0, number, data);
    }
    let scale = gs_part(0x10, CHANNEL, 0x40, &[80; 12]);
    piece
        .program(CHANNEL, 71, 0)
        .bend(CHANNEL, 12_000, 0)
        .channel_pressure(CHANNEL, 100, 0)
        .system_exclusive(0, &real_time(&[4, 1, 0, 50]))
        .system_exclusive(0, &real_time(&[4, 3, 0, 80]))
        .system_exclusive(0, &real_time(&[4, 4, 0, 65]))
        .system_exclusive(0, &real_time(&[8, 2, 0, 1, 76, 77, 5, 0]))
        .system_exclusive(0, &scale)
        .system_exclusive(0, &gs_part(0x10, OTHER, 0x15, &[1]))
        .note(CHANNEL, 69, 100, 10, RESET + 200)
        .control(CHANNEL, 66, 127, 100)
}

/// Notes after the reset, and what would be heard if anything were left: a bend whose range was
/// set, a wheel whose depth was, data entry for what was selected.
fn afterwards(piece: SmfBuilder) -> SmfBuilder {
    piece
        .control(CHANNEL, 6, 127, RESET + 20)
        .bend(CHANNEL, 10_000, RESET + 20)
        .control(CHANNEL, 1, 60, RESET + 20)
        .note(CHANNEL, 76, 100, RESET + 30, RESET + 250)
        .note(CHANNEL, 64, 100, RESET + 100, RESET + 300)
        .note(OTHER, 71, 100, RESET + 150, RESET + 350)
        .end_of_track(END)
}

#[test]
fn a_reset_silences_at_once() {
    for (what, body) in resets() {
        let held = piece()
            .note(CHANNEL, 69, 100, 10, END)
            .note(OTHER, 60, 100, 10, END)
            .control(CHANNEL, 64, 127, 100)
            .system_exclusive(RESET, &body);
        let sound = render(&held, &["--steady"]);
        assert!(sound.level_db(RESET - 50..RESET) > -60.0);
        assert!(sound.is_silent(RESET + 6..END), "{what}");
    }
}

#[test]
fn a_reset_takes_everything_back() {
    let fresh = afterwards(piece());
    let expected = render(&fresh, &["--steady"]);
    let left_alone = render(&afterwards(all_set(piece())), &["--steady"]);
    assert!(!left_alone.is_as(&expected, RESET + 35..END));
    for (what, body) in resets() {
        let with = afterwards(all_set(piece()).system_exclusive(RESET, &body));
        let sound = render(&with, &["--steady"]);
        assert!(sound.is_as(&expected, RESET + 6..END), "{what}");
    }
}

#[test]
fn a_reset_at_the_beginning_changes_nothing() {
    let song = afterwards(piece());
    let plain = render(&song, &[]);
    for (what, body) in resets() {
        let with = afterwards(piece().system_exclusive(0, &body));
        assert!(render(&with, &[]) == plain, "{what}");
    }
}

#[test]
fn a_damaged_reset_is_none() {
    let song = afterwards(all_set(piece()));
    let plain = render(&song, &["--steady"]);
    let mut wrong_sum = GS_RESET.to_vec();
    wrong_sum[8] ^= 1;
    for body in [
        &wrong_sum[..],
        &GM_ON[..3],
        &XG_ON[..6],
        &[0x7E, 0x7F, 0x09, 0x04],
    ] {
        let with = afterwards(all_set(piece()).system_exclusive(RESET, body));
        assert!(render(&with, &["--steady"]) == plain, "{body:?}");
    }
}
