//! How a session ends, and what is kept of it.

use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use synth_engine::{CHANNELS, Event, Parameter};

use super::{LEAVING_PATIENCE, LONGEST_RINGING_S, QUIET_S, Session, Stage};
use crate::error::AppError;
use crate::output;
use crate::play::logbook::Logbook;
use crate::play::summary::{Summary, Told};

/// How long the last samples may take on their way to the recorder.
const RECORDER_PATIENCE: Duration = Duration::from_secs(1);
const RECORDER_POLL: Duration = Duration::from_micros(500);

impl Session<'_> {
    /// Everything fades at once.
    pub(super) fn leave(&mut self) {
        self.timeline.clear();
        self.pending = None;
        for channel in 0..CHANNELS as u8 {
            self.send_now(Event::AllSoundOff { channel });
        }
        // The room rings on otherwise.
        let silence = Parameter::Volume.info().range.0;
        self.send_now(Event::Parameter {
            parameter: Parameter::Volume,
            value: silence,
        });
        let buffer = self.parts.buffer as u64;
        let period = Duration::from_secs(buffer) / self.parts.config.sample_rate_hz;
        let patience = LEAVING_PATIENCE + 4 * period;
        self.stage = Stage::Leaving(None, Instant::now() + patience);
    }

    pub(super) fn is_over(&self) -> bool {
        if !self.parts.live.output.is_running() {
            return true;
        }
        let now = self.meter.now;
        match self.stage {
            Stage::Playing => false,
            Stage::Ringing(begun) => {
                let quiet = self.meter.silent_frames >= self.samples(QUIET_S);
                let over = now > begun && quiet && self.timeline.is_empty();
                over || now > begun + self.samples(LONGEST_RINGING_S)
            }
            Stage::Leaving(until, patience) => {
                until.is_some_and(|until| now >= until) || Instant::now() >= patience
            }
        }
    }

    /// Stops, writes what is still under way, and says how it was.
    pub(super) fn finish(mut self) -> Result<(), AppError> {
        self.close_interface();
        self.parts.live.close_ports();
        let priority = self.parts.live.output.priority();
        let stopped = self.parts.live.output.stop();
        self.look();
        let frames = match stopped {
            // The audio side is dropped here, where that may take its time.
            Ok(callback) => callback.frames(),
            Err(error) => {
                self.failed = true;
                self.parts.teller.complain(&error.to_string());
                self.meter.now
            }
        };
        self.keep_up_to(frames);
        let told = Told::of(&self.parts.live, priority, self.kept_frames);
        let Self {
            parts,
            meter,
            notes,
            failed,
            unrecorded,
            interrupted,
            ..
        } = self;
        let mut teller = parts.teller;
        let summary = Summary {
            arguments: parts.arguments,
            device: parts.ensemble.device().device.name(),
            instruments: parts.ensemble.described(),
            meter: &meter,
            frames,
            notes,
            told,
            config: &parts.config,
            buffer: parts.buffer,
            lost_events: parts.control.lost_events(),
            unrecorded,
        };
        if parts.arguments.json {
            output::say(&summary.json()?)?;
        } else {
            teller.say(&summary.text());
        }
        if let Some(exit_code) = interrupted {
            let line = "interrupted; what was played until then is kept";
            return Err(AppError::interrupted(line, exit_code));
        }
        if let Some(error) = teller.into_failure() {
            return Err(error);
        }
        if unrecorded > 0 {
            let path = parts.arguments.record.as_deref().unwrap_or(Path::new(""));
            let what = format!("lacks {unrecorded} sample frames; choose a faster or larger disk");
            return Err(AppError::about(path, what));
        }
        if meter.lost_reports > 0 {
            let what = format!(
                "{} records did not find their way into the event log in time; choose a larger --buffer",
                meter.lost_reports
            );
            return Err(AppError::new(what));
        }
        match failed {
            true => Err(AppError::new(
                "not everything could be read or kept, as said above",
            )),
            false => Ok(()),
        }
    }
    /// Ends the recording and the event log: what was made so far is in both.
    pub(super) fn end_keeping(&mut self) {
        if self.parts.recorder.is_none() && self.parts.logbook.is_none() {
            return;
        }
        self.look();
        let logged = self.parts.logbook.as_ref().map_or(0, Logbook::last_sample);
        self.keep_up_to(self.meter.now.max(logged));
        self.parts.teller.say(
            "the recording and the event log end here: each is of one sample rate; start again for \
             others",
        );
    }

    /// Ends the recording and the event log after so many sample frames.
    fn keep_up_to(&mut self, frames: u64) {
        let mut failures = Vec::new();
        if let Some(mut recorder) = self.parts.recorder.take() {
            let begun = Instant::now();
            // The samples of a block follow its report at once.
            while recorder.frames() < frames && begun.elapsed() < RECORDER_PATIENCE {
                let failed = recorder.take_up_to(frames).err();
                let is_over = failed.is_some() || recorder.is_over();
                failures.extend(failed);
                if is_over {
                    break;
                }
                thread::sleep(RECORDER_POLL);
            }
            match recorder.finish() {
                Ok(recorded) => self.unrecorded = frames - recorded.min(frames),
                Err(error) => failures.push(error),
            }
        }
        if let Some(log) = self.parts.logbook.take() {
            failures.extend(log.finish(frames, self.meter.lost_reports).err());
        }
        self.kept_frames.get_or_insert(frames);
        for failure in failures {
            self.failed = true;
            self.parts.teller.complain(&failure.to_string());
        }
    }
}
