//! A reed on a cylindrical bore: odd partials below the tone-hole cutoff, growth with blowing.
//!
//! * A bore closed at the reed supports odd partials; above the cutoff of the open tone-hole lattice,
//!   near 1.5 kHz, waves leak out, nothing tells odd from even, and the spectrum falls steeply
//!   (A. H. Benade, *Fundamentals of Musical Acoustics*, 1976; A. H. Benade and S. N. Kouzoupis, "The
//!   clarinet spectrum: theory and experiment", JASA 83, 1988).
//! * At low and medium level the pressure of partial k grows as that of the first to the power k
//!   (W. E. Worman, *Self-sustained nonlinear oscillations of medium amplitude in clarinet-like
//!   systems*, thesis, Case Western Reserve University, 1971); when the reed beats, the growth ends.

use super::spectrum::{NoteState, Spectrum, noise_hump_db, roll_off_db};

/// Cutoff of the tone-hole lattice, Hz.
const CUTOFF_HZ: f64 = 1_500.0;
/// Below this the open end radiates less and less (Benade 1976), Hz.
const BELL_HZ: f64 = 180.0;
/// Level from which on the reed beats, dB re full velocity.
const BEATING_DB: f64 = -4.0;
/// How far even partials lie below their odd neighbours far below the cutoff, dB.
const EVEN_DB: f64 = 20.0;
/// How much of Worman's growth the loudness a player hears shows: the note's level is that of all
/// partials together and the reed closes more and more, which leaves part of the exponent.
const GROWTH: f64 = 0.6;
/// The most that softness takes from any partial, dB.
const SOFTEST_DB: f64 = 32.0;

pub(crate) struct Reed;

impl Spectrum for Reed {
    fn partial_db(&self, note: &NoteState, k: u32) -> f64 {
        let number = f64::from(k);
        let f_hz = number * note.f0_hz;
        let accent_db = 4.0 * (note.velocity - 0.8) + 5.0 * note.z;
        let blowing_db = (note.level_db + accent_db).clamp(-45.0, 6.0);
        let even = if k.is_multiple_of(2) {
            EVEN_DB / (1.0 + (f_hz / CUTOFF_HZ).powi(4))
        } else {
            0.0
        };
        let growth_db = GROWTH * (number - 1.0) * softly_positive(BEATING_DB - blowing_db, 3.0);
        let soft = SOFTEST_DB * (1.0 - (-growth_db / SOFTEST_DB).exp());
        let radiation = roll_off_db(BELL_HZ, f_hz, 1) + roll_off_db(f_hz, CUTOFF_HZ, 3);
        -10.0 * number.log10() - even - soft + radiation
    }

    fn noise_shape_db(&self, note: &NoteState, f_hz: f64) -> f64 {
        noise_hump_db(f_hz, note.f0_hz, 900.0, 4_500.0)
    }

    fn noise_total_db(&self, note: &NoteState) -> f64 {
        (-52.0 + 5.0 * note.z - 0.2 * note.level_db).clamp(-60.0, -38.0)
    }
}

/// `max(x, 0)` with its corner rounded over `width`.
fn softly_positive(x: f64, width: f64) -> f64 {
    width * (x / width).exp().ln_1p()
}
