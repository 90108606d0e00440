//! Every controller number up to 119: heard or ignored, and exactly that. From 120 on they are mode
//! messages, which have their own module.

use std::sync::Arc;

use testkit::SmfBuilder;

use crate::exclusive::XG_ON;
use crate::stage::{CHANNEL, OTHER, Sound, piece, render};

/// What a controller does in the phrase.
enum Number {
    /// It changes nothing, whatever its value and whenever it comes.
    Ignored,
    /// A message of it is heard.
    Heard(Case),
}

/// The circumstances in which a controller matters.
struct Case {
    /// Controllers and values at the beginning.
    before: &'static [(u8, u8)],
    at_ms: u32,
    value: u8,
    /// Right after it.
    after: &'static [(u8, u8)],
}

const fn heard(before: &'static [(u8, u8)], at_ms: u32, value: u8) -> Number {
    heard_then(before, at_ms, value, &[])
}

const fn heard_then(
    before: &'static [(u8, u8)],
    at_ms: u32,
    value: u8,
    after: &'static [(u8, u8)],
) -> Number {
    Number::Heard(Case {
        before,
        at_ms,
        value,
        after,
    })
}

const BEND_RANGE: &[(u8, u8)] = &[(101, 0), (100, 0)];

fn number(controller: u8) -> Number {
    match controller {
        // Bank select, to the drums of XG.
        0 => heard(&[], 0, 127),
        1 => heard(&[], 0, 127),
        5 => heard(&[(65, 127)], 0, 64),
        6 => heard(BEND_RANGE, 0, 12),
        7 => heard(&[], 0, 80),
        10 => heard(&[], 0, 30),
        11 => heard(&[], 0, 80),
        33 => heard(&[(1, 60)], 0, 100),
        37 => heard(&[(65, 127), (5, 60)], 0, 100),
        38 => heard(BEND_RANGE, 0, 50),
        39 => heard(&[], 0, 100),
        42 => heard(&[], 0, 100),
        43 => heard(&[(11, 60)], 0, 100),
        64 => heard(&[], 100, 127),
        65 => heard(&[(5, 64)], 0, 127),
        66 => heard(&[], 100, 127),
        67 => heard(&[], 0, 127),
        68 => heard(&[(126, 1)], 0, 127),
        72 => heard(&[], 0, 100),
        73 => heard(&[], 0, 100),
        74 => heard(&[], 0, 100),
        76 => heard(&[], 0, 100),
        77 => heard(&[], 0, 100),
        78 => heard(&[], 0, 30),
        84 => heard(&[(5, 64)], 0, 48),
        91 => heard(&[], 0, 127),
        96 => heard(BEND_RANGE, 0, 0),
        97 => heard(BEND_RANGE, 0, 0),
        98 => heard_then(&[(99, 1)], 0, 32, &[(6, 100)]),
        99 => heard_then(&[(98, 32)], 0, 1, &[(6, 100)]),
        100 => heard_then(&[(101, 0)], 0, 0, &[(6, 12)]),
        101 => heard_then(&[(100, 0)], 0, 0, &[(6, 12)]),
        // Among them 32, bank select's other half, which is for instruments that name a bank: none of
        // the built-in ones does.
        _ => Number::Ignored,
    }
}

/// XG is on, so that banks matter, and a bend is, so that ranges do. The program comes after what
/// comes at the beginning; the second note begins under the first, the third after a rest.
fn phrase(set: impl Fn(SmfBuilder) -> SmfBuilder) -> SmfBuilder {
    set(piece().system_exclusive(0, &XG_ON).bend(CHANNEL, 10_000, 0))
        .program(CHANNEL, 73, 5)
        .note(CHANNEL, 69, 100, 10, 300)
        .note(CHANNEL, 64, 80, 200, 350)
        .note(CHANNEL, 71, 100, 550, 800)
        .end_of_track(1_000)
}

fn sound(set: impl Fn(SmfBuilder) -> SmfBuilder) -> Arc<Sound> {
    render(&phrase(set), &["--room", "1"])
}

fn controls(piece: SmfBuilder, controls: &[(u8, u8)], at_ms: u32) -> SmfBuilder {
    let each = controls.iter();
    each.fold(piece, |piece, &(controller, value)| {
        piece.control(CHANNEL, controller, value, at_ms)
    })
}

/// How a render differs from another, dB below it.
fn difference_db(with: &Sound, without: &Sound) -> f64 {
    let both = |sound: &Sound| [&sound.left[..], &sound.right].concat();
    -testkit::snr_db(&both(with), &both(without))
}

fn assert_heard(controller: u8, case: &Case) {
    let play = |channel: Option<u8>| {
        sound(|piece| {
            let mut piece = controls(piece, case.before, 0);
            if let Some(channel) = channel {
                piece = piece.control(channel, controller, case.value, case.at_ms);
            }
            controls(piece, case.after, case.at_ms)
        })
    };
    let without = play(None);
    let difference = difference_db(&play(Some(CHANNEL)), &without);
    println!("controller {controller}: {difference:.1} dB");
    assert!(
        difference > -70.0,
        "controller {controller} is not heard: {difference} dB"
    );
    let elsewhere = play(Some(OTHER));
    assert!(
        elsewhere == without,
        "controller {controller} is heard on another channel"
    );
}

/// The phrase with messages of some controllers that are to be ignored, at times and with values
/// that would tell.
fn with_ignored(numbers: &[u8]) -> Arc<Sound> {
    sound(|piece| {
        let values = [(0, 127), (100, 0), (250, 64), (320, 1), (600, 127)];
        let each = numbers.iter().flat_map(|&n| values.map(|v| (n, v)));
        each.fold(piece, |piece, (number, (at_ms, value))| {
            piece.control(CHANNEL, number, value, at_ms)
        })
    })
}

#[test]
fn every_controller_is_heard_or_ignored() {
    let mut ignored = Vec::new();
    for controller in 0..=119 {
        match number(controller) {
            Number::Heard(case) => assert_heard(controller, &case),
            Number::Ignored => ignored.push(controller),
        }
    }
    println!("ignored: {ignored:?}");
    assert_eq!(ignored.len(), 120 - 32);
    let plain = sound(|piece| piece);
    // All at once; one by one only to say which.
    if with_ignored(&ignored) != plain {
        ignored.retain(|&number| with_ignored(&[number]) != plain);
        panic!("not ignored: {ignored:?}");
    }
}
