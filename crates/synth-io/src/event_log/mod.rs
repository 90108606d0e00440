//! What was played and when, on disk: a header and one record a line, as JSON (RFC 8259), so that the
//! same samples can be made again. `docs/event-log.md` describes the format.
//!
//! [`LogWriter`] writes while the music plays: whole lines, given to the operating system at least once
//! a second, so that the log of a program that was killed can still be replayed. [`EventLog`] reads,
//! strictly: a log that says something this program does not know is refused.
//!
//! Numbers come back bit for bit. Events whose number is not finite, which an engine ignores, are left
//! out.

mod error;
mod header;
mod parse;
mod reader;
mod record;
mod writer;

pub use error::LogError;
pub use header::{LogHeader, LogInstrument, LogRoom};
pub use reader::EventLog;
pub use record::{Entry, Record};
pub use writer::LogWriter;

/// What the header calls the format.
const FORMAT: &str = "ane-synth event log";
/// The only version so far.
const VERSION: u64 = 1;
/// Longest line, in bytes.
const LONGEST_LINE: usize = 1 << 20;
/// Longest time that a log can tell of, seconds.
const LONGEST_S: u64 = 24 * 3600;

/// The last sample that a log can name.
fn last_sample(sample_rate_hz: u32) -> u64 {
    LONGEST_S * u64::from(sample_rate_hz)
}
