//! The event log of what is being played.

use std::collections::BTreeMap;
use std::path::Path;

use synth_engine::{ChangeId, Report};
use synth_io::audio_file::AudioError;
use synth_io::event_log::{LogHeader, LogInstrument, LogWriter, Record};

use crate::error::AppError;

/// Instruments that were handed over, as a log names them, and their device.
pub(super) struct Handed {
    pub(super) instruments: Vec<LogInstrument>,
    pub(super) device: String,
}

/// A log, and what reports in it mean.
pub(super) struct Logbook<'a> {
    path: &'a Path,
    /// `None` once it could not be written.
    writer: Option<LogWriter>,
    handed: BTreeMap<ChangeId, Handed>,
    last_sample: u64,
}

impl<'a> Logbook<'a> {
    pub(super) fn create(
        path: &'a Path,
        inputs: &[&Path],
        header: &LogHeader,
    ) -> Result<Self, AppError> {
        let writer = LogWriter::create(path, inputs, header);
        Ok(Self {
            path,
            writer: Some(writer.map_err(|error| AppError::about(path, error))?),
            handed: BTreeMap::new(),
            last_sample: 0,
        })
    }

    /// Remembers what a report will call `change`.
    pub(super) fn remember(&mut self, change: ChangeId, handed: Handed) {
        self.handed.insert(change, handed);
    }

    /// Writes a report; the first that cannot be written ends the log.
    pub(super) fn write(&mut self, report: Report) -> Result<(), AppError> {
        let (sample, record) = match report {
            Report::Event { sample, event } => (sample, Record::Event(event)),
            Report::Changed { sample, change } => {
                let Some(Handed {
                    instruments,
                    device,
                }) = self.handed.remove(&change)
                else {
                    return Ok(());
                };
                let record = Record::Instruments {
                    instruments,
                    device,
                };
                (sample, record)
            }
            Report::Retired { sample, reason } => {
                let reason = reason.to_string();
                (sample, Record::Retired { reason })
            }
            Report::Superseded { change } => {
                self.handed.remove(&change);
                return Ok(());
            }
            // Nothing else is ever asked for here.
            _ => return Ok(()),
        };
        self.last_sample = self.last_sample.max(sample);
        self.attempt(|writer| writer.write(sample, &record))
    }

    /// The sample of the last record.
    pub(super) fn last_sample(&self) -> u64 {
        self.last_sample
    }

    /// To be called often.
    pub(super) fn tick(&mut self) -> Result<(), AppError> {
        self.attempt(LogWriter::tick)
    }

    /// Whether all of it could be written.
    pub(super) fn finish(mut self, frames: u64, lost: u64) -> Result<(), AppError> {
        let Some(mut writer) = self.writer.take() else {
            return Ok(());
        };
        if lost > 0 {
            let text = format!("{lost} records are missing: there was no time to write them");
            let text = Record::Remark { text };
            writer.write(frames, &text).map_err(|e| self.about(e))?;
        }
        writer.finish(frames).map_err(|error| self.about(error))
    }

    fn attempt(
        &mut self,
        write: impl FnOnce(&mut LogWriter) -> Result<(), AudioError>,
    ) -> Result<(), AppError> {
        let Some(writer) = &mut self.writer else {
            return Ok(());
        };
        let written = write(writer);
        written.map_err(|error| {
            self.writer = None;
            self.about(error)
        })
    }

    fn about(&self, error: AudioError) -> AppError {
        AppError::about(self.path, error)
    }
}
