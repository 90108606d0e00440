//! Levels by third octave.

use crate::power_spectrum::PowerSpectrum;

/// Bands from 25 Hz to 20 kHz.
pub const THIRD_OCTAVE_BANDS: usize = 30;

/// Decade steps of the lowest band below 1 kHz: `1000 * 10^(-16/10)` = 25.1 Hz.
const LOWEST_STEP: i32 = -16;

/// Exact centre of band `band` (0 is 25 Hz, 29 is 20 kHz) in Hz: base ten, `1000 * 10^(n/10)`.
/// IEC 61260-1:2014, 5.4.
pub fn third_octave_centre_hz(band: usize) -> f64 {
    1000.0 * 10_f64.powf((band as f64 + f64::from(LOWEST_STEP)) / 10.0)
}

/// Lower and upper edge of band `band` in Hz: a twentieth of a decade around the centre.
/// IEC 61260-1:2014, 5.6.
pub fn third_octave_edges_hz(band: usize) -> (f64, f64) {
    let half = 10_f64.powf(0.05);
    let centre_hz = third_octave_centre_hz(band);
    (centre_hz / half, centre_hz * half)
}

/// Level of each third-octave band in dB: `10 log10` of its power in full scale squared, so a
/// sine of amplitude 1 has -3.01 dB in its band. Minus infinity where a band is empty; a band cut
/// by the Nyquist frequency holds what is below it.
///
/// # Panics
/// If there are fewer than 16 samples.
pub fn third_octave_levels_db(
    samples: &[impl Copy + Into<f64>],
    sample_rate_hz: f64,
) -> [f64; THIRD_OCTAVE_BANDS] {
    let spectrum = PowerSpectrum::new(samples, sample_rate_hz);
    std::array::from_fn(|band| {
        let (low_hz, high_hz) = third_octave_edges_hz(band);
        10.0 * spectrum.band_power(low_hz, high_hz).log10()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::f64::consts::TAU;

    #[test]
    fn centres_are_the_standard_s_and_edges_meet() {
        assert!((third_octave_centre_hz(0) - 25.119).abs() < 1e-3);
        assert!((third_octave_centre_hz(16) - 1000.0).abs() < 1e-9);
        assert!((third_octave_centre_hz(29) - 19_952.623).abs() < 1e-3);
        for band in 1..THIRD_OCTAVE_BANDS {
            let (low, high) = (
                third_octave_edges_hz(band).0,
                third_octave_edges_hz(band - 1).1,
            );
            assert!((low / high - 1.0).abs() < 1e-12);
        }
    }

    #[test]
    fn a_sine_sounds_in_its_own_band_at_any_rate() {
        for rate in [44_100.0, 96_000.0] {
            for band in [2, 9, 16, 27] {
                let f_hz = third_octave_centre_hz(band);
                let tone: Vec<f32> = (0..rate as usize)
                    .map(|n| (0.1 * (TAU * f_hz / rate * n as f64).sin()) as f32)
                    .collect();
                let levels_db = third_octave_levels_db(&tone, rate);
                assert!(
                    (levels_db[band] + 23.0103).abs() < 0.05,
                    "{f_hz} Hz: {}",
                    levels_db[band]
                );
                for (other, level_db) in levels_db.iter().enumerate() {
                    assert!(
                        other.abs_diff(band) < 2 || *level_db < -70.0,
                        "{f_hz}: {other}"
                    );
                }
            }
        }
    }

    #[test]
    fn silence_has_no_level() {
        let levels_db = third_octave_levels_db(&[0.0_f32; 4410], 44_100.0);
        assert!(
            levels_db
                .iter()
                .all(|level_db| *level_db == f64::NEG_INFINITY)
        );
    }
}
