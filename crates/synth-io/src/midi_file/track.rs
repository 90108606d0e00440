//! The events of one track, around what is damaged.

use std::borrow::Cow;

use super::chunks::TrackChunk;
use super::damage::{self, Damage};
use super::event::{self, Body, Event, Fault, Unreadable};
use super::warnings::Warnings;

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

/// Reads a track once through, ascending in ticks. Reading again gives the same events.
#[derive(Clone, Debug)]
pub(super) struct TrackReader<'a> {
    chunk: TrackChunk<'a>,
    place: usize,
    running: Option<u8>,
    tick: u64,
    /// The packets so far of a system exclusive message that is sent in several.
    packets: Option<Vec<u8>>,
    ended: bool,
    damage: Damage,
    real_time: u64,
    /// The longest delta time and the tick at which it begins.
    longest_delta: (u32, u64),
}

impl<'a> TrackReader<'a> {
    pub(super) fn new(chunk: TrackChunk<'a>) -> Self {
        Self {
            chunk,
            place: 0,
            running: None,
            tick: 0,
            packets: None,
            ended: false,
            damage: Damage::default(),
            real_time: 0,
            longest_delta: (0, 0),
        }
    }

    /// Where the reader is: when it is through, the tick of the end of the track.
    pub(super) fn tick(&self) -> u64 {
        self.tick
    }

    /// The longest delta time so far and the tick at which it begins.
    pub(super) fn longest_delta(&self) -> (u32, u64) {
        self.longest_delta
    }

    /// What was wrong with the track, after it has been read; `number` from 1.
    pub(super) fn warn(&self, number: usize, warnings: &mut Warnings) {
        self.damage.warn(number, warnings);
        if !self.ended {
            warnings.add(format!(
                "track {number} stops at byte {} without its end-of-track event",
                self.chunk.byte + self.chunk.body.len()
            ));
        }
        let behind = &self.chunk.body[self.place..];
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

    fn wait(&mut self, delta: u32) {
        if delta > self.longest_delta.0 {
            self.longest_delta = (delta, self.tick);
        }
        self.tick += u64::from(delta);
    }

    fn pass_over(&mut self, unreadable: Unreadable) {
        let rest = &self.chunk.body[self.place..];
        let resumption = damage::resume(rest, unreadable, self.running);
        self.damage.fault(
            self.chunk.byte + self.place,
            resumption.skipped,
            unreadable.why,
        );
        self.wait(resumption.delta);
        self.running = resumption.running;
        self.place += resumption.skipped;
    }

    /// The event at the reader's place, and moves behind it; `None` at the end.
    fn read(&mut self) -> Option<Event<'a>> {
        while !self.ended && self.place < self.chunk.body.len() {
            let rest = &self.chunk.body[self.place..];
            let event = match event::read(rest, self.running) {
                Ok(event) if self.is_believable(&event, &rest[event.length..]) => event,
                Ok(event) => {
                    self.pass_over(Unreadable {
                        delta: Some((event.delta, event.delta_size)),
                        nominal: None,
                        status: None,
                        why: Fault::Implausible,
                    });
                    continue;
                }
                Err(unreadable) => {
                    self.pass_over(unreadable);
                    continue;
                }
            };
            self.damage.read_event();
            self.wait(event.delta);
            self.place += event.length;
            match event.body {
                Body::Channel([status, ..]) => self.running = Some(status),
                Body::Meta { kind: 0x2f, .. } => self.ended = true,
                _ => {}
            }
            return Some(event);
        }
        None
    }

    fn is_believable(&self, event: &Event<'_>, behind: &[u8]) -> bool {
        damage::is_ordinary(event)
            || matches!(event.body, Body::Continuation(_)) && self.packets.is_some()
            || damage::goes_on(behind, self.running)
    }

    /// Whether the next event but for meta events goes on with a system exclusive message. Other
    /// events may not stand between its packets (RP-001).
    fn is_continued(&self) -> bool {
        let mut rest = &self.chunk.body[self.place..];
        while let Ok(event) = event::read(rest, self.running) {
            match event.body {
                Body::Meta { kind, .. } if kind != 0x2f => rest = &rest[event.length..],
                Body::Continuation(_) => return true,
                _ => return false,
            }
        }
        false
    }

    fn system_exclusive(&mut self, packet: &'a [u8]) -> Option<Content<'a>> {
        // The message before was never ended.
        self.packets = None;
        if let Some(whole) = packet.strip_suffix(&[0xf7]) {
            return Some(Content::SystemExclusive(Cow::Borrowed(whole)));
        }
        if self.is_continued() {
            self.packets = Some(packet.to_vec());
            return None;
        }
        // Some programs leave out the F7.
        Some(Content::SystemExclusive(Cow::Borrowed(packet)))
    }

    fn continuation(&mut self, packet: &[u8]) -> Option<Content<'a>> {
        // Without a message to go on with, these are bytes for a cable and none of our business.
        let packets = self.packets.as_mut()?;
        packets.extend_from_slice(packet);
        if packets.last() != Some(&0xf7) && self.is_continued() {
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
            let event = self.read()?;
            let content = match event.body {
                Body::Channel(message) => Some(Content::Channel(message)),
                Body::SystemExclusive(packet) => self.system_exclusive(packet),
                Body::Continuation(packet) => self.continuation(packet),
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
                    tick: self.tick,
                    content,
                });
            }
        }
    }
}
