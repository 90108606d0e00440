//! What the expression tables ask for is what is heard: the onset's noise and scoop, and how alive a
//! held note is.

mod fixtures;

use fixtures::{config, constant_network, off, on, play, sine, tone_frequency};
use std::f64::consts::TAU;
use synth_engine::{Event, RendererConfig, SoundControl};
use synth_model::{CurveTable, Instrument};

const RATE: f64 = 22_050.0;
const RATE_HZ: u32 = 22_050;
/// A key whose partials are all above Nyquist: there is only its noise.
const NOISE_KEY: u8 = 127;

fn constant(curve: &[f32]) -> CurveTable {
    CurveTable::constant(curve).unwrap()
}

/// An instrument that does nothing of itself.
fn calm(mut instrument: Instrument) -> Instrument {
    let expression = &mut instrument.expression;
    expression.attack_db = constant(&[0.0]);
    expression.attack_step_s = 0.01;
    expression.onset_noise_db = constant(&[0.0]);
    expression.onset_cents = constant(&[0.0]);
    expression.vibrato = constant(&[5.5, 0.0, 0.0, 0.0]);
    expression.fluctuation = constant(&[0.0, 1.0]);
    expression.drift = constant(&[0.0, 1.0]);
    instrument
}

fn noise() -> Instrument {
    let mut instrument = calm(sine());
    instrument.network = constant_network(|row| match row {
        0..64 => -20.0,
        64 => 0.0,
        _ => -6.0,
    });
    instrument
}

fn left(
    config: &RendererConfig,
    instrument: Instrument,
    events: &[Event],
    seconds: f64,
) -> Vec<f32> {
    let score = events.iter().map(|&event| (0, event)).collect();
    let [left, _] = play(config, &[instrument], &score, (seconds * RATE) as usize);
    left
}

/// Power from 1 to 8 kHz between two times, dB.
fn noise_level_db(samples: &[f32], from_s: f64, to_s: f64) -> f64 {
    let part = &samples[(from_s * RATE) as usize..(to_s * RATE) as usize];
    10.0 * testkit::band_power(part, RATE, 1_000.0, 8_000.0).log10()
}

#[test]
fn the_onset_has_its_noise_and_the_sustain_its_own() {
    let config = config(RATE_HZ);
    let heard = |curve: &[f32], sound: &[Event]| {
        let mut instrument = noise();
        instrument.expression.onset_noise_db = constant(curve);
        let events = [sound, &[on(0, NOISE_KEY, 0.8)]].concat();
        left(&config, instrument, &events, 0.6)
    };
    let plain = heard(&[0.0], &[]);
    // 12 dB for 50 ms, then down in 10.
    let bite = [12.0, 12.0, 12.0, 12.0, 12.0, 12.0, 0.0];
    let bitten = heard(&bite, &[]);
    let gain_db = |samples: &[f32], from_s, to_s| {
        noise_level_db(samples, from_s, to_s) - noise_level_db(&plain, from_s, to_s)
    };
    // Both have the same random numbers, so that the gain shows exactly.
    let first = gain_db(&bitten, 0.0, 0.05);
    assert!((first - 12.0).abs() < 0.2, "{first} dB");
    assert!(bitten[2_205..] == plain[2_205..], "after 0.1 s");
    let mut breath = [-6.0; 61];
    breath[60] = 0.0;
    let softer = gain_db(&heard(&breath, &[]), 0.1, 0.5);
    assert!((softer + 6.0).abs() < 0.2, "{softer} dB");

    // The attack controller stretches the onset too: eight times.
    let slow = heard(
        &bite,
        &[Event::Sound {
            channel: 0,
            control: SoundControl::AttackTime,
            amount: 1.0,
        }],
    );
    let late = gain_db(&slow, 0.2, 0.4);
    assert!((late - 12.0).abs() < 0.2, "{late} dB");
    assert!(gain_db(&slow, 0.52, 0.6).abs() < 0.2);
}

#[test]
fn the_onset_bends_the_pitch_and_a_steady_render_does_not() {
    let heard = |steady| {
        let config = RendererConfig {
            steady,
            ..config(RATE_HZ)
        };
        let mut instrument = calm(sine());
        // 60 cents flat for 0.7 s, then up in 0.1 s.
        let mut scoop = vec![-60.0; 8];
        scoop.push(0.0);
        instrument.expression.attack_step_s = 0.1;
        instrument.expression.onset_cents = constant(&scoop);
        left(&config, instrument, &[on(0, 69, 0.8)], 2.0)
    };
    let cents = |samples: &[f32], from_s: f64| {
        testkit::pitch_error_cents(&samples[(from_s * RATE) as usize..], RATE, 440.0)
    };
    let scooped = heard(false);
    let (early, late) = (cents(&scooped, 0.1), cents(&scooped, 1.0));
    assert!((early + 60.0).abs() < 0.5, "{early} cents");
    assert!(late.abs() < 0.5, "{late} cents");
    let steady = heard(true);
    assert!(cents(&steady, 0.1).abs() < 0.5);
}

/// Windows in which loudness and pitch are read.
const WINDOW_S: f64 = 0.025;

/// Level in dB and pitch in cents re 880 Hz of a pure tone, a value a window.
fn track(samples: &[f32]) -> [Vec<f64>; 2] {
    let windows = || samples.chunks_exact((WINDOW_S * RATE).round() as usize);
    let power = |part: &[f32]| part.iter().map(|&x| f64::from(x).powi(2)).sum::<f64>();
    let cents = |part: &[f32]| 1200.0 * (tone_frequency(part) * RATE / 880.0).log2();
    [
        windows().map(|part| 10.0 * power(part).log10()).collect(),
        windows().map(cents).collect(),
    ]
}

/// Standard deviation, and the frequency below which half of the power lies, over several tracks.
fn unsteadiness(tracks: &[Vec<f64>]) -> (f64, f64) {
    let mut spectrum = vec![0.0; tracks[0].len() / 2];
    let (mut squares, mut count) = (0.0, 0);
    for track in tracks {
        let mean = track.iter().sum::<f64>() / track.len() as f64;
        squares += track.iter().map(|x| (x - mean).powi(2)).sum::<f64>();
        count += track.len();
        for (bin, power) in spectrum.iter_mut().enumerate() {
            let turn = TAU * bin as f64 / track.len() as f64;
            let (re, im) = track
                .iter()
                .enumerate()
                .fold((0.0, 0.0), |(re, im), (n, x)| {
                    let (sin, cos) = (turn * n as f64).sin_cos();
                    (re + (x - mean) * cos, im + (x - mean) * sin)
                });
            *power += re * re + im * im;
        }
    }
    let half = spectrum.iter().sum::<f64>() / 2.0;
    let mut below = 0.0;
    let bin = spectrum.iter().position(|power| {
        below += power;
        below >= half
    });
    let bin_hz = 1.0 / (WINDOW_S * tracks[0].len() as f64);
    (
        (squares / count as f64).sqrt(),
        bin.unwrap() as f64 * bin_hz,
    )
}

#[test]
fn a_held_note_is_as_unsteady_as_its_tables_say() {
    for (fluctuation, drift) in [([1.0, 2.0], [6.0, 1.0]), ([0.5, 4.0], [15.0, 2.5])] {
        let mut instrument = calm(sine());
        instrument.expression.fluctuation = constant(&fluctuation);
        instrument.expression.drift = constant(&drift);
        let (mut levels, mut pitches) = (Vec::new(), Vec::new());
        for seed in 0..8 {
            let config = RendererConfig {
                seed,
                ..config(RATE_HZ)
            };
            let note = left(&config, instrument.clone(), &[on(0, 81, 0.8)], 10.1);
            let [level, pitch] = track(&note[(0.1 * RATE) as usize..]);
            levels.push(level);
            pitches.push(pitch);
        }
        for (what, tracks, [deviation, bandwidth_hz]) in
            [("level", levels, fluctuation), ("pitch", pitches, drift)]
        {
            let (got, got_hz) = unsteadiness(&tracks);
            println!("{what}: {got:.3} at {got_hz:.3} Hz, asked {deviation} at {bandwidth_hz} Hz");
            let (deviation, bandwidth_hz) = (f64::from(deviation), f64::from(bandwidth_hz));
            assert!((got / deviation - 1.0).abs() < 0.15, "{what}: {got}");
            assert!(
                (got_hz / bandwidth_hz - 1.0).abs() < 0.3,
                "{what}: {got_hz} Hz"
            );
        }
    }
}

#[test]
fn a_vibrato_keeps_its_depth_and_rate_but_not_like_a_machine() {
    let mut instrument = calm(sine());
    instrument.expression.vibrato = constant(&[5.0, 40.0, 0.2, 0.3]);
    let (mut rates, mut squares) = (Vec::new(), Vec::new());
    for seed in 0..4 {
        let config = RendererConfig {
            seed,
            ..config(RATE_HZ)
        };
        let note = left(&config, instrument.clone(), &[on(0, 81, 0.8)], 6.0);
        let [_, before] = track(&note[..(0.2 * RATE) as usize]);
        assert!(before[1..].iter().all(|cents| cents.abs() < 1.0));
        let [_, pitch] = track(&note[(0.5 * RATE) as usize..]);
        squares.extend(pitch.iter().map(|cents| cents * cents));
        // The time of each upward swing through the middle.
        let swings: Vec<f64> = pitch
            .windows(2)
            .enumerate()
            .filter(|(_, pair)| pair[0] < 0.0 && pair[1] >= 0.0)
            .map(|(n, pair)| (n as f64 - pair[0] / (pair[1] - pair[0])) * WINDOW_S)
            .collect();
        let cycles = swings.windows(2).map(|pair| 1.0 / (pair[1] - pair[0]));
        let cycles: Vec<f64> = cycles.collect();
        let mean = cycles.iter().sum::<f64>() / cycles.len() as f64;
        assert!((mean / 5.0 - 1.0).abs() < 0.06, "{mean} Hz");
        rates.extend(cycles.iter().map(|rate| rate / mean - 1.0));
    }
    let spread = |x: &[f64]| (x.iter().sum::<f64>() / x.len() as f64).sqrt();
    let depth = spread(&squares) * 2f64.sqrt();
    assert!((depth / 40.0 - 1.0).abs() < 0.1, "{depth} cents");
    let wander = spread(&rates.iter().map(|x| x * x).collect::<Vec<_>>());
    println!("rate wanders by {:.1} %", 100.0 * wander);
    assert!((0.012..0.06).contains(&wander), "{wander}");
}

/// A network whose noise rises by 10 dB for each 10 dB that the loudness falls: what learning soft
/// sounds from attacks, or from hiss, would do at worst.
fn contrary() -> Instrument {
    let mut instrument = noise();
    let network = &mut instrument.network;
    // A ReLU of minus the loudness feature in unit 0, passed on to the noise rows.
    let half = |x: f32| half::f16::from_f32(x);
    for (index, layer) in network.layers.iter_mut().enumerate() {
        match index {
            0 => {
                layer.weight[1] = half(-1.0);
                layer.bias[0] = half(1.0);
            }
            1 | 2 => layer.weight[0] = half(1.0),
            _ => {
                for row in 65..layer.outputs {
                    layer.weight[row * layer.inputs] = half(2.0);
                    layer.bias[row] = half(-9.0);
                }
            }
        }
    }
    instrument.expression.release_s = constant(&[2.0]);
    instrument
}

#[test]
fn a_release_falls_in_its_time_without_a_cloud_of_noise() {
    const FRAME_S: f64 = 0.1;
    /// In a frame, at 60 dB in 2 s.
    const FALL_DB: f64 = 3.0;
    let config = config(RATE_HZ);
    let release_at = (0.5 * RATE) as u64;
    let score = vec![(0, on(0, NOISE_KEY, 0.9)), (release_at, off(0, NOISE_KEY))];
    let [left, _] = play(&config, &[contrary()], &score, (3.0 * RATE) as usize);
    let frames: Vec<Vec<f64>> = left[release_at as usize..]
        .chunks_exact((FRAME_S * RATE) as usize)
        .take(20)
        .map(|frame| {
            let levels = testkit::third_octave_levels_db(frame, RATE);
            let audible = levels.iter().enumerate().filter(|(band, _)| {
                let centre_hz = testkit::third_octave_centre_hz(*band);
                (1_000.0..9_000.0).contains(&centre_hz)
            });
            audible.map(|(_, &level)| level).collect()
        })
        .collect();
    assert!(frames[0].iter().all(|&level| level > -80.0), "it sounds");
    for (number, pair) in frames.windows(2).enumerate() {
        for (band, (before, after)) in pair[0].iter().zip(&pair[1]).enumerate() {
            let jump = after - before + FALL_DB;
            assert!(jump.abs() < 6.0, "frame {number}, band {band}: {jump} dB");
        }
    }
    let mean = |levels: &[f64]| levels.iter().sum::<f64>() / levels.len() as f64;
    let fallen = mean(&frames[2]) - mean(&frames[17]);
    assert!((fallen - 45.0).abs() < 2.0, "{fallen} dB in 1.5 s");
}
