//! A song as the renderer takes it: events at sample indices, and what can be told of them before
//! a sample is rendered.

use std::collections::BTreeSet;

use synth_engine::{CHANNELS, ChannelPrograms, Event, MidiDecoder};
use synth_io::midi_file::{Message, Song};

use crate::channel_set::ChannelSet;
use crate::transpose::Transposition;

/// What to make of a song.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ScoreOptions {
    pub(crate) sample_rate_hz: u32,
    pub(crate) transpose_semitones: i8,
    /// Channels that are not to be heard.
    pub(crate) silenced: ChannelSet,
}

/// A song as events.
#[derive(Debug, Default)]
pub(crate) struct Score {
    /// Ascending sample indices.
    pub(crate) events: Vec<(u64, Event)>,
    /// Channels that play a note.
    pub(crate) playing: ChannelSet,
    /// Banks and programs that play a note.
    pub(crate) programs: BTreeSet<(u16, u8)>,
    /// Notes for drums, which do not play, by channel.
    rhythm_notes: [u64; CHANNELS],
    /// Notes that `--transpose` moves beyond the keyboard.
    transposed_out: u64,
    /// Notes of silenced channels.
    silenced_notes: u64,
}

impl Score {
    pub(crate) fn new(song: &Song, options: &ScoreOptions) -> Self {
        let mut score = Self::default();
        let mut walk = Walk::new(options);
        let mut decoder = MidiDecoder::new();
        for message in song.messages() {
            let at = message.time.sample_index(options.sample_rate_hz);
            let mut emit = |event| walk.take(&mut score, at, event);
            match message.message {
                Message::Channel(message) => decoder.decode(message, &mut emit),
                Message::SystemExclusive(number) => {
                    decoder.system_exclusive(song.system_exclusive(number), &mut emit);
                }
            }
        }
        let end = song.end().sample_index(options.sample_rate_hz);
        score.release_everything(end);
        score
    }

    /// At the end of the song every key and pedal goes up.
    fn release_everything(&mut self, at: u64) {
        for channel in 0..CHANNELS as u8 {
            self.events.push((at, Event::AllNotesOff { channel }));
            self.events.push((
                at,
                Event::Sustain {
                    channel,
                    depth: 0.0,
                },
            ));
            self.events.push((
                at,
                Event::Sostenuto {
                    channel,
                    down: false,
                },
            ));
        }
    }

    /// What a listener should know.
    pub(crate) fn notices(&self) -> Vec<String> {
        let mut notices = Vec::new();
        for (channel, &notes) in (1..).zip(&self.rhythm_notes) {
            if notes > 0 {
                notices.push(format!(
                    "channel {channel} is silent: there are no drums yet ({notes} notes left out)"
                ));
            }
        }
        if self.transposed_out > 0 {
            notices.push(format!(
                "{} notes are left out, which --transpose moves beyond the keyboard",
                self.transposed_out
            ));
        }
        if self.silenced_notes > 0 && self.playing == ChannelSet::default() {
            notices.push("--mute and --solo leave no channel that plays".to_owned());
        }
        notices
    }
}

/// What the events so far have set, as the renderer understands them.
struct Walk {
    silenced: ChannelSet,
    transposition: Transposition,
    channels: ChannelPrograms,
}

impl Walk {
    fn new(options: &ScoreOptions) -> Self {
        Self {
            silenced: options.silenced,
            transposition: Transposition::new(options.transpose_semitones),
            channels: ChannelPrograms::new(),
        }
    }

    fn take(&mut self, score: &mut Score, at: u64, event: Event) {
        self.channels.follow(&event);
        let rhythm = event.channel().is_some_and(|c| self.channels.is_rhythm(c));
        let moved = self.transposition.apply(event, rhythm);
        if let Event::NoteOn { channel, .. } = event {
            self.count(score, channel, moved.is_some());
        }
        if let Some(event) = moved {
            score.events.push((at, event));
        }
    }

    /// Counts a note of `channel`.
    fn count(&self, score: &mut Score, channel: u8, on_keyboard: bool) {
        let place = usize::from(channel);
        if self.silenced.holds(channel) {
            score.silenced_notes += 1;
        } else if self.channels.is_rhythm(channel) {
            score.rhythm_notes[place] += 1;
        } else if !on_keyboard {
            score.transposed_out += 1;
        } else {
            score.playing.add(channel);
            score.programs.insert(self.channels.program(channel));
        }
    }
}
