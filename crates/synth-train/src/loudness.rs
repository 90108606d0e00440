//! A-weighted loudness of a set of partials, in plain f64, by the decoder's rules.

use synth_model::a_weighting;

/// Partials fade from here, linearly in amplitude (the decoder's band limit), Hz.
pub const BAND_LIMIT_LO_HZ: f64 = 19_000.0;
/// Partials are gone from here, Hz.
pub const BAND_LIMIT_HI_HZ: f64 = 20_000.0;
/// Below this the A weighting is held (the decoder's floor), Hz.
const LOUDNESS_FLOOR_HZ: f64 = 27.5;

/// Amplitudes of partials given in dB (0 dB = 1), with the decoder's fade at the band's end.
fn amplitudes(partial_db: &[f64], f0_hz: f64) -> impl Iterator<Item = f64> + '_ {
    partial_db.iter().enumerate().map(move |(k, db)| {
        let f_hz = (k + 1) as f64 * f0_hz;
        let fade = (BAND_LIMIT_HI_HZ - f_hz) / (BAND_LIMIT_HI_HZ - BAND_LIMIT_LO_HZ);
        10.0_f64.powf(db / 20.0) * fade.clamp(0.0, 1.0)
    })
}

/// A-weighted power of a sine of amplitude 1 by the decoder's rules.
#[must_use]
pub fn sine_loudness_power(f_hz: f64) -> f64 {
    let fade = (BAND_LIMIT_HI_HZ - f_hz) / (BAND_LIMIT_HI_HZ - BAND_LIMIT_LO_HZ);
    let gain = a_weighting::gain(f_hz.max(LOUDNESS_FLOOR_HZ)) * fade.clamp(0.0, 1.0);
    gain * gain / 2.0
}

/// A-weighted power of the sum of partials, dBA re full scale^2.
#[must_use]
pub fn loudness_db(partial_db: &[f64], f0_hz: f64) -> f64 {
    let weighted = amplitudes(partial_db, f0_hz).enumerate().map(|(k, a)| {
        let gain = a_weighting::gain(((k + 1) as f64 * f0_hz).max(LOUDNESS_FLOOR_HZ));
        (a * gain).powi(2) / 2.0
    });
    decibels(weighted.sum())
}

fn decibels(power: f64) -> f64 {
    10.0 * power.max(1e-30).log10()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sine_of_full_scale_at_1_khz_has_minus_3_db() {
        assert!((loudness_db(&[0.0], 1_000.0) + 3.0103).abs() < 1e-3);
        // IEC 61672-1: 100 Hz is 19.1 dB down.
        assert!((loudness_db(&[0.0], 100.0) + 3.0103 + 19.1).abs() < 0.06);
    }

    #[test]
    fn the_band_ends_at_20_khz() {
        assert!(loudness_db(&[0.0], 20_500.0) < -200.0);
        let faded: Vec<f64> = amplitudes(&[0.0], 19_500.0).collect();
        assert!((faded[0] - 0.5).abs() < 1e-9);
    }
}
