//! The tracks' messages in playing order.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::message::Kind;
use super::track::{Content, TrackReader};

/// A message of a track that the merge is about to give.
struct Pending<'a> {
    reader: TrackReader<'a>,
    /// Not below what stands before it in its own track at this tick, so that sorting by kind
    /// cannot turn a track's own order around.
    order: (u64, Kind),
    content: Option<Content<'a>>,
}

impl<'a> Pending<'a> {
    fn new(reader: TrackReader<'a>) -> Self {
        Self {
            reader,
            order: (0, Kind::Control),
            content: None,
        }
    }

    /// Reads on to the next message; meta events are none. Where it stands in the order.
    fn advance(&mut self) -> Option<(u64, Kind)> {
        let event = self
            .reader
            .by_ref()
            .find(|event| !matches!(event.content, Content::Meta { .. }))?;
        let kind = match event.content {
            Content::Channel(message) => Kind::of(message),
            _ => Kind::Control,
        };
        self.order = self.order.max((event.tick, kind));
        self.content = Some(event.content);
        Some(self.order)
    }
}

/// Merges tracks: ascending in ticks; of one tick controllers and programs first, then note-offs,
/// then note-ons, then in the order of the tracks.
pub(super) struct Merge<'a> {
    tracks: Vec<Pending<'a>>,
    /// The next message of every track that has one left, by number.
    next: BinaryHeap<Reverse<((u64, Kind), usize)>>,
}

impl<'a> Merge<'a> {
    pub(super) fn new(readers: impl IntoIterator<Item = TrackReader<'a>>) -> Self {
        let mut tracks: Vec<_> = readers.into_iter().map(Pending::new).collect();
        let numbered = tracks.iter_mut().enumerate();
        let next = numbered
            .filter_map(|(number, track)| Some(Reverse((track.advance()?, number))))
            .collect();
        Self { tracks, next }
    }
}

/// Tick, number of the track among those merged, message.
impl<'a> Iterator for Merge<'a> {
    type Item = (u64, usize, Content<'a>);

    fn next(&mut self) -> Option<Self::Item> {
        let mut first = self.next.peek_mut()?;
        let Reverse(((tick, _), number)) = *first;
        let track = &mut self.tracks[number];
        let content = track.content.take()?;
        match track.advance() {
            Some(order) => *first = Reverse((order, number)),
            None => drop(std::collections::binary_heap::PeekMut::pop(first)),
        }
        Some((tick, number, content))
    }
}

#[cfg(test)]
mod tests {
    use super::super::chunks::TrackChunk;
    use super::*;

    #[test]
    fn programs_come_before_the_notes_of_their_tick_and_a_tracks_own_order_stays() {
        let bodies: [&[u8]; 2] = [
            b"\0\x90\x01\x64\x05\x02\x64\0\xb0\x07\x01\0\x90\x03\x64\0\xff\x2f\0",
            b"\0\xc0\x09\0\x90\x04\x64\x05\x80\x04\0\0\xb0\x07\x02\0\xf0\x02\x7e\xf7\0\xff\x2f\0",
        ];
        let readers = bodies.map(|body| TrackReader::new(TrackChunk { byte: 0, body }, 1));
        let merged: Vec<_> = Merge::new(readers).collect();
        let on = |key| Content::Channel([0x90, key, 100]);
        let expected = [
            (0, 1, Content::Channel([0xc0, 9, 0])),
            (0, 0, on(1)),
            (0, 1, on(4)),
            (5, 1, Content::Channel([0x80, 4, 0])),
            (5, 1, Content::Channel([0xb0, 7, 2])),
            (5, 1, Content::SystemExclusive((&b"\x7e"[..]).into())),
            (5, 0, on(2)),
            (5, 0, Content::Channel([0xb0, 7, 1])),
            (5, 0, on(3)),
        ];
        assert_eq!(merged, expected);
    }
}
