//! What the messages amount to when they are played: which programs play notes, and how many notes
//! there are at once.

use std::collections::BTreeMap;

use synth_engine::{CHANNELS, ChannelPrograms, Event, MidiDecoder};
use synth_io::midi_file::{Message, Song};

use super::system_exclusive;

/// What is counted while a song goes by.
pub(super) struct Playing {
    /// Of each channel, the notes by bank and program.
    pub(super) notes_by_program: Vec<BTreeMap<(u16, u8), u64>>,
    /// Of each channel, the notes that are drums.
    pub(super) drum_notes: Vec<u64>,
    /// Most keys down at once; pedals are left out of account.
    pub(super) most_notes: u64,
    /// System exclusive messages by kind.
    pub(super) system_exclusive: BTreeMap<&'static str, u64>,
}

impl Playing {
    pub(super) fn of(song: &Song) -> Self {
        let mut playing = Self {
            notes_by_program: vec![BTreeMap::new(); CHANNELS],
            drum_notes: vec![0; CHANNELS],
            most_notes: 0,
            system_exclusive: BTreeMap::new(),
        };
        let mut decoder = MidiDecoder::new();
        let mut state = State::new();
        for message in song.messages() {
            let mut emit = |event| state.event(event, &mut playing);
            match message.message {
                Message::Channel(bytes) => decoder.decode(bytes, &mut emit),
                Message::SystemExclusive(number) => {
                    let body = song.system_exclusive(number);
                    decoder.system_exclusive(body, &mut emit);
                    let kind = system_exclusive::kind(body);
                    *playing.system_exclusive.entry(kind).or_default() += 1;
                }
            }
        }
        playing
    }
}

/// Where the channels are.
struct State {
    channels: ChannelPrograms,
    /// How often each key of each channel is down.
    down: Vec<[u32; 128]>,
    notes: u64,
}

impl State {
    fn new() -> Self {
        Self {
            channels: ChannelPrograms::new(),
            down: vec![[0; 128]; CHANNELS],
            notes: 0,
        }
    }

    fn event(&mut self, event: Event, playing: &mut Playing) {
        self.channels.follow(&event);
        match event {
            Event::NoteOn { channel, key, .. } => {
                let program = self.channels.program(channel);
                let rhythm = self.channels.is_rhythm(channel);
                let channel = usize::from(channel & 15);
                if rhythm {
                    playing.drum_notes[channel] += 1;
                } else {
                    *playing.notes_by_program[channel]
                        .entry(program)
                        .or_default() += 1;
                }
                self.down[channel][usize::from(key & 127)] += 1;
                self.notes += 1;
                playing.most_notes = playing.most_notes.max(self.notes);
            }
            Event::NoteOff { channel, key, .. } => {
                let down = &mut self.down[usize::from(channel & 15)][usize::from(key & 127)];
                if *down > 0 {
                    *down -= 1;
                    self.notes -= 1;
                }
            }
            Event::AllNotesOff { channel }
            | Event::AllSoundOff { channel }
            | Event::Mono { channel }
            | Event::Poly { channel } => self.release(usize::from(channel & 15)),
            Event::Reset => *self = Self::new(),
            _ => {}
        }
    }

    fn release(&mut self, channel: usize) {
        for down in &mut self.down[channel] {
            self.notes -= u64::from(std::mem::take(down));
        }
    }
}
