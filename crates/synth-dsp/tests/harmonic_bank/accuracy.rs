//! Distance from the `f64` render on long notes.

use testkit::{aliasing_to_signal_db, max_error_db, note_hz, snr_db, tune_to_bin};

use crate::controls::{Curve, Random, SAMPLE_RATE_HZ, render, render_plainly};
use crate::{banks, name};

const PARTIALS: usize = 64;
const F0_HZ: [f64; 6] = [27.5, 65.41, 261.63, 880.0, 2093.7, 4186.0];

/// Gates of the project: 16-bit audio has 98 dB, 20-bit converters about 120 dB. Accelerate's sines may be
/// off by some 4 units in the last place before they fail them: with sines that are rounded and nothing else
/// its body reaches 133 dB.
fn assert_accurate(what: &str, curve: &Curve, amplitudes: &[f32]) {
    let segment = curve.segment(amplitudes, amplitudes, 64);
    let expected = render_plainly(&segment);
    for bank in banks() {
        let out = render(&bank, &segment);
        let (snr_db, max_error_db) = (snr_db(&out, &expected), max_error_db(&out, &expected));
        let level = name(&bank);
        println!("{what}, {level}: SNR {snr_db:.1} dB, max error {max_error_db:.1} dB");
        assert!(snr_db >= 120.0, "{what}, {level}: SNR {snr_db} dB");
        assert!(
            max_error_db <= -105.0,
            "{what}, {level}: max error {max_error_db} dB"
        );
    }
}

fn flat() -> Vec<f32> {
    vec![1.0; PARTIALS]
}

fn falling() -> Vec<f32> {
    (1..=PARTIALS).map(|k| 1.0 / k as f32).collect()
}

fn assert_accurate_over_the_keyboard(name: &str, amplitudes: &[f32], vibrato_cents: f64) {
    for f0_hz in F0_HZ {
        let samples = 4 * SAMPLE_RATE_HZ as usize;
        let curve = Curve::new(samples, 0, |second| {
            let swing = (std::f64::consts::TAU * 6.0 * second).sin();
            f0_hz * (vibrato_cents / 1200.0 * swing).exp2()
        });
        assert_accurate(
            &format!("{name} {f0_hz} Hz +-{vibrato_cents} cents"),
            &curve,
            amplitudes,
        );
    }
}

#[test]
fn flat_spectrum_steady() {
    assert_accurate_over_the_keyboard("flat", &flat(), 0.0);
}

#[test]
fn flat_spectrum_with_vibrato() {
    assert_accurate_over_the_keyboard("flat", &flat(), 50.0);
}

#[test]
fn falling_spectrum_steady() {
    assert_accurate_over_the_keyboard("1/k", &falling(), 0.0);
}

#[test]
fn falling_spectrum_with_vibrato() {
    assert_accurate_over_the_keyboard("1/k", &falling(), 50.0);
}

#[test]
fn an_hour_later_nothing_has_drifted() {
    let hour = 3600 * SAMPLE_RATE_HZ as u64;
    for f0_hz in [27.5, 261.63, 1046.5] {
        let curve = Curve::new(SAMPLE_RATE_HZ as usize / 2, hour, |_| f0_hz);
        // The same phase reckoned another way: whole turns of an exact 128-bit product dropped.
        let increment = synth_dsp::phase::increment_from_freq(f0_hz / SAMPLE_RATE_HZ);
        assert_eq!(
            curve.phases[100],
            (u128::from(increment) * u128::from(hour + 100)) as u64
        );
        assert_accurate(&format!("flat {f0_hz} Hz after an hour"), &curve, &flat());
    }
}

#[test]
fn random_phases_frequencies_and_ramps() {
    let mut random = Random(1);
    for partials in [1, 2, 3, 17, 64, 100, 300] {
        let phases = (0..500).map(|_| random.bits()).collect();
        let freq_norm = (0..500)
            .map(|_| random.unit() * 0.6 / partials as f32)
            .collect();
        let curve = Curve { phases, freq_norm };
        let (from, to) = (random.amplitudes(partials), random.amplitudes(partials));
        let segment = curve.segment(&from, &to, 256);
        let expected = render_plainly(&segment);
        for bank in banks() {
            let max_error_db = max_error_db(&render(&bank, &segment), &expected);
            println!(
                "{partials} partials, {}: max error {max_error_db:.1} dB",
                name(&bank)
            );
            assert!(
                max_error_db <= -100.0,
                "{partials} partials: max error {max_error_db} dB"
            );
        }
    }
}

#[test]
fn nothing_sounds_off_the_harmonics() {
    for bank in banks() {
        for note in (21..=127).step_by(2) {
            let tuning = tune_to_bin(note_hz(note.into()), SAMPLE_RATE_HZ, 32_749);
            let curve = Curve::new(tuning.length, 0, |_| tuning.f0_hz);
            let amplitudes = flat();
            let out = render(&bank, &curve.segment(&amplitudes, &amplitudes, 64));
            let aliasing_db = aliasing_to_signal_db(&out, tuning.f0_bins);
            assert!(
                aliasing_db < -115.0,
                "note {note}, {}: {aliasing_db} dB",
                name(&bank)
            );
        }
    }
}
