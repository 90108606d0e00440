//! Events in musical units, with a sample offset in the block they belong to.

/// Number of channels an event can name (as in MIDI).
pub const CHANNELS: usize = 16;

/// Something that happens to the instrument at one instant.
///
/// Channels run from 0 to 15 and keys from 0 to 127 (69 = A4 = 440 Hz); events outside these
/// ranges are ignored by the renderer.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Event {
    /// A key goes down. A key that already sounds on its channel starts another voice.
    NoteOn {
        /// Channel, 0..=15.
        channel: u8,
        /// Key, 0..=127.
        key: u8,
        /// Velocity, 0..=1; 0 is still a note-on (the MIDI decoder turns it into a note-off).
        velocity: f32,
    },
    /// A key goes up: ends the oldest held voice of this key and channel.
    NoteOff {
        /// Channel, 0..=15.
        channel: u8,
        /// Key, 0..=127.
        key: u8,
        /// Release velocity, 0..=1.
        velocity: f32,
    },
    /// Pitch bend of a channel.
    PitchBend {
        /// Channel, 0..=15.
        channel: u8,
        /// Offset in semitones, the bend range already applied.
        semitones: f32,
    },
    /// Modulation wheel: adds vibrato.
    Modulation {
        /// Channel, 0..=15.
        channel: u8,
        /// 0..=1.
        amount: f32,
    },
    /// Channel volume (a plain gain).
    Volume {
        /// Channel, 0..=15.
        channel: u8,
        /// 0..=1; the gain is its square.
        amount: f32,
    },
    /// Expression: a gain at audio rate, which the loudness that the network sees follows, so that the
    /// timbre does too.
    Expression {
        /// Channel, 0..=15.
        channel: u8,
        /// 0..=1; the gain is its square.
        amount: f32,
    },
    /// Stereo position of a channel.
    Pan {
        /// Channel, 0..=15.
        channel: u8,
        /// -1 (left) ..= 1 (right).
        position: f32,
    },
    /// Sustain pedal.
    Sustain {
        /// Channel, 0..=15.
        channel: u8,
        /// Whether the pedal is down.
        down: bool,
    },
    /// Program change: the channel's next notes use another instrument.
    Program {
        /// Channel, 0..=15.
        channel: u8,
        /// General MIDI program, 0..=127.
        program: u8,
    },
    /// Releases every key of a channel (the sustain pedal still holds).
    AllNotesOff {
        /// Channel, 0..=15.
        channel: u8,
    },
    /// Silences a channel at once, without a click.
    AllSoundOff {
        /// Channel, 0..=15.
        channel: u8,
    },
    /// Bend, modulation, expression and pedal back to rest (MMA RP-015: volume, pan and program stay).
    ResetControllers {
        /// Channel, 0..=15.
        channel: u8,
    },
}

impl Event {
    /// The channel the event is for.
    #[must_use]
    pub fn channel(&self) -> u8 {
        match *self {
            Self::NoteOn { channel, .. }
            | Self::NoteOff { channel, .. }
            | Self::PitchBend { channel, .. }
            | Self::Modulation { channel, .. }
            | Self::Volume { channel, .. }
            | Self::Expression { channel, .. }
            | Self::Pan { channel, .. }
            | Self::Sustain { channel, .. }
            | Self::Program { channel, .. }
            | Self::AllNotesOff { channel }
            | Self::AllSoundOff { channel }
            | Self::ResetControllers { channel } => channel,
        }
    }
}

/// An event and the sample frame of the block at which it takes effect.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TimedEvent {
    /// Offset from the block's first sample frame.
    pub offset: u32,
    /// What happens.
    pub event: Event,
}
