//! Whether the notes that were asked for are heard.

use std::f64::consts::TAU;

use super::{BUFFER, Instrument, KEYS, SAMPLE_RATE_HZ};
use crate::Failure;

/// Two seconds: frequencies a quarter tone apart are told apart down to 50 Hz.
const BUFFERS: usize = 2 * SAMPLE_RATE_HZ / BUFFER;
/// Harmonics that count as a note.
const HARMONICS: usize = 4;
/// How much more a note must have than what lies a quarter tone beside it, in dB.
const LEAST_DB: f64 = 6.0;

/// Plays two seconds.
///
/// # Errors
/// A sample that is no number, or a note that is not heard.
pub(super) fn check(instrument: &mut dyn Instrument) -> Result<(), Failure> {
    let mut mono = Vec::new();
    let (mut left, mut right) = ([0.0; BUFFER], [0.0; BUFFER]);
    instrument.start()?;
    for _ in 0..BUFFERS {
        instrument.render(&mut left, &mut right)?;
        mono.extend(left.iter().zip(&right).map(|(left, right)| left + right));
    }
    check_notes(&mono)
}

fn check_notes(mono: &[f32]) -> Result<(), Failure> {
    if mono.iter().any(|sample| !sample.is_finite()) {
        return Err("a sample is no number".into());
    }
    for key in KEYS {
        let f0_hz = 440.0 * 2.0_f64.powf((f64::from(key) - 69.0) / 12.0);
        let quarter_tone = 2.0_f64.powf(1.0 / 24.0);
        let [below, at, above] = [1.0 / quarter_tone, 1.0, quarter_tone].map(|detuning| {
            let harmonics = (1..=HARMONICS).map(|k| power(mono, k as f64 * f0_hz * detuning));
            harmonics.sum::<f64>()
        });
        let more_db = 10.0 * (at / below.max(above)).log10();
        if more_db.is_nan() || more_db < LEAST_DB {
            return Err(
                format!("key {key} is not heard ({more_db:.1} dB more than beside it)").into(),
            );
        }
    }
    Ok(())
}

/// The power at a frequency, under a Hann window.
fn power(samples: &[f32], frequency_hz: f64) -> f64 {
    let step = TAU * frequency_hz / SAMPLE_RATE_HZ as f64;
    let (mut real, mut imaginary) = (0.0, 0.0);
    for (n, &sample) in samples.iter().enumerate() {
        let window = 0.5 - 0.5 * (TAU * n as f64 / samples.len() as f64).cos();
        let (sin, cos) = (step * n as f64).sin_cos();
        real += window * f64::from(sample) * cos;
        imaginary += window * f64::from(sample) * sin;
    }
    real * real + imaginary * imaginary
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A sawtooth of eight harmonics on each key, moved by so many semitones.
    fn chord(keys: &[u8], semitones: f64) -> Vec<f32> {
        let samples = 0..BUFFERS * BUFFER;
        let sample = |n: usize| {
            let mut sum = 0.0;
            for &key in keys {
                let key = f64::from(key) + semitones;
                let f0_hz = 440.0 * 2.0_f64.powf((key - 69.0) / 12.0);
                let phase = TAU * f0_hz * n as f64 / SAMPLE_RATE_HZ as f64;
                sum += (1..=8)
                    .map(|k| (f64::from(k) * phase).sin() / f64::from(k))
                    .sum::<f64>();
            }
            sum as f32
        };
        samples.map(sample).collect()
    }

    #[test]
    fn the_right_notes_are_heard_and_others_are_not() {
        check_notes(&chord(&KEYS, 0.0)).unwrap();
        assert!(check_notes(&chord(&KEYS, 0.5)).is_err());
        assert!(check_notes(&chord(&KEYS, 1.0)).is_err());
        assert!(check_notes(&vec![0.0; BUFFER * BUFFERS]).is_err());
        assert!(check_notes(&vec![f32::NAN; BUFFER * BUFFERS]).is_err());
    }
}
