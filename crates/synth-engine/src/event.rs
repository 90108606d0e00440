//! Events in musical units, with a sample offset in the block they belong to.

use crate::parameter::Parameter;

/// Number of channels an event can name (as in MIDI).
pub const CHANNELS: usize = 16;

/// Highest level of [`Event::Shedding`].
pub const MOST_SHEDDING: u8 = 18;

/// Something that happens to the instrument at one instant.
///
/// Channels run from 0 to 15 and keys from 0 to 127 (69 = A4 = 440 Hz); events outside these
/// ranges, and events whose number is not finite, are ignored by the renderer.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(tag = "event", rename_all = "kebab-case")
)]
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
    /// Tuning of a channel (fine and coarse together), sounding notes included.
    ChannelTuning {
        /// Channel, 0..=15.
        channel: u8,
        /// Offset in semitones.
        semitones: f32,
    },
    /// Tuning of everything (fine and coarse together), sounding notes included.
    MasterTuning {
        /// Offset in semitones.
        semitones: f32,
    },
    /// Tuning of one key on all channels, for the notes that begin from now on.
    KeyTuning {
        /// Key, 0..=127.
        key: u8,
        /// Offset in semitones from equal temperament.
        semitones: f32,
    },
    /// Tuning of one pitch class of a channel, for the notes that begin from now on.
    PitchClassTuning {
        /// Channel, 0..=15.
        channel: u8,
        /// 0 = C ..= 11 = B; others are ignored.
        pitch_class: u8,
        /// Offset in semitones from equal temperament.
        semitones: f32,
    },
    /// The notes that sound take the tunings of keys and pitch classes as they now are.
    Retune,
    /// Modulation wheel: adds vibrato.
    Modulation {
        /// Channel, 0..=15.
        channel: u8,
        /// 0..=1; up to 12 where the wheel's depth has been widened.
        amount: f32,
    },
    /// Pressure on the keyboard (aftertouch): swells the channel's notes, the timbre with them.
    ChannelPressure {
        /// Channel, 0..=15.
        channel: u8,
        /// 0..=1.
        amount: f32,
    },
    /// Pressure on one key: swells the notes of that key, the timbre with them.
    KeyPressure {
        /// Channel, 0..=15.
        channel: u8,
        /// Key, 0..=127.
        key: u8,
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
    /// Volume of everything (a plain gain).
    MasterVolume {
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
    /// How much of a channel goes into the room, behind its volume, expression and pan.
    RoomSend {
        /// Channel, 0..=15.
        channel: u8,
        /// 0..=1, the gain of the send; 40/127 at first.
        amount: f32,
    },
    /// Sustain pedal. From one half on it is down and holds every note; below, the dampers touch
    /// the strings and notes that are let go die away more slowly the further down it is. Notes that
    /// are dying away already it can only damp further.
    Sustain {
        /// Channel, 0..=15.
        channel: u8,
        /// 0 (up) ..= 1 (down).
        depth: f32,
    },
    /// Sostenuto pedal: holds the notes that a key or the sustain pedal holds when it goes down.
    Sostenuto {
        /// Channel, 0..=15.
        channel: u8,
        /// Whether the pedal is down.
        down: bool,
    },
    /// Soft pedal: the notes that begin while it is down are softer and darker.
    SoftPedal {
        /// Channel, 0..=15.
        channel: u8,
        /// 0 (up) ..= 1 (down).
        depth: f32,
    },
    /// Whether each new note glides from the pitch of the note before it.
    Portamento {
        /// Channel, 0..=15.
        channel: u8,
        /// Whether it is on.
        on: bool,
    },
    /// How long a glide takes.
    PortamentoTime {
        /// Channel, 0..=15.
        channel: u8,
        /// Seconds, 0..=10.
        seconds: f32,
    },
    /// The next note glides from this key, whether portamento is on or not; a voice that the key
    /// holds goes on as the new note's (MIDI 1.0, "portamento control").
    PortamentoFrom {
        /// Channel, 0..=15.
        channel: u8,
        /// Key, 0..=127.
        key: u8,
    },
    /// Legato: in mono mode a note that begins while another is held goes on with its voice.
    Legato {
        /// Channel, 0..=15.
        channel: u8,
        /// Whether it is on.
        on: bool,
    },
    /// One note at a time: the newest key sounds, and when it goes up the newest one still down.
    /// Ends the channel's notes.
    Mono {
        /// Channel, 0..=15.
        channel: u8,
    },
    /// As many notes as keys, which is how a channel begins. Ends the channel's notes.
    Poly {
        /// Channel, 0..=15.
        channel: u8,
    },
    /// A sound controller of a channel.
    Sound {
        /// Channel, 0..=15.
        channel: u8,
        /// Which one.
        control: SoundControl,
        /// -1..=1; 0 is the instrument as it is.
        amount: f32,
    },
    /// Program change: the channel's next notes use another instrument.
    Program {
        /// Channel, 0..=15.
        channel: u8,
        /// Bank as MIDI counts it, most significant byte * 128 + least significant byte; 0 is General
        /// MIDI's.
        bank: u16,
        /// Program, 0..=127.
        program: u8,
    },
    /// Whether a channel is for drums, which do not play: channel 10 (9 here) begins so.
    Rhythm {
        /// Channel, 0..=15.
        channel: u8,
        /// Whether it is.
        on: bool,
    },
    /// Releases every key of a channel (the pedals still hold).
    AllNotesOff {
        /// Channel, 0..=15.
        channel: u8,
    },
    /// Silences a channel at once, without a click.
    AllSoundOff {
        /// Channel, 0..=15.
        channel: u8,
    },
    /// Bend, modulation, pressure, expression, pedals, portamento and legato back to rest (MMA
    /// RP-015, which leaves legato open: volume, pan, room send, program, tuning and sound controllers
    /// stay).
    ResetControllers {
        /// Channel, 0..=15.
        channel: u8,
    },
    /// Sets a parameter of the whole instrument. A [`Event::Reset`] leaves it as it is.
    Parameter {
        /// Which one.
        parameter: Parameter,
        /// In the parameter's unit and range.
        value: f32,
    },
    /// How much is left out to save time, as the realtime engine decides it where the load is too high:
    /// 0 nothing; from 1 on partials that nobody hears; from 2 on the network is asked at every other
    /// control frame; each level beyond takes an eighth of the voices. A [`Event::Reset`] leaves it as
    /// it is.
    Shedding {
        /// 0 ..= [`MOST_SHEDDING`]; more counts as that.
        level: u8,
    },
    /// Everything as it was in the beginning, what sounds silenced without a click (General MIDI
    /// System On and its kin).
    Reset,
}

/// The sound controllers of General MIDI level 2 that the instruments have a use for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "kebab-case")
)]
pub enum SoundControl {
    /// How fast released notes die away; up is slower. For the notes that begin from now on.
    ReleaseTime,
    /// How fast notes set in; up is slower. For the notes that begin from now on.
    AttackTime,
    /// How bright the notes are, sounding ones included; up is brighter.
    Brightness,
    /// How fast the instrument's own vibrato is. For the notes that begin from now on.
    VibratoRate,
    /// How deep the instrument's own vibrato is. For the notes that begin from now on.
    VibratoDepth,
    /// How late the instrument's own vibrato sets in. For the notes that begin from now on.
    VibratoDelay,
}

impl Event {
    /// The channel the event is for; `None` where it is for all.
    #[must_use]
    pub fn channel(&self) -> Option<u8> {
        match *self {
            Self::NoteOn { channel, .. }
            | Self::NoteOff { channel, .. }
            | Self::PitchBend { channel, .. }
            | Self::ChannelTuning { channel, .. }
            | Self::PitchClassTuning { channel, .. }
            | Self::Modulation { channel, .. }
            | Self::ChannelPressure { channel, .. }
            | Self::KeyPressure { channel, .. }
            | Self::Volume { channel, .. }
            | Self::Expression { channel, .. }
            | Self::Pan { channel, .. }
            | Self::RoomSend { channel, .. }
            | Self::Sustain { channel, .. }
            | Self::Sostenuto { channel, .. }
            | Self::SoftPedal { channel, .. }
            | Self::Portamento { channel, .. }
            | Self::PortamentoTime { channel, .. }
            | Self::PortamentoFrom { channel, .. }
            | Self::Legato { channel, .. }
            | Self::Mono { channel }
            | Self::Poly { channel }
            | Self::Sound { channel, .. }
            | Self::Program { channel, .. }
            | Self::Rhythm { channel, .. }
            | Self::AllNotesOff { channel }
            | Self::AllSoundOff { channel }
            | Self::ResetControllers { channel } => Some(channel),
            Self::MasterTuning { .. }
            | Self::KeyTuning { .. }
            | Self::Retune
            | Self::MasterVolume { .. }
            | Self::Parameter { .. }
            | Self::Shedding { .. }
            | Self::Reset => None,
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
