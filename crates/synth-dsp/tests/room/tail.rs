//! How the tail sounds: dense, without ringing tones, wide, free of DC, and over in the end.

use synth_dsp::fx::room::{Room, RoomShape};

use crate::response::{BOTH, LEFT, SIZES, energy, response, ring};

const RATE_HZ: u32 = 44_100;

/// Share of samples beyond the standard deviation in a window of 20 ms, over that of Gaussian noise
/// (J. S. Abel, P. Huang, "A simple, robust measure of reverberation echo density", AES 121st
/// convention, 2006).
fn echo_density(samples: &[f32], at_s: f64) -> f64 {
    let half = (0.010 * f64::from(RATE_HZ)) as usize;
    let centre = (at_s * f64::from(RATE_HZ)) as usize;
    let window = &samples[centre - half..centre + half];
    let deviation = (energy(window) / window.len() as f64).sqrt();
    let beyond = window.iter().filter(|x| f64::from(x.abs()) > deviation);
    beyond.count() as f64 / window.len() as f64 / 0.3173
}

#[test]
fn echoes_grow_dense() {
    for (size, dense_from_s) in [(0.0, 0.06), (0.5, 0.08), (1.0, 0.18)] {
        let [left, _] = response(RATE_HZ, size, LEFT, 1.0);
        let mean = |from_s: f64| -> f64 {
            (0..10)
                .map(|i| echo_density(&left, from_s + 0.01 * f64::from(i)))
                .sum::<f64>()
                / 10.0
        };
        let at_first = echo_density(&left, 0.015);
        println!(
            "size {size}: {at_first:.2} at 15 ms, {:.2} dense",
            mean(dense_from_s)
        );
        assert!(at_first < 0.85, "size {size}: {at_first}");
        assert!(mean(dense_from_s) > 0.9, "size {size}");
    }
}

/// The spectrum of a stretch of the tail, each bin over the mean of its surroundings.
fn levelled_spectrum(samples: &[f32], from_s: f64, to_s: f64) -> Vec<f64> {
    let at = |s: f64| (s * f64::from(RATE_HZ)) as usize;
    let stretch = &samples[at(from_s)..at(to_s)];
    let fft = testkit::forward_fft(stretch.len());
    let length = stretch.len() as f64;
    let mut input: Vec<f64> = stretch
        .iter()
        .enumerate()
        .map(|(n, &x)| f64::from(x) * (std::f64::consts::PI * n as f64 / length).sin().powi(2))
        .collect();
    let mut spectrum = fft.make_output_vec();
    fft.process(&mut input, &mut spectrum).unwrap();
    let power: Vec<f64> = spectrum.iter().map(|bin| bin.norm_sqr()).collect();
    let bin_hz = f64::from(RATE_HZ) / length;
    let bins = (100.0 / bin_hz) as usize..(6_000.0 / bin_hz) as usize;
    bins.map(|bin| {
        let around = bin - bin / 4..bin + bin / 4;
        let count = around.len() as f64;
        power[bin] / (power[around].iter().sum::<f64>() / count)
    })
    .collect()
}

/// Gaussian noise has peaks of 10 log10(ln n) over n bins and a flatness of exp(-0.577) = 0.56; a
/// room whose tones ring out one by one has higher peaks and less of it.
#[test]
fn no_tone_rings_on() {
    for size in SIZES {
        let t60_s = RoomShape::new(size).t60_s(1_000.0);
        let [left, _] = response(RATE_HZ, size, LEFT, 1.3 * t60_s);
        for (from, to) in [(0.2, 0.6), (0.6, 1.2)] {
            let bins = levelled_spectrum(&left, from * t60_s, to * t60_s);
            let peak = bins.iter().fold(0.0_f64, |peak, x| peak.max(*x));
            let log_mean = bins.iter().map(|x| x.ln()).sum::<f64>() / bins.len() as f64;
            let mean = bins.iter().sum::<f64>() / bins.len() as f64;
            let over_noise_db = 10.0 * (peak / (bins.len() as f64).ln()).log10();
            let flatness = log_mean.exp() / mean;
            println!(
                "size {size}, {from} to {to} T60: peaks {over_noise_db:+.1} dB re noise, flatness {flatness:.3}"
            );
            assert!(over_noise_db < 5.5, "size {size}: {over_noise_db} dB");
            assert!(flatness > 0.25, "size {size}: {flatness}");
        }
    }
}

#[test]
fn the_ears_hear_different_tails() {
    for size in SIZES {
        for impulse in [LEFT, BOTH] {
            let seconds = RoomShape::new(size).longest_t60_s();
            let [left, right] = response(RATE_HZ, size, impulse, seconds);
            let from = (0.05 * f64::from(RATE_HZ)) as usize;
            let correlation = testkit::correlation(&left[from..], &right[from..]);
            println!("size {size}, {impulse:?}: {correlation:.3}");
            assert!(correlation.abs() < 0.15, "size {size}: {correlation}");
        }
    }
}

#[test]
fn there_is_no_dc_in_it() {
    for size in SIZES {
        let length = 10 * RATE_HZ as usize;
        let ones = vec![1.0; length];
        let mut room = Room::new(RATE_HZ, size, 1.0);
        let [left, right] = ring(&mut room, [&ones, &ones], 4096);
        let last = [left, right].map(|ear| ear[length - 1].abs());
        assert!(last.iter().all(|&x| x < 1e-4), "size {size}: {last:?}");
    }
}

#[test]
fn silence_becomes_exactly_silent_on_one_sample() {
    for (rate_hz, size) in [(8_000, 0.0), (44_100, 0.5)] {
        let run = |block: usize| {
            let length = (6.0 * f64::from(rate_hz)) as usize;
            let mut send = vec![0.0; length];
            send[3] = 1.0;
            send[99] = -0.5;
            let mut room = Room::new(rate_hz, size, 1.0);
            let out = ring(&mut room, [&send, &send], block);
            assert!(!room.is_awake());
            out
        };
        let whole = run(100_000);
        let last = whole[0].iter().rposition(|&x| x != 0.0).unwrap();
        let before = &whole[0][last - 100..last];
        let peak = before.iter().fold(0.0_f32, |peak, x| peak.max(x.abs()));
        assert!(peak > 0.0 && peak < 1e-10, "{rate_hz} Hz: {peak}");
        for block in [1, 33] {
            assert!(run(block) == whole, "{rate_hz} Hz, blocks of {block}");
        }
        // And it wakes up as new.
        let mut room = Room::new(rate_hz, size, 1.0);
        let mut send = vec![0.0; 2 * whole[0].len()];
        (send[3], send[99]) = (1.0, -0.5);
        let again = whole[0].len() + 5;
        (send[again], send[again + 96]) = (1.0, -0.5);
        let out = ring(&mut room, [&send, &send], 500);
        assert_eq!(out[0][3..last], out[0][again..again + last - 3]);
    }
}
