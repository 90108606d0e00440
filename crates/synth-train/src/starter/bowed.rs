//! A bowed string: Helmholtz motion at the bridge, heard through a violin-family body.
//!
//! * In Helmholtz motion the force on the bridge is a sawtooth: partial k falls as 1/k. A partial with
//!   a node under the bow is weak (H. von Helmholtz, *On the Sensations of Tone*, appendix on the
//!   motion of violin strings; J. C. Schelleng, "The bowed string and the player", JASA 53, 1973,
//!   26-41).
//! * The corner that runs round the string is rounded by losses and stiffness and sharpened by bow
//!   force, so more partials sound when louder (L. Cremer, *The Physics of the Violin*, MIT Press, 1984).
//! * The body: air mode A0 near 280 Hz, B1- and B1+ near 460 and 550 Hz (G. Bissinger, "Structural
//!   acoustics of good and bad violins", JASA 124, 2008, 1764-1773), the bridge hill near 2.5 kHz
//!   (E. V. Jansson, "Admittance measurements of 25 high quality violins", Acustica 83, 1997),
//!   12 dB per octave down above some 4 kHz. Heights and quality factors are rounded, smaller
//!   modes left out, and the bass is held up as a larger body would do.

use super::spectrum::{NoteState, Spectrum, noise_hump_db, resonance_db, roll_off_db};
use std::f64::consts::PI;

/// Distance of the bow from the bridge, as a fraction of the string.
const BOW_POSITION: f64 = 1.0 / 9.3;
/// Centre in Hz, height in dB, quality factor.
const BODY_MODES: [(f64, f64, f64); 5] = [
    (280.0, 8.0, 7.0),
    (460.0, 8.0, 9.0),
    (550.0, 9.0, 9.0),
    (1_050.0, 3.0, 4.0),
    (2_500.0, 9.0, 1.6),
];

pub(crate) struct Bowed;

impl Spectrum for Bowed {
    fn partial_db(&self, note: &NoteState, k: u32) -> f64 {
        let number = f64::from(k);
        let f_hz = number * note.f0_hz;
        // A stronger stroke at the same loudness is a little brighter; so is the bite of its onset.
        let accent_db = 3.0 * (note.velocity - 0.8) + 6.0 * note.z;
        let press_db = (note.level_db + accent_db).clamp(-45.0, 9.0);
        let sawtooth = -20.0 * number.log10();
        let node = (PI * number * BOW_POSITION).sin().powi(2);
        let bow = 10.0 * ((node + 0.25) / 0.75).log10();
        let corner = roll_off_db(number, 24.0 * 10.0_f64.powf(press_db / 40.0), 1);
        let rounding = roll_off_db(f_hz, 7_000.0 * 10.0_f64.powf(press_db / 50.0), 1);
        sawtooth + bow + corner + rounding + body_db(f_hz)
    }

    fn noise_shape_db(&self, note: &NoteState, f_hz: f64) -> f64 {
        // Rosin noise is radiated by the same body, the bridge hill above all.
        noise_hump_db(f_hz, note.f0_hz, 450.0, 6_000.0)
            + resonance_db(f_hz.max(30.0), 2_500.0, 6.0, 1.2)
    }

    fn noise_total_db(&self, note: &NoteState) -> f64 {
        let scratch = (4.0 + 3.0 * note.velocity) * note.z;
        (-49.0 + scratch - 0.15 * note.level_db).clamp(-60.0, -36.0)
    }
}

fn body_db(f_hz: f64) -> f64 {
    let modes = BODY_MODES
        .iter()
        .map(|&(centre, peak, q)| resonance_db(f_hz, centre, peak, q));
    modes.sum::<f64>() + roll_off_db(f_hz, 4_200.0, 2) + roll_off_db(90.0, f_hz, 1)
}
