//! Notes that begin must end: finds those that do not, and ends them.

use std::collections::VecDeque;

use super::message::{Kind, Message, SongMessage};
use super::time::SongTime;
use super::warnings::Warnings;

/// All sound off, all notes off and the mode messages, each of which ends the channel's notes
/// (MIDI 1.0, channel mode messages): controllers 120 and 123 to 127.
const ENDS_ALL_NOTES: [u8; 6] = [120, 123, 124, 125, 126, 127];
const CHANNELS: usize = 16;
const KEYS: usize = 128;
/// The release velocity of note-offs that have none of their own (MIDI 1.0).
const RELEASE_VELOCITY: u8 = 64;

/// Watches the messages of a song go by.
pub(super) struct HeldNotes {
    /// By channel and key.
    keys: Vec<Key>,
    held: [usize; CHANNELS],
}

#[derive(Clone, Default)]
struct Key {
    /// (index of the note-on among the messages, number of its track), ascending.
    held: VecDeque<(u32, u32)>,
    last_off: Option<u32>,
}

impl HeldNotes {
    pub(super) fn new() -> Self {
        Self {
            keys: vec![Key::default(); CHANNELS * KEYS],
            held: [0; CHANNELS],
        }
    }

    /// Takes the message of number `index`, which ascends; `track` is told by what is left.
    pub(super) fn message(&mut self, index: u32, track: u32, message: [u8; 3]) {
        let channel = usize::from(message[0] & 0x0f);
        let key = &mut self.keys[channel * KEYS + usize::from(message[1] & 0x7f)];
        match Kind::of(message) {
            Kind::NoteOn => {
                key.held.push_back((index, track));
                self.held[channel] += 1;
            }
            Kind::NoteOff => {
                key.last_off = Some(index);
                // The oldest held note of the key ends, as in the renderer.
                self.held[channel] -= usize::from(key.held.pop_front().is_some());
            }
            Kind::Control if message[0] & 0xf0 == 0xb0 && ENDS_ALL_NOTES.contains(&message[1]) => {
                if self.held[channel] > 0 {
                    let keys = &mut self.keys[channel * KEYS..][..KEYS];
                    keys.iter_mut().for_each(|key| key.held.clear());
                    self.held[channel] = 0;
                }
            }
            Kind::Control => {}
        }
    }

    /// Ends the notes that are still held. A note that was struck again before its end and then
    /// released once (more note-ons of a key than note-offs) ends at the key's last note-off; one
    /// after which its key has no note-off ends with its track, or if its track ends where the
    /// note begins, with the piece. `track_ends` by number of the track.
    pub(super) fn end(
        self,
        messages: &mut Vec<SongMessage>,
        track_ends: &[SongTime],
        end: SongTime,
        warnings: &mut Warnings,
    ) {
        let held: usize = self.keys.iter().map(|key| key.held.len()).sum();
        let mut insertions = Vec::with_capacity(held);
        let mut last = (end, messages.len() as u32);
        let (mut late, mut never) = (Found::default(), Found::default());
        for key in self.keys {
            for (on, track) in key.held {
                let begins = messages[on as usize].time;
                let insertion = match key.last_off.filter(|&off| off > on) {
                    Some(off) => {
                        late.add(on);
                        Insertion {
                            place: off + 1,
                            on,
                            ends_with: NO_TRACK,
                        }
                    }
                    None => {
                        never.add(on);
                        let time = end_with_track(begins, track, track_ends, end);
                        // Most such notes end together.
                        if last.0 != time {
                            let place = messages.partition_point(|m| m.time <= time);
                            last = (time, place as u32);
                        }
                        Insertion {
                            place: last.1,
                            on,
                            ends_with: track,
                        }
                    }
                };
                insertions.push(insertion);
            }
        }
        late.warn(
            messages,
            "begin again before they end and are released once; they end at the last note-off of \
             their key",
            warnings,
        );
        never.warn(messages, "never end; they end with their track", warnings);
        insertions.sort_unstable_by_key(|insertion| {
            // A note-off that is there already comes before those that are made.
            let is_made = insertion.ends_with != NO_TRACK;
            let time = is_made.then(|| {
                let begins = messages[insertion.on as usize].time;
                end_with_track(begins, insertion.ends_with, track_ends, end)
            });
            (insertion.place, time, insertion.on)
        });
        insert(messages, &insertions, track_ends, end);
    }
}

/// A note-off to put in.
struct Insertion {
    /// The number of the message that it goes before; a note-off that is there already stands right
    /// before this place.
    place: u32,
    /// The number of the note-on, which is below `place`.
    on: u32,
    /// The track with which the note ends, [`NO_TRACK`] if at the note-off right before `place`.
    /// There can be one of these for every three bytes of a file: it is kept small.
    ends_with: u32,
}

/// A file has far fewer tracks.
const NO_TRACK: u32 = u32::MAX;

fn end_with_track(
    begins: SongTime,
    track: u32,
    track_ends: &[SongTime],
    end: SongTime,
) -> SongTime {
    let own = track_ends.get(track as usize).copied();
    own.filter(|&own| own > begins).unwrap_or(end)
}

/// Puts all of `insertions`, which are ascending, in: from the back, so that every message moves
/// once and nothing is needed beside the list.
fn insert(
    messages: &mut Vec<SongMessage>,
    insertions: &[Insertion],
    track_ends: &[SongTime],
    end: SongTime,
) {
    let Some(&filler) = messages.first() else {
        return;
    };
    let mut unmoved = messages.len();
    messages.reserve_exact(insertions.len());
    messages.resize(unmoved + insertions.len(), filler);
    for (before, insertion) in insertions.iter().enumerate().rev() {
        let place = insertion.place as usize;
        messages.copy_within(place..unmoved, place + before + 1);
        unmoved = place;
        messages[place + before] = match insertion.ends_with {
            NO_TRACK => messages[place - 1],
            track => {
                let SongMessage { time, message } = messages[insertion.on as usize];
                let time = end_with_track(time, track, track_ends, end);
                SongMessage {
                    time,
                    message: note_off(message),
                }
            }
        };
    }
}

fn note_off(note_on: Message) -> Message {
    match note_on {
        Message::Channel([status, key, _]) => {
            Message::Channel([0x80 | status & 0x0f, key, RELEASE_VELOCITY])
        }
        other => other,
    }
}

/// How many notes and which is the first.
#[derive(Default)]
struct Found {
    count: u64,
    first: Option<u32>,
}

impl Found {
    fn add(&mut self, on: u32) {
        self.count += 1;
        self.first = Some(self.first.map_or(on, |first| first.min(on)));
    }

    fn warn(&self, messages: &[SongMessage], what: &str, warnings: &mut Warnings) {
        let Some(first) = self.first else {
            return;
        };
        let SongMessage { time, message } = messages[first as usize];
        if let Message::Channel([status, key, _]) = message {
            warnings.add(format!(
                "{} note(s) {what}; the first is key {key} on channel {} at {:.3} s",
                self.count,
                (status & 0x0f) + 1,
                time.seconds()
            ));
        }
    }
}
