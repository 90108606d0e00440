//! How far each candidate is from sines in f64.

use std::f64::consts::TAU;

use synth_dsp::harmonic_bank::Segment;

use super::voice::{HOP, PARTIALS, SAMPLE_RATE_HZ, Voice};

/// From the lowest key of a piano to where the 64th partial still is below every fade to Nyquist. Rounding
/// errors of recurrences are largest at the low end.
const F0_HZ: [f64; 5] = [27.5, 65.41, 110.0, 220.0, 329.63];

/// 2^64, the size of one turn.
const TURN: f64 = 18_446_744_073_709_551_616.0;

/// A voice and its samples in f64.
pub(super) struct Reference {
    voice: Voice,
    exact: Vec<f64>,
}

/// Of each spectrum (1/k, flat), every pitch.
pub(super) fn references(seconds: f64) -> [Vec<Reference>; 2] {
    let samples = (seconds * SAMPLE_RATE_HZ) as usize;
    let falling: Vec<f32> = (1..=PARTIALS).map(|k| 1.0 / k as f32).collect();
    let flat = vec![1.0; PARTIALS];
    [falling, flat].map(|amplitudes| {
        let voices = F0_HZ
            .iter()
            .map(|&f0_hz| Voice::new(f0_hz, samples, &amplitudes));
        voices
            .map(|voice| Reference {
                exact: voice
                    .segments()
                    .flat_map(|segment| exact(&segment))
                    .collect(),
                voice,
            })
            .collect()
    })
}

/// The lowest signal-to-noise ratio of all pitches for each spectrum, in dB.
pub(super) fn worst_snr_db(
    references: &[Vec<Reference>; 2],
    render: impl Fn(&Segment<'_>, &mut [f32]),
) -> [f64; 2] {
    references.each_ref().map(|references| {
        let mut worst = f64::INFINITY;
        for reference in references {
            let mut got = vec![0.0; reference.voice.samples()];
            reference.voice.render(&render, &mut got);
            let ratio = snr_db(&got, &reference.exact);
            if ratio.is_nan() {
                return ratio;
            }
            worst = worst.min(ratio);
        }
        worst
    })
}

/// A control frame in f64.
fn exact(segment: &Segment<'_>) -> Vec<f64> {
    let samples = segment.phases.iter().enumerate();
    let samples = samples.map(|(index, phase)| {
        let position = index as f64 / HOP as f64;
        let mut sum = 0.0;
        for (k, (&from, &to)) in (1_u64..).zip(segment.from.iter().zip(segment.to)) {
            let (from, to) = (f64::from(from), f64::from(to));
            // Wrapped exactly, as an integer.
            let turns = phase.wrapping_mul(k) as i64 as f64 / TURN;
            sum += (from + (to - from) * position) * (TAU * turns).sin();
        }
        sum
    });
    samples.collect()
}

/// `10 log10(sum ref^2 / sum (x - ref)^2)`.
fn snr_db(samples: &[f32], reference: &[f64]) -> f64 {
    let signal: f64 = reference.iter().map(|r| r * r).sum();
    let errors = samples.iter().zip(reference);
    let noise: f64 = errors.map(|(&x, r)| (f64::from(x) - r).powi(2)).sum();
    10.0 * (signal / noise).log10()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_known_error_gives_its_level() {
        let reference: Vec<f64> = (0..1000).map(|n| (f64::from(n) * 0.1).sin()).collect();
        let samples: Vec<f32> = reference.iter().map(|r| (r * 1.001) as f32).collect();
        assert!((snr_db(&samples, &reference) - 60.0).abs() < 0.01);
    }

    #[test]
    fn a_partial_left_out_shows() {
        let references = references(0.05);
        let all = worst_snr_db(&references, super::super::scalar::render);
        let all_but_one = worst_snr_db(&references, |segment: &Segment<'_>, out: &mut [f32]| {
            let (from, to) = (&segment.from[..63], &segment.to[..63]);
            super::super::scalar::render(
                &Segment {
                    from,
                    to,
                    ..*segment
                },
                out,
            );
        });
        assert!(all[0] > 100.0 && all[1] > 100.0, "{all:?}");
        assert!(
            all_but_one[0] < 60.0 && all_but_one[1] < 30.0,
            "{all_but_one:?}"
        );
    }
}
