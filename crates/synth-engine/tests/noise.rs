//! The bus noise stands for noises that each voice would make itself: same powers, same image.

mod fixtures;

use fixtures::{Score, config, on, play, saw};
use synth_engine::{Event, RendererConfig};
use synth_model::Instrument;

const RATE: f64 = 44_100.0;
const SECONDS: usize = 20;
/// What is left after the attack.
const FROM: usize = 8_820;

fn noise_db(band: usize, tilt_db: f32) -> f32 {
    -75.0 + tilt_db * band as f32 / 64.0
}

fn noisy(tilt_db: f32, program: u8, silent: bool) -> Instrument {
    let row = move |row: usize| match row {
        0..64 => -2.0 * ((row + 1) as f32).log10(),
        64 => 0.0,
        // -200 dB per Hz is what the bus takes for silence.
        _ if silent => -30.0,
        _ => noise_db(row - 65, tilt_db) / 10.0,
    };
    let mut instrument = fixtures::instrument("noisy", fixtures::constant_network(row), &[program]);
    instrument.expression.fluctuation = synth_model::CurveTable::constant(&[0.0, 4.0]).unwrap();
    instrument
}

/// The noise of a score alone: what is left when the same score without noise is taken away.
fn noise_of(seed: u64, score: &Score) -> [Vec<f64>; 2] {
    let config = RendererConfig {
        seed,
        ..config(RATE as u32)
    };
    let length = SECONDS * RATE as usize;
    let render = |silent| {
        let instruments = [
            noisy(-20.0, 0, silent),
            noisy(0.0, 40, silent),
            noisy(15.0, 80, silent),
        ];
        play(&config, &instruments, score, length)
    };
    let (with, without) = (render(false), render(true));
    std::array::from_fn(|side| {
        let pairs = with[side][FROM..].iter().zip(&without[side][FROM..]);
        pairs.map(|(a, b)| f64::from(a - b)).collect()
    })
}

struct Part {
    program: u8,
    key: u8,
    position: f32,
}

fn score(parts: &[Part]) -> Score {
    let mut score = Score::new();
    for (channel, part) in (0..).zip(parts) {
        score.push((
            0,
            Event::Program {
                channel,
                bank: 0,
                program: part.program,
            },
        ));
        score.push((
            0,
            Event::Pan {
                channel,
                position: part.position,
            },
        ));
        score.push((0, on(channel, part.key, 0.8)));
    }
    score
}

/// Power of both sides and the real part of their cross power in a band.
fn powers([left, right]: &[Vec<f64>; 2], low_hz: f64, high_hz: f64) -> [f64; 3] {
    let power = |x: &[f64]| testkit::band_power(x, RATE, low_hz, high_hz);
    let sum: Vec<f64> = left.iter().zip(right).map(|(l, r)| l + r).collect();
    let (ll, rr) = (power(left), power(right));
    [ll, rr, (power(&sum) - ll - rr) / 2.0]
}

fn assert_like_per_voice_noise(what: &str, parts: &[Part]) {
    let together = noise_of(1, &score(parts));
    // The yardstick: each voice alone with a noise of its own, added up.
    let mut apart: [Vec<f64>; 2] = std::array::from_fn(|_| vec![0.0; together[0].len()]);
    for (seed, part) in (100..).zip(parts) {
        let alone = noise_of(seed, &score(std::slice::from_ref(part)));
        for (sum, alone) in apart.iter_mut().zip(&alone) {
            sum.iter_mut().zip(alone).for_each(|(sum, x)| *sum += x);
        }
    }
    for (low_hz, high_hz) in [
        (500.0, 1500.0),
        (2000.0, 4000.0),
        (6000.0, 9000.0),
        (12e3, 18e3),
    ] {
        let [ll, rr, lr] = powers(&together, low_hz, high_hz);
        let [want_ll, want_rr, want_lr] = powers(&apart, low_hz, high_hz);
        for (side, power, want) in [("left", ll, want_ll), ("right", rr, want_rr)] {
            if want < 1e-20 {
                assert!(power < 1e-20, "{what}, {side} must be silent");
                continue;
            }
            let error_db = 10.0 * (power / want).log10();
            assert!(
                error_db.abs() < 0.5,
                "{what}, {side}, {low_hz} Hz: {error_db} dB"
            );
        }
        if want_ll > 1e-20 && want_rr > 1e-20 {
            let (got, want) = (lr / (ll * rr).sqrt(), want_lr / (want_ll * want_rr).sqrt());
            assert!(
                (got - want).abs() < 0.05,
                "{what}, {low_hz} Hz: {got} against {want}"
            );
        }
    }
}

#[test]
fn centred_voices() {
    let part = |program, key| Part {
        program,
        key,
        position: 0.0,
    };
    assert_like_per_voice_noise("centred", &[part(0, 50), part(40, 57), part(80, 64)]);
}

#[test]
fn hard_panned_voices() {
    let parts = [
        Part {
            program: 0,
            key: 50,
            position: -1.0,
        },
        Part {
            program: 40,
            key: 57,
            position: 1.0,
        },
    ];
    assert_like_per_voice_noise("hard-panned", &parts);
    assert_like_per_voice_noise("one side only", &parts[..1]);
}

#[test]
fn mixed_voices() {
    let parts = [
        Part {
            program: 0,
            key: 50,
            position: -0.6,
        },
        Part {
            program: 40,
            key: 57,
            position: 0.1,
        },
        Part {
            program: 80,
            key: 64,
            position: 0.8,
        },
    ];
    assert_like_per_voice_noise("mixed", &parts);
}

#[test]
fn noise_has_the_level_that_the_network_asks_for() {
    let [left, _] = noise_of(
        3,
        &score(&[Part {
            program: 40,
            key: 60,
            position: -1.0,
        }]),
    );
    // One band of constant density; the channel's volume of 100 is a gain of (100/127)^2.
    let volume_db = 40.0 * (100.0f64 / 127.0).log10();
    let want_db = f64::from(noise_db(0, 0.0)) + 10.0 * 4000.0f64.log10() + volume_db;
    let got_db = 10.0 * testkit::band_power(&left, RATE, 4000.0, 8000.0).log10();
    // Within the ranges the loudness is what the network saw, so nothing is added.
    assert!((got_db - want_db).abs() < 0.3, "{got_db} against {want_db}");
}

#[test]
fn noise_is_never_heard_before_its_note_nor_after_it() {
    let silent_until = 10_007;
    let score = vec![
        (silent_until, on(0, 60, 0.9)),
        (20_000, fixtures::off(0, 60)),
    ];
    let [left, right] = play(&config(44_100), &[saw(-60.0)], &score, 60_000);
    for channel in [left, right] {
        assert!(channel[..silent_until as usize].iter().all(|&x| x == 0.0));
        assert!(channel[50_000..].iter().all(|&x| x == 0.0));
    }
}
