//! A whole piece: the tracks merged into one list of messages with exact times.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use super::SongError;
use super::chunks::Chunks;
use super::notes::{self, UnendedNotes};
use super::tempo::{SongTime, TempoMap};
use super::track::Track;

/// The longest MIDI files are a few MiB; this bounds what a wrong file can cost.
const LIMIT_MIB: u64 = 64;

/// One channel message of a song.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SongMessage {
    /// When it happens, from the beginning of the piece.
    pub time: SongTime,
    /// Status and two data bytes; messages with one data byte end in 0.
    pub message: [u8; 3],
}

/// A piece of music from a MIDI file.
///
/// Messages are ascending in time. Those of one tick keep the order they have in their track;
/// across tracks, controllers and programs come first, then note-offs, then note-ons, then track
/// order, so that a note is played with the program its tick sets.
#[derive(Clone, Debug)]
pub struct Song {
    pub(super) messages: Vec<SongMessage>,
    end: SongTime,
}

impl Song {
    /// Reads a file.
    ///
    /// # Errors
    /// See [`SongError`]; the message does not repeat the path.
    pub fn read(path: &Path) -> Result<Self, SongError> {
        let mut bytes = Vec::new();
        let limit = LIMIT_MIB << 20;
        File::open(path)?.take(limit + 1).read_to_end(&mut bytes)?;
        if bytes.len() as u64 > limit {
            return Err(SongError::TooLarge {
                limit_mib: LIMIT_MIB,
            });
        }
        Self::from_bytes(&bytes)
    }

    /// Reads the bytes of a Standard MIDI File (also inside an .rmi wrapper).
    ///
    /// # Errors
    /// See [`SongError`]. Any bytes give a song or an error, never a panic.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, SongError> {
        let chunks = Chunks::read(bytes)?;
        let tracks = (1..)
            .zip(&chunks.tracks)
            .map(|(number, &chunk)| Track::read(chunk, number))
            .collect::<Result<Vec<_>, _>>()?;
        let tempos = tracks
            .iter()
            .flat_map(|track| track.tempos.iter().copied())
            .collect();
        let mut tempo_map = TempoMap::new(chunks.division, tempos);
        let mut messages = Vec::with_capacity(tracks.iter().map(|t| t.messages.len()).sum());
        for (tick, message) in merge(&tracks) {
            messages.push(SongMessage {
                time: tempo_map.time(tick)?,
                message,
            });
        }
        if !messages.iter().any(|m| Kind::of(m.message) == Kind::NoteOn) {
            return Err(SongError::NoNotes {
                tracks: tracks.len(),
            });
        }
        let end_tick = tracks.iter().map(|track| track.end_tick).max().unwrap_or(0);
        Ok(Self {
            messages,
            end: tempo_map.time(end_tick)?,
        })
    }

    /// The messages, ascending in time.
    #[must_use]
    pub fn messages(&self) -> &[SongMessage] {
        &self.messages
    }

    /// The end of the longest track.
    #[must_use]
    pub fn end(&self) -> SongTime {
        self.end
    }

    /// Takes out all messages of `channel` (0 to 15). How many notes it had.
    pub fn remove_channel(&mut self, channel: u8) -> usize {
        let belongs = |m: &SongMessage| m.message[0] & 0x0f == channel;
        let notes = |m: &&SongMessage| belongs(m) && Kind::of(m.message) == Kind::NoteOn;
        let count = self.messages.iter().filter(notes).count();
        self.messages.retain(|m| !belongs(m));
        count
    }

    /// Makes every note end. A note that is struck again before its end and then released once
    /// (more note-ons of a key than note-offs) ends at the key's last note-off. The returned lines
    /// say what was added.
    ///
    /// # Errors
    /// [`SongError::NotesNeverEnd`] for a note after which its key has no note-off and its channel
    /// no all-notes-off, unless `unended` lets such notes end with the piece. The song is then
    /// unchanged.
    pub fn end_notes(&mut self, unended: UnendedNotes) -> Result<Vec<String>, SongError> {
        notes::end_notes(self, unended)
    }
}

/// What a message is for ordering and for counting notes, in the order of one tick.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    Control,
    NoteOff,
    NoteOn,
}

impl Kind {
    pub(super) fn of(message: [u8; 3]) -> Self {
        match (message[0] & 0xf0, message[2]) {
            (0x80, _) | (0x90, 0) => Self::NoteOff,
            (0x90, _) => Self::NoteOn,
            _ => Self::Control,
        }
    }
}

/// The tracks' messages in playing order.
fn merge(tracks: &[Track]) -> impl Iterator<Item = (u64, [u8; 3])> {
    let mut all = Vec::with_capacity(tracks.iter().map(|t| t.messages.len()).sum());
    for track in tracks {
        let mut last: Option<(u64, Kind)> = None;
        for &(tick, message) in &track.messages {
            // Never below what stands before it in its own track at this tick, so that sorting by
            // kind cannot turn a track's own order around.
            let kind = match last {
                Some((last_tick, last_kind)) if last_tick == tick => {
                    last_kind.max(Kind::of(message))
                }
                _ => Kind::of(message),
            };
            last = Some((tick, kind));
            all.push((tick, kind, message));
        }
    }
    all.sort_by_key(|&(tick, kind, _)| (tick, kind));
    all.into_iter().map(|(tick, _, message)| (tick, message))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn track(messages: &[(u64, [u8; 3])]) -> Track {
        Track {
            messages: messages.to_vec(),
            ..Track::default()
        }
    }

    #[test]
    fn programs_come_before_the_notes_of_their_tick_and_a_tracks_own_order_stays() {
        let on = |key| [0x90, key, 100];
        let first = track(&[(0, on(1)), (5, on(2)), (5, [0xb0, 7, 1]), (5, on(3))]);
        let second = track(&[
            (0, [0xc0, 9, 0]),
            (0, on(4)),
            (5, [0x80, 4, 0]),
            (5, [0xb0, 7, 2]),
        ]);
        let merged: Vec<_> = merge(&[first, second])
            .map(|(_, message)| message)
            .collect();
        let expected = [
            [0xc0, 9, 0],
            on(1),
            on(4),
            [0x80, 4, 0],
            [0xb0, 7, 2],
            on(2),
            [0xb0, 7, 1],
            on(3),
        ];
        assert_eq!(merged, expected);
    }
}
