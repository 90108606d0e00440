//! Where a channel stands between left and right.

use std::f64::consts::FRAC_PI_4;
use std::f64::consts::SQRT_2;

use crate::exclusive::{gs_part, xg_part};
use crate::stage::{CHANNEL, KEY, Message, Sound, assert_near, assert_unheard, heard, long_note};

const END: u32 = 600;
const CHANGE: u32 = 250;
const AFTER: std::ops::Range<u32> = 300..590;

fn rms(samples: &[f32]) -> f64 {
    let sum: f64 = samples.iter().map(|&x| f64::from(x).powi(2)).sum();
    (sum / samples.len() as f64).sqrt()
}

/// The gains of left and right over what each has in the centre.
fn gains(with: &Sound, without: &Sound) -> (f64, f64) {
    let gain = |with, without| rms(with) / rms(without);
    (
        gain(with.left(AFTER), without.left(AFTER)),
        gain(with.right(AFTER), without.right(AFTER)),
    )
}

/// Constant power (RP-036): 1 and 0 are hard left, 64 the centre, 127 hard right.
fn assert_position(what: &str, sides: (f64, f64), value: f64) {
    let position = (value.max(1.0) - 64.0) / 63.0;
    let angle = (position + 1.0) * FRAC_PI_4;
    assert_near(
        &format!("{what}, left"),
        sides.0,
        SQRT_2 * angle.cos(),
        1e-3,
    );
    assert_near(
        &format!("{what}, right"),
        sides.1,
        SQRT_2 * angle.sin(),
        1e-3,
    );
}

#[test]
fn pan_keeps_the_power() {
    for value in [0, 1, 20, 100, 127] {
        for at in [0, CHANGE] {
            let heard = heard(&long_note(KEY, END), |piece, channel| {
                piece.control(channel, 10, value, at)
            });
            let sides = gains(&heard.with, &heard.without);
            assert_position(&format!("CC 10 {value}"), sides, f64::from(value));
            let power = heard.with.level_db(AFTER) - heard.without.level_db(AFTER);
            assert_near("power", power, 0.0, 0.01);
            if value <= 1 {
                assert!(heard.with.right(AFTER).iter().all(|&x| x == 0.0));
            }
            if value == 127 {
                assert!(heard.with.left(AFTER).iter().all(|&x| x == 0.0));
            }
        }
    }
    let note = long_note(KEY, END);
    let centre = note.clone().control(CHANNEL, 10, 64, CHANGE);
    assert_unheard("the centre", &note, &centre);
}

#[test]
fn pan_has_a_fine_half() {
    let heard = heard(&long_note(KEY, END), |piece, channel| {
        piece.control(channel, 42, 96, CHANGE)
    });
    assert_position("CC 42", gains(&heard.with, &heard.without), 64.75);
}

#[test]
fn parts_of_gs_and_xg_have_a_pan() {
    for (what, body) in [
        (
            "GS",
            (|channel| gs_part(0x10, channel, 0x1C, &[100])) as Message,
        ),
        ("XG", |channel| xg_part(channel, 0x0E, &[100])),
    ] {
        let heard = heard(&long_note(KEY, END), |piece, channel| {
            piece.system_exclusive(CHANGE, &body(channel))
        });
        assert_position(what, gains(&heard.with, &heard.without), 100.0);
    }
}
