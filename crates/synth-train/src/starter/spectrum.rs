//! What an analytic instrument is asked, and the shapes its answers are built from.

/// The state of a note at one moment.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct NoteState {
    /// Fundamental, Hz.
    pub(crate) f0_hz: f64,
    /// Level in dB re the same pitch at full velocity: 0 is fortissimo, -30 pianissimo.
    pub(crate) level_db: f64,
    /// Velocity the note was begun with, 0..=1.
    pub(crate) velocity: f64,
    /// Attackness: 1 at the onset, 0 in the sustain; -1..=2 with the player's offset.
    pub(crate) z: f64,
}

/// An instrument as formulas.
pub(crate) trait Spectrum: Sync {
    /// Level of partial `k` (from 1) in dB, any common reference.
    fn partial_db(&self, note: &NoteState, k: u32) -> f64;
    /// Power density of the noise at a frequency in dB, any common reference.
    fn noise_shape_db(&self, note: &NoteState, f_hz: f64) -> f64;
    /// Power of all noise in dB re the power of the note.
    fn noise_total_db(&self, note: &NoteState) -> f64;
}

/// Gain of a second-order low-pass-like roll-off in dB: flat below the corner, then
/// `6 * order` dB per octave down.
pub(crate) fn roll_off_db(f_hz: f64, corner_hz: f64, order: i32) -> f64 {
    -10.0 * (f_hz / corner_hz).powi(2 * order).ln_1p() / std::f64::consts::LN_10
}

/// Gain of one resonance in dB: `peak_db` at its centre, 0 far away, of quality factor `q`.
pub(crate) fn resonance_db(f_hz: f64, centre_hz: f64, peak_db: f64, q: f64) -> f64 {
    let detuning = q * (f_hz / centre_hz - centre_hz / f_hz);
    let height = 10.0_f64.powf(peak_db / 10.0) - 1.0;
    10.0 * (height / (1.0 + detuning * detuning)).ln_1p() / std::f64::consts::LN_10
}

/// A hump of noise: rising by 18 dB per octave up to `low_hz`, falling by 12 above `high_hz`.
///
/// The lower corner follows the note: turbulence and bow noise are filtered by the same resonator,
/// and noise an octave below the fundamental would be heard beside it, not with it.
pub(crate) fn noise_hump_db(f_hz: f64, f0_hz: f64, low_hz: f64, high_hz: f64) -> f64 {
    let low_hz = low_hz.max(f0_hz).min(4_000.0);
    let f_hz = f_hz.max(30.0);
    roll_off_db(low_hz, f_hz, 3) + roll_off_db(f_hz, high_hz.max(1.5 * low_hz), 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roll_offs_have_their_corner_and_slope() {
        assert!((roll_off_db(1_000.0, 1_000.0, 2) + 3.0103).abs() < 1e-3);
        assert!(roll_off_db(10.0, 1_000.0, 2).abs() < 1e-3);
        let slope = roll_off_db(16_000.0, 500.0, 2) - roll_off_db(8_000.0, 500.0, 2);
        assert!((slope + 12.04).abs() < 0.02);
    }

    #[test]
    fn a_resonance_peaks_where_it_says() {
        assert!((resonance_db(280.0, 280.0, 9.0, 8.0) - 9.0).abs() < 1e-9);
        assert!(resonance_db(2_800.0, 280.0, 9.0, 8.0) < 0.1);
        assert!(resonance_db(28.0, 280.0, 9.0, 8.0) < 0.1);
    }

    #[test]
    fn the_hump_keeps_below_the_note_clear() {
        assert!(noise_hump_db(1_000.0, 2_000.0, 400.0, 6_000.0) < -15.0);
        assert!(noise_hump_db(0.0, 100.0, 400.0, 6_000.0).is_finite());
    }
}
