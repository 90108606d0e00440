//! The reverb send level, as a controller and as a parameter of GS and XG.

use std::sync::Arc;

use testkit::SmfBuilder;

use crate::exclusive::{gs_part, xg_part};
use crate::stage::{CHANNEL, KEY, OTHER, Sound, assert_near, long_note, render};

const END: u32 = 900;

fn note() -> SmfBuilder {
    long_note(KEY, END)
}

fn wet(piece: &SmfBuilder) -> Arc<Sound> {
    render(piece, &["--instrument", "flute", "--room", "1"])
}

/// Level of what the room adds, dB.
fn room_db(piece: &SmfBuilder) -> f64 {
    let dry = render(piece, &["--instrument", "flute", "--room", "off"]);
    let wet = wet(piece);
    let difference = |wet: &[f32], dry: &[f32]| -> Vec<f32> {
        wet.iter().zip(dry).map(|(wet, dry)| wet - dry).collect()
    };
    let added = Sound {
        left: difference(&wet.left, &dry.left),
        right: difference(&wet.right, &dry.right),
    };
    added.level_db(0..END)
}

#[test]
fn the_send_is_linear_and_40_at_first() {
    let at_first = room_db(&note());
    for value in [1, 40, 64, 127] {
        let expected = 20.0 * (f64::from(value) / 40.0).log10();
        let sent = note().control(CHANNEL, 91, value, 0);
        let what = format!("controller 91 at {value}");
        assert_near(&what, room_db(&sent) - at_first, expected, 0.1);
    }
    let none = note().control(CHANNEL, 91, 0, 0);
    assert!(room_db(&none) == f64::NEG_INFINITY);
    let elsewhere = note().control(OTHER, 91, 127, 0);
    assert!(wet(&elsewhere) == wet(&note()));
}

#[test]
fn it_stays_when_controllers_are_reset() {
    let sent = |piece: SmfBuilder| piece.control(CHANNEL, 91, 127, 0);
    let reset = sent(note()).control(CHANNEL, 121, 0, 5);
    assert!(wet(&reset) == wet(&sent(note())));
}

#[test]
fn parts_of_gs_and_xg_have_one() {
    let expected = wet(&note().control(CHANNEL, 91, 100, 0));
    for (what, body) in [
        ("GS", gs_part(0x10, CHANNEL, 0x22, &[100])),
        ("XG", xg_part(CHANNEL, 0x13, &[100])),
    ] {
        assert!(
            wet(&note().system_exclusive(0, &body)) == expected,
            "{what}"
        );
    }
}

#[test]
fn the_room_rings_on_after_the_last_note() {
    let piece = long_note(KEY, 400).end_of_track(2_500);
    let level = |size: &str, range| {
        let arguments = ["--instrument", "flute", "--room", "1", "--room-size", size];
        render(&piece, &arguments).level_db(range)
    };
    // A release takes up to half a second.
    for (size, least, most) in [("0.3", 50.0, 90.0), ("1", 10.0, 30.0)] {
        let fall_db = level(size, 1_000..1_100) - level(size, 2_000..2_100);
        println!("size {size}: {fall_db:.1} dB a second");
        assert!((least..most).contains(&fall_db), "size {size}: {fall_db}");
    }
    let dry = render(&piece, &["--instrument", "flute"]);
    assert!(dry.is_silent(2_000..2_500));
}
