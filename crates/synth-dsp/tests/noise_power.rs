//! The noise bus on average: level, spectrum and correlation, whatever the sample rate.

mod spectrum;

use spectrum::{mean_density, ratio_db, welch};
use synth_dsp::filtered_noise::{NOISE_BAND_SPACING_HZ, NOISE_BANDS, NoiseBus, StereoBandPower};
use synth_dsp::reference::filtered_noise::{NoiseVoice, density_at, filter_taps, mix_voices};

const HOP: usize = 64;

/// A wind-like spectrum: a broad hump falling by some 40 dB to the top, with ripple.
fn spectrum(level_db: f64, slope_db: f64, ripple: f64) -> [f32; NOISE_BANDS] {
    std::array::from_fn(|band| {
        let db = level_db + slope_db * band as f64 + 3.0 * (ripple * band as f64).sin();
        10.0_f64.powf(db / 10.0) as f32
    })
}

fn render(rate: u32, hop: usize, power: &StereoBandPower, seconds: usize) -> [Vec<f64>; 2] {
    let mut bus = NoiseBus::new(rate, hop, 2024);
    let warm_up = 8;
    let hops = warm_up + seconds * rate as usize / hop;
    let mut out = [Vec::new(), Vec::new()];
    for index in 0..hops {
        let (mut left, mut right) = (vec![0.0; hop], vec![0.0; hop]);
        bus.push_hop(power);
        bus.add_to(&mut left, &mut right);
        if index >= warm_up {
            out[0].extend(left.into_iter().map(f64::from));
            out[1].extend(right.into_iter().map(f64::from));
        }
    }
    out
}

/// Third-octave edges around the nominal centres between 50 Hz and `limit_hz`.
fn third_octaves(limit_hz: f64) -> impl Iterator<Item = (f64, f64)> {
    (-13..=13)
        .map(|n| 1000.0 * 2.0_f64.powf(f64::from(n) / 3.0))
        .map(|centre| {
            (
                centre * 2.0_f64.powf(-1.0 / 6.0),
                centre * 2.0_f64.powf(1.0 / 6.0),
            )
        })
        .take_while(move |&(_, hi)| hi <= limit_hz)
}

/// Level and slope in dB, ripple, left and right gain.
type Voice = (f64, f64, f64, f32, f32);

#[test]
fn equals_the_sum_of_independent_panned_voices() {
    let rate = 44_100;
    let (seconds, fft) = (12, 512);
    let cases: [(&str, &[Voice]); 4] = [
        ("centred", &[(-60.0, -0.6, 0.3, 0.707, 0.707)]),
        (
            "hard left and hard right",
            &[(-60.0, -0.6, 0.3, 1.0, 0.0), (-58.0, -0.4, 0.5, 0.0, 1.0)],
        ),
        (
            "mixed",
            &[
                (-60.0, -0.6, 0.3, 0.9, 0.3),
                (-66.0, -0.1, 0.6, 0.707, 0.707),
                (-50.0, -0.9, 0.2, 0.2, 0.95),
            ],
        ),
        (
            "opposite phase",
            &[(-60.0, -0.6, 0.3, 0.8, -0.6), (-66.0, -0.4, 0.6, 0.3, 0.3)],
        ),
    ];
    for (name, voices) in cases {
        let mut power = StereoBandPower::default();
        for &(level, slope, ripple, left, right) in voices {
            power.add_panned(&spectrum(level, slope, ripple), left, right);
        }
        let [left, right] = render(rate, HOP, &power, seconds);
        let bus = welch(rate, &left, &right, fft);
        let twins = voices
            .iter()
            .zip(1..)
            .map(
                |(&(level, slope, ripple, left_gain, right_gain), seed)| NoiseVoice {
                    powers: vec![spectrum(level, slope, ripple); seconds * rate as usize / HOP],
                    left_gain: left_gain.into(),
                    right_gain: right_gain.into(),
                    seed,
                },
            )
            .collect::<Vec<_>>();
        let (left, right) = mix_voices(rate, HOP, &twins);
        let twin = welch(rate, &left, &right, fft);
        let (mut worst_db, mut worst_correlation) = (0.0_f64, 0.0_f64);
        for band in 1..NOISE_BANDS - 1 {
            let centre = band as f64 * NOISE_BAND_SPACING_HZ;
            let half = NOISE_BAND_SPACING_HZ / 2.0;
            let mean = |d: &[f64]| mean_density(d, bus.bin_hz, centre - half, centre + half);
            for (got, want) in [(&bus.ll, &twin.ll), (&bus.rr, &twin.rr)] {
                if mean(want) > 0.0 {
                    worst_db = worst_db.max(ratio_db(mean(got), mean(want)).abs());
                } else {
                    assert_eq!(mean(got), 0.0, "{name}");
                }
            }
            let correlation = |d: &spectrum::Densities| {
                mean(&d.lr) / (mean(&d.ll) * mean(&d.rr)).sqrt().max(1e-30)
            };
            worst_correlation =
                worst_correlation.max((correlation(&bus) - correlation(&twin)).abs());
        }
        println!("{name}: {worst_db:.2} dB, correlation {worst_correlation:.3}");
        assert!(worst_db <= 0.5, "{name}: {worst_db:.2} dB");
        assert!(
            worst_correlation <= 0.05,
            "{name}: correlation {worst_correlation:.3}"
        );
    }
}

#[test]
fn third_octave_densities_are_those_asked_for_at_every_rate() {
    let power = spectrum(-60.0, -0.6, 0.45);
    for (rate, hop) in [
        (8_000, 64),
        (22_050, 64),
        (44_100, 64),
        (48_000, 64),
        (96_000, 128),
        (192_000, 256),
    ] {
        let limit_hz = (f64::from(rate) / 2.0 * 0.98).min(18_000.0);
        let mut stereo = StereoBandPower::default();
        stereo.add_panned(&power, 1.0, 1.0);
        let [left, right] = render(rate, hop, &stereo, 12);
        let length = (rate as usize / 20).next_power_of_two();
        let got = welch(rate, &left, &right, length);
        let taps = filter_taps(rate, hop, &power);
        let mut worst_db = 0.0_f64;
        for (lo, hi) in third_octaves(limit_hz) {
            let points = (0..40).map(|i| lo + (hi - lo) * (f64::from(i) + 0.5) / 40.0);
            let want = points.clone().map(|f| density_at(&power, f)).sum::<f64>() / 40.0;
            let designed = points.map(|f| response(&taps, f, rate)).sum::<f64>() / 40.0;
            let designed_db = ratio_db(designed, want);
            assert!(
                designed_db.abs() <= 0.5,
                "{rate} Hz, {lo:.0}..{hi:.0}: design {designed_db:.2}"
            );
            // Narrower bands vary too much over 12 s to be told apart to half a decibel.
            if hi - lo > 150.0 {
                let db = ratio_db(mean_density(&got.ll, got.bin_hz, lo, hi), want);
                worst_db = worst_db.max(db.abs());
                assert!(db.abs() <= 0.5, "{rate} Hz, {lo:.0}..{hi:.0}: {db:.2} dB");
            }
        }
        println!("{rate} Hz: worst measured third octave {worst_db:.2} dB");
    }
}

/// Power density at `freq_hz` of unit-variance white noise through `taps`.
fn response(taps: &[f64], freq_hz: f64, rate: u32) -> f64 {
    let step = 2.0 * std::f64::consts::PI * freq_hz / f64::from(rate);
    let (re, im) = taps
        .iter()
        .enumerate()
        .fold((0.0, 0.0), |(re, im), (n, tap)| {
            (
                re + tap * (step * n as f64).cos(),
                im + tap * (step * n as f64).sin(),
            )
        });
    (re * re + im * im) * 2.0 / f64::from(rate)
}

#[test]
fn integrated_density_is_the_variance() {
    for (rate, hop) in [(8_000, 64), (44_100, 64), (96_000, 128), (192_000, 256)] {
        for power in [[1e-6; NOISE_BANDS], spectrum(-55.0, -0.5, 0.8)] {
            let nyquist = f64::from(rate) / 2.0;
            let step = 10.0;
            let want = (0..(nyquist / step) as usize)
                .map(|i| density_at(&power, (i as f64 + 0.5) * step) * step)
                .sum::<f64>();
            let mut stereo = StereoBandPower::default();
            stereo.add_panned(&power, 1.0, 0.5);
            for (channel, gain) in render(rate, hop, &stereo, 4).iter().zip([1.0, 0.25]) {
                let got = channel.iter().map(|x| x * x).sum::<f64>() / channel.len() as f64;
                let db = ratio_db(got, want * gain);
                assert!(db.abs() < 0.25, "{rate} Hz: {db:.2} dB");
            }
        }
    }
}

#[test]
fn nothing_sounds_above_the_last_band() {
    let rate = 96_000;
    let mut power = StereoBandPower::default();
    power.add_panned(&[1e-6; NOISE_BANDS], 1.0, 1.0);
    let [left, right] = render(rate, 128, &power, 4);
    let got = welch(rate, &left, &right, 2048);
    let above = mean_density(&got.ll, got.bin_hz, 24_500.0, 47_900.0);
    let db = ratio_db(above, 1e-6);
    assert!(db < -50.0, "{db:.1} dB above 24.5 kHz");
}
