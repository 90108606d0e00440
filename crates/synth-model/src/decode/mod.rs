//! From the network's answer to partial amplitudes and noise band powers.

mod spectrum;

use crate::exp_sigmoid::exp_sigmoid;
use crate::exp2_log2::exp2;
use crate::instrument::{Instrument, InstrumentError};
use crate::shape::{Head, ModelShape};
use spectrum::Spectrum;

/// log2(10) / 20: octaves of amplitude per dB.
const AMPLITUDE_LOG2_PER_DB: f32 = 0.166_096_4;
/// dB per unit of a log-domain output.
const HEAD_UNIT_DB: f32 = 10.0;

/// Everything needed to decode one instrument's answers, prepared once.
///
/// Buffers are `[outputs, columns]`, channel-major, row stride = columns.
#[derive(Debug, Clone)]
pub struct Decoder {
    shape: ModelShape,
    spectrum: Spectrum,
    /// White noise density at a classic noise magnitude of 1.
    classic_noise_density: f32,
}

impl Decoder {
    /// Prepares the tables of an instrument.
    ///
    /// # Errors
    /// When the instrument does not pass [`Instrument::check`].
    pub fn new(instrument: &Instrument) -> Result<Self, InstrumentError> {
        instrument.check()?;
        let shape = instrument.network.shape.clone();
        let spectrum = Spectrum::new(shape.partials, &instrument.body_eq);
        // DDSP's noise is uniform in [-1, 1] (power 1/3), here spread from 0 Hz to Nyquist.
        let nyquist_hz = instrument.metadata.sample_rate_hz as f32 / 2.0;
        let classic_noise_density = 1.0 / (3.0 * nyquist_hz);
        Ok(Self {
            shape,
            spectrum,
            classic_noise_density,
        })
    }

    /// The shape of the network whose answers are decoded.
    pub fn shape(&self) -> &ModelShape {
        &self.shape
    }

    /// Amplitudes of the partials of one column.
    ///
    /// `partials[k]` becomes the linear amplitude of partial k + 1 (beyond the network's partials,
    /// zero), scaled so that the partials below 20 kHz have unit A-weighted power:
    /// `sum a_k^2 / 2 * A(k f0)^2 = 1`. Row k of the answer plus the body EQ at k f0 gives the
    /// relative level; partials fade from 19 to 20 kHz. The gain row cancels in the scaling: the
    /// level of a note comes from its loudness alone. The classic head differs only in that a row
    /// is an amplitude through `exp_sigmoid`.
    ///
    /// With fewer `partials` than the network's, the scaling is over those.
    ///
    /// Answers false, and zeros, when a partial or gain row or `f0_hz` is not finite (or `f0_hz` not
    /// above 0), or when `column` is not in the buffer. Zeros and true when f0 is above 20 kHz.
    ///
    /// # Realtime safety
    /// RT-safe: no allocation, lock or panic; plain f32 arithmetic with the same bits everywhere.
    #[inline(always)]
    pub fn harmonics(
        &self,
        output: &[f32],
        columns: usize,
        column: usize,
        f0_hz: f32,
        partials: &mut [f32],
    ) -> bool {
        self.tilted_harmonics(output, columns, column, f0_hz, 0.0, partials)
    }

    /// As [`Decoder::harmonics`], with partial k raised by `tilt_db * min(log2 k, 3)` before the scaling: see
    /// [`Expression::tilt_db`](crate::Expression::tilt_db). A tilt that is not finite counts as
    /// none.
    ///
    /// # Realtime safety
    /// RT-safe, as [`Decoder::harmonics`].
    #[inline(always)]
    pub fn tilted_harmonics(
        &self,
        output: &[f32],
        columns: usize,
        column: usize,
        f0_hz: f32,
        tilt_db: f32,
        partials: &mut [f32],
    ) -> bool {
        let Some(rows) = self.rows(output, columns, column) else {
            partials.fill(0.0);
            return false;
        };
        let (present, absent) = partials.split_at_mut(self.shape.partials.min(partials.len()));
        absent.fill(0.0);
        gather(rows, columns, 0, present);
        let rest_is_finite =
            (present.len()..=self.shape.gain_row()).all(|row| rows[row * columns].is_finite());
        let f0_is_usable = f0_hz > 0.0 && f0_hz < f32::INFINITY;
        if !(rest_is_finite && f0_is_usable && all_finite(present)) {
            present.fill(0.0);
            return false;
        }
        let present = self.spectrum.drop_above_band(f0_hz, present);
        let tilt_db = if tilt_db.is_finite() { tilt_db } else { 0.0 };
        match self.shape.head {
            Head::LogDomain => self.spectrum.amplitudes_from_log(f0_hz, tilt_db, present),
            Head::Classic => self
                .spectrum
                .amplitudes_from_classic(f0_hz, tilt_db, present),
        }
        self.spectrum.limit_band_and_scale(f0_hz, present);
        true
    }

    /// Noise of one column: power density per Hz (one-sided, full scale^2 / Hz) in every band, at
    /// most 1.
    ///
    /// `power[j]` becomes band j's density, absolute at the loudness the network saw
    /// ([`Instrument::clamp_loudness_db`]); bands beyond the network's are zero. The classic head
    /// has one white level m = `exp_sigmoid(row - 5)` (DDSP's noise bias), the density of uniform
    /// noise of amplitude m up to the training data's Nyquist frequency, in every band.
    ///
    /// Answers false, and zeros, when a noise row is not finite or `column` is not in the buffer.
    ///
    /// # Realtime safety
    /// RT-safe: no allocation, lock or panic; plain f32 arithmetic with the same bits everywhere.
    #[inline(always)]
    pub fn noise(&self, output: &[f32], columns: usize, column: usize, power: &mut [f32]) -> bool {
        let Some(rows) = self.rows(output, columns, column) else {
            power.fill(0.0);
            return false;
        };
        let first = self.shape.noise_rows().start;
        let (present, absent) = power.split_at_mut(self.shape.noise_bands.min(power.len()));
        gather(rows, columns, first, present);
        let mut rest = first + present.len()..self.shape.outputs();
        if !(rest.all(|row| rows[row * columns].is_finite()) && all_finite(present)) {
            power.fill(0.0);
            return false;
        }
        match self.shape.head {
            Head::LogDomain => {
                absent.fill(0.0);
                for band in present {
                    // Twice the octaves of amplitude are those of power.
                    let log2_power = *band * (2.0 * HEAD_UNIT_DB * AMPLITUDE_LOG2_PER_DB);
                    *band = exp2(log2_power.min(0.0));
                }
            }
            Head::Classic => {
                let magnitude = present.first().map_or(0.0, |&row| exp_sigmoid(row - 5.0));
                power.fill(magnitude * magnitude * self.classic_noise_density);
            }
        }
        true
    }

    /// The answer from a column's first row on, where row r stands at r * columns; None when the
    /// buffer does not hold all rows.
    #[inline(always)]
    fn rows<'a>(&self, output: &'a [f32], columns: usize, column: usize) -> Option<&'a [f32]> {
        let needed = self.shape.outputs().checked_mul(columns)?;
        if column >= columns || output.len() < needed {
            return None;
        }
        output.get(column..)
    }
}

/// Fetches rows, which are far apart in memory unless there is one column, to where they are worked on side
/// by side.
#[inline(always)]
fn gather(rows: &[f32], columns: usize, first: usize, values: &mut [f32]) {
    if columns == 1 {
        values.copy_from_slice(&rows[first..first + values.len()]);
        return;
    }
    for (index, value) in values.iter_mut().enumerate() {
        *value = rows[(first + index) * columns];
    }
}

/// Whether no value is NaN or infinite. Unlike a search it has no early way out, and so vectorises.
#[inline(always)]
fn all_finite(values: &[f32]) -> bool {
    values
        .iter()
        .fold(true, |finite, value| finite & value.is_finite())
}
