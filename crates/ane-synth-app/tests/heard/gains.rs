//! Volume, expression and master volume: how many dB, and whether the timbre follows.

use testkit::SmfBuilder;

use crate::exclusive::{gs, gs_part, real_time, xg, xg_part};
use crate::stage::{
    CHANNEL, Heard, KEY, Message, assert_near, heard, heard_everywhere, heard_with, long_note,
    piece,
};

const END: u32 = 700;
const CHANGE: u32 = 250;
/// When the ramp is over.
const AFTER: std::ops::Range<u32> = 300..690;

/// General MIDI's curve: 40 log10 of the part of full, here between two values.
fn curve_db(from: f64, to: f64) -> f64 {
    40.0 * (to / from).log10()
}

fn change_db(heard: &Heard) -> f64 {
    heard.with.level_db(AFTER) - heard.without.level_db(AFTER)
}

/// How far `with` is from a copy of `without` that is only louder or softer, dB below it.
fn shape_difference_db(heard: &Heard) -> f64 {
    let gain = 10_f64.powf(change_db(heard) / 20.0);
    let scaled: Vec<f64> = heard
        .without
        .left(AFTER)
        .iter()
        .map(|&x| f64::from(x) * gain)
        .collect();
    -testkit::snr_db(heard.with.left(AFTER), &scaled)
}

#[test]
fn volume_is_a_plain_gain() {
    for at in [0, CHANGE] {
        for value in [1, 32, 64, 127] {
            let heard = heard(&long_note(KEY, END), |piece, channel| {
                piece.control(channel, 7, value, at)
            });
            // A channel begins with 100.
            let expected = curve_db(100.0, f64::from(value));
            assert_near(&format!("CC 7 {value}"), change_db(&heard), expected, 0.01);
            assert!(shape_difference_db(&heard) < -90.0, "the timbre stays");
        }
    }
    let nothing = heard(&long_note(KEY, END), |piece, channel| {
        piece.control(channel, 7, 0, CHANGE)
    });
    assert!(nothing.with.is_silent(CHANGE + 22..END));
}

#[test]
fn volume_expression_and_pan_take_fourteen_bits() {
    for (controller, full) in [(7, 100.0), (11, 127.0)] {
        let heard = heard(&long_note(60, END), |piece, channel| {
            let coarse = piece.control(channel, controller, 20, CHANGE);
            coarse.control(channel, controller + 32, 64, CHANGE)
        });
        let what = format!("CC {controller} and {}", controller + 32);
        // Expression is heard through the network, whose level is an A-weighted one.
        let change = heard.with.a_level_db(AFTER) - heard.without.a_level_db(AFTER);
        assert_near(&what, change, curve_db(full, 20.5), 0.1);
    }
}

#[test]
fn a_coarse_byte_takes_the_fine_one_back() {
    let heard = heard(&long_note(KEY, END), |piece, channel| {
        piece
            .control(channel, 39, 127, CHANGE)
            .control(channel, 7, 20, CHANGE)
    });
    assert_near(
        "CC 7 after 39",
        change_db(&heard),
        curve_db(100.0, 20.0),
        0.01,
    );
}

#[test]
fn expression_has_the_level_of_volume_and_moves_the_timbre() {
    for (instrument, least_db) in [
        ("flute", -60.0),
        ("double-bass", -60.0),
        ("alto-sax", -60.0),
    ] {
        let arguments = ["--steady", "--instrument", instrument];
        for value in [24, 64, 100] {
            let heard = heard_with(&arguments, &long_note(60, END), |piece, channel| {
                piece.control(channel, 11, value, CHANGE)
            });
            let change = heard.with.a_level_db(AFTER) - heard.without.a_level_db(AFTER);
            let expected = curve_db(127.0, f64::from(value));
            assert_near(
                &format!("{instrument}, CC 11 {value}"),
                change,
                expected,
                0.1,
            );
            let shape_db = shape_difference_db(&heard);
            println!("{shape_db} dB");
            assert!(shape_db > least_db, "{instrument}: {shape_db} dB");
        }
        let softer = heard_with(&arguments, &long_note(60, END), |piece, channel| {
            piece.control(channel, 11, 48, CHANGE)
        });
        let (with, without) = (&softer.with, &softer.without);
        println!(
            "{instrument} {} {}",
            with.brightness(AFTER, 60),
            without.brightness(AFTER, 60)
        );
        assert!(
            with.brightness(AFTER, 60) < without.brightness(AFTER, 60),
            "softer is darker"
        );
    }
}

#[test]
fn master_volume_scales_every_channel() {
    for (what, body, value) in [
        ("universal", real_time(&[4, 1, 0, 64]), 64.0),
        ("universal, LSB", real_time(&[4, 1, 64, 20]), 20.5),
        ("GS", gs([0x40, 0, 4], &[64]), 64.0),
        ("XG", xg([0, 0, 4], &[64]), 64.0),
    ] {
        for at in [0, CHANGE] {
            let piece = |channel| piece().note(channel, KEY, 100, 10, END);
            let change = |piece: SmfBuilder| piece.system_exclusive(at, &body);
            for heard in heard_everywhere(piece, change) {
                let expected = curve_db(127.0, value);
                assert_near(what, change_db(&heard), expected, 0.01);
                assert!(shape_difference_db(&heard) < -90.0, "{what}");
            }
        }
    }
}

#[test]
fn parts_of_gs_and_xg_have_a_volume() {
    for (what, body) in [
        (
            "GS",
            (|channel| gs_part(0x10, channel, 0x19, &[50])) as Message,
        ),
        ("XG", |channel| xg_part(channel, 0x0B, &[50])),
    ] {
        let heard = heard(&long_note(KEY, END), |piece, channel| {
            piece.system_exclusive(CHANGE, &body(channel))
        });
        assert_near(what, change_db(&heard), curve_db(100.0, 50.0), 0.01);
    }
}

#[test]
fn volume_expression_and_master_volume_multiply() {
    let heard = heard(&long_note(KEY, END), |piece, channel| {
        let piece = piece.control(channel, 7, 50, CHANGE);
        match channel {
            CHANNEL => piece.system_exclusive(CHANGE, &real_time(&[4, 1, 0, 64])),
            _ => piece,
        }
    });
    let expected = curve_db(100.0, 50.0) + curve_db(127.0, 64.0);
    assert_near("together", change_db(&heard), expected, 0.01);
}
