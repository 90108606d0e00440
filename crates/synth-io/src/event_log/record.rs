//! What happened, and at which sample.

use serde::{Deserialize, Serialize};
use synth_engine::Event;

use super::header::LogInstrument;

/// A line of a log after the first.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// When it took effect, in sample frames from the engine's first.
    pub sample: u64,
    /// What it was.
    pub record: Record,
}

/// What can take effect, or is worth telling.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Record {
    /// An event of the engine, what it sheds included.
    Event(Event),
    /// Other instruments, or the same on another device.
    Instruments {
        /// All of them.
        instruments: Vec<LogInstrument>,
        /// Name of the device that their networks run on.
        device: String,
    },
    /// A device is no longer asked; the CPU goes on alone.
    Retired {
        /// Why.
        reason: String,
    },
    /// Something for whoever reads the log; a replay leaves it aside.
    Remark {
        /// In words.
        text: String,
    },
}

/// A line as it is written; events have a key of their own that says which they are.
#[derive(Serialize)]
pub(super) struct Line<'a> {
    pub(super) sample: u64,
    #[serde(flatten)]
    pub(super) content: Content<'a>,
}

#[derive(Serialize)]
#[serde(untagged)]
pub(super) enum Content<'a> {
    Event(&'a Event),
    Other(Other),
}

/// What is no event.
#[derive(Serialize, Deserialize)]
#[serde(tag = "record", rename_all = "kebab-case")]
pub(super) enum Other {
    Instruments {
        instruments: Vec<LogInstrument>,
        device: String,
    },
    Retired {
        reason: String,
    },
    Remark {
        text: String,
    },
    /// The engine was stopped: so many sample frames were made.
    End,
}

impl Record {
    pub(super) fn content(&self) -> Content<'_> {
        let other = match self {
            Self::Event(event) => return Content::Event(event),
            Self::Instruments {
                instruments,
                device,
            } => Other::Instruments {
                instruments: instruments.clone(),
                device: device.clone(),
            },
            Self::Retired { reason } => Other::Retired {
                reason: reason.clone(),
            },
            Self::Remark { text } => Other::Remark { text: text.clone() },
        };
        Content::Other(other)
    }
}
