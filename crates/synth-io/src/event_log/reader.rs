//! Reading a log to replay it.

use serde::Deserialize;
use serde_json::{Map, Value, json};
use synth_engine::Event;

use super::error::LogError;
use super::header::{LogHeader, instruments_fault};
use super::parse::{exactly, object, quoted};
use super::record::{Entry, Other, Record};
use super::{FORMAT, LONGEST_LINE, LONGEST_S, VERSION, last_sample};

/// A replay of a log without an end goes on for this long after its last record, seconds.
const WITHOUT_END_S: u64 = 5;

/// What a log tells.
#[derive(Debug, Clone, PartialEq)]
pub struct EventLog {
    /// What the engine was made with.
    pub header: LogHeader,
    /// What happened, samples ascending.
    pub entries: Vec<Entry>,
    /// Sample frames that were made, or for a log without an end: as many as are worth making.
    pub frames: u64,
    /// What is missing from a log that was not finished.
    pub warning: Option<String>,
}

/// A line after the first.
enum Told {
    Entry(Entry),
    End(u64),
}

impl EventLog {
    /// Reads a log.
    ///
    /// A log without an end, and perhaps with half a line at last, is that of a program that was killed:
    /// it gives a warning.
    ///
    /// # Errors
    /// See [`LogError`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, LogError> {
        let mut lines = bytes.split_inclusive(|&byte| byte == b'\n').zip(1..);
        let header = header(lines.next().map_or(b"", |(line, _)| line))?;
        let last_sample = last_sample(header.sample_rate_hz);
        let mut entries: Vec<Entry> = Vec::new();
        let mut cut_line = None;
        while let Some((line, number)) = lines.next() {
            let about = |what| LogError::Line { line: number, what };
            let at_least = entries.last().map_or(0, |entry| entry.sample);
            let told = match line_told(line) {
                Err(_) if !line.ends_with(b"\n") => {
                    cut_line = Some(number);
                    break;
                }
                told => told.map_err(about)?,
            };
            let (Told::Entry(Entry { sample, .. }) | Told::End(sample)) = told;
            if sample < at_least {
                let what = format!("sample {sample} comes after sample {at_least}");
                return Err(about(what));
            }
            if sample > last_sample {
                let hours = LONGEST_S / 3600;
                let what = format!("sample {sample} lies beyond {hours} hours, the longest log");
                return Err(about(what));
            }
            match told {
                Told::Entry(entry) => entries.push(entry),
                Told::End(frames) => {
                    return match lines.next() {
                        None => Ok(Self {
                            header,
                            entries,
                            frames,
                            warning: None,
                        }),
                        Some((_, line)) => Err(LogError::Line {
                            line,
                            what: "comes after the end".to_owned(),
                        }),
                    };
                }
            }
        }
        let last = entries.last().map_or(0, |entry| entry.sample);
        let cut = cut_line.map(|line| format!(" in the middle of line {line}"));
        let cut = cut.unwrap_or_default();
        let warning = format!(
            "has no end{cut}, as if its program was killed; it is replayed up to {WITHOUT_END_S} s \
             after its last record"
        );
        Ok(Self {
            frames: last + WITHOUT_END_S * u64::from(header.sample_rate_hz),
            header,
            entries,
            warning: Some(warning),
        })
    }
}

fn header(line: &[u8]) -> Result<LogHeader, LogError> {
    let not_a_log = |what: String| LogError::NotALog(format!("line 1 {what}"));
    check_length(line).map_err(not_a_log)?;
    let mut object = object(line).map_err(not_a_log)?;
    if object.remove("format").as_ref().and_then(Value::as_str) != Some(FORMAT) {
        return Err(not_a_log(format!(
            "does not say that its format is {FORMAT}"
        )));
    }
    match object.remove("version") {
        Some(version) if version.as_u64() == Some(VERSION) => {}
        Some(Value::Number(version)) => {
            let found = version.to_string();
            return Err(LogError::Version { found });
        }
        _ => return Err(not_a_log("says no version".to_owned())),
    }
    let about = |what| LogError::Line { line: 1, what };
    let header: LogHeader = exactly(object).map_err(about)?;
    match header.fault() {
        None => Ok(header),
        Some(what) => Err(about(what)),
    }
}

fn check_length(line: &[u8]) -> Result<(), String> {
    match line.len() > LONGEST_LINE + 1 {
        true => Err(format!("is longer than {} MiB", LONGEST_LINE >> 20)),
        false => Ok(()),
    }
}

fn line_told(line: &[u8]) -> Result<Told, String> {
    check_length(line)?;
    let mut object = object(line)?;
    let sample = match object.remove("sample") {
        None => return Err("says no sample".to_owned()),
        Some(sample) => sample.as_u64().ok_or("its sample is no whole number")?,
    };
    let record = match (object.contains_key("event"), object.contains_key("record")) {
        (true, false) => Record::Event(event(object)?),
        (false, true) => match other(object)? {
            Other::End => return Ok(Told::End(sample)),
            Other::Instruments {
                instruments,
                device,
            } => match instruments_fault(&instruments) {
                None => Record::Instruments {
                    instruments,
                    device,
                },
                Some(what) => return Err(what),
            },
            Other::Retired { reason } => Record::Retired { reason },
            Other::Remark { text } => Record::Remark { text },
        },
        (true, true) => return Err("is an event and another record at once".to_owned()),
        (false, false) => return Err("is neither an event nor another record".to_owned()),
    };
    Ok(Told::Entry(Entry { sample, record }))
}

fn event(object: Map<String, Value>) -> Result<Event, String> {
    check_name(&object, "event", |name| {
        let only_name = json!({ "event": name });
        // A name alone is enough for some, and others then miss what belongs to them.
        match Event::deserialize(&only_name) {
            Ok(_) => true,
            Err(error) => !error.to_string().starts_with("unknown variant"),
        }
    })?;
    exactly(object)
}

fn other(object: Map<String, Value>) -> Result<Other, String> {
    let known = ["instruments", "retired", "remark", "end"];
    check_name(&object, "record", |name| known.contains(&name))?;
    exactly(object)
}

/// The list of all names, which the parser would give, is too long for a line.
fn check_name(
    object: &Map<String, Value>,
    key: &str,
    is_known: impl Fn(&str) -> bool,
) -> Result<(), String> {
    match object.get(key) {
        Some(Value::String(name)) if !is_known(name) => {
            Err(format!("there is no {key} called {}", quoted(name)))
        }
        Some(Value::String(_)) => Ok(()),
        _ => Err(format!("its {key} is no text")),
    }
}
