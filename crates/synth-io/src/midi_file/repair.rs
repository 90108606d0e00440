//! Finds the byte that shifted the reading of a track: tries what the last few events would be if
//! one of them had a byte wrong, too many or too few, and compares how believable all that follows
//! is.

use super::damage::{Resumption, SHORT_WAIT, is_ordinary};
use super::event::{self, Body, Event};
use super::plausibility::{Change, Plausibility, UNREADABLE};

/// Bytes behind the fault over which readings are compared.
const BYTES_AHEAD: usize = 48;
/// The most bytes that a repair passes over: the longest common event and one byte.
const MOST_SKIPPED: usize = 8;
/// What a repair costs, so that reading as it stands is preferred.
const REPAIR: u32 = 4;
/// What it costs to pass over an event with a wrong data byte, the likeliest repair.
const ONE: u32 = 1;
/// How many events may be taken back.
pub(super) const EVENTS_BACK: usize = 12;

/// A place where reading can begin.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    /// Offset in the track.
    pub(super) byte: usize,
    pub(super) running: Option<u8>,
}

/// What to do at a place instead of reading on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Repair {
    /// Pass over so many bytes; so many ticks pass.
    Skip { bytes: usize, delta: u32 },
    /// Read an event whose delta time is this, given in so many bytes.
    Delta { delta: u32, bytes: usize },
}

/// Compares readings of one track.
pub(super) struct Comparison<'a, 'b> {
    pub(super) body: &'a [u8],
    pub(super) plausibility: &'b mut Plausibility,
    /// Readings are compared up to here.
    end: usize,
    /// Scratch.
    changes: Vec<Change>,
    best: Option<(u32, usize, Repair)>,
    limit: u32,
}

impl<'a, 'b> Comparison<'a, 'b> {
    /// For a fault at `fault`.
    pub(super) fn new(body: &'a [u8], plausibility: &'b mut Plausibility, fault: usize) -> Self {
        Self {
            body,
            plausibility,
            end: (fault + BYTES_AHEAD).min(body.len()),
            changes: Vec::new(),
            best: None,
            limit: u32::MAX,
        }
    }

    /// How odd reading on at `place` is; at least `limit` if it is more than that.
    pub(super) fn cost(&mut self, mut place: Place, limit: u32) -> u32 {
        let mut cost = 0;
        let mut ended = false;
        while place.byte < self.end && cost < limit && !ended {
            let rest = &self.body[place.byte..];
            match event::read(rest, place.running) {
                Ok(event) => cost += self.take(&event, &mut place, &mut ended),
                Err(unreadable) => {
                    cost += UNREADABLE;
                    place.running = unreadable.status.or(place.running);
                    place.byte += unreadable.nominal.unwrap_or(1);
                }
            }
        }
        for change in self.changes.drain(..).rev() {
            self.plausibility.undo(change);
        }
        let is_end = place.byte >= self.body.len();
        cost + u32::from(is_end != ended) * UNREADABLE / 2
    }

    fn take(&mut self, event: &Event<'_>, place: &mut Place, ended: &mut bool) -> u32 {
        let (cost, change) = self.plausibility.take(event, is_ordinary(event));
        self.changes.push(change);
        place.byte += event.length;
        match event.body {
            Body::Channel([status, ..]) => place.running = Some(status),
            Body::Meta { kind: 0x2f, .. } => *ended = true,
            _ => {}
        }
        cost
    }

    /// Only repairs that cost less than this count.
    pub(super) fn limit(&mut self, limit: u32) {
        self.limit = limit;
    }

    /// Tries all repairs at `place`, which the caller calls `number`; `before` is what reading up to
    /// there costs.
    pub(super) fn try_repairs(&mut self, place: Place, number: usize, before: u32) {
        let rest = &self.body[place.byte..];
        let size = rest
            .iter()
            .take(4)
            .take_while(|&&byte| byte >= 0x80)
            .count()
            + 1;
        let mut delta = 0;
        for bytes in 0..=(size + 1).min(4) {
            // The delta time itself is what `read` has tried.
            if bytes != size
                && let Ok(event) = event::read_body(rest, delta, bytes, place.running)
                && is_ordinary(&event)
            {
                let mut next = place;
                let mut ended = false;
                let odd = self.take(&event, &mut next, &mut ended);
                // The change of this event must outlast those of the events behind it.
                let own = self.changes.pop();
                let cost = before + REPAIR + odd;
                if cost < self.limit && !ended {
                    let cost = cost + self.cost(next, self.limit - cost);
                    self.offer(cost, number, Repair::Delta { delta, bytes });
                }
                own.into_iter().for_each(|own| self.plausibility.undo(own));
            }
            let Some(&byte) = rest.get(bytes) else { break };
            delta = delta << 7 | u32::from(byte & 0x7f);
            if bytes + 1 == size {
                self.try_skips(place, number, before, (size, delta));
            }
        }
    }

    fn try_skips(&mut self, place: Place, number: usize, before: u32, delta: (usize, u32)) {
        let rest = &self.body[place.byte..];
        for bytes in 1..=MOST_SKIPPED.min(rest.len()) {
            // Further statuses are those of the event that goes.
            let status = rest.get(delta.0).copied();
            let own = status.filter(|status| bytes > delta.0 && (0x80..0xf0).contains(status));
            let next = Place {
                byte: place.byte + bytes,
                running: own.or(place.running),
            };
            let cost = before + REPAIR + bytes as u32 / 4;
            if cost < self.limit {
                let cost = cost + self.cost(next, self.limit - cost);
                let delta = match bytes > delta.0 && delta.1 < SHORT_WAIT {
                    true => delta.1,
                    false => 0,
                };
                self.offer(cost, number, Repair::Skip { bytes, delta });
            }
        }
    }

    /// Tries passing over the event at `place` of which only the contents are wrong.
    pub(super) fn try_one(&mut self, place: Place, number: usize, before: u32, one: Resumption) {
        let next = Place {
            byte: place.byte + one.skipped,
            running: one.running,
        };
        let cost = before + ONE + self.cost(next, self.limit.saturating_sub(before + ONE));
        let repair = Repair::Skip {
            bytes: one.skipped,
            delta: one.delta,
        };
        self.offer(cost, number, repair);
    }

    fn offer(&mut self, cost: u32, number: usize, repair: Repair) {
        if cost < self.limit {
            self.limit = cost;
            self.best = Some((cost, number, repair));
        }
    }

    /// The best repair and the number of its place.
    pub(super) fn best(self) -> Option<(usize, Repair)> {
        self.best.map(|(_, number, repair)| (number, repair))
    }
}
