//! How far the oscillator bank is from sines in f64.

use synth_dsp::harmonic_bank::HarmonicBank;
use synth_dsp::reference;

use crate::workload::{SAMPLE_RATE_HZ, SteadyPitch};

/// From the lowest key of a piano to the highest. Rounding errors of recurrences are largest at the low
/// end.
const F0_HZ: [f64; 6] = [27.5, 65.41, 261.63, 880.0, 2093.7, 4186.0];

/// The lowest signal-to-noise ratio of all pitches, in dB, over `seconds` of each.
pub(crate) fn worst_snr_db(bank: &HarmonicBank, amplitudes: &[f32], seconds: f64) -> f64 {
    let samples = (seconds * SAMPLE_RATE_HZ) as usize;
    let ratios = F0_HZ.iter().map(|&f0_hz| {
        let pitch = SteadyPitch::new(f0_hz, samples);
        let segment = pitch.whole(amplitudes, amplitudes);
        let (mut got, mut exact) = (vec![0.0; samples], vec![0.0; samples]);
        bank.render(&segment, &mut got);
        reference::harmonic_bank::render(&segment, &mut exact);
        snr_db(&got, &exact)
    });
    ratios.fold(f64::INFINITY, f64::min)
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
    fn the_worst_pitch_counts() {
        let bank = HarmonicBank::new();
        let snr_db = worst_snr_db(&bank, &[1.0; 64], 0.05);
        assert!(snr_db > 110.0 && snr_db < 200.0, "{snr_db} dB");
    }
}
