//! Odd lengths, dirty buffers, unaligned slices and other shapes of input.

use synth_dsp::harmonic_bank::Segment;
use testkit::max_error_db;

use crate::controls::{Curve, Random, render, render_plainly};
use crate::{banks, is_foreign, name};

#[test]
fn every_length_and_alignment() {
    let curve = Curve::new(160, 12_345, |_| 437.7);
    let mut random = Random(5);
    let (from, to) = (random.amplitudes(64), random.amplitudes(64));
    let whole = render_plainly(&curve.segment(&from, &to, 256));
    for bank in banks() {
        // Up to twice the longest chunk and one more.
        for length in 0..=129 {
            for start in 0..3 {
                let range = start..start + length;
                let segment = Segment {
                    phases: &curve.phases[range.clone()],
                    freq_norm: &curve.freq_norm[range.clone()],
                    from: &from,
                    to: &to,
                    ramp_position: start as u32,
                    hop: 256,
                };
                let mut out = vec![f32::NAN; length + 2];
                bank.render(&segment, &mut out[1..=length]);
                let what = format!("{}: {length} samples from {start}", name(&bank));
                assert!(
                    out[0].is_nan() && out[length + 1].is_nan(),
                    "{what}: wrote outside"
                );
                if length > 0 {
                    let max_error_db = max_error_db(&out[1..=length], &whole[range]);
                    assert!(
                        max_error_db <= -100.0,
                        "{what}: max error {max_error_db} dB"
                    );
                }
            }
        }
    }
}

#[test]
fn no_partials_are_silence() {
    let curve = Curve::new(70, 0, |_| 100.0);
    for bank in banks() {
        assert_eq!(render(&bank, &curve.segment(&[], &[], 64)), vec![0.0; 70]);
    }
}

#[test]
fn one_partial_is_a_sine() {
    let phases: Vec<u64> = (0..1000u64)
        .map(|n| n.wrapping_mul(u64::MAX / 1000))
        .collect();
    let curve = Curve {
        freq_norm: vec![0.001; phases.len()],
        phases,
    };
    for bank in banks() {
        // Of Accelerate 8 units in the last place.
        let most = if is_foreign(&bank) { 5e-7 } else { 1e-7 };
        let out = render(&bank, &curve.segment(&[0.5], &[0.5], 64));
        for (n, sample) in out.into_iter().enumerate() {
            let expected = 0.5 * (std::f64::consts::TAU * n as f64 / 1000.0).sin();
            assert!(
                (f64::from(sample) - expected).abs() < most,
                "sample {n}: {sample}"
            );
        }
    }
}

#[test]
fn ramps_run_from_the_old_to_the_new_amplitude_and_then_hold() {
    // A quarter turn at every sample: the output is the amplitude.
    let curve = Curve {
        phases: vec![1 << 62; 24],
        freq_norm: vec![0.01; 24],
    };
    for bank in banks() {
        let segment = Segment {
            ramp_position: 4,
            ..curve.segment(&[1.0], &[3.0], 16)
        };
        for (n, sample) in render(&bank, &segment).into_iter().enumerate() {
            let expected = 1.0 + 2.0 * (4 + n).min(16) as f32 / 16.0;
            assert!(
                (sample - expected).abs() < 1e-6,
                "sample {n}: {sample}, not {expected}"
            );
        }
    }
}

#[test]
fn running_backwards_mirrors() {
    let forwards = Curve::new(300, 0, |_| 3000.0);
    let backwards = Curve::new(300, 0, |_| -3000.0);
    let amplitudes = Random(9).amplitudes(64);
    for bank in banks() {
        let forwards = render(&bank, &forwards.segment(&amplitudes, &amplitudes, 64));
        let backwards = render(&bank, &backwards.segment(&amplitudes, &amplitudes, 64));
        for (a, b) in forwards.into_iter().zip(backwards) {
            assert!((a + b).abs() < 1e-5);
        }
    }
}
