//! A whole piece: the tracks merged into one list of messages with exact times.

use std::ops::Range;
use std::path::Path;
use std::time::Duration;

use super::SongError;
use super::chunks::Chunks;
use super::cut::{self, Cuts, Extent};
use super::facts::{FactGatherer, SongFacts};
use super::length::{self, LongestDelta, SongOptions};
use super::merge::Merge;
use super::message::{Kind, Message, SongMessage, SystemExclusiveTable};
use super::notes::HeldNotes;
use super::tempo::{DEFAULT_TEMPO_US, Tempo, Timeline};
use super::time::SongTime;
use super::track::{Content, TrackReader};
use super::warnings::Warnings;

/// The longest MIDI files are a few MiB; this bounds what a wrong file can cost.
const LIMIT_MIB: u64 = 64;

/// A piece of music from a MIDI file.
///
/// Messages are ascending in time. Those of one tick keep the order they have in their track;
/// across tracks, controllers, programs and system exclusive messages come first, then note-offs,
/// then note-ons, then track order, so that a note is played with the program its tick sets. Every
/// note ends.
#[derive(Clone, Debug)]
pub struct Song {
    messages: Vec<SongMessage>,
    system_exclusive: SystemExclusiveTable,
    end: SongTime,
    warnings: Vec<String>,
    facts: SongFacts,
    timeline: Timeline,
    longest: Duration,
}

impl Song {
    /// Reads a file.
    ///
    /// # Errors
    /// See [`SongError`]; the message does not repeat the path.
    pub fn read(path: &Path, options: &SongOptions) -> Result<Self, SongError> {
        let bytes = crate::read_file(path, LIMIT_MIB << 20)?;
        Self::from_bytes(&bytes, options)
    }

    /// Reads the bytes of a Standard MIDI File (also inside an .rmi wrapper).
    ///
    /// What is damaged is left out, and [`Song::warnings`] says what that was. Of a file of format 2
    /// the patterns are played one after another, each in its own tempo.
    ///
    /// # Errors
    /// See [`SongError`]. Any bytes give a song or an error, never a panic.
    pub fn from_bytes(bytes: &[u8], options: &SongOptions) -> Result<Self, SongError> {
        if bytes.len() as u64 > LIMIT_MIB << 20 {
            return Err(SongError::TooLarge {
                limit_mib: LIMIT_MIB,
            });
        }
        let mut warnings = Warnings::default();
        let chunks = Chunks::read(bytes, &mut warnings)?;
        let of_chunks = warnings.clone();
        let mut cuts = Cuts::default();
        let mut survey = Survey::of(&chunks, &cuts, &mut warnings);
        let mut timeline = Timeline::new(chunks.division, std::mem::take(&mut survey.tempos));
        if !length::fits(&timeline, survey.end_tick, options.longest) {
            cuts = cut::cuts(&survey.extents, &timeline, options.longest);
            if !cuts.is_empty() {
                warnings = of_chunks;
                survey = Survey::of(&chunks, &cuts, &mut warnings);
                timeline = Timeline::new(chunks.division, std::mem::take(&mut survey.tempos));
            }
        }
        length::check(
            &timeline,
            survey.end_tick,
            survey.longest_delta,
            options.longest,
        )?;
        let facts = survey
            .facts
            .finish(chunks.format, chunks.announced_tracks, &timeline);
        if facts.channels.iter().all(|channel| channel.notes == 0) {
            let tracks = chunks.tracks.len();
            return Err(match warnings.first() {
                Some(damage) => SongError::Damaged {
                    damage: damage.to_owned(),
                },
                None => SongError::NoNotes { tracks },
            });
        }

        let end = timeline.walk().time(survey.end_tick);
        let mut song = Self {
            messages: Vec::with_capacity(survey.messages),
            system_exclusive: SystemExclusiveTable::default(),
            end,
            warnings: Vec::new(),
            facts,
            timeline,
            longest: options.longest,
        };
        let mut held = HeldNotes::new();
        song.add_messages(&chunks, &survey.parts, &cuts, &mut held);
        let track_ends: Vec<SongTime> = song.track_ends(&survey.extents);
        held.end(&mut song.messages, &track_ends, end, &mut warnings);
        song.warnings = warnings.into_lines();
        Ok(song)
    }

    fn add_messages(
        &mut self,
        chunks: &Chunks<'_>,
        parts: &[Part],
        cuts: &Cuts,
        held: &mut HeldNotes,
    ) {
        let mut walk = self.timeline.walk();
        for part in parts {
            let readers = part.tracks.clone().map(|track| {
                TrackReader::new(chunks.tracks[track], chunks.searches())
                    .until(cuts.last_tick(track))
            });
            for (tick, track, content) in Merge::new(readers) {
                let time = walk.time(part.tick + tick);
                let message = match content {
                    Content::Channel(message) => {
                        // Fewer than 2^32 messages fit into 64 MiB.
                        let index = self.messages.len() as u32;
                        held.message(index, (part.tracks.start + track) as u32, message);
                        Message::Channel(message)
                    }
                    Content::SystemExclusive(body) => {
                        Message::SystemExclusive(self.system_exclusive.add(&body))
                    }
                    Content::Meta { .. } => continue,
                };
                self.messages.push(SongMessage { time, message });
            }
        }
    }

    fn track_ends(&self, extents: &[Extent]) -> Vec<SongTime> {
        let mut order: Vec<usize> = (0..extents.len()).collect();
        order.sort_by_key(|&track| extents[track].end);
        let mut ends = vec![SongTime::default(); extents.len()];
        let mut walk = self.timeline.walk();
        for track in order {
            ends[track] = walk.time(extents[track].end);
        }
        ends
    }

    /// The messages, ascending in time.
    #[must_use]
    pub fn messages(&self) -> &[SongMessage] {
        &self.messages
    }

    /// The bytes between F0 and F7 of the message that [`Message::SystemExclusive`] numbers; none
    /// for a number that this song does not have.
    #[must_use]
    pub fn system_exclusive(&self, number: u32) -> &[u8] {
        self.system_exclusive.get(number).unwrap_or_default()
    }

    /// The end of the longest track.
    #[must_use]
    pub fn end(&self) -> SongTime {
        self.end
    }

    /// What was lost or had to be guessed, one clause each without the file's name.
    #[must_use]
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// What the file says of itself.
    #[must_use]
    pub fn facts(&self) -> &SongFacts {
        &self.facts
    }

    /// Moves every message to where it is at another tempo, exactly. A second call begins from the
    /// file's own tempo again.
    ///
    /// # Errors
    /// [`SongError::Tempo`] for a tempo out of range and for a fixed one on a file that counts film
    /// frames, [`SongError::TooLong`]; the song is then unchanged.
    pub fn scale_tempo(&mut self, tempo: Tempo) -> Result<(), SongError> {
        let scaled = self.timeline.scaled(tempo)?;
        let end_tick = self.timeline.walk().tick(self.end);
        length::check(&scaled, end_tick, None, self.longest)?;
        let (mut old, mut new) = (self.timeline.walk(), scaled.walk());
        for message in &mut self.messages {
            message.time = new.time(old.tick(message.time));
        }
        self.end = new.time(end_tick);
        self.timeline = scaled;
        Ok(())
    }
}

/// Tracks that are played together.
struct Part {
    tracks: Range<usize>,
    /// When they begin.
    tick: u64,
}

/// What has to be known of all tracks before the first message can be placed in time.
struct Survey {
    parts: Vec<Part>,
    tempos: Vec<(u64, u32)>,
    extents: Vec<Extent>,
    end_tick: u64,
    longest_delta: Option<LongestDelta>,
    messages: usize,
    facts: FactGatherer,
}

impl Survey {
    fn of(chunks: &Chunks<'_>, cuts: &Cuts, warnings: &mut Warnings) -> Self {
        let mut survey = Self {
            parts: Vec::new(),
            tempos: Vec::new(),
            extents: Vec::new(),
            end_tick: 0,
            longest_delta: None,
            messages: 0,
            facts: FactGatherer::default(),
        };
        let tracks = chunks.tracks.len();
        if chunks.format == 2 && tracks > 1 {
            warnings.add(format!(
                "a file of format 2 holds separate patterns; its {tracks} are played one after \
                 another"
            ));
            for track in 0..tracks {
                let tick = survey.end_tick;
                // No tempo of the pattern before holds on.
                survey.tempos.push((tick, DEFAULT_TEMPO_US));
                survey.part(chunks, cuts, track..track + 1, tick, warnings);
            }
        } else {
            survey.part(chunks, cuts, 0..tracks, 0, warnings);
        }
        survey
    }

    fn part(
        &mut self,
        chunks: &Chunks<'_>,
        cuts: &Cuts,
        tracks: Range<usize>,
        tick: u64,
        warnings: &mut Warnings,
    ) {
        for track in tracks.clone() {
            let chunk = chunks.tracks[track];
            let reader = TrackReader::new(chunk, chunks.searches()).until(cuts.last_tick(track));
            self.facts.track(chunk.body.len());
            self.track(reader, track + 1, tick, warnings);
            cuts.warn(track, warnings);
        }
        self.parts.push(Part { tracks, tick });
    }

    fn track(
        &mut self,
        mut reader: TrackReader<'_>,
        number: usize,
        start: u64,
        warnings: &mut Warnings,
    ) {
        let mut odd_tempos = 0_u64;
        let mut has_notes = false;
        for event in reader.by_ref() {
            let tick = start + event.tick;
            match event.content {
                Content::Channel(message) => {
                    self.messages += 1;
                    has_notes |= Kind::of(message) == Kind::NoteOn;
                    self.facts.channel_message(message);
                }
                Content::SystemExclusive(_) => {
                    self.messages += 1;
                    self.facts.system_exclusive();
                }
                Content::Meta { kind, data } => {
                    self.facts.meta(tick, kind, data);
                    match (kind, data) {
                        (0x51, &[a, b, c, ..]) if (a, b, c) != (0, 0, 0) => {
                            let tempo_us = u32::from_be_bytes([0, a, b, c]);
                            self.tempos.push((tick, tempo_us));
                            self.facts.tempo(tick, tempo_us);
                        }
                        (0x51, _) => odd_tempos += 1,
                        _ => {}
                    }
                }
            }
        }
        reader.warn(number, warnings);
        if odd_tempos > 0 {
            warnings.add(format!(
                "track {number} holds {odd_tempos} tempo event(s) of zero or of fewer than 3 bytes, \
                 which are ignored"
            ));
        }
        let (ticks, tick) = reader.longest_wait();
        if self
            .longest_delta
            .is_none_or(|longest| longest.ticks < ticks)
        {
            self.longest_delta = Some(LongestDelta {
                track: number,
                tick,
                song_tick: start + tick,
                ticks,
            });
        }
        let end = start + reader.tick();
        self.extents.push(Extent {
            start,
            end,
            first_damage: reader.first_damage_tick().map(|tick| start + tick),
            has_notes,
        });
        self.end_tick = self.end_tick.max(end);
    }
}
