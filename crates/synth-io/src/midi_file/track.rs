//! The events of one track, around what is damaged.

use std::borrow::Cow;
use std::collections::VecDeque;

use super::chunks::TrackChunk;
use super::damage::{self, Damage, Resumption};
use super::event::{self, Body, Event, Fault, Unreadable};
use super::plausibility::{Change, Plausibility};
use super::repair::{Comparison, EVENTS_BACK, Place, Repair};
use super::status_run::StatusRun;
use super::warnings::Warnings;

/// How odd the events that can be taken back must be together for a search.
const ODD: u32 = 9;
/// How many events must have been read before any of them can be called odd.
const KNOWN: u64 = 24;
const WELL_KNOWN: u64 = 64;

/// How odd the events given lately may be for those behind them to be called odd.
const ORDINARY: f32 = 2.0;

/// An event of a track at its tick.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct TrackEvent<'a> {
    pub(super) tick: u64,
    pub(super) content: Content<'a>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Content<'a> {
    Channel([u8; 3]),
    /// What is between F0 and F7.
    SystemExclusive(Cow<'a, [u8]>),
    Meta {
        kind: u8,
        data: &'a [u8],
    },
}

/// An event that has been read but may still be taken back.
#[derive(Clone, Copy, Debug)]
struct Entry<'a> {
    /// Where it begins, the state being that before it.
    place: Place,
    tick: u64,
    event: Event<'a>,
    odd: u32,
    change: Change,
}

/// Reads a track once through, ascending in ticks. Reading again gives the same events.
#[derive(Clone, Debug)]
pub(super) struct TrackReader<'a> {
    chunk: TrackChunk<'a>,
    place: Place,
    tick: u64,
    /// The events before `place` that have not been given yet.
    ahead: VecDeque<Entry<'a>>,
    plausibility: Plausibility,
    status_run: StatusRun,
    /// Searches for a repair that may still be made.
    searches: usize,
    events: u64,
    /// How odd the events given lately were: each counts a sixteenth less with every further one.
    recent_oddness: f32,
    odd_events: u64,
    /// The tick of the last event given.
    given_tick: u64,
    /// The packets so far of a system exclusive message that is sent in several.
    packets: Option<Vec<u8>>,
    ended: bool,
    damage: Damage,
    real_time: u64,
    longest_wait: (u64, u64),
    first_damage_tick: Option<u64>,
    /// Nothing later is given.
    last_tick: u64,
    is_cut: bool,
}

impl<'a> TrackReader<'a> {
    /// `searches`: how many times the shifting byte may be looked for, which takes some 20 us.
    pub(super) fn new(chunk: TrackChunk<'a>, searches: usize) -> Self {
        Self {
            chunk,
            place: Place {
                byte: 0,
                running: None,
            },
            tick: 0,
            ahead: VecDeque::new(),
            plausibility: Plausibility::new(),
            status_run: StatusRun::default(),
            searches,
            events: 0,
            recent_oddness: 0.0,
            odd_events: 0,
            given_tick: 0,
            packets: None,
            ended: false,
            damage: Damage::default(),
            real_time: 0,
            longest_wait: (0, 0),
            first_damage_tick: None,
            last_tick: u64::MAX,
            is_cut: false,
        }
    }

    /// Leaves out what comes after `last_tick`.
    pub(super) fn until(self, last_tick: u64) -> Self {
        Self { last_tick, ..self }
    }

    /// When the reader is through, the tick of the end of the track.
    pub(super) fn tick(&self) -> u64 {
        match self.is_cut {
            true => self.given_tick,
            false => self.tick,
        }
    }

    /// The tick of the first place that could not be read as it stands.
    pub(super) fn first_damage_tick(&self) -> Option<u64> {
        self.first_damage_tick
    }

    /// The longest time between two events so far and the tick at which it begins.
    pub(super) fn longest_wait(&self) -> (u64, u64) {
        self.longest_wait
    }

    /// What was wrong with the track, after it has been read; `number` from 1.
    pub(super) fn warn(&self, number: usize, warnings: &mut Warnings) {
        self.damage.warn(number, warnings);
        if self.is_cut {
            return;
        }
        if !self.ended {
            warnings.add(format!(
                "track {number} stops at byte {} without its end-of-track event",
                self.chunk.byte + self.chunk.body.len()
            ));
        }
        let behind = &self.chunk.body[self.place.byte..];
        if behind.iter().any(|&byte| byte != 0) {
            warnings.add(format!(
                "track {number} has {} byte(s) behind its end-of-track event, which are passed over",
                behind.len()
            ));
        }
        if self.real_time > 0 {
            warnings.add(format!(
                "track {number} holds {} real-time byte(s), which do not belong into a file",
                self.real_time
            ));
        }
    }

    /// Reads one event ahead or passes over what is none; false at the end.
    fn read_ahead(&mut self) -> bool {
        let body = self.chunk.body;
        if self.ended || self.place.byte >= body.len() {
            return false;
        }
        let rest = &body[self.place.byte..];
        match event::read(rest, self.place.running) {
            Ok(event) if self.is_believable(&event, &rest[event.length..]) => {
                if self.searches > 0
                    && let Some((bytes, delta)) =
                        self.status_run
                            .instead(body, self.place, &event, &mut self.plausibility)
                {
                    self.searches -= 1;
                    self.fault(bytes, Fault::StatusRun);
                    self.place.byte += bytes;
                    self.tick += u64::from(delta);
                    return true;
                }
                self.take(event);
                if self.looks_shifted() {
                    self.repair(Fault::Shifted, None);
                }
            }
            Ok(event) => self.pass_over(Unreadable {
                delta: Some((event.delta, event.delta_size)),
                nominal: None,
                status: None,
                why: Fault::Implausible,
            }),
            Err(unreadable) => self.pass_over(unreadable),
        }
        true
    }

    fn take(&mut self, event: Event<'a>) {
        self.status_run.take(&event);
        let (odd, change) = self.plausibility.take(&event, damage::is_ordinary(&event));
        self.ahead.push_back(Entry {
            place: self.place,
            tick: self.tick,
            event,
            odd,
            change,
        });
        self.tick += u64::from(event.delta);
        self.place.byte += event.length;
        self.damage.read_event();
        match event.body {
            Body::Channel([status, ..]) => self.place.running = Some(status),
            Body::Meta { kind: 0x2f, .. } => self.ended = true,
            _ => {}
        }
    }

    /// Odd events are only believed if more events follow them.
    fn is_believable(&self, event: &Event<'_>, behind: &[u8]) -> bool {
        damage::is_ordinary(event) || damage::can_be_read(behind, self.place.running, |_| true)
    }

    /// How odd the events are that can still be taken back.
    fn odd_ahead(&self) -> u32 {
        self.ahead.iter().map(|entry| entry.odd).sum()
    }

    /// Whether the last events are odd in a track that was not.
    fn looks_shifted(&self) -> bool {
        // Meta events of any kind and content are to be expected (RP-001).
        let odd = self.ahead.iter().map(|entry| match entry.event.body {
            Body::Channel(_) => entry.odd,
            _ => entry.odd.min(1),
        });
        let known = match self.events {
            0..KNOWN => false,
            KNOWN..WELL_KNOWN => self.recent_oddness < ORDINARY,
            _ => self.odd_events * 16 < self.events || self.recent_oddness < ORDINARY / 2.0,
        };
        known && odd.sum::<u32>() >= ODD
    }

    fn pass_over(&mut self, unreadable: Unreadable) {
        let Place { byte, running } = self.place;
        let rest = &self.chunk.body[byte..];
        let one = damage::pass_over_one(rest, unreadable, running);
        if self.repair(unreadable.why, one) {
            return;
        }
        let resumption = one.unwrap_or_else(|| damage::resume(rest, unreadable, running));
        self.fault(resumption.skipped, unreadable.why);
        self.tick += u64::from(resumption.delta);
        self.place = Place {
            byte: byte + resumption.skipped,
            running: resumption.running,
        };
    }

    fn fault(&mut self, skipped: usize, why: Fault) {
        let at = self.chunk.byte + self.place.byte;
        self.damage.fault(at, skipped, why);
        let first = self.first_damage_tick.unwrap_or(u64::MAX);
        self.first_damage_tick = Some(first.min(self.tick));
    }

    /// Looks for the byte that shifted the reading among the events that can be taken back; whether
    /// it was found and mended.
    fn repair(&mut self, why: Fault, one: Option<Resumption>) -> bool {
        if self.searches == 0 {
            return false;
        }
        self.searches -= 1;
        let count = self.ahead.len();
        let mut before = self.odd_ahead();
        let mut comparison =
            Comparison::new(self.chunk.body, &mut self.plausibility, self.place.byte);
        let as_it_stands = before + comparison.cost(self.place, u32::MAX);
        comparison.limit(match why {
            // What can be read is doubted only for something far better.
            Fault::Shifted => as_it_stands / 2,
            _ => as_it_stands,
        });
        if let Some(one) = one {
            comparison.try_one(self.place, count, before, one);
        }
        comparison.try_repairs(self.place, count, before);
        for (number, entry) in self.ahead.iter().enumerate().rev() {
            comparison.plausibility.undo(entry.change);
            before -= entry.odd;
            comparison.try_repairs(entry.place, number, before);
        }
        let best = comparison.best();
        let (number, repair) = best.unwrap_or((count, Repair::Skip { bytes: 0, delta: 0 }));
        // Forward again, up to the place of the repair.
        for entry in self.ahead.iter_mut().take(number) {
            let is_ordinary = damage::is_ordinary(&entry.event);
            (entry.odd, entry.change) = self.plausibility.take(&entry.event, is_ordinary);
        }
        if best.is_some() {
            self.mend(number, repair, why);
        }
        best.is_some()
    }

    fn mend(&mut self, number: usize, repair: Repair, why: Fault) {
        if let Some(&Entry { place, tick, .. }) = self.ahead.get(number) {
            self.damage.take_back(self.ahead.len() - number);
            self.ahead.truncate(number);
            (self.place, self.tick, self.ended) = (place, tick, false);
        }
        let rest = &self.chunk.body[self.place.byte..];
        match repair {
            Repair::Skip { bytes, delta } => {
                self.fault(bytes, why);
                self.place.byte += bytes;
                self.tick += u64::from(delta);
            }
            Repair::Delta { delta, bytes } => {
                self.fault(0, why);
                if let Ok(event) = event::read_body(rest, delta, bytes, self.place.running) {
                    self.take(event);
                }
            }
        }
    }

    /// The next event that is sure, and the place behind it.
    fn read(&mut self) -> Option<(Event<'a>, Place)> {
        while !self.is_cut && self.ahead.len() <= EVENTS_BACK && self.read_ahead() {}
        let Entry {
            mut place,
            tick,
            event,
            odd,
            ..
        } = self.ahead.pop_front()?;
        if tick + u64::from(event.delta) > self.last_tick {
            self.is_cut = true;
            self.ahead.clear();
            return None;
        }
        self.events += 1;
        self.odd_events += u64::from(odd > 1);
        self.recent_oddness += odd.saturating_sub(1) as f32 - self.recent_oddness / 32.0;
        let before = std::mem::replace(&mut self.given_tick, tick + u64::from(event.delta));
        let wait = self.given_tick - before;
        if wait > self.longest_wait.0 {
            self.longest_wait = (wait, before);
        }
        place.byte += event.length;
        if let Body::Channel([status, ..]) = event.body {
            place.running = Some(status);
        }
        Some((event, place))
    }

    /// Whether the next event at `place` but for meta events goes on with a system exclusive
    /// message. Other events may not stand between its packets (RP-001).
    fn is_continued(&self, place: Place) -> bool {
        let mut rest = &self.chunk.body[place.byte..];
        while let Ok(event) = event::read(rest, place.running) {
            match event.body {
                Body::Meta { kind, .. } if kind != 0x2f => rest = &rest[event.length..],
                Body::Continuation(_) => return true,
                _ => return false,
            }
        }
        false
    }

    fn system_exclusive(&mut self, packet: &'a [u8], behind: Place) -> Option<Content<'a>> {
        // The message before was never ended.
        self.packets = None;
        if let Some(whole) = packet.strip_suffix(&[0xf7]) {
            return Some(Content::SystemExclusive(Cow::Borrowed(whole)));
        }
        if self.is_continued(behind) {
            self.packets = Some(packet.to_vec());
            return None;
        }
        // Some programs leave out the F7.
        Some(Content::SystemExclusive(Cow::Borrowed(packet)))
    }

    fn continuation(&mut self, packet: &'a [u8], behind: Place) -> Option<Content<'a>> {
        let Some(packets) = self.packets.as_mut() else {
            // Without a message to go on with these are bytes for a cable: a whole message, or none
            // of our business (RP-001, "escape").
            return match packet {
                [0xf0, message @ ..] => self.system_exclusive(message, behind),
                _ => None,
            };
        };
        packets.extend_from_slice(packet);
        if packets.last() != Some(&0xf7) && self.is_continued(behind) {
            return None;
        }
        let mut whole = self.packets.take()?;
        if whole.last() == Some(&0xf7) {
            whole.pop();
        }
        Some(Content::SystemExclusive(Cow::Owned(whole)))
    }
}

impl<'a> Iterator for TrackReader<'a> {
    type Item = TrackEvent<'a>;

    fn next(&mut self) -> Option<TrackEvent<'a>> {
        loop {
            let (event, behind) = self.read()?;
            let content = match event.body {
                Body::Channel(message) => Some(Content::Channel(message)),
                Body::SystemExclusive(packet) => self.system_exclusive(packet, behind),
                Body::Continuation(packet) => self.continuation(packet, behind),
                Body::Meta { kind, data } => Some(Content::Meta { kind, data }),
                Body::RealTime => {
                    self.real_time += 1;
                    None
                }
            };
            // A message of no bytes does nothing.
            let content = content.filter(
                |content| !matches!(content, Content::SystemExclusive(body) if body.is_empty()),
            );
            if let Some(content) = content {
                return Some(TrackEvent {
                    tick: self.given_tick,
                    content,
                });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Timed = (u64, [u8; 3]);

    /// Messages, the tick of the end and the warnings.
    fn read(body: &[u8]) -> (Vec<Timed>, u64, Vec<String>) {
        let mut reader = TrackReader::new(TrackChunk { byte: 100, body }, 10);
        let messages = reader.by_ref().filter_map(|event| match event.content {
            Content::Channel(message) => Some((event.tick, message)),
            _ => None,
        });
        let messages = messages.collect();
        let mut warnings = Warnings::default();
        reader.warn(3, &mut warnings);
        (messages, reader.tick(), warnings.into_lines())
    }

    /// Ten notes of a quarter each, ending in an end-of-track event.
    fn ten_notes() -> Vec<u8> {
        let notes = (60..70).flat_map(|key| [0, 0x90, key, 100, 96, 0x80, key, 64]);
        notes.chain(*b"\0\xff\x2f\0").collect()
    }

    #[test]
    fn running_status_saves_the_status_byte_also_across_meta_events() {
        let body = b"\0\x91\x40\x50\x10\x40\0\0\xff\x01\x02hi\x05\x43\x20\0\xff\x2f\0";
        let expected = vec![
            (0, [0x91, 0x40, 0x50]),
            (16, [0x91, 0x40, 0]),
            (21, [0x91, 0x43, 0x20]),
        ];
        assert_eq!(read(body), (expected, 21, Vec::new()));
    }

    #[test]
    fn odd_meta_events_escapes_and_real_time_bytes_are_passed_over() {
        let body = b"\x01\xff\x59\0\x03\xff\x54\x05\xff\xff\xff\xff\xff\x01\xf7\x02\xf3\x01\x04\x80\x01\x02\0\xff\x2f\0";
        assert_eq!(read(body), (vec![(9, [0x80, 1, 2])], 9, Vec::new()));
        let (messages, end, lines) = read(b"\x01\xf8\x02\xfe\x04\x80\x01\x02\0\xff\x2f\0");
        assert_eq!((messages, end), (vec![(7, [0x80, 1, 2])], 7));
        assert!(
            lines[0].contains("track 3 holds 2 real-time byte(s)"),
            "{lines:?}"
        );
    }

    #[test]
    fn a_wrong_data_byte_costs_its_event_and_no_time() {
        for place in [10, 11, 14, 15] {
            let mut body = ten_notes();
            body[place] |= 0x80;
            let (messages, end, lines) = read(&body);
            assert_eq!((messages.len(), end), (19, 960), "{place} {lines:?}");
            assert_eq!(lines.len(), 1);
            assert!(
                lines[0].contains("track 3 is damaged at byte 1"),
                "{lines:?}"
            );
            assert!(lines[0].ends_with("4 byte(s) are passed over"), "{lines:?}");
        }
    }

    #[test]
    fn a_byte_too_many_or_too_few_costs_little() {
        for place in 8..60 {
            let mut body = ten_notes();
            body.remove(place);
            let (messages, _, lines) = read(&body);
            assert!((17..=20).contains(&messages.len()), "{place} {lines:?}");
            body.insert(place, 0xf4);
            body.insert(place, 0x85);
            let (messages, _, lines) = read(&body);
            assert!((17..=21).contains(&messages.len()), "{place} {lines:?}");
        }
    }

    #[test]
    fn damage_without_end_is_summed_up() {
        let (_, _, lines) = read(&[0xf4; 5000]);
        assert_eq!(lines.len(), 2, "{lines:?}");
        assert!(lines[0].contains("5000 byte(s)"), "{lines:?}");
        let often = [&ten_notes()[..80], b"\0\xf4"].concat().repeat(50);
        let (messages, _, lines) = read(&often);
        assert_eq!(messages.len(), 1000);
        assert_eq!(lines.len(), 12, "{lines:?}");
        assert!(lines[10].contains("damaged at 40 more places"), "{lines:?}");
    }

    #[test]
    fn a_missing_end_is_told() {
        for body in [&b""[..], b"\0\x90\x40\x50"] {
            let (_, _, lines) = read(body);
            assert!(
                lines[0].starts_with("track 3 stops at byte 10"),
                "{lines:?}"
            );
        }
        let (messages, end, _) = read(b"\x05\x90\x40\x50\0\xff\x01\x7fabc");
        assert_eq!((messages.len(), end), (1, 5));
        let (_, _, lines) = read(b"\0\xff\x2f\0\0\x90\x40\x50");
        assert!(
            lines[0].contains("4 byte(s) behind its end-of-track"),
            "{lines:?}"
        );
    }
}
