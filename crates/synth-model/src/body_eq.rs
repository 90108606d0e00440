//! The body EQ: a fixed curve over absolute frequency, added in dB to every partial at k * f0.

use thiserror::Error;

use crate::exp2_log2::log2;

/// Gains at frequencies spaced evenly in log f from [`BodyEq::LO_HZ`] to [`BodyEq::HI_HZ`], linear
/// in dB over log f between them and constant outside.
#[derive(Debug, Clone, PartialEq)]
pub struct BodyEq {
    /// Gain at each point, dB, lowest frequency first.
    pub gain_db: Vec<f32>,
}

impl BodyEq {
    /// Points of a trained curve (about 19 per octave).
    pub const POINTS: usize = 160;
    /// Frequency of the first point, Hz.
    pub const LO_HZ: f32 = 60.0;
    /// Frequency of the last point, Hz.
    pub const HI_HZ: f32 = 20_000.0;
    /// Most points that are accepted.
    pub const MAX_POINTS: usize = 4096;
    /// Largest gain that is accepted either way, dB.
    pub const GAIN_BOUND_DB: f32 = 200.0;

    /// A curve of [`BodyEq::POINTS`] points that changes nothing.
    pub fn flat() -> Self {
        Self {
            gain_db: vec![0.0; Self::POINTS],
        }
    }

    /// Where a frequency lies: the index of the point at or below it and the fraction (0..=1) of the
    /// way to the next. A gain there is `g[i] + fraction * (g[i + 1] - g[i])`.
    ///
    /// # Realtime safety
    /// RT-safe: arithmetic only.
    pub fn position(&self, f_hz: f32) -> (usize, f32) {
        let last = self.gain_db.len().saturating_sub(1);
        let scale = scale_per_octave(self.gain_db.len());
        let place = (log2(f_hz) - log2(Self::LO_HZ)) * scale;
        let place = place.clamp(0.0, last as f64);
        let index = (place as usize).min(last.saturating_sub(1));
        (index, (place - index as f64) as f32)
    }

    /// Gain at a frequency, dB.
    ///
    /// # Realtime safety
    /// RT-safe: arithmetic only.
    pub fn gain_db_at(&self, f_hz: f32) -> f32 {
        let (index, fraction) = self.position(f_hz);
        let at = |i: usize| self.gain_db.get(i).copied().unwrap_or(0.0);
        at(index) + fraction * (at(index + 1) - at(index))
    }

    /// Frequency of a point, Hz.
    pub fn frequency_hz(&self, point: usize) -> f64 {
        let octaves = point as f64 / scale_per_octave(self.gain_db.len());
        f64::from(Self::LO_HZ) * octaves.exp2()
    }

    /// Checks length and values.
    ///
    /// # Errors
    /// [`BodyEqError`] says what is wrong.
    pub fn check(&self) -> Result<(), BodyEqError> {
        if !(2..=Self::MAX_POINTS).contains(&self.gain_db.len()) {
            return Err(BodyEqError::Points(self.gain_db.len()));
        }
        let bound = Self::GAIN_BOUND_DB;
        match self
            .gain_db
            .iter()
            .position(|g| !(-bound..=bound).contains(g))
        {
            Some(point) => Err(BodyEqError::Gain {
                point,
                gain_db: self.gain_db[point],
            }),
            None => Ok(()),
        }
    }
}

/// Points per octave of a curve of so many points.
pub(crate) fn scale_per_octave(points: usize) -> f64 {
    points.saturating_sub(1) as f64 / (log2(BodyEq::HI_HZ) - log2(BodyEq::LO_HZ))
}

/// Why a body EQ cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Error)]
#[non_exhaustive]
pub enum BodyEqError {
    /// Too few or too many points.
    #[error("the body EQ has {0} points, it must have 2 to {max}", max = BodyEq::MAX_POINTS)]
    Points(usize),
    /// A gain is not finite or implausible.
    #[error("the body EQ is {gain_db} dB at point {point}; it must lie within -200 to 200 dB")]
    Gain {
        /// Index of the point.
        point: usize,
        /// Its gain, dB.
        gain_db: f32,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gains_lie_on_the_points_and_between_them() {
        let eq = BodyEq {
            gain_db: (0..160).map(|i| ((i * 7) % 31) as f32 - 15.0).collect(),
        };
        eq.check().unwrap();
        assert!((eq.frequency_hz(0) - 60.0).abs() < 1e-9);
        assert!((eq.frequency_hz(159) - 20_000.0).abs() < 1e-6);
        for i in 0..159 {
            let at = |p: f64| {
                let ratio = eq.frequency_hz(1) / eq.frequency_hz(0);
                eq.gain_db_at((60.0 * ratio.powf(p)) as f32)
            };
            assert!((at(i as f64) - eq.gain_db[i]).abs() < 2e-3, "point {i}");
            let middle = (eq.gain_db[i] + eq.gain_db[i + 1]) / 2.0;
            assert!(
                (at(i as f64 + 0.5) - middle).abs() < 2e-3,
                "between {i} and {}",
                i + 1
            );
        }
        assert_eq!(eq.gain_db_at(1.0), eq.gain_db[0]);
        assert!((eq.gain_db_at(90_000.0) - eq.gain_db[159]).abs() < 1e-5);
        assert_eq!(eq.gain_db_at(f32::NAN), eq.gain_db[0]);
    }

    #[test]
    fn broken_curves_are_refused_and_never_panic() {
        for broken in [
            vec![],
            vec![0.0],
            vec![0.0; 5000],
            vec![0.0, f32::NAN],
            vec![1e9; 3],
        ] {
            let eq = BodyEq { gain_db: broken };
            assert!(eq.check().is_err());
            eq.gain_db_at(440.0);
        }
        BodyEq::flat().check().unwrap();
        assert_eq!(BodyEq::flat().gain_db_at(440.0), 0.0);
    }
}
