//! Amount and size while something sounds, and broken input.

use std::f64::consts::TAU;

use synth_dsp::fx::room::Room;
use synth_dsp::simd::FlushDenormals;

use crate::response::ring;

const RATE_HZ: u32 = 44_100;
const EVENT: usize = 30_007;
const LENGTH: usize = 60_000;

fn tone(hz: f64) -> Vec<f32> {
    (0..LENGTH)
        .map(|n| (0.3 * (TAU * hz * n as f64 / f64::from(RATE_HZ)).sin()) as f32)
        .collect()
}

/// What a room makes of a tone while `change` happens to it at [`EVENT`], in blocks of `block`.
fn changed(hz: f64, block: usize, change: impl Fn(&mut Room)) -> [Vec<f32>; 2] {
    let send = tone(hz);
    let mut room = Room::new(RATE_HZ, 0.4, 0.6);
    let mut before = ring(&mut room, [&send[..EVENT], &send[..EVENT]], block);
    change(&mut room);
    let after = ring(&mut room, [&send[EVENT..], &send[EVENT..]], block);
    for (before, after) in before.iter_mut().zip(after) {
        before.extend(after);
    }
    before
}

#[test]
fn changes_do_not_click() {
    for hz in [55.0, 440.0, 3_000.0] {
        let plain = changed(hz, 512, |_| {});
        for (what, change) in [
            ("amount 0", (|room| room.set_amount(0.0)) as fn(&mut Room)),
            ("amount 1", |room| room.set_amount(1.0)),
            ("size 0", |room| room.set_size(0.0)),
            ("size 1", |room| room.set_size(1.0)),
            ("both", |room| {
                room.set_size(0.9);
                room.set_amount(0.2);
            }),
        ] {
            let with = changed(hz, 512, change);
            for (with, plain) in with.iter().zip(&plain) {
                assert!(with[EVENT + 5_000..] != plain[EVENT + 5_000..], "{what}");
                // What changes goes on for a while, and is heard after the first reflection.
                let ratio = (EVENT..EVENT + 8_000)
                    .step_by(150)
                    .map(|at| testkit::click_ratio(with, plain, at, f64::from(RATE_HZ)))
                    .fold(0.0, f64::max);
                println!("{hz} Hz, {what}: {ratio:.2}");
                assert!(ratio <= 3.0, "{hz} Hz, {what}: {ratio}");
            }
        }
    }
}

#[test]
fn changes_do_not_depend_on_the_block() {
    let change = |room: &mut Room| {
        room.set_size(0.9);
        // Waits for the fade.
        room.set_size(0.1);
        room.set_amount(0.9);
    };
    let whole = changed(300.0, LENGTH, change);
    for block in [1, 13, 64, 1000] {
        assert!(changed(300.0, block, change) == whole, "blocks of {block}");
    }
}

#[test]
fn a_size_set_is_the_size_it_would_have_had() {
    let send = tone(200.0);
    let send = [&send[..20_000], &send[..20_000]];
    let expected = ring(&mut Room::new(RATE_HZ, 0.8, 0.6), send, 512);
    let mut asleep = Room::new(RATE_HZ, 0.1, 0.6);
    asleep.set_size(0.8);
    assert!(ring(&mut asleep, send, 512) == expected, "set in silence");
    let mut played = Room::new(RATE_HZ, 0.1, 0.6);
    ring(&mut played, send, 512);
    played.set_size(0.3);
    played.set_size(0.8);
    testkit::no_alloc(|| played.reset());
    assert!(
        ring(&mut played, send, 512) == expected,
        "set before a reset"
    );
}

#[test]
fn an_amount_is_a_gain_of_the_send() {
    let send = tone(200.0);
    let half: Vec<f32> = send.iter().map(|x| 0.5 * x).collect();
    let expected = ring(&mut Room::new(RATE_HZ, 0.5, 1.0), [&half, &half], 512);
    let got = ring(&mut Room::new(RATE_HZ, 0.5, 0.5), [&send, &send], 512);
    assert!(got == expected);
    let nothing = ring(&mut Room::new(RATE_HZ, 0.5, 0.0), [&send, &send], 512);
    assert!(nothing.iter().flatten().all(|&x| x == 0.0));
}

#[test]
fn it_adds_to_what_is_there_and_takes_the_shortest_slice() {
    let _flush = FlushDenormals::new();
    let send = tone(200.0);
    let mut room = Room::new(RATE_HZ, 0.5, 1.0);
    let (mut left, mut right) = (vec![2.0; 3000], vec![3.0; 2500]);
    room.process([&send[..2000], &send[..2600]], [&mut left, &mut right]);
    assert!(
        left[..100].iter().all(|&x| x == 2.0),
        "before any reflection"
    );
    assert!(left[1000..2000].iter().any(|&x| x != 2.0));
    assert!(left[2000..].iter().all(|&x| x == 2.0) && right[2000..].iter().all(|&x| x == 3.0));
}

#[test]
fn broken_samples_and_settings_are_silence() {
    let mut send = tone(500.0);
    let mut mended = send.clone();
    for (n, bad) in [
        (100, f32::NAN),
        (2000, f32::INFINITY),
        (2001, f32::NEG_INFINITY),
        (9000, 1e30),
    ] {
        send[n] = bad;
        mended[n] = 0.0;
    }
    let expected = ring(&mut Room::new(RATE_HZ, 0.0, 1.0), [&mended, &mended], 512);
    let got = ring(&mut Room::new(RATE_HZ, f32::NAN, 1.0), [&send, &send], 512);
    assert!(got == expected);
    for amount in [f32::NAN, f32::INFINITY, -1.0] {
        let mut room = Room::new(RATE_HZ, 7.0, amount);
        room.set_size(f32::NEG_INFINITY);
        let out = ring(&mut room, [&mended, &mended], 512);
        assert!(out.iter().flatten().all(|&x| x == 0.0), "{amount}");
    }
}
