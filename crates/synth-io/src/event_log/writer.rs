//! Writing a log while the music plays.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;
use std::time::{Duration, Instant};

use serde::Serialize;
use serde_json::Serializer;
use serde_json::ser::Formatter;

use super::header::LogHeader;
use super::record::{Content, Line, Other, Record};
use super::{FORMAT, LONGEST_LINE, LONGEST_S, VERSION, last_sample};
use crate::audio_file::AudioError;
use crate::audio_file::place::resolve;

/// What is not yet given to the operating system is at most this old.
const FLUSH_INTERVAL: Duration = Duration::from_secs(1);

/// Writes a log line by line.
///
/// The file has its name from the beginning, since what is played cannot be had again: a program that
/// is killed leaves all but its last second.
pub struct LogWriter {
    sink: BufWriter<Box<dyn Write + Send>>,
    line: Vec<u8>,
    last_sample: u64,
    sample: u64,
    flushed: Instant,
}

#[derive(Serialize)]
struct FirstLine<'a> {
    format: &'static str,
    version: u64,
    #[serde(flatten)]
    header: &'a LogHeader,
}

impl LogWriter {
    /// Begins a log at `target`, which must be none of `inputs` and is emptied if it is there.
    ///
    /// # Errors
    /// See [`AudioError`]: those about places, and what the operating system says.
    pub fn create(target: &Path, inputs: &[&Path], header: &LogHeader) -> Result<Self, AudioError> {
        let file = File::create(resolve(target, inputs)?)?;
        Ok(Self::stream(Box::new(file), header)?)
    }

    /// Begins a log that goes to `sink`.
    ///
    /// # Errors
    /// What `sink` says.
    pub fn stream(sink: Box<dyn Write + Send>, header: &LogHeader) -> io::Result<Self> {
        let mut log = Self {
            sink: BufWriter::new(sink),
            line: Vec::new(),
            last_sample: last_sample(header.sample_rate_hz),
            sample: 0,
            flushed: Instant::now(),
        };
        log.put(&FirstLine {
            format: FORMAT,
            version: VERSION,
            header,
        })?;
        log.flush()?;
        Ok(log)
    }

    /// Adds what took effect at `sample`. Samples do not go down: one that lies before the last counts
    /// as that. An event whose number is not finite does nothing and is left out.
    ///
    /// # Errors
    /// What the operating system says, or that a log tells of 24 hours at most.
    pub fn write(&mut self, sample: u64, record: &Record) -> Result<(), AudioError> {
        if let Record::Event(event) = record
            && serde_json::to_value(event).is_ok_and(|json| holds_null(&json))
        {
            return Ok(());
        }
        Ok(self.add(sample, record.content())?)
    }

    /// Gives what is older than a second to the operating system; to be called often.
    ///
    /// # Errors
    /// What the operating system says.
    pub fn tick(&mut self) -> Result<(), AudioError> {
        match self.flushed.elapsed() >= FLUSH_INTERVAL {
            true => Ok(self.flush()?),
            false => Ok(()),
        }
    }

    /// Says that `frames` sample frames were made in all, and closes the log.
    ///
    /// # Errors
    /// What the operating system says.
    pub fn finish(mut self, frames: u64) -> Result<(), AudioError> {
        self.add(frames, Content::Other(Other::End))?;
        Ok(self.flush()?)
    }

    fn add(&mut self, sample: u64, content: Content<'_>) -> io::Result<()> {
        if sample > self.last_sample {
            let hours = LONGEST_S / 3600;
            let what = format!("an event log tells of {hours} hours at most");
            return Err(io::Error::other(what));
        }
        self.sample = self.sample.max(sample);
        let sample = self.sample;
        self.put(&Line { sample, content })
    }

    fn put(&mut self, line: &impl Serialize) -> io::Result<()> {
        self.line.clear();
        let mut json = Serializer::with_formatter(&mut self.line, ExactFloats);
        line.serialize(&mut json)?;
        if self.line.len() > LONGEST_LINE {
            let mib = LONGEST_LINE >> 20;
            let what = format!("a line of an event log holds {mib} MiB at most");
            return Err(io::Error::other(what));
        }
        self.line.push(b'\n');
        self.sink.write_all(&self.line)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.flushed = Instant::now();
        self.sink.flush()
    }
}

/// Whether a number could not be written as one.
fn holds_null(event: &serde_json::Value) -> bool {
    event
        .as_object()
        .is_some_and(|event| event.values().any(serde_json::Value::is_null))
}

/// Writes an `f32` as its shortest decimal, which goes through an `f64` when it is read: where the two
/// roundings end beside it (7.038531e-26 is the only positive one), as the `f64`
/// that it is.
struct ExactFloats;

impl Formatter for ExactFloats {
    fn write_f32<W: ?Sized + Write>(&mut self, writer: &mut W, value: f32) -> io::Result<()> {
        let shortest = format!("{value:?}");
        match shortest.parse::<f64>() {
            Ok(read) if (read as f32).to_bits() == value.to_bits() => {
                writer.write_all(shortest.as_bytes())
            }
            _ => write!(writer, "{:?}", f64::from(value)),
        }
    }
}
