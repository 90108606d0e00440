//! Finding the way back into a damaged track, and telling of it.

use super::event::{self, Body, Event, Fault, Unreadable};
use super::warnings::Warnings;

/// Events that must be readable where reading goes on.
const EVENTS_AHEAD: usize = 4;
/// Runs of damage of one track that get a line each.
const MOST_RUNS: usize = 10;
/// Bytes of a system exclusive message that are looked at: enough to tell one from other data.
const LOOKED_AT: usize = 64;
/// A delta time next to damage is believed below this, which two bytes can hold.
pub(super) const SHORT_WAIT: u32 = 0x4000;
/// A longer text is nothing that a person wrote.
const LONG_TEXT: usize = 4096;

/// Where to go on after an event that cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Resumption {
    /// Bytes passed over, from the beginning of the event (its delta time included).
    pub(super) skipped: usize,
    /// Ticks that pass nevertheless.
    pub(super) delta: u32,
    pub(super) running: Option<u8>,
}

/// Behind an event in `rest` of which only the contents are wrong.
pub(super) fn pass_over_one(
    rest: &[u8],
    unreadable: Unreadable,
    running: Option<u8>,
) -> Option<Resumption> {
    let running = unreadable.status.or(running);
    let skipped = unreadable.nominal?;
    let goes_on = goes_on(rest.get(skipped..)?, running);
    goes_on.then(|| Resumption {
        skipped,
        delta: unreadable.delta.map_or(0, |(delta, _)| delta),
        running,
    })
}

/// The first place in `rest`, which begins with the unreadable event, from which several events
/// can be read.
pub(super) fn resume(rest: &[u8], unreadable: Unreadable, running: Option<u8>) -> Resumption {
    let (delta, delta_size) = unreadable.delta.unwrap_or((0, usize::MAX));
    let skipped = (1..rest.len())
        .find(|&skipped| goes_on(&rest[skipped..], running))
        .unwrap_or(rest.len());
    let delta = match skipped > delta_size && delta < SHORT_WAIT {
        true => delta,
        false => 0,
    };
    Resumption {
        skipped,
        delta,
        running,
    }
}

/// Whether several ordinary events, or all up to the end, can be read.
fn goes_on(rest: &[u8], running: Option<u8>) -> bool {
    can_be_read(rest, running, is_ordinary)
}

/// Whether several events that are `accepted`, or all up to the end, can be read.
pub(super) fn can_be_read(
    mut rest: &[u8],
    mut running: Option<u8>,
    accepted: fn(&Event<'_>) -> bool,
) -> bool {
    for count in 0..EVENTS_AHEAD {
        if rest.is_empty() {
            return count > 0;
        }
        match event::read(rest, running) {
            Ok(event) if accepted(&event) => {
                match event.body {
                    Body::Channel([status, ..]) => running = Some(status),
                    Body::Meta { kind: 0x2f, .. } => return true,
                    _ => {}
                }
                rest = &rest[event.length..];
            }
            _ => return false,
        }
    }
    true
}

/// Whether an event is as RP-001 describes it. Others are only believed if what follows them can
/// be read.
pub(super) fn is_ordinary(event: &Event<'_>) -> bool {
    match event.body {
        Body::Channel(_) | Body::RealTime => true,
        Body::Meta { kind, data } => match kind {
            0x00 => matches!(data.len(), 0 | 2),
            0x01..=0x0f | 0x7f => data.len() <= LONG_TEXT,
            0x20 | 0x21 => data.len() == 1,
            0x2f => data.is_empty(),
            0x51 => data.len() == 3,
            0x54 => data.len() == 5,
            0x58 => data.len() == 4,
            0x59 => data.len() == 2,
            _ => false,
        },
        Body::SystemExclusive(data) => {
            let data = data.strip_suffix(&[0xf7]).unwrap_or(data);
            data.iter().take(LOOKED_AT).all(|&byte| byte < 0x80)
        }
        Body::Continuation(_) => false,
    }
}

/// Damage of one track, neighbouring faults taken together.
#[derive(Clone, Debug, Default)]
pub(super) struct Damage {
    runs: Vec<Run>,
    more: u64,
    /// Events read since the last fault.
    events_since: usize,
}

#[derive(Clone, Debug)]
struct Run {
    byte: usize,
    skipped: usize,
    why: Fault,
}

impl Damage {
    pub(super) fn read_event(&mut self) {
        self.events_since = self.events_since.saturating_add(1);
    }

    pub(super) fn take_back(&mut self, events: usize) {
        self.events_since = self.events_since.saturating_sub(events);
    }

    /// `byte` from the beginning of the file.
    pub(super) fn fault(&mut self, byte: usize, skipped: usize, why: Fault) {
        let joined = self.events_since <= EVENTS_AHEAD;
        self.events_since = 0;
        if joined
            && self.more == 0
            && let Some(run) = self.runs.last_mut()
        {
            run.skipped += skipped;
        } else if self.runs.len() < MOST_RUNS {
            self.runs.push(Run { byte, skipped, why });
        } else if !joined {
            self.more += 1;
        }
    }

    pub(super) fn warn(&self, track: usize, warnings: &mut Warnings) {
        for Run { byte, skipped, why } in &self.runs {
            let loss = match skipped {
                0 => "read as if one byte were another".to_owned(),
                _ => format!("{skipped} byte(s) are passed over"),
            };
            warnings.add(format!(
                "track {track} is damaged at byte {byte} ({why}); {loss}"
            ));
        }
        if self.more > 0 {
            warnings.add(format!(
                "track {track} is damaged at {} more places",
                self.more
            ));
        }
    }
}
