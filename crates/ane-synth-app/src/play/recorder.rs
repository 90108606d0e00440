//! What is being recorded, on its way from the audio side to the disk.

use std::path::Path;

use rtrb::Consumer;
use synth_io::audio_file::{AudioError, Recording};

use crate::error::AppError;

/// Samples taken at a time.
const TAKEN: usize = 16_384;

/// A recording under way.
pub(super) struct Recorder<'a> {
    path: &'a Path,
    recording: Recording,
    /// `None` before it begins and once it could not be written.
    samples: Option<Consumer<f32>>,
    taken: Vec<f32>,
}

impl<'a> Recorder<'a> {
    pub(super) fn create(
        path: &'a Path,
        inputs: &[&Path],
        sample_rate_hz: u32,
    ) -> Result<Self, AppError> {
        let recording = Recording::create(path, inputs, sample_rate_hz);
        Ok(Self {
            path,
            recording: recording.map_err(|error| AppError::about(path, error))?,
            samples: None,
            taken: vec![0.0; TAKEN],
        })
    }

    /// From now on it takes `samples`, left and right in turn.
    pub(super) fn begin(&mut self, samples: Option<Consumer<f32>>) {
        self.samples = samples;
    }

    /// Takes what there is. The first failure ends the recording where it is.
    pub(super) fn take(&mut self) -> Result<(), AppError> {
        self.take_up_to(u64::MAX)
    }

    /// Takes what there is until it has so many sample frames.
    pub(super) fn take_up_to(&mut self, frames: u64) -> Result<(), AppError> {
        while let Some(samples) = &mut self.samples {
            let wanted = frames.saturating_sub(self.recording.frames());
            let wanted = usize::try_from(wanted).unwrap_or(usize::MAX).min(TAKEN / 2);
            // Frames are only ever put in whole.
            let there = (samples.slots() / 2).min(wanted) * 2;
            if there == 0 {
                break;
            }
            let piece = &mut self.taken[..there];
            let whole = samples.pop_entire_slice(piece).is_ok();
            if whole && let Err(error) = self.recording.write(piece) {
                self.samples = None;
                return Err(self.ends_early(&error));
            }
        }
        Ok(())
    }

    /// Sample frames so far.
    pub(super) fn frames(&self) -> u64 {
        self.recording.frames()
    }

    /// Whether nothing more can come.
    pub(super) fn is_over(&self) -> bool {
        let mut samples = self.samples.iter();
        !samples.any(|samples| samples.slots() > 0 || !samples.is_abandoned())
    }

    /// Gives the file its name; how many sample frames it has.
    pub(super) fn finish(self) -> Result<u64, AppError> {
        let finished = self.recording.finish();
        finished.map_err(|error| AppError::about(self.path, error))
    }

    fn ends_early(&self, error: &AudioError) -> AppError {
        let frames = self.recording.frames();
        let what = format!("the recording ends after {frames} sample frames: {error}");
        AppError::about(self.path, what)
    }
}
