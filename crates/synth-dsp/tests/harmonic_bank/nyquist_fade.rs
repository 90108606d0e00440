//! Partials fade before Nyquist, without a step, and are gone beyond it.

use synth_dsp::harmonic_bank::FADE_WIDTH;
use synth_dsp::reference::harmonic_bank::nyquist_weight;

use testkit::{max_error_db, snr_db};

use crate::controls::{Curve, render, render_plainly};
use crate::{banks, name};

/// A curve whose frequency sweeps while its phase stands where partial `k` is at its crest, so that
/// the output is the weight itself.
fn standing_crest(k: u32, samples: usize) -> Curve {
    let phase = (1u64 << 62) / u64::from(k);
    let edge = 0.5 / k as f32;
    let freq = |n: usize| edge * (0.96 + 0.05 * n as f32 / samples as f32);
    Curve {
        phases: vec![phase; samples],
        freq_norm: (0..samples).map(freq).collect(),
    }
}

#[test]
fn a_bend_through_nyquist_has_no_step() {
    for k in [1, 2, 7, 33, 64] {
        let curve = standing_crest(k, 3000);
        let mut amplitudes = vec![0.0; 64];
        amplitudes[k as usize - 1] = 1.0;
        // The slope of the fade times the frequency's step, with room for the rounding of both.
        let most = k as f32 * (curve.freq_norm[1] - curve.freq_norm[0]).abs() / FADE_WIDTH * 1.1;
        for bank in banks() {
            let out = render(&bank, &curve.segment(&amplitudes, &amplitudes, 64));
            assert!(
                (out[0] - 1.0).abs() < 1e-5,
                "partial {k} starts at {}",
                out[0]
            );
            assert_eq!(out[2999], 0.0, "partial {k} does not end");
            for (n, pair) in out.windows(2).enumerate() {
                let step = (pair[1] - pair[0]).abs();
                assert!(step <= most + 4e-6, "partial {k} steps by {step} at {n}");
            }
        }
    }
}

#[test]
fn weights_are_as_defined() {
    for k in [1, 5, 64] {
        let curve = standing_crest(k, 1000);
        let mut amplitudes = vec![0.0; 64];
        amplitudes[k as usize - 1] = 1.0;
        for bank in banks() {
            let out = render(&bank, &curve.segment(&amplitudes, &amplitudes, 64));
            for (&weight, &freq_norm) in out.iter().zip(&curve.freq_norm) {
                let expected = nyquist_weight(u64::from(k), f64::from(freq_norm));
                let error = (f64::from(weight) - expected).abs();
                assert!(
                    error < 1e-5,
                    "partial {k} at {freq_norm}: {weight}, not {expected}"
                );
            }
        }
    }
    assert_eq!(nyquist_weight(1, 0.485), 1.0);
    assert!((nyquist_weight(2, 0.246_25) - 0.5).abs() < 1e-6);
    assert_eq!(nyquist_weight(3, 0.5 / 3.0 + 1e-12), 0.0);
}

#[test]
fn sweeps_agree_with_the_twin() {
    let curve = Curve::new(6000, 0, |second| 100.0 * (second * 60.0).exp2());
    let amplitudes = vec![1.0; 64];
    let segment = curve.segment(&amplitudes, &amplitudes, 64);
    let expected = render_plainly(&segment);
    for bank in banks() {
        let out = render(&bank, &segment);
        let (snr_db, max_error_db) = (snr_db(&out, &expected), max_error_db(&out, &expected));
        println!(
            "sweep, {}: SNR {snr_db:.1} dB, max error {max_error_db:.1} dB",
            name(&bank)
        );
        assert!(
            snr_db >= 115.0 && max_error_db <= -100.0,
            "{snr_db} dB, {max_error_db} dB"
        );
    }
}

#[test]
fn above_nyquist_there_is_exact_silence() {
    let amplitudes = vec![-1.0; 64];
    for f0_hz in [22_050.0, 22_051.0, 30_000.0, 44_100.0, 1e9] {
        let curve = Curve::new(100, 3, |_| f0_hz);
        for bank in banks() {
            for sample in render(&bank, &curve.segment(&amplitudes, &amplitudes, 64)) {
                assert_eq!(sample.to_bits(), 0, "{f0_hz} Hz");
            }
        }
    }
}
