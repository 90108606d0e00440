//! Modulation and the vibrato controllers: depth in cents, rate in Hz, delay in seconds.

use std::sync::LazyLock;

use synth_model::{CurveTable, Instrument};
use testkit::SmfBuilder;

use crate::sound_place::{SoundPlace, VIBRATO_DELAY, VIBRATO_DEPTH, VIBRATO_RATE};
use crate::stage::{CHANNEL, KEY, Sound, assert_near, heard_with, long_note, registered};

const END: u32 = 1_500;

/// The flute with a vibrato that stands out from its drift: how much of either an instrument has is
/// its player's.
static LIVELY: LazyLock<[&str; 2]> = LazyLock::new(|| {
    let bytes = include_bytes!("../../instruments/flute.synth");
    let mut flute = Instrument::from_bytes(bytes).unwrap();
    // 5 Hz, 16 cents, after 0.1 s within 0.2 s; a drift of half a cent.
    flute.expression.vibrato = CurveTable::constant(&[5.0, 16.0, 0.1, 0.2]).unwrap();
    flute.expression.drift = CurveTable::constant(&[0.5, 1.0]).unwrap();
    let path = concat!(env!("CARGO_TARGET_TMPDIR"), "/vibrating.synth");
    std::fs::write(path, flute.to_bytes()).unwrap();
    ["--instrument", path]
});

/// Semitones of vibrato to either side, in cents, and its rate, over 1 s.
struct Vibrato {
    cents: f64,
    hz: f64,
}

/// By least squares: the sine at the rate that takes most of the track away.
fn vibrato(track: &[f64]) -> Vibrato {
    let mean = track.iter().sum::<f64>() / track.len() as f64;
    let at_rate = |hz: f64| {
        let (mut re, mut im) = (0.0, 0.0);
        for (n, cents) in track.iter().enumerate() {
            let (sin, cos) = (std::f64::consts::TAU * hz * 0.005 * n as f64).sin_cos();
            re += (cents - mean) * cos;
            im += (cents - mean) * sin;
        }
        2.0 * re.hypot(im) / track.len() as f64
    };
    let rates = (200..1_500).map(|step| f64::from(step) / 100.0);
    let (hz, cents) = rates
        .map(|hz| (hz, at_rate(hz)))
        .max_by(|a, b| a.1.total_cmp(&b.1))
        .unwrap();
    Vibrato { cents, hz }
}

/// The vibrato without and with.
fn change(change: impl Fn(SmfBuilder, u8) -> SmfBuilder) -> (Vibrato, Vibrato) {
    let heard = heard_with(&*LIVELY, &long_note(KEY, END), change);
    let of = |sound: &Sound| vibrato(&sound.pitch_track(450..END, f64::from(KEY)));
    (of(&heard.without), of(&heard.with))
}

#[test]
fn modulation_adds_fifty_cents() {
    for (value, cents) in [(127, 50.0), (64, 50.0 * 64.0 / 127.0)] {
        for at in [0, 300] {
            let (without, with) = change(|piece, channel| piece.control(channel, 1, value, at));
            assert_near(
                &format!("CC 1 {value}"),
                with.cents - without.cents,
                cents,
                2.0,
            );
            assert_near("its rate", with.hz, without.hz, 0.1);
        }
    }
    let (without, with) = change(|piece, channel| {
        piece
            .control(channel, 1, 20, 0)
            .control(channel, 33, 127, 0)
    });
    let cents = 50.0 * (20.0 + 127.0 / 128.0) / 127.0;
    assert_near("CC 33", with.cents - without.cents, cents, 0.5);
}

#[test]
fn rpn_5_sets_the_depth_of_modulation() {
    for (data, cents) in [((1, 0), 100.0), ((0, 32), 25.0), ((2, 0), 200.0)] {
        for (wheel_at, range_at) in [(0, 5), (5, 0)] {
            let (without, with) = change(|piece, channel| {
                let piece = registered(piece, channel, range_at, 5, data);
                piece.control(channel, 1, 127, wheel_at)
            });
            let what = format!("RPN 5 {data:?}");
            assert_near(&what, with.cents - without.cents, cents, 0.05 * cents);
        }
    }
}

fn set(place: &SoundPlace, value: u8) -> (Vibrato, Vibrato) {
    place.assert_ways_agree(&long_note(KEY, END), &*LIVELY, value);
    change(|piece, channel| place.set(piece, channel, value))
}

#[test]
fn vibrato_depth_takes_away_and_adds() {
    let (without, none) = set(&VIBRATO_DEPTH, 0);
    println!("own {} cents at {} Hz", without.cents, without.hz);
    assert!(without.cents > 5.0 && none.cents < 1.5, "{}", none.cents);
    let (without, most) = set(&VIBRATO_DEPTH, 127);
    assert_near("added", most.cents - without.cents, 50.0, 2.0);
}

#[test]
fn vibrato_rate_halves_and_doubles() {
    for (value, factor) in [(0, 0.5), (127, 2.0), (64 + 21, 2_f64.powf(21.0 / 63.0))] {
        let (without, with) = set(&VIBRATO_RATE, value);
        assert_near(
            &format!("CC 76 {value}"),
            with.hz / without.hz,
            factor,
            0.05 * factor,
        );
    }
}

/// When the vibrato first moves the pitch by ten cents, in seconds after the onset.
fn first_swing_s(sound: &Sound) -> f64 {
    let track = sound.pitch_track(110..2_400, f64::from(KEY));
    let calm = track.iter().position(|cents| cents.abs() > 10.0);
    0.100 + 0.0125 + 0.005 * calm.unwrap() as f64
}

#[test]
fn vibrato_delay_adds_up_to_two_seconds() {
    // A deep vibrato stands out from the drift.
    let deep = long_note(KEY, 2_500).control(CHANNEL, 77, 127, 0);
    VIBRATO_DELAY.assert_ways_agree(&deep, &*LIVELY, 64 + 21);
    for value in [64 + 21, 64 + 42] {
        let heard = heard_with(&*LIVELY, &deep, |piece, channel| {
            VIBRATO_DELAY.set(piece, channel, value)
        });
        let later = first_swing_s(&heard.with) - first_swing_s(&heard.without);
        let expected = 2.0 * f64::from(value - 64) / 63.0;
        // The swing it is seen by may be the next, half a period later.
        assert_near(&format!("CC 78 {value}"), later, expected, 0.1);
    }
    let sooner = heard_with(&*LIVELY, &deep, |piece, channel| {
        VIBRATO_DELAY.set(piece, channel, 0)
    });
    let saved = first_swing_s(&sooner.without) - first_swing_s(&sooner.with);
    println!("{saved} s sooner");
    assert!(saved > 0.03, "{saved} s");
}
