//! What a file says of itself.

use super::message::Kind;
use super::tempo::{Division, Timeline};
use super::time::SongTime;

/// Texts of one kind that are kept; the others are counted.
const MOST_TEXTS: usize = 32;
/// Tempo, time signature and key signature events that are kept; the others are counted.
const MOST_CHANGES: usize = 10_000;

/// What is inside a file, for showing. Times are the file's own, whatever
/// [`super::Song::scale_tempo`] made of the song.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct SongFacts {
    /// The header's format: 0, 1 or 2.
    pub format: u16,
    /// How many tracks the header announces; `tracks` has those that are there.
    pub announced_tracks: u16,
    /// What a tick is.
    pub division: Division,
    /// The tracks in file order.
    pub tracks: Vec<TrackFacts>,
    /// Tempo events, ascending in time.
    pub tempos: Vec<TempoChange>,
    /// How many tempo events there are, those beyond the kept ones included.
    pub tempo_count: u64,
    /// Time signatures, ascending in time.
    pub time_signatures: Vec<TimeSignature>,
    /// Key signatures, ascending in time.
    pub key_signatures: Vec<KeySignature>,
    /// The first 32 texts of each kind, ascending in time.
    pub texts: Vec<Text>,
    /// How many texts of each kind there are, in the order of [`TextKind::ALL`].
    pub text_counts: [u64; TextKind::ALL.len()],
    /// How many system exclusive messages there are.
    pub system_exclusive: u64,
    /// The 16 channels.
    pub channels: [ChannelFacts; 16],
}

/// One track.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct TrackFacts {
    /// The first track name (or sequence name), or nothing.
    pub name: String,
    /// The first instrument name, or nothing.
    pub instrument: String,
    /// How many events could be read.
    pub events: u64,
    /// How many notes begin.
    pub notes: u64,
    /// Bit c (0 to 15) is set if there is a message for channel c.
    pub channels: u16,
    /// Bytes of the track without its chunk header.
    pub bytes: usize,
}

/// A tempo event.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TempoChange {
    /// When it happens.
    pub time: SongTime,
    /// Quarter notes a minute.
    pub bpm: f64,
}

/// A time signature event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimeSignature {
    /// When it happens.
    pub time: SongTime,
    /// Beats to a bar.
    pub numerator: u8,
    /// The power of two that the beat is a part of: 2 for quarter notes.
    pub denominator_power: u8,
}

/// A key signature event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeySignature {
    /// When it happens.
    pub time: SongTime,
    /// Sharps, or below 0 flats; -7 to 7 in sound files.
    pub sharps: i8,
    /// Whether it is a minor key.
    pub minor: bool,
}

/// What a text is for (RP-001, meta events 1 to 7).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum TextKind {
    /// Anything.
    Text,
    /// A copyright notice.
    Copyright,
    /// The name of a track, in a first track that of the piece.
    TrackName,
    /// The instrument of a track.
    Instrument,
    /// A syllable to sing.
    Lyric,
    /// A point in the piece.
    Marker,
    /// Something happening elsewhere.
    CuePoint,
}

impl TextKind {
    /// All kinds.
    pub const ALL: [Self; 7] = [
        Self::Text,
        Self::Copyright,
        Self::TrackName,
        Self::Instrument,
        Self::Lyric,
        Self::Marker,
        Self::CuePoint,
    ];
}

/// A text event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text {
    /// When it happens.
    pub time: SongTime,
    /// The track, from 0.
    pub track: usize,
    /// What it is for.
    pub kind: TextKind,
    /// At most 256 characters, no control characters among them. Read as UTF-8, or as Latin-1 if it
    /// is none.
    pub text: String,
}

/// What is on one channel.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ChannelFacts {
    /// How many notes begin.
    pub notes: u64,
    /// The lowest and the highest key of them.
    pub keys: Option<(u8, u8)>,
    /// The programs (0 to 127) that are chosen, each once, in order of their first choice.
    pub programs: Vec<u8>,
    /// (controller, how many messages), ascending.
    pub controllers: Vec<(u8, u64)>,
    /// How many pitch bends.
    pub pitch_bends: u64,
    /// How many pressure messages, of the channel and of keys together.
    pub pressures: u64,
}

impl ChannelFacts {
    fn note(&mut self, key: u8) {
        self.notes += 1;
        let (low, high) = self.keys.unwrap_or((key, key));
        self.keys = Some((low.min(key), high.max(key)));
    }
}

/// Facts while they are gathered: with ticks for times.
#[derive(Debug, Default)]
pub(super) struct FactGatherer {
    tracks: Vec<TrackFacts>,
    tempos: Vec<(u64, u32)>,
    tempo_count: u64,
    time_signatures: Vec<(u64, [u8; 2])>,
    key_signatures: Vec<(u64, [u8; 2])>,
    texts: Vec<(u64, usize, TextKind, String)>,
    text_counts: [u64; TextKind::ALL.len()],
    system_exclusive: u64,
    channels: [ChannelFacts; 16],
    controllers: Vec<[u64; 128]>,
}

impl FactGatherer {
    pub(super) fn track(&mut self, bytes: usize) {
        self.tracks.push(TrackFacts {
            bytes,
            ..TrackFacts::default()
        });
    }

    fn event(&mut self) -> Option<&mut TrackFacts> {
        let track = self.tracks.last_mut()?;
        track.events += 1;
        Some(track)
    }

    pub(super) fn system_exclusive(&mut self) {
        self.event();
        self.system_exclusive += 1;
    }

    pub(super) fn channel_message(&mut self, message: [u8; 3]) {
        let [status, first, _] = message;
        let number = usize::from(status & 0x0f);
        let is_note = Kind::of(message) == Kind::NoteOn;
        if let Some(track) = self.event() {
            track.channels |= 1 << number;
            track.notes += u64::from(is_note);
        }
        let channel = &mut self.channels[number];
        match status & 0xf0 {
            _ if is_note => channel.note(first),
            0xa0 | 0xd0 => channel.pressures += 1,
            0xb0 => {
                self.controllers.resize(16, [0; 128]);
                self.controllers[number][usize::from(first & 0x7f)] += 1;
            }
            0xc0 if !channel.programs.contains(&first) => channel.programs.push(first),
            0xe0 => channel.pitch_bends += 1,
            _ => {}
        }
    }

    pub(super) fn tempo(&mut self, tick: u64, tempo_us: u32) {
        self.tempo_count += 1;
        if self.tempos.len() < MOST_CHANGES {
            self.tempos.push((tick, tempo_us));
        }
    }

    pub(super) fn meta(&mut self, tick: u64, kind: u8, data: &[u8]) {
        self.event();
        match (kind, data) {
            (0x58, &[numerator, power, ..]) if self.time_signatures.len() < MOST_CHANGES => {
                self.time_signatures.push((tick, [numerator, power]));
            }
            (0x59, &[sharps, minor, ..]) if self.key_signatures.len() < MOST_CHANGES => {
                self.key_signatures.push((tick, [sharps, minor]));
            }
            (1..=7, _) => self.text(tick, usize::from(kind) - 1, data),
            _ => {}
        }
    }

    fn text(&mut self, tick: u64, kind: usize, data: &[u8]) {
        let Some((track, facts)) = self.tracks.iter_mut().enumerate().next_back() else {
            return;
        };
        let kind_name = TextKind::ALL[kind];
        let name = match kind_name {
            TextKind::TrackName => Some(&mut facts.name),
            TextKind::Instrument => Some(&mut facts.instrument),
            _ => None,
        };
        if let Some(name) = name
            && name.is_empty()
        {
            *name = super::text::decode(data);
        }
        self.text_counts[kind] += 1;
        if self.text_counts[kind] <= MOST_TEXTS as u64 {
            let text = super::text::decode(data);
            self.texts.push((tick, track, kind_name, text));
        }
    }

    pub(super) fn finish(
        mut self,
        format: u16,
        announced_tracks: u16,
        timeline: &Timeline,
    ) -> SongFacts {
        for (channel, counts) in self.channels.iter_mut().zip(&self.controllers) {
            let used = (0..).zip(counts).filter(|&(_, &count)| count > 0);
            channel.controllers = used.map(|(number, &count)| (number, count)).collect();
        }
        SongFacts {
            format,
            announced_tracks,
            division: timeline.division(),
            tracks: self.tracks,
            tempos: timed(timeline, self.tempos, |time, tempo_us| TempoChange {
                time,
                bpm: 60e6 / f64::from(tempo_us),
            }),
            tempo_count: self.tempo_count,
            time_signatures: timed(
                timeline,
                self.time_signatures,
                |time, [numerator, power]| TimeSignature {
                    time,
                    numerator,
                    denominator_power: power,
                },
            ),
            key_signatures: timed(timeline, self.key_signatures, |time, [sharps, minor]| {
                KeySignature {
                    time,
                    sharps: sharps.cast_signed(),
                    minor: minor == 1,
                }
            }),
            texts: timed(
                timeline,
                self.texts
                    .into_iter()
                    .map(|(tick, track, kind, text)| (tick, (track, kind, text)))
                    .collect(),
                |time, (track, kind, text)| Text {
                    time,
                    track,
                    kind,
                    text,
                },
            ),
            text_counts: self.text_counts,
            system_exclusive: self.system_exclusive,
            channels: self.channels,
        }
    }
}

/// Events at ticks turned into facts at times, ascending.
fn timed<T, F>(
    timeline: &Timeline,
    mut events: Vec<(u64, T)>,
    fact: impl Fn(SongTime, T) -> F,
) -> Vec<F> {
    events.sort_by_key(|&(tick, _)| tick);
    let mut walk = timeline.walk();
    let events = events.into_iter();
    events
        .map(|(tick, event)| fact(walk.time(tick), event))
        .collect()
}
