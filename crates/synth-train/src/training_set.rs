//! The columns a fit learns from, as a structure of arrays.

use thiserror::Error;

/// One analysed or computed column: what the network is told and what it should answer.
#[derive(Clone, Debug)]
pub struct TrainingFrame<'a> {
    /// Fundamental in Hz.
    pub f0_hz: f32,
    /// A-weighted loudness of the partials in dB re full scale.
    pub loudness_db: f32,
    /// Velocity of the note, 0..1.
    pub velocity: f32,
    /// Attackness, exp(-t / 80 ms) since the onset plus the player's offset.
    pub z: f32,
    /// Level of partial k + 1 in dB re the column's A-weighted loudness, as the decoder will scale it.
    pub partial_db: &'a [f32],
    /// Power density of each noise band in dB re full scale^2 / Hz, one-sided, absolute.
    pub noise_db: &'a [f32],
    /// Where the source stops: partials and bands above are not learnt from. Hz.
    pub band_limit_hz: f32,
}

/// Any number of columns with the same numbers of partials and noise bands.
#[derive(Clone, Debug)]
pub struct TrainingSet {
    partials: usize,
    noise_bands: usize,
    pub(crate) f0_hz: Vec<f32>,
    pub(crate) loudness_db: Vec<f32>,
    pub(crate) velocity: Vec<f32>,
    pub(crate) z: Vec<f32>,
    pub(crate) band_limit_hz: Vec<f32>,
    pub(crate) partial_db: Vec<f32>,
    pub(crate) noise_db: Vec<f32>,
}

/// Why a column cannot be learnt from.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum TrainingSetError {
    /// The number of partials or bands is not the set's.
    #[error(
        "a training column has {have} {what}, but the set holds columns of {want}; analyse all recordings with one setting"
    )]
    Length {
        /// Partials or noise bands.
        what: &'static str,
        /// The set's number.
        want: usize,
        /// The column's number.
        have: usize,
    },
    /// A value is NaN, infinite or not a frequency.
    #[error("the {0} of a training column is not a usable number; leave the column out")]
    Value(&'static str),
}

impl TrainingSet {
    /// An empty set for columns of `partials` partials and `noise_bands` noise bands.
    #[must_use]
    pub fn new(partials: usize, noise_bands: usize) -> Self {
        Self {
            partials,
            noise_bands,
            f0_hz: Vec::new(),
            loudness_db: Vec::new(),
            velocity: Vec::new(),
            z: Vec::new(),
            band_limit_hz: Vec::new(),
            partial_db: Vec::new(),
            noise_db: Vec::new(),
        }
    }

    /// Number of columns.
    #[must_use]
    pub fn len(&self) -> usize {
        self.f0_hz.len()
    }

    /// Whether there is no column yet.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.f0_hz.is_empty()
    }

    /// Partials a column.
    #[must_use]
    pub fn partials(&self) -> usize {
        self.partials
    }

    /// Noise bands a column.
    #[must_use]
    pub fn noise_bands(&self) -> usize {
        self.noise_bands
    }

    /// Adds a column. On an error the set is as it was.
    ///
    /// # Errors
    /// [`TrainingSetError`] when a length is not the set's or a value is not finite.
    pub fn push(&mut self, frame: &TrainingFrame<'_>) -> Result<(), TrainingSetError> {
        for (what, want, have) in [
            ("partials", self.partials, frame.partial_db.len()),
            ("noise bands", self.noise_bands, frame.noise_db.len()),
        ] {
            if want != have {
                return Err(TrainingSetError::Length { what, want, have });
            }
        }
        let positive = |x: f32| x.is_finite() && x > 0.0;
        for (what, usable) in [
            ("fundamental", positive(frame.f0_hz)),
            ("band limit", positive(frame.band_limit_hz)),
            ("loudness", frame.loudness_db.is_finite()),
            ("velocity", frame.velocity.is_finite()),
            ("attackness", frame.z.is_finite()),
            (
                "partial level",
                frame.partial_db.iter().all(|x| x.is_finite()),
            ),
            ("noise level", frame.noise_db.iter().all(|x| x.is_finite())),
        ] {
            if !usable {
                return Err(TrainingSetError::Value(what));
            }
        }
        self.f0_hz.push(frame.f0_hz);
        self.loudness_db.push(frame.loudness_db);
        self.velocity.push(frame.velocity);
        self.z.push(frame.z);
        self.band_limit_hz.push(frame.band_limit_hz);
        self.partial_db.extend_from_slice(frame.partial_db);
        self.noise_db.extend_from_slice(frame.noise_db);
        Ok(())
    }

    /// Column `index`; `None` past the end.
    #[must_use]
    pub fn frame(&self, index: usize) -> Option<TrainingFrame<'_>> {
        Some(TrainingFrame {
            f0_hz: *self.f0_hz.get(index)?,
            loudness_db: self.loudness_db[index],
            velocity: self.velocity[index],
            z: self.z[index],
            partial_db: &self.partial_db[index * self.partials..(index + 1) * self.partials],
            noise_db: &self.noise_db[index * self.noise_bands..(index + 1) * self.noise_bands],
            band_limit_hz: self.band_limit_hz[index],
        })
    }

    /// Mean of each partial's level over the columns where it lies below the band limit, then of
    /// each noise band likewise: where the output biases of a fit start. 0 for a row never seen.
    pub(crate) fn row_means_db(&self, band_hz: &[f32]) -> (Vec<f64>, Vec<f64>) {
        let mut partials = vec![(0.0_f64, 0_u32); self.partials];
        let mut noise = vec![(0.0_f64, 0_u32); self.noise_bands];
        for frame in (0..self.len()).filter_map(|index| self.frame(index)) {
            for (k, (sum, &db)) in partials.iter_mut().zip(frame.partial_db).enumerate() {
                if (k + 1) as f32 * frame.f0_hz < frame.band_limit_hz {
                    *sum = (sum.0 + f64::from(db), sum.1 + 1);
                }
            }
            for ((sum, &db), &f_hz) in noise.iter_mut().zip(frame.noise_db).zip(band_hz) {
                if f_hz <= frame.band_limit_hz {
                    *sum = (sum.0 + f64::from(db), sum.1 + 1);
                }
            }
        }
        let mean = |(sum, count): (f64, u32)| sum / f64::from(count.max(1));
        (
            partials.into_iter().map(mean).collect(),
            noise.into_iter().map(mean).collect(),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame<'a>(partial_db: &'a [f32], noise_db: &'a [f32]) -> TrainingFrame<'a> {
        TrainingFrame {
            f0_hz: 6_000.0,
            loudness_db: -20.0,
            velocity: 0.5,
            z: 0.0,
            partial_db,
            noise_db,
            band_limit_hz: 13_000.0,
        }
    }

    #[test]
    fn what_goes_in_comes_out() {
        let mut set = TrainingSet::new(3, 2);
        assert!(set.is_empty());
        set.push(&frame(&[-1.0, -2.0, -3.0], &[-80.0, -90.0]))
            .unwrap();
        set.push(&frame(&[-4.0, -5.0, -6.0], &[-70.0, -60.0]))
            .unwrap();
        assert_eq!(set.len(), 2);
        let second = set.frame(1).unwrap();
        assert_eq!(second.partial_db, [-4.0, -5.0, -6.0]);
        assert_eq!(second.noise_db, [-70.0, -60.0]);
        assert!(set.frame(2).is_none());
    }

    #[test]
    fn means_leave_out_what_lies_above_the_band_limit() {
        let mut set = TrainingSet::new(3, 2);
        set.push(&frame(&[-1.0, -2.0, -3.0], &[-80.0, -90.0]))
            .unwrap();
        set.push(&frame(&[-4.0, -5.0, -6.0], &[-70.0, -60.0]))
            .unwrap();
        let (partials, noise) = set.row_means_db(&[0.0, 20_000.0]);
        assert_eq!(partials, [-2.5, -3.5, 0.0], "partial 3 is at 18 kHz");
        assert_eq!(noise, [-75.0, 0.0]);
    }

    #[test]
    fn unusable_columns_are_refused_and_leave_no_trace() {
        let mut set = TrainingSet::new(2, 1);
        assert!(matches!(
            set.push(&frame(&[0.0], &[0.0])),
            Err(TrainingSetError::Length {
                what: "partials",
                want: 2,
                have: 1
            })
        ));
        assert_eq!(
            set.push(&frame(&[0.0, f32::NAN], &[0.0])),
            Err(TrainingSetError::Value("partial level"))
        );
        let mut silent = frame(&[0.0, 0.0], &[0.0]);
        silent.f0_hz = 0.0;
        assert_eq!(
            set.push(&silent),
            Err(TrainingSetError::Value("fundamental"))
        );
        assert!(set.is_empty() && set.partial_db.is_empty());
    }
}
