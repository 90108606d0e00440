//! Loudness as the ear's sensitivity at moderate level weighs it.

use crate::power_spectrum::PowerSpectrum;

/// A-weighting of a frequency in dB, exactly 0 at 1 kHz. IEC 61672-1:2013, annex E.
pub fn a_weighting_db(f_hz: f64) -> f64 {
    20.0 * (response(f_hz) / response(1000.0)).log10()
}

/// A-weighted level in dB: `10 log10` of the A-weighted power in full scale squared, so a 1 kHz
/// sine of amplitude 1 has -3.01 dB; the spectrum's resolution costs up to 0.05 dB at 50 Hz, less
/// above. Minus infinity in silence.
///
/// # Panics
/// If there are fewer than 16 samples.
pub fn a_weighted_level_db(samples: &[impl Copy + Into<f64>], sample_rate_hz: f64) -> f64 {
    let reference = response(1000.0);
    let power = PowerSpectrum::new(samples, sample_rate_hz)
        .weighted_power(|f_hz| (response(f_hz) / reference).powi(2));
    10.0 * power.log10()
}

/// Magnitude of the weighting before it is scaled to 1 at 1 kHz; the four pole frequencies in Hz
/// are the standard's rounded ones.
fn response(f_hz: f64) -> f64 {
    let f2 = f_hz * f_hz;
    let pole = |f_hz: f64| f2 + f_hz * f_hz;
    12194.217_f64.powi(2) * f2 * f2
        / (pole(20.598997) * (pole(107.65265) * pole(737.86223)).sqrt() * pole(12194.217))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::f64::consts::TAU;

    #[test]
    fn the_curve_is_the_standard_s_table() {
        // IEC 61672-1:2013, table 3: nominal frequency stands for the exact base-ten one.
        for (step, expected_db) in [
            (-16, -44.7),
            (-15, -39.4),
            (-10, -19.1),
            (-6, -8.6),
            (0, 0.0),
            (4, 1.3),
            (10, -2.5),
            (13, -9.3),
        ] {
            let f_hz = 1000.0 * 10_f64.powf(f64::from(step) / 10.0);
            let measured_db = a_weighting_db(f_hz);
            assert!(
                (measured_db - expected_db).abs() < 0.051,
                "{f_hz} Hz: {measured_db}"
            );
        }
    }

    #[test]
    fn a_sine_s_level_is_its_power_weighted() {
        for f_hz in [50.0, 440.0, 1000.0, 5000.0, 15_000.0] {
            let tone: Vec<f64> = (0..48_000)
                .map(|n| 0.2 * (TAU * f_hz / 48_000.0 * f64::from(n)).sin())
                .collect();
            let expected_db = 10.0 * 0.02_f64.log10() + a_weighting_db(f_hz);
            let measured_db = a_weighted_level_db(&tone, 48_000.0);
            assert!(
                (measured_db - expected_db).abs() < 0.05,
                "{f_hz} Hz: {measured_db}"
            );
        }
    }

    #[test]
    fn silence_and_dc_have_no_loudness() {
        assert_eq!(
            a_weighted_level_db(&[0.0_f32; 100], 44_100.0),
            f64::NEG_INFINITY
        );
        assert!(a_weighted_level_db(&[1.0_f32; 44_100], 44_100.0) < -90.0);
    }
}
