//! Notes that begin must end: finds those that do not.

use std::collections::{HashMap, VecDeque};

use super::SongError;
use super::song::{Kind, Song, SongMessage};

/// All sound off, all notes off and the mode messages, each of which ends the channel's notes
/// (MIDI 1.0, channel mode messages): controllers 120 and 123 to 127.
const ENDS_ALL_NOTES: [u8; 6] = [120, 123, 124, 125, 126, 127];

/// What to do about notes that nothing in the file ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnendedNotes {
    /// An error that names the first of them.
    Refuse,
    /// They end with the piece.
    EndWithSong,
}

/// Channel (0 to 15) and key.
type Key = (u8, u8);

/// The notes a song leaves open.
#[derive(Default)]
struct OpenNotes {
    /// (index of the last note-off of the key, key, how many more are needed there).
    released_late: Vec<(usize, Key, usize)>,
    /// Indices of note-ons after which nothing ends them, ascending.
    never_ended: Vec<usize>,
}

pub(super) fn end_notes(song: &mut Song, unended: UnendedNotes) -> Result<Vec<String>, SongError> {
    let open = open_notes(&song.messages);
    let mut lines = Vec::new();
    if let Some(&first) = open.never_ended.first() {
        let SongMessage { time, message } = song.messages[first];
        let (channel, key) = (message[0] & 0x0f, message[1]);
        let count = open.never_ended.len();
        match unended {
            UnendedNotes::Refuse => {
                let at_s = time.seconds();
                return Err(SongError::NotesNeverEnd {
                    count,
                    channel: channel + 1,
                    key,
                    at_s,
                });
            }
            UnendedNotes::EndWithSong => lines.push(format!(
                "{count} note(s) never end, the first is key {key} on channel {} at {:.3} s; they \
                 end with the piece",
                channel + 1,
                time.seconds()
            )),
        }
    }
    for &(index, (channel, key), count) in &open.released_late {
        lines.push(format!(
            "key {key} on channel {} is struck {count} time(s) more than it is released; all its \
             notes end at its last note-off at {:.3} s",
            channel + 1,
            song.messages[index].time.seconds()
        ));
    }
    insert_note_offs(song, &open);
    Ok(lines)
}

fn open_notes(messages: &[SongMessage]) -> OpenNotes {
    let mut held: HashMap<Key, VecDeque<usize>> = HashMap::new();
    let mut last_off: HashMap<Key, usize> = HashMap::new();
    for (index, SongMessage { message, .. }) in messages.iter().enumerate() {
        let key = (message[0] & 0x0f, message[1]);
        match Kind::of(*message) {
            Kind::NoteOn => held.entry(key).or_default().push_back(index),
            Kind::NoteOff => {
                last_off.insert(key, index);
                // The oldest held note of the key ends, as in the renderer.
                if let Some(notes) = held.get_mut(&key) {
                    notes.pop_front();
                }
            }
            Kind::Control if message[0] & 0xf0 == 0xb0 && ENDS_ALL_NOTES.contains(&message[1]) => {
                held.retain(|&(channel, _), _| channel != key.0);
            }
            Kind::Control => {}
        }
    }
    let mut open = OpenNotes::default();
    for (key, notes) in held {
        let last = last_off.get(&key).copied();
        let (late, never): (Vec<_>, Vec<_>) = notes
            .into_iter()
            .partition(|&on| last.is_some_and(|off| off > on));
        if let Some(off) = last
            && !late.is_empty()
        {
            open.released_late.push((off, key, late.len()));
        }
        open.never_ended.extend(never);
    }
    // Map order is random; the song must not be.
    open.released_late.sort_unstable();
    open.never_ended.sort_unstable();
    open
}

fn insert_note_offs(song: &mut Song, open: &OpenNotes) {
    let added: usize = open.released_late.iter().map(|&(_, _, count)| count).sum();
    if added + open.never_ended.len() == 0 {
        return;
    }
    let old = std::mem::take(&mut song.messages);
    let mut messages = Vec::with_capacity(old.len() + added + open.never_ended.len());
    let mut late = open.released_late.iter().peekable();
    for (index, &message) in old.iter().enumerate() {
        messages.push(message);
        while let Some(&(_, _, count)) = late.next_if(|&&(off, _, _)| off == index) {
            messages.extend(std::iter::repeat_n(message, count));
        }
    }
    for &on in &open.never_ended {
        let [status, key, _] = old[on].message;
        let message = [0x80 | status & 0x0f, key, 64];
        messages.push(SongMessage {
            time: song.end(),
            message,
        });
    }
    song.messages = messages;
}
