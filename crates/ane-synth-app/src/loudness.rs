//! Loudness as EBU R 128 measures it.

use ebur128::{EbuR128, Mode};

use crate::error::AppError;

/// Integrated loudness and loudness range of a stream.
pub(crate) struct LoudnessMeter {
    meter: EbuR128,
}

impl LoudnessMeter {
    pub(crate) fn new(channels: u16, sample_rate_hz: u32) -> Result<Self, AppError> {
        let meter = EbuR128::new(channels.into(), sample_rate_hz, Mode::I);
        let meter = meter.map_err(cannot_measure)?;
        Ok(Self { meter })
    }

    /// Measures the range too, for which it keeps more.
    pub(crate) fn with_range(channels: u16, sample_rate_hz: u32) -> Result<Self, AppError> {
        let meter = EbuR128::new(channels.into(), sample_rate_hz, Mode::I | Mode::LRA);
        let meter = meter.map_err(cannot_measure)?;
        Ok(Self { meter })
    }

    /// Takes the next samples of all channels; what is longer than the shortest is left out.
    pub(crate) fn process(&mut self, block: &[&[f32]]) -> Result<(), AppError> {
        let frames = block.iter().map(|samples| samples.len()).min().unwrap_or(0);
        let block: Vec<&[f32]> = block.iter().map(|samples| &samples[..frames]).collect();
        let taken = self.meter.add_frames_planar_f32(&block);
        taken.map_err(cannot_measure)
    }

    /// LUFS (ITU-R BS.1770-4); `None` where all is below the gate of -70 LUFS or shorter than a
    /// block of 0.4 s.
    pub(crate) fn integrated_lufs(&self) -> Result<Option<f64>, AppError> {
        let loudness = self.meter.loudness_global().map_err(cannot_measure)?;
        Ok(loudness.is_finite().then_some(loudness))
    }

    /// LU (EBU Tech 3342); `None` unless it is measured.
    pub(crate) fn range_lu(&self) -> Option<f64> {
        let range = self.meter.loudness_range().ok();
        range.filter(|lu| lu.is_finite())
    }
}

fn cannot_measure(error: ebur128::Error) -> AppError {
    AppError::new(format_args!("the loudness cannot be measured ({error})"))
}
