//! The A weighting curve.
//!
//! Source: IEC 61672-1:2013, annex E: double poles at 20.6 Hz and 12194 Hz, single poles at 107.7 Hz
//! and 737.9 Hz, four zeros at 0 Hz, normalised to 0 dB at 1 kHz.

const F1_HZ: f64 = 20.598_997;
const F2_HZ: f64 = 107.652_65;
const F3_HZ: f64 = 737.862_23;
const F4_HZ: f64 = 12_194.217;
/// Gain that makes the curve 1 at 1 kHz (2.000 dB).
const NORMALISATION: f64 = 1.258_875_486_358_604_7;

/// Linear gain of the A weighting at a frequency in Hz (1 at 1 kHz, 0 at 0 Hz).
///
/// # Realtime safety
/// RT-safe: arithmetic only.
pub fn gain(f_hz: f64) -> f64 {
    let f2 = f_hz * f_hz;
    let numerator = F4_HZ * F4_HZ * f2 * f2;
    let slow = (f2 + F1_HZ * F1_HZ) * (f2 + F4_HZ * F4_HZ);
    let middle = ((f2 + F2_HZ * F2_HZ) * (f2 + F3_HZ * F3_HZ)).sqrt();
    NORMALISATION * numerator / (slow * middle)
}

/// A weighting in dB at a frequency in Hz; minus infinity at 0 Hz.
pub fn gain_db(f_hz: f64) -> f64 {
    20.0 * gain(f_hz).log10()
}

/// Square of [`gain`] in f32 from the square of the frequency in kHz^2, in a form that neither
/// over- nor underflows between 1 Hz and 100 kHz and vectorises.
#[inline(always)]
pub(crate) fn power_gain_khz2(x: f32) -> f32 {
    const fn khz2(f_hz: f64) -> f32 {
        (f_hz * f_hz * 1e-6) as f32
    }
    const P1: f32 = khz2(F1_HZ);
    const P2: f32 = khz2(F2_HZ);
    const P3: f32 = khz2(F3_HZ);
    const P4: f32 = khz2(F4_HZ);
    const SCALE: f32 = {
        let p4 = F4_HZ * F4_HZ * 1e-6;
        (NORMALISATION * NORMALISATION * p4 * p4) as f32
    };
    let x2 = x * x;
    let ends = (x + P1) * (x + P4);
    let middle = (x + P2) * (x + P3);
    SCALE * (x2 * x2) / (ends * ends * middle)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// IEC 61672-1:2013, table 3, A weighting at the nominal frequencies (exact base-10 ones).
    const TABLE: [(f64, f64); 34] = [
        (10.0, -70.4),
        (12.589, -63.4),
        (15.849, -56.7),
        (19.953, -50.5),
        (25.119, -44.7),
        (31.623, -39.4),
        (39.811, -34.6),
        (50.119, -30.2),
        (63.096, -26.2),
        (79.433, -22.5),
        (100.0, -19.1),
        (125.89, -16.1),
        (158.49, -13.4),
        (199.53, -10.9),
        (251.19, -8.6),
        (316.23, -6.6),
        (398.11, -4.8),
        (501.19, -3.2),
        (630.96, -1.9),
        (794.33, -0.8),
        (1000.0, 0.0),
        (1258.9, 0.6),
        (1584.9, 1.0),
        (1995.3, 1.2),
        (2511.9, 1.3),
        (3162.3, 1.2),
        (3981.1, 1.0),
        (5011.9, 0.5),
        (6309.6, -0.1),
        (7943.3, -1.1),
        (10000.0, -2.5),
        (12589.0, -4.3),
        (15849.0, -6.6),
        (19953.0, -9.3),
    ];

    #[test]
    fn agrees_with_the_standards_table() {
        for (f_hz, want_db) in TABLE {
            assert!(
                (gain_db(f_hz) - want_db).abs() < 0.06,
                "{f_hz} Hz: {}",
                gain_db(f_hz)
            );
        }
        assert!(gain_db(1000.0).abs() < 1e-9);
        assert_eq!(gain(0.0), 0.0);
    }

    #[test]
    fn the_f32_form_is_the_square_of_the_gain() {
        let mut f_hz = 1.0;
        while f_hz < 1e5 {
            let want = gain(f_hz).powi(2);
            let have = f64::from(power_gain_khz2((f_hz * f_hz * 1e-6) as f32));
            assert!(
                (have / want - 1.0).abs() < 2e-6,
                "{f_hz} Hz: {have} for {want}"
            );
            f_hz *= 1.01;
        }
    }
}
