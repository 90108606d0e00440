//! What a column tells the network, normalised once and here.

use half::f16;

use crate::exp2_log2::{exp2, log2};
use crate::ranges::Ranges;

/// Time constant of the onset feature z (a prototype compared several; 80 ms helped the attack's
/// noise most).
const ATTACK_TIME_CONSTANT_S: f32 = 0.080;

/// The four features of one column, in musical units.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Features {
    /// Fundamental frequency, Hz.
    pub f0_hz: f32,
    /// Loudness, dBA re full scale; not clamped.
    pub loudness_db: f32,
    /// Note-on velocity, 0..=1.
    pub velocity: f32,
    /// Attackness plus the player's timbre offset, see [`attackness`]; used within -1..=2.
    pub z: f32,
}

impl Features {
    /// Number of features, and so of input channels.
    pub const COUNT: usize = 4;

    /// The four normalised values the network sees, each exactly an FP16 number: log2(f0 / 440) / 2,
    /// (loudness - centre) / 20, velocity, z. f0, loudness and velocity are clamped to the ranges, z
    /// to -1..=2; NaN counts as the low end.
    ///
    /// # Realtime safety
    /// RT-safe: no allocation, lock or syscall, bounded time.
    pub fn normalised(&self, ranges: &Ranges) -> [f32; Features::COUNT] {
        let f0_hz = clamp(self.f0_hz, ranges.f0_lo_hz, ranges.f0_hi_hz);
        let octaves = log2(f0_hz) - LOG2_440;
        [
            round_to_f16((octaves / 2.0) as f32),
            normalised_loudness(self.loudness_db, ranges),
            round_to_f16(clamp(self.velocity, ranges.velocity_lo, ranges.velocity_hi)),
            round_to_f16(clamp(self.z, -1.0, 2.0)),
        ]
    }
}

/// log2(440).
const LOG2_440: f64 = 8.781_359_713_524_66;
/// dB per unit of the loudness feature.
const LOUDNESS_UNIT_DB: f32 = 20.0;

/// The onset feature z: exp(-t / 80 ms), 1 at the onset, plus an offset the player turns.
///
/// # Realtime safety
/// RT-safe: arithmetic only.
pub fn attackness(seconds_since_onset: f32, timbre_offset: f32) -> f32 {
    let halvings =
        -seconds_since_onset.max(0.0) * (std::f32::consts::LOG2_E / ATTACK_TIME_CONSTANT_S);
    exp2(halvings) + timbre_offset
}

/// The loudness the network sees for a loudness in dB: clamped, rounded to FP16, in dB again.
pub(crate) fn seen_loudness_db(loudness_db: f32, ranges: &Ranges) -> f32 {
    normalised_loudness(loudness_db, ranges) * LOUDNESS_UNIT_DB + ranges.loudness_centre_db
}

fn normalised_loudness(loudness_db: f32, ranges: &Ranges) -> f32 {
    let clamped = clamp(loudness_db, ranges.loudness_lo_db, ranges.loudness_hi_db);
    round_to_f16((clamped - ranges.loudness_centre_db) / LOUDNESS_UNIT_DB)
}

/// Unlike `f32::clamp`, never panics and lets no NaN through.
fn clamp(value: f32, lo: f32, hi: f32) -> f32 {
    value.max(lo).min(hi)
}

fn round_to_f16(value: f32) -> f32 {
    f16::from_f32(value).to_f32()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ranges::EXAMPLE;

    const A4: Features = Features {
        f0_hz: 440.0,
        loudness_db: -30.0,
        velocity: 0.5,
        z: 1.0,
    };

    #[test]
    fn normalisation_is_the_documented_one() {
        assert_eq!(A4.normalised(&EXAMPLE), [0.0, 0.0, 0.5, 1.0]);
        let features = Features {
            f0_hz: 110.0,
            loudness_db: -20.0,
            velocity: 0.25,
            z: 0.125,
        };
        assert_eq!(features.normalised(&EXAMPLE), [-1.0, 0.5, 0.25, 0.125]);
        assert!((LOG2_440 - 440f64.log2()).abs() < 1e-14);
    }

    #[test]
    fn values_are_clamped_and_fp16() {
        let wild = Features {
            f0_hz: 1e9,
            loudness_db: 90.0,
            velocity: 7.0,
            z: 9.0,
        };
        assert_eq!(wild.normalised(&EXAMPLE), [1.0, 1.0, 1.0, 2.0]);
        let nan = f32::NAN;
        let lost = Features {
            f0_hz: nan,
            loudness_db: nan,
            velocity: nan,
            z: nan,
        };
        assert_eq!(lost.normalised(&EXAMPLE), [-1.5, -1.0, 0.0, -1.0]);
        let mezzo = Ranges {
            velocity_lo: 0.25,
            velocity_hi: 0.75,
            ..EXAMPLE
        };
        assert_eq!(wild.normalised(&mezzo)[2], 0.75);
        assert_eq!(lost.normalised(&mezzo)[2], 0.25);
        assert_eq!(A4.normalised(&mezzo)[2], 0.5);
        let odd = Features {
            f0_hz: 441.7,
            loudness_db: -17.3,
            velocity: 0.3,
            z: 0.7,
        };
        for value in odd.normalised(&EXAMPLE) {
            assert_eq!(f16::from_f32(value).to_f32(), value);
        }
    }

    #[test]
    fn seen_loudness_is_the_clamped_fp16_one() {
        assert_eq!(seen_loudness_db(-30.0, &EXAMPLE), -30.0);
        assert_eq!(seen_loudness_db(-99.0, &EXAMPLE), -50.0);
        assert_eq!(seen_loudness_db(0.0, &EXAMPLE), -10.0);
        let seen = seen_loudness_db(-23.456, &EXAMPLE);
        assert!((seen + 23.456).abs() < 20.0 / 2048.0 && seen != -23.456);
    }

    #[test]
    fn attackness_decays_by_e_every_80_ms() {
        assert_eq!(attackness(0.0, 0.0), 1.0);
        assert_eq!(attackness(-1.0, 0.25), 1.25);
        for t in [0.01f32, 0.08, 0.4, 3.0] {
            let want = (-f64::from(t) / 0.08).exp();
            assert!((f64::from(attackness(t, 0.0)) - want).abs() < 1e-6);
        }
        assert!(attackness(1e9, 0.0) < 1e-30);
    }
}
