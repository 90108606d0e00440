//! A flute: few partials, falling evenly, and breath.
//!
//! * The partials fall by some 8 dB each when loud and 15 when soft, the second standing out in the
//!   low register (N. H. Fletcher, "Acoustical correlates of flute performance technique", JASA 57,
//!   1975, 233-237; J. W. Coltman, "Acoustics of the flute", Physics Today 21(11), 1968). Longer pipes
//!   sound more partials; the slope is scaled by the square root of the pitch, as the width of an
//!   organ pipe grows more slowly than its length (N. H. Fletcher and T. D. Rossing, *The Physics of
//!   Musical Instruments*, 2nd edition, 1998).
//! * Breath is jet turbulence filtered by the pipe, broad from 1 to 8 kHz, strongest while the jet
//!   settles (M.-P. Verge and A. Hirschberg, "Turbulence noise in flue instruments", Proc. ISMA 1995).

use super::spectrum::{NoteState, Spectrum, noise_hump_db};

/// Pitch at which the slopes are those of the sources, Hz.
const REFERENCE_HZ: f64 = 500.0;

pub(crate) struct Flute;

impl Spectrum for Flute {
    fn partial_db(&self, note: &NoteState, k: u32) -> f64 {
        let number = f64::from(k);
        let accent_db = 3.0 * (note.velocity - 0.8) + 6.0 * note.z;
        let jet_db = (note.level_db + accent_db).clamp(-45.0, 9.0);
        let softness = (-jet_db / 30.0).clamp(-0.2, 1.2);
        let length = (note.f0_hz / REFERENCE_HZ).sqrt().clamp(0.22, 1.6);
        let slope_db = (8.0 + 7.0 * softness) * length;
        let second = if k == 2 {
            4.0 / (1.0 + (note.f0_hz / 450.0).powi(2))
        } else {
            0.0
        };
        second - slope_db * (number - 1.0)
    }

    fn noise_shape_db(&self, note: &NoteState, f_hz: f64) -> f64 {
        noise_hump_db(f_hz, note.f0_hz, 1_000.0, 8_000.0)
    }

    fn noise_total_db(&self, note: &NoteState) -> f64 {
        (-41.0 + 6.0 * note.z - 0.15 * note.level_db).clamp(-56.0, -35.0)
    }
}
