//! The feature ranges an instrument was trained on.

use thiserror::Error;

/// Where the network may be asked. Outside, the features are clamped: a network asked far from its
/// training data answers wildly, so what is beyond the loudness range is applied as plain gain.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ranges {
    /// Lowest fundamental the network sees, Hz.
    pub f0_lo_hz: f32,
    /// Highest fundamental the network sees, Hz.
    pub f0_hi_hz: f32,
    /// Softest loudness the network sees, dBA re full scale.
    pub loudness_lo_db: f32,
    /// Loudest loudness the network sees, dBA re full scale.
    pub loudness_hi_db: f32,
    /// Loudness at which the network's loudness feature is 0, dBA re full scale.
    pub loudness_centre_db: f32,
    /// Lowest velocity the network sees, 0..=1: what the recordings hold. The expression tables are
    /// read with the velocity as it was played.
    pub velocity_lo: f32,
    /// Highest velocity the network sees, 0..=1, not below `velocity_lo`.
    pub velocity_hi: f32,
}

impl Ranges {
    /// Widest loudness that is accepted either side of full scale, dB.
    pub const LOUDNESS_BOUND_DB: f32 = 300.0;

    /// Checks that the ranges are finite, ordered and plausible.
    ///
    /// # Errors
    /// [`RangesError`] names the range and its values.
    pub fn check(&self) -> Result<(), RangesError> {
        let f0_in_order = self.f0_lo_hz < self.f0_hi_hz;
        if !(f0_in_order && self.f0_lo_hz >= 1.0 && self.f0_hi_hz <= 24_000.0) {
            return Err(RangesError::Frequency {
                lo: self.f0_lo_hz,
                hi: self.f0_hi_hz,
            });
        }
        let bound = Self::LOUDNESS_BOUND_DB;
        let plausible = |db: f32| (-bound..=bound).contains(&db);
        if !(self.loudness_lo_db < self.loudness_hi_db
            && plausible(self.loudness_lo_db)
            && plausible(self.loudness_hi_db))
        {
            return Err(RangesError::Loudness {
                lo: self.loudness_lo_db,
                hi: self.loudness_hi_db,
            });
        }
        if !plausible(self.loudness_centre_db) {
            return Err(RangesError::Centre(self.loudness_centre_db));
        }
        // One velocity alone is a range too: that of recordings without dynamics.
        let velocity_in_order = self.velocity_lo <= self.velocity_hi;
        if !(velocity_in_order && self.velocity_lo >= 0.0 && self.velocity_hi <= 1.0) {
            return Err(RangesError::Velocity {
                lo: self.velocity_lo,
                hi: self.velocity_hi,
            });
        }
        Ok(())
    }
}

/// Why ranges cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Error)]
#[non_exhaustive]
pub enum RangesError {
    /// The f0 range is empty, not finite or outside 1 Hz to 24 kHz.
    #[error("the f0 range is {lo} to {hi} Hz; it must rise and lie within 1 to 24000 Hz")]
    Frequency {
        /// Low end, Hz.
        lo: f32,
        /// High end, Hz.
        hi: f32,
    },
    /// The loudness range is empty, not finite or implausible.
    #[error("the loudness range is {lo} to {hi} dB; it must rise and lie within -300 to 300 dB")]
    Loudness {
        /// Low end, dB.
        lo: f32,
        /// High end, dB.
        hi: f32,
    },
    /// The centre is not finite or implausible.
    #[error("the loudness centre is {0} dB; it must lie within -300 to 300 dB")]
    Centre(f32),
    /// The velocity range falls, is not finite or outside 0 to 1.
    #[error("the velocity range is {lo} to {hi}; it must not fall and lie within 0 to 1")]
    Velocity {
        /// Low end.
        lo: f32,
        /// High end.
        hi: f32,
    },
}

#[cfg(test)]
pub(crate) const EXAMPLE: Ranges = Ranges {
    f0_lo_hz: 55.0,
    f0_hi_hz: 1760.0,
    loudness_lo_db: -50.0,
    loudness_hi_db: -10.0,
    loudness_centre_db: -30.0,
    velocity_lo: 0.0,
    velocity_hi: 1.0,
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_must_rise_and_be_finite() {
        EXAMPLE.check().unwrap();
        let one_dynamic = Ranges {
            velocity_lo: 0.6,
            velocity_hi: 0.6,
            ..EXAMPLE
        };
        one_dynamic.check().unwrap();
        for broken in [
            Ranges {
                f0_lo_hz: 2000.0,
                ..EXAMPLE
            },
            Ranges {
                f0_lo_hz: f32::NAN,
                ..EXAMPLE
            },
            Ranges {
                f0_lo_hz: 0.0,
                ..EXAMPLE
            },
            Ranges {
                f0_hi_hz: f32::INFINITY,
                ..EXAMPLE
            },
            Ranges {
                loudness_hi_db: -50.0,
                ..EXAMPLE
            },
            Ranges {
                loudness_lo_db: f32::NEG_INFINITY,
                ..EXAMPLE
            },
            Ranges {
                loudness_centre_db: f32::NAN,
                ..EXAMPLE
            },
            Ranges {
                velocity_lo: -0.1,
                ..EXAMPLE
            },
            Ranges {
                velocity_hi: 1.5,
                ..EXAMPLE
            },
            Ranges {
                velocity_lo: 0.7,
                velocity_hi: 0.6,
                ..EXAMPLE
            },
            Ranges {
                velocity_hi: f32::NAN,
                ..EXAMPLE
            },
        ] {
            assert!(broken.check().is_err(), "{broken:?}");
        }
    }
}
