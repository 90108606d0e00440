//! Curves given at a few pitches and velocities, and interpolated between them.

use thiserror::Error;

use crate::exp2_log2::log2;

/// Curves of `length` values at every pair of a pitch knot and a velocity knot. Between knots the
/// curves are interpolated, bilinear in log2 f0 and velocity; outside them the nearest one holds.
#[derive(Debug, Clone, PartialEq)]
pub struct CurveTable {
    f0_hz: Vec<f32>,
    velocity: Vec<f32>,
    length: usize,
    values: Vec<f32>,
    f0_log2: Vec<f32>,
}

/// A place in a [`CurveTable`], from [`CurveTable::locate`]. Good for that table and for any other
/// with the same knots.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TablePosition {
    /// Start of the four curves around the place: both velocities of the lower pitch, then of the
    /// upper.
    start: [u32; 4],
    weight: [f32; 4],
}

impl CurveTable {
    /// Most knots on an axis that are accepted.
    pub const MAX_KNOTS: usize = 512;
    /// Longest curve that is accepted.
    pub const MAX_LENGTH: usize = 8192;
    /// Most values in all that are accepted.
    pub const MAX_VALUES: usize = 1 << 20;

    /// A checked table.
    ///
    /// * `f0_hz`: pitch knots, Hz, rising, at least one, all above zero.
    /// * `velocity`: velocity knots, 0..=1, rising, at least one.
    /// * `length`: values of a curve, at least one.
    /// * `values`: `[pitches, velocities, length]`, finite.
    ///
    /// # Errors
    /// [`CurveTableError`] names the first rule that is broken.
    pub fn new(
        f0_hz: Vec<f32>,
        velocity: Vec<f32>,
        length: usize,
        values: Vec<f32>,
    ) -> Result<Self, CurveTableError> {
        for (axis, knots) in [("pitch", f0_hz.len()), ("velocity", velocity.len())] {
            if !(1..=Self::MAX_KNOTS).contains(&knots) {
                return Err(CurveTableError::Knots { axis, knots });
            }
        }
        if !(1..=Self::MAX_LENGTH).contains(&length) {
            return Err(CurveTableError::Length(length));
        }
        let want = f0_hz.len() * velocity.len() * length;
        if want != values.len() || want > Self::MAX_VALUES {
            return Err(CurveTableError::Values {
                want,
                have: values.len(),
            });
        }
        let rising = |knots: &[f32]| knots.windows(2).all(|pair| pair[0] < pair[1]);
        if !rising(&f0_hz) || !f0_hz.iter().all(|f| (1e-3..=1e6).contains(f)) {
            return Err(CurveTableError::NotRising("pitch"));
        }
        if !rising(&velocity) || !velocity.iter().all(|v| (0.0..=1.0).contains(v)) {
            return Err(CurveTableError::NotRising("velocity"));
        }
        if let Some(index) = values.iter().position(|v| !v.is_finite()) {
            return Err(CurveTableError::NotFinite(index));
        }
        let f0_log2: Vec<f32> = f0_hz.iter().map(|&f| log2(f) as f32).collect();
        if !rising(&f0_log2) {
            return Err(CurveTableError::NotRising("pitch"));
        }
        Ok(Self {
            f0_hz,
            velocity,
            length,
            values,
            f0_log2,
        })
    }

    /// One curve for every pitch and velocity.
    ///
    /// # Errors
    /// When the curve is empty, too long or not finite.
    pub fn constant(curve: &[f32]) -> Result<Self, CurveTableError> {
        Self::new(vec![440.0], vec![1.0], curve.len(), curve.to_vec())
    }

    /// Pitch knots, Hz.
    pub fn f0_hz(&self) -> &[f32] {
        &self.f0_hz
    }

    /// Velocity knots, 0..=1.
    pub fn velocity(&self) -> &[f32] {
        &self.velocity
    }

    /// Values of one curve.
    ///
    /// # Realtime safety
    /// RT-safe.
    pub fn length(&self) -> usize {
        self.length
    }

    /// All values, `[pitches, velocities, length]`.
    pub fn values(&self) -> &[f32] {
        &self.values
    }

    /// Finds the curves around a pitch (Hz) and a velocity (0..=1). NaN counts as the low end.
    ///
    /// # Realtime safety
    /// RT-safe: two binary searches, no allocation.
    pub fn locate(&self, f0_hz: f32, velocity: f32) -> TablePosition {
        let (p0, p1, p) = bracket(&self.f0_log2, log2(f0_hz) as f32);
        let (v0, v1, v) = bracket(&self.velocity, velocity);
        let start = |pitch: usize, velocity: usize| {
            ((pitch * self.velocity.len() + velocity) * self.length) as u32
        };
        TablePosition {
            start: [start(p0, v0), start(p0, v1), start(p1, v0), start(p1, v1)],
            weight: [(1.0 - p) * (1.0 - v), (1.0 - p) * v, p * (1.0 - v), p * v],
        }
    }

    /// Value `n` of the curve at a place; beyond the last value, the last one.
    ///
    /// # Realtime safety
    /// RT-safe: four reads. A position of a table with other knots gives values from elsewhere in
    /// this table or zero, never a panic.
    pub fn at(&self, position: TablePosition, n: usize) -> f32 {
        let n = n.min(self.length - 1);
        let mut sum = 0.0;
        for (start, weight) in position.start.into_iter().zip(position.weight) {
            sum += weight * self.values.get(start as usize + n).copied().unwrap_or(0.0);
        }
        sum
    }

    /// The curve at a place and a fractional index, linear between its values and constant before
    /// the first and after the last. NaN counts as 0.
    ///
    /// # Realtime safety
    /// RT-safe, as [`CurveTable::at`].
    pub fn at_fractional(&self, position: TablePosition, x: f32) -> f32 {
        let x = x.max(0.0).min((self.length - 1) as f32);
        let n = x as usize;
        let fraction = x - n as f32;
        let here = self.at(position, n);
        if fraction == 0.0 {
            return here;
        }
        here + fraction * (self.at(position, n + 1) - here)
    }
}

/// The knots around a place, and the fraction (0..=1) of the way from the first to the second.
fn bracket(knots: &[f32], x: f32) -> (usize, usize, f32) {
    let above = knots.partition_point(|&knot| knot <= x);
    let last = knots.len() - 1;
    if above == 0 {
        return (0, 0, 0.0);
    }
    if above > last {
        return (last, last, 0.0);
    }
    let (lo, hi) = (knots[above - 1], knots[above]);
    (above - 1, above, (x - lo) / (hi - lo))
}

/// Why a table cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum CurveTableError {
    /// An axis has no knots or too many.
    #[error("the {axis} axis has {knots} knots, it must have 1 to {max}", max = CurveTable::MAX_KNOTS)]
    Knots {
        /// Pitch or velocity.
        axis: &'static str,
        /// Knots present.
        knots: usize,
    },
    /// A curve has no values or too many.
    #[error("a curve has {0} values, it must have 1 to {max}", max = CurveTable::MAX_LENGTH)]
    Length(usize),
    /// The values do not fill the knots, or are too many.
    #[error("{have} values are there where the knots and the curve length ask for {want} (at most {max})", max = CurveTable::MAX_VALUES)]
    Values {
        /// Values needed.
        want: usize,
        /// Values present.
        have: usize,
    },
    /// The knots of an axis do not rise, or leave its range.
    #[error("the {0} knots must rise, pitches above 0 Hz and velocities from 0 to 1")]
    NotRising(&'static str),
    /// A value is NaN or infinite.
    #[error("value {0} is not a finite number")]
    NotFinite(usize),
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Three pitches, two velocities, curves of four values: 100 p + 10 v + n.
    fn example() -> CurveTable {
        let values = |p: usize, v: usize| (0..4).map(move |n| (100 * p + 10 * v + n) as f32);
        let values = (0..3)
            .flat_map(|p| (0..2).flat_map(move |v| values(p, v)))
            .collect();
        CurveTable::new(vec![110.0, 220.0, 880.0], vec![0.25, 0.75], 4, values).unwrap()
    }

    #[test]
    fn knots_give_their_own_curves() {
        let table = example();
        for (p, f0_hz) in [110.0, 220.0, 880.0].into_iter().enumerate() {
            for (v, velocity) in [0.25, 0.75].into_iter().enumerate() {
                let place = table.locate(f0_hz, velocity);
                for n in 0..4 {
                    assert_eq!(table.at(place, n), (100 * p + 10 * v + n) as f32);
                }
                assert_eq!(
                    table.at(place, 99),
                    table.at(place, 3),
                    "the last value holds"
                );
            }
        }
    }

    #[test]
    fn interpolation_is_bilinear_in_log_frequency_and_velocity() {
        let table = example();
        // 440 Hz is half the octaves between the knots at 220 and 880 Hz, 0.375 a quarter of the
        // way from 0.25 to 0.75.
        let place = table.locate(440.0, 0.375);
        assert!((table.at(place, 2) - (150.0 + 2.5 + 2.0)).abs() < 1e-3);
        assert!((table.at_fractional(place, 1.5) - (150.0 + 2.5 + 1.5)).abs() < 1e-3);
        assert_eq!(table.at_fractional(place, -3.0), table.at(place, 0));
        assert_eq!(table.at_fractional(place, f32::NAN), table.at(place, 0));
        assert_eq!(table.at_fractional(place, 1e9), table.at(place, 3));
    }

    #[test]
    fn outside_the_knots_the_nearest_curve_holds() {
        let table = example();
        let nearest = [
            (1.0, 0.0, 0.0),
            (1e5, 1.0, 210.0),
            (f32::NAN, f32::NAN, 0.0),
        ];
        for (f0_hz, velocity, want) in nearest {
            assert_eq!(table.at(table.locate(f0_hz, velocity), 0), want);
        }
        let constant = CurveTable::constant(&[7.0, 8.0]).unwrap();
        assert_eq!(constant.at(constant.locate(33.0, 0.1), 1), 8.0);
    }

    #[test]
    fn a_foreign_position_never_panics() {
        let far = example().locate(1e5, 1.0);
        let small = CurveTable::constant(&[7.0]).unwrap();
        assert_eq!(small.at(far, 0), 0.0);
        assert_eq!(small.at_fractional(far, 9.5), 0.0);
    }

    #[test]
    fn interpolation_never_leaves_the_values_of_its_knots() {
        let table = example();
        let mut f0_hz = 50.0;
        while f0_hz < 2000.0 {
            for step in 0..=20 {
                let value = table.at(table.locate(f0_hz, step as f32 / 20.0), 0);
                assert!((0.0..=210.001).contains(&value));
            }
            f0_hz *= 1.013;
        }
    }

    #[test]
    fn broken_tables_are_refused() {
        let new = |f: &[f32], v: &[f32], length, values: &[f32]| {
            CurveTable::new(f.to_vec(), v.to_vec(), length, values.to_vec()).unwrap_err()
        };
        use CurveTableError as E;
        assert!(matches!(
            new(&[], &[1.0], 1, &[]),
            E::Knots { axis: "pitch", .. }
        ));
        assert!(matches!(
            new(&[9.0], &[], 1, &[]),
            E::Knots {
                axis: "velocity",
                ..
            }
        ));
        assert!(matches!(new(&[9.0], &[1.0], 0, &[]), E::Length(0)));
        assert!(matches!(
            new(&[9.0], &[1.0], 9000, &[0.0; 9000]),
            E::Length(9000)
        ));
        assert!(matches!(
            new(&[9.0], &[1.0], 2, &[0.0]),
            E::Values { want: 2, have: 1 }
        ));
        assert_eq!(
            new(&[9.0, 9.0], &[1.0], 1, &[0.0; 2]),
            E::NotRising("pitch")
        );
        assert_eq!(new(&[f32::NAN], &[1.0], 1, &[0.0]), E::NotRising("pitch"));
        assert_eq!(new(&[9.0], &[1.5], 1, &[0.0]), E::NotRising("velocity"));
        assert_eq!(new(&[9.0], &[1.0], 2, &[0.0, f32::NAN]), E::NotFinite(1));
    }
}
