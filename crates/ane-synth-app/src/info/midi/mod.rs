//! What is told about a MIDI file.

mod metre;
mod playing;
mod system_exclusive;
mod words;

use std::collections::BTreeMap;

use serde::Serialize;
use synth_io::midi_file::{ChannelFacts, Division, Song, SongOptions, TextKind};

use super::general_midi::{controller_name, program_name};
use super::note_names::key_name;
use crate::error::AppError;
use crate::instruments;
use playing::Playing;

/// Tracks that are told of; a file may hold millions of empty ones.
const MOST_TRACKS: usize = 1024;

/// The object that `--json` prints.
#[derive(Serialize)]
pub(super) struct MidiFacts {
    file: String,
    kind: &'static str,
    size_bytes: u64,
    format: u16,
    announced_tracks: u16,
    track_count: usize,
    duration_s: f64,
    /// `null` where the file does not say how long a bar is.
    bars: Option<u64>,
    /// `null` in film time.
    ticks_per_quarter: Option<u16>,
    /// 24, 25, 29 (drop frame) or 30; `null` in musical time.
    smpte_frame_rate: Option<u8>,
    smpte_ticks_per_frame: Option<u8>,
    tempo: Option<TempoFacts>,
    time_signatures: Vec<TimeSignatureFacts>,
    key_signatures: Vec<KeySignatureFacts>,
    title: Option<String>,
    copyrights: Vec<String>,
    text_count: u64,
    lyric_count: u64,
    marker_count: u64,
    cue_point_count: u64,
    /// The first few of each kind.
    texts: Vec<TextFacts>,
    notes: u64,
    /// Keys down, pedals left out of account.
    most_notes_at_once: u64,
    system_exclusive_count: u64,
    system_exclusive: BTreeMap<&'static str, u64>,
    tracks: Vec<TrackFacts>,
    /// Those with messages.
    channels: Vec<ChannelUse>,
    warnings: Vec<String>,
}

/// Quarter notes a minute.
#[derive(Serialize)]
struct TempoFacts {
    first_bpm: f64,
    lowest_bpm: f64,
    highest_bpm: f64,
    /// Tempo events in the file.
    events: u64,
}

#[derive(Serialize)]
struct TimeSignatureFacts {
    time_s: f64,
    numerator: u8,
    denominator_power: u8,
}

#[derive(Serialize)]
struct KeySignatureFacts {
    time_s: f64,
    key: String,
}

#[derive(Serialize)]
struct TextFacts {
    time_s: f64,
    /// From 1.
    track: usize,
    kind: &'static str,
    text: String,
}

#[derive(Serialize)]
struct TrackFacts {
    /// From 1.
    number: usize,
    name: String,
    instrument_name: String,
    events: u64,
    notes: u64,
    /// From 1.
    channels: Vec<u8>,
    size_bytes: usize,
}

#[derive(Serialize)]
struct ChannelUse {
    /// From 1.
    number: u8,
    notes: u64,
    lowest_key: Option<u8>,
    highest_key: Option<u8>,
    lowest_note: Option<String>,
    highest_note: Option<String>,
    /// Notes that are drums, which do not play.
    drum_notes: u64,
    programs: Vec<ProgramUse>,
    controllers: Vec<ControllerUse>,
    pitch_bends: u64,
    pressures: u64,
}

#[derive(Serialize)]
struct ProgramUse {
    /// Most significant byte * 128 + least significant byte.
    bank: u16,
    /// General MIDI program, 0 to 127.
    program: u8,
    name: &'static str,
    notes: u64,
    /// Which of the built-in instruments plays it.
    instrument: String,
}

#[derive(Serialize)]
struct ControllerUse {
    controller: u8,
    /// `null` for those without a meaning of their own.
    name: Option<&'static str>,
    messages: u64,
}

/// Reads a MIDI file of any length.
pub(super) fn options() -> SongOptions {
    SongOptions {
        longest: std::time::Duration::MAX,
    }
}

impl MidiFacts {
    pub(super) fn of(file: String, size_bytes: u64, song: &Song) -> Result<Self, AppError> {
        let facts = song.facts();
        let playing = Playing::of(song);
        let (ticks_per_quarter, frame_rate, ticks_per_frame) = match facts.division {
            Division::Musical { ticks_per_quarter } => (Some(ticks_per_quarter), None, None),
            Division::Smpte {
                frame_rate,
                ticks_per_frame,
            } => (None, Some(frame_rate), Some(ticks_per_frame)),
            _ => (None, None, None),
        };
        let texts_of = |kind: TextKind| {
            let texts = facts.texts.iter().filter(move |text| text.kind == kind);
            texts.filter(|text| !text.text.is_empty())
        };
        // The first track's name is that of the sequence (RP-001, meta event 3).
        let title = texts_of(TextKind::TrackName).find(|text| text.track == 0);
        let counts: BTreeMap<TextKind, u64> =
            TextKind::ALL.into_iter().zip(facts.text_counts).collect();
        let count_of = |kind| counts.get(&kind).copied().unwrap_or(0);
        let mut warnings = song.warnings().to_vec();
        warnings.extend(too_long(song));
        Ok(Self {
            file,
            kind: "midi",
            size_bytes,
            format: facts.format,
            announced_tracks: facts.announced_tracks,
            track_count: facts.tracks.len(),
            duration_s: song.end().seconds(),
            bars: metre::bars(facts, song.end()),
            ticks_per_quarter,
            smpte_frame_rate: frame_rate,
            smpte_ticks_per_frame: ticks_per_frame,
            tempo: ticks_per_quarter.map(|_| TempoFacts::of(song)),
            time_signatures: facts
                .time_signatures
                .iter()
                .map(|signature| TimeSignatureFacts {
                    time_s: signature.time.seconds(),
                    numerator: signature.numerator,
                    denominator_power: signature.denominator_power,
                })
                .collect(),
            key_signatures: facts
                .key_signatures
                .iter()
                .map(|signature| KeySignatureFacts {
                    time_s: signature.time.seconds(),
                    key: metre::key_signature(signature.sharps, signature.minor),
                })
                .collect(),
            title: title.map(|text| text.text.clone()),
            copyrights: texts_of(TextKind::Copyright)
                .map(|text| text.text.clone())
                .collect(),
            text_count: count_of(TextKind::Text),
            lyric_count: count_of(TextKind::Lyric),
            marker_count: count_of(TextKind::Marker),
            cue_point_count: count_of(TextKind::CuePoint),
            texts: facts
                .texts
                .iter()
                .map(|text| TextFacts {
                    time_s: text.time.seconds(),
                    track: text.track + 1,
                    kind: kind_name(text.kind),
                    text: text.text.clone(),
                })
                .collect(),
            notes: facts.channels.iter().map(|channel| channel.notes).sum(),
            most_notes_at_once: playing.most_notes,
            system_exclusive_count: facts.system_exclusive,
            tracks: tracks(song),
            channels: channels(song, &playing)?,
            system_exclusive: playing.system_exclusive,
            warnings,
        })
    }

    /// For people.
    pub(super) fn text(&self) -> String {
        words::text(self)
    }
}

impl TempoFacts {
    fn of(song: &Song) -> Self {
        let facts = song.facts();
        let changes = &facts.tempos;
        let first = changes
            .iter()
            .take_while(|change| change.time.seconds() == 0.0)
            .last();
        let first_bpm = first.map_or(metre::DEFAULT_BPM, |change| change.bpm);
        let later = changes.iter().filter(|change| change.time.seconds() > 0.0);
        let all = || later.clone().map(|change| change.bpm);
        Self {
            first_bpm,
            lowest_bpm: all().fold(first_bpm, f64::min),
            highest_bpm: all().fold(first_bpm, f64::max),
            events: facts.tempo_count,
        }
    }
}

/// What `render` will say to a piece that is too long for it.
fn too_long(song: &Song) -> Option<String> {
    let longest = SongOptions::default().longest;
    let hours = longest.as_secs_f64() / 3600.0;
    (song.end().seconds() > longest.as_secs_f64()).then(|| {
        format!("it lasts longer than {hours} hours, so render refuses it unless --max-length allows more")
    })
}

fn kind_name(kind: TextKind) -> &'static str {
    match kind {
        TextKind::Text => "text",
        TextKind::Copyright => "copyright",
        TextKind::TrackName => "track_name",
        TextKind::Instrument => "instrument_name",
        TextKind::Lyric => "lyric",
        TextKind::Marker => "marker",
        TextKind::CuePoint => "cue_point",
    }
}

fn tracks(song: &Song) -> Vec<TrackFacts> {
    let tracks = (1..).zip(&song.facts().tracks).take(MOST_TRACKS);
    tracks
        .map(|(number, track)| TrackFacts {
            number,
            name: track.name.clone(),
            instrument_name: track.instrument.clone(),
            events: track.events,
            notes: track.notes,
            channels: (1..=16)
                .filter(|number| track.channels >> (number - 1) & 1 == 1)
                .collect(),
            size_bytes: track.bytes,
        })
        .collect()
}

fn channels(song: &Song, playing: &Playing) -> Result<Vec<ChannelUse>, AppError> {
    let choice = instruments::choose(&[])?;
    let instrument_of = |bank: u16, program: u8| {
        let index = choice.programs.instrument(bank, program);
        let instrument = choice.instruments.get(index);
        instrument.map_or_else(String::new, |instrument| instrument.id.clone())
    };
    let all = (1..).zip(&song.facts().channels);
    let used = all.filter(|(_, channel)| **channel != ChannelFacts::default());
    let channels = used.map(|(number, channel)| {
        let index = usize::from(number) - 1;
        let note = |key: u8| key_name(key.into());
        ChannelUse {
            number,
            notes: channel.notes,
            lowest_key: channel.keys.map(|(low, _)| low),
            highest_key: channel.keys.map(|(_, high)| high),
            lowest_note: channel.keys.map(|(low, _)| note(low)),
            highest_note: channel.keys.map(|(_, high)| note(high)),
            drum_notes: playing.drum_notes[index],
            programs: playing.notes_by_program[index]
                .iter()
                .map(|(&(bank, program), &notes)| ProgramUse {
                    bank,
                    program,
                    name: program_name(program).unwrap_or_default(),
                    notes,
                    instrument: instrument_of(bank, program),
                })
                .collect(),
            controllers: channel
                .controllers
                .iter()
                .map(|&(controller, messages)| ControllerUse {
                    controller,
                    name: controller_name(controller),
                    messages,
                })
                .collect(),
            pitch_bends: channel.pitch_bends,
            pressures: channel.pressures,
        }
    });
    Ok(channels.collect())
}
