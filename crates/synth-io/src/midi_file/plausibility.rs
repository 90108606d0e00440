//! How believable a reading of a track is.
//!
//! One wrong byte can shift the reading so that all that follows is still events, but of other
//! bytes than were meant. What gives it away is what nobody writes: note-offs of keys that are up,
//! long waits, statuses seen nowhere else.

use super::damage::SHORT_WAIT;
use super::event::{Body, Event, data_bytes};

const KEYS: usize = 16 * 128;
const WAS_DOWN: u8 = 0x80;
/// After so many messages a channel is one of the track's.
const FAMILIAR: u8 = 16;
/// What an event costs that cannot be read; the others are in proportion.
pub(super) const UNREADABLE: u32 = 12;

/// What is known of a track from the events read so far.
#[derive(Clone, Debug)]
pub(super) struct Plausibility {
    /// How often each key of each channel is down, and in the top bit whether it ever was.
    held: Vec<u8>,
    /// Messages for each channel, up to [`FAMILIAR`].
    channels: [u8; 16],
    /// Bit s is set if there was a channel message of status 0x80 + s.
    statuses: u128,
    /// How many channel messages have their own status, and how many leave it out.
    with_status: u32,
    without_status: u32,
}

/// What an event changed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Change {
    held: Option<(usize, u8)>,
    channel: Option<(usize, u8)>,
    statuses: u128,
    with_status: u32,
    without_status: u32,
}

impl Plausibility {
    pub(super) fn new() -> Self {
        Self {
            held: vec![0; KEYS],
            channels: [0; 16],
            statuses: 0,
            with_status: 0,
            without_status: 0,
        }
    }

    /// Takes the next event; how odd it is, 0 for one that is not, and what
    /// [`Plausibility::undo`] needs.
    pub(super) fn take(&mut self, event: &Event<'_>, is_ordinary: bool) -> (u32, Change) {
        let mut change = Change {
            held: None,
            channel: None,
            statuses: self.statuses,
            with_status: self.with_status,
            without_status: self.without_status,
        };
        // Two bytes hold 16,383 ticks, several bars; three hold hours.
        let mut cost = match event.delta {
            0..SHORT_WAIT => 0,
            SHORT_WAIT..0x20_0000 => 3,
            _ => 8,
        };
        let Body::Channel([status, first, second]) = event.body else {
            let odd = match is_ordinary {
                true => 1,
                false => UNREADABLE / 2,
            };
            return (cost + odd, change);
        };
        let bit = 1_u128 << (status & 0x7f);
        if self.statuses & bit == 0 {
            self.statuses |= bit;
            cost += 3;
        }
        let channel = usize::from(status & 0x0f);
        let before = self.channels[channel];
        change.channel = Some((channel, before));
        cost += match before {
            0 => 4,
            1..FAMILIAR => 1,
            _ => 0,
        };
        self.channels[channel] = (before + 1).min(FAMILIAR);
        if event.length - event.delta_size > data_bytes(status) {
            self.with_status = self.with_status.saturating_add(1);
        } else {
            // A track that hardly ever leaves the status out does not do so here either.
            cost += 2 * u32::from(self.without_status < self.with_status / 8);
            // Nobody changes the program again and again.
            cost += 4 * u32::from(status & 0xf0 == 0xc0);
            self.without_status = self.without_status.saturating_add(1);
        }
        if matches!(status & 0xf0, 0x80 | 0x90) {
            let key = channel * 128 + usize::from(first & 0x7f);
            let before = self.held[key];
            change.held = Some((key, before));
            let count = before & !WAS_DOWN;
            let is_on = status >= 0x90 && second > 0;
            cost += match (is_on, count) {
                (true, 0) if before & WAS_DOWN == 0 => 1,
                (true, 0) | (false, 1..) => 0,
                (true, _) => 2,
                (false, 0) => 3,
            };
            self.held[key] = match is_on {
                true => (count + 1).min(!WAS_DOWN) | WAS_DOWN,
                false => count.saturating_sub(1) | (before & WAS_DOWN),
            };
        }
        (cost, change)
    }

    /// Whether there has been a message of this status.
    pub(super) fn has_seen(&self, status: u8) -> bool {
        self.statuses & 1 << (status & 0x7f) != 0
    }

    /// Takes the last event back.
    pub(super) fn undo(&mut self, change: Change) {
        if let Some((channel, before)) = change.channel {
            self.channels[channel] = before;
        }
        if let Some((key, before)) = change.held {
            self.held[key] = before;
        }
        self.statuses = change.statuses;
        self.with_status = change.with_status;
        self.without_status = change.without_status;
    }
}
