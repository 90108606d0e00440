//! What a network's answers lie between, so that an answer that cannot be right is known for one.

use thiserror::Error;

/// Smallest and largest value of every row of the network's answer, in the network's own units
/// (steps of 10 dB with a log head), over what it was trained on and with a margin.
#[derive(Debug, Clone, PartialEq)]
pub struct OutputRange {
    /// Smallest value of each output row.
    pub lo: Vec<f32>,
    /// Largest value of each output row.
    pub hi: Vec<f32>,
}

impl OutputRange {
    /// One range for all of `outputs` rows.
    pub fn uniform(outputs: usize, lo: f32, hi: f32) -> Self {
        Self {
            lo: vec![lo; outputs],
            hi: vec![hi; outputs],
        }
    }

    /// Checks that there is a finite range for each of `outputs` rows.
    ///
    /// # Errors
    /// [`OutputRangeError`] names the row.
    pub fn check(&self, outputs: usize) -> Result<(), OutputRangeError> {
        for have in [self.lo.len(), self.hi.len()] {
            if have != outputs {
                return Err(OutputRangeError::Length {
                    want: outputs,
                    have,
                });
            }
        }
        for (row, (&lo, &hi)) in self.lo.iter().zip(&self.hi).enumerate() {
            // False for NaN as well.
            let rises = lo <= hi;
            if !(rises && lo.is_finite() && hi.is_finite()) {
                return Err(OutputRangeError::Range { row, lo, hi });
            }
        }
        Ok(())
    }
}

/// Why output ranges cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Error)]
#[non_exhaustive]
pub enum OutputRangeError {
    /// There is not one range for each output of the network.
    #[error("there are {have} values for the {want} outputs of the network")]
    Length {
        /// Outputs of the network.
        want: usize,
        /// Values present.
        have: usize,
    },
    /// A range falls or is not finite.
    #[error("the range of row {row} is {lo} to {hi}; it must be finite and not fall")]
    Range {
        /// Row of the network's answer.
        row: usize,
        /// Its smallest value.
        lo: f32,
        /// Its largest value.
        hi: f32,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_must_be_a_finite_range_for_each_row() {
        let good = OutputRange::uniform(3, -1.0, 1.0);
        assert_eq!(good.check(3), Ok(()));
        assert_eq!(OutputRange::uniform(3, 1.0, 1.0).check(3), Ok(()));
        assert_eq!(
            good.check(4),
            Err(OutputRangeError::Length { want: 4, have: 3 })
        );
        let broken = |lo: f32, hi: f32| {
            let mut range = good.clone();
            (range.lo[1], range.hi[1]) = (lo, hi);
            matches!(range.check(3), Err(OutputRangeError::Range { row: 1, .. }))
        };
        assert!(broken(1.0, 0.0));
        assert!(broken(f32::NAN, 0.0));
        assert!(broken(0.0, f32::NAN));
        assert!(broken(0.0, f32::INFINITY));
        assert!(broken(f32::NEG_INFINITY, 0.0));
    }
}
