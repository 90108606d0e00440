//! Status bytes that break the way in which a track is written.
//!
//! Tracks either give every message its status or run on one status for long. One wrong byte can
//! end that where all that follows can still be read, as other messages, and nothing about them is
//! odd. What gives it away is that the notes go on as before if the byte is passed over.

use super::event::{self, Body, Event, data_bytes};
use super::plausibility::{Change, Plausibility};
use super::repair::Place;

/// After so many messages of one way of writing the next is expected to be like them.
const RUN: u32 = 12;
/// So many events are read on to find out.
const EVENTS: usize = 24;
/// The fewest note-offs among them that must end a note of a key that the track has had before.
const LEAST_RELEASES: usize = 6;
/// The fewest keys that these must have: deltas and values taken for notes repeat themselves.
const LEAST_KEYS: u32 = 4;
/// How many of them may be odd: the lost note is missed.
const MOST_ODD: usize = 2;
/// The most bytes passed over in search of the next message with a status.
const MOST_SKIPPED: usize = 8;

/// Whether a message leaves its status out.
fn is_running(event: &Event<'_>) -> bool {
    match event.body {
        Body::Channel([status, ..]) => event.length - event.delta_size <= data_bytes(status),
        _ => false,
    }
}

/// How many messages in succession have had no status of their own, or have had one.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct StatusRun {
    is_running: bool,
    length: u32,
}

impl StatusRun {
    /// Takes the next event.
    pub(super) fn take(&mut self, event: &Event<'_>) {
        if let Body::Channel(_) = event.body {
            let is_running = is_running(event);
            self.length = match is_running == self.is_running {
                true => self.length.saturating_add(1),
                false => 1,
            };
            self.is_running = is_running;
        }
    }

    /// How many bytes to pass over and how many ticks pass instead of reading `event`, which stands
    /// at `place`, if notes then go on as before and do not otherwise.
    pub(super) fn instead(
        &self,
        body: &[u8],
        place: Place,
        event: &Event<'_>,
        plausibility: &mut Plausibility,
    ) -> Option<(usize, u32)> {
        let (Some(running), Body::Channel([status, ..])) = (place.running, event.body) else {
            return None;
        };
        if self.length < RUN || is_running(event) == self.is_running {
            return None;
        }
        let goes_on = |bytes: usize, plausibility: &mut Plausibility| {
            let byte = place.byte + bytes;
            notes_go_on(
                body,
                Place {
                    byte,
                    running: Some(running),
                },
                self.is_running,
                plausibility,
            )
        };
        if self.is_running {
            // The status took the place of the key.
            let bytes = event.delta_size + data_bytes(running);
            let is_new = !plausibility.has_seen(status);
            return (is_new && goes_on(bytes, plausibility)).then_some((bytes, event.delta));
        }
        // The status became a part of the delta time.
        let mut behind = place;
        for _ in 0..RUN / 2 {
            let next = event::read(body.get(behind.byte..)?, behind.running).ok()?;
            if !is_running(&next) {
                return None;
            }
            behind.byte += next.length;
        }
        let found = (1..=MOST_SKIPPED).find(|&bytes| goes_on(bytes, plausibility));
        found.map(|bytes| (bytes, 0))
    }
}

/// Whether what is at `place` is notes, written without statuses if `is_running` and else with
/// statuses that the track has had, that begin and end as notes do.
fn notes_go_on(
    body: &[u8],
    mut place: Place,
    is_running: bool,
    plausibility: &mut Plausibility,
) -> bool {
    let mut changes: Vec<Change> = Vec::with_capacity(EVENTS);
    let (mut odd_events, mut releases) = (0, 0);
    // Of the notes that end, and those that the track had not had before.
    let (mut keys, mut new_keys) = (0_u128, 0_u128);
    while changes.len() < EVENTS
        && let Some(rest) = body.get(place.byte..)
        && let Ok(event) = event::read(rest, place.running)
        && let Body::Channel([status, key, velocity]) = event.body
        && self::is_running(&event) == is_running
        && plausibility.has_seen(status)
    {
        let (odd, change) = plausibility.take(&event, true);
        changes.push(change);
        let is_off = matches!((status & 0xf0, velocity), (0x80, _) | (0x90, 0));
        let bit = 1 << (key & 0x7f);
        match (odd, is_off) {
            (2.., _) => odd_events += 1,
            (1, false) => new_keys |= bit,
            (_, true) if new_keys & bit == 0 => {
                releases += 1;
                keys |= bit;
            }
            _ => {}
        }
        place.byte += event.length;
        place.running = Some(status);
    }
    let events = changes.len();
    for change in changes.into_iter().rev() {
        plausibility.undo(change);
    }
    events >= 2 * EVENTS / 3
        && odd_events <= MOST_ODD
        && releases >= LEAST_RELEASES
        && keys.count_ones() >= LEAST_KEYS
}

#[cfg(test)]
mod tests {
    use super::super::chunks::TrackChunk;
    use super::super::track::{Content, TrackReader};
    use super::super::warnings::Warnings;

    /// A message at its tick.
    type Timed = (u64, [u8; 3]);

    /// Messages and the warnings.
    fn read(body: &[u8]) -> (Vec<Timed>, Vec<String>) {
        let mut reader = TrackReader::new(TrackChunk { byte: 0, body }, 10);
        let messages = reader.by_ref().filter_map(|event| match event.content {
            Content::Channel(message) => Some((event.tick, message)),
            _ => None,
        });
        let messages = messages.collect();
        let mut warnings = Warnings::default();
        reader.warn(1, &mut warnings);
        (messages, warnings.into_lines())
    }

    /// Forty notes of six keys, with statuses or without.
    fn notes(with_statuses: bool) -> Vec<u8> {
        let mut body = b"\0\xc1\x05".to_vec();
        for n in 0..40 {
            let key = 60 + n % 6;
            match with_statuses {
                true => body.extend([0, 0x91, key, 90, 100, 0x81, key, 64]),
                false if n == 0 => body.extend([2, 0x91, key, 90, 46, key, 0]),
                false => body.extend([2, key, 90, 46, key, 0]),
            }
        }
        body.extend(b"\0\xff\x2f\0");
        body
    }

    #[test]
    fn a_status_in_place_of_a_key_costs_its_note() {
        let sound = notes(false);
        let (expected, lines) = read(&sound);
        assert_eq!((expected.len(), lines.len()), (81, 0), "{lines:?}");
        for message in 14..60 {
            for status in [0x80, 0x94, 0xa0, 0xb1, 0xcb, 0xd0, 0xe1] {
                let mut damaged = sound.clone();
                damaged[5 + 3 * message] = status;
                let (messages, lines) = read(&damaged);
                let kept = messages.iter().filter(|m| expected.contains(m)).count();
                assert!(kept >= 78, "{message} {status:#x} {kept} {lines:?}");
                assert!(!lines.is_empty(), "{message} {status:#x}");
            }
        }
    }

    #[test]
    fn a_status_lost_in_a_delta_time_costs_its_note() {
        let sound = notes(true);
        let (expected, lines) = read(&sound);
        assert_eq!((expected.len(), lines.len()), (81, 0), "{lines:?}");
        for message in 14..60 {
            let mut damaged = sound.clone();
            damaged[3 + 4 * message] = 0xd4;
            let (messages, lines) = read(&damaged);
            let is_expected = |message| expected.iter().any(|&(_, other)| other == message);
            let kept = messages.iter().filter(|&&(_, m)| is_expected(m)).count();
            assert!(kept >= 77, "{message} {kept} {lines:?}");
        }
    }

    #[test]
    fn bends_and_controllers_behind_notes_are_read_as_they_stand() {
        let start = notes(false);
        let start = &start[..start.len() - 4];
        for status in [0x81, 0xa1, 0xb1, 0xe1] {
            for (step, delta) in [(0, 2), (64, 2), (64, 7), (1, 60), (64, 60), (127, 62)] {
                let mut body = start.to_vec();
                body.extend([5, status, 3, 5]);
                for n in 0..60_u8 {
                    let value = u32::from(n) * step;
                    let [low, high] = [value, value >> 7].map(|part| part as u8 & 0x7f);
                    body.extend([delta + n % 3, low, high]);
                }
                body.extend(b"\0\xff\x2f\0");
                let (messages, lines) = read(&body);
                let found = (messages.len(), lines.len());
                assert_eq!(found, (142, 0), "{status:#x} {step} {lines:?}");
            }
        }
    }
}
