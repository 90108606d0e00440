//! MIDI messages into [`Event`]s: what each byte means in musical units, and what MIDI leaves to the
//! receiver to remember.
//!
//! Sources are named where they are used. "MIDI 1.0" is the Complete MIDI 1.0 Detailed Specification
//! (MMA, 96.1); RP and CA numbers are the MMA's recommended practices and confirmations; GS is
//! Roland's format as in the SC-88Pro and SC-8850 manuals, XG is Yamaha's as in the MU50 and MU10
//! manuals.

mod bank;
mod channel_state;
mod controllers;
mod fourteen_bit;
mod parameters;
mod part;
mod roland_gs;
mod system_exclusive;
mod tuning_standard;
mod yamaha_xg;

#[cfg(test)]
mod robustness;

use crate::event::{CHANNELS, Event};
use bank::Mode;
use channel_state::ChannelState;

/// Velocity of a note-off that was sent as a note-on of velocity 0, which MIDI 1.0 equates with a
/// note-off of velocity 64.
const RELEASE_VELOCITY_WITHOUT_ONE: f32 = 0.5;

/// Turns MIDI messages into events and keeps what MIDI leaves to the receiver to remember: the
/// selected parameter, 14-bit controllers, bend range, tunings, banks, and which of General MIDI,
/// GM2, GS and XG was asked for.
///
/// # Realtime safety
/// RT-safe: no allocation, bounded time. A message makes at most 193 events (a tuning of twelve
/// pitch classes for sixteen channels), most make one.
#[derive(Debug, Clone)]
pub struct MidiDecoder {
    channels: [ChannelState; CHANNELS],
    mode: Mode,
    master_fine_semitones: f32,
    master_coarse_semitones: f32,
}

impl Default for MidiDecoder {
    fn default() -> Self {
        Self::new()
    }
}

impl MidiDecoder {
    /// A decoder at rest: bend range 2 semitones, no parameter selected, bank 0, channel 10 for
    /// rhythm, neither GM2 nor XG.
    #[must_use]
    pub fn new() -> Self {
        Self::in_mode(Mode::Plain)
    }

    fn in_mode(mode: Mode) -> Self {
        Self {
            channels: std::array::from_fn(|channel| ChannelState::new(mode, channel)),
            mode,
            master_fine_semitones: 0.0,
            master_coarse_semitones: 0.0,
        }
    }

    /// Decodes one complete channel message (status byte and up to two data bytes; a message with
    /// one data byte leaves the third byte unread) and hands each resulting event to `emit`.
    /// Anything else, including stray data bytes, is ignored, and so is a message with a data byte
    /// above 127.
    ///
    /// # Realtime safety
    /// RT-safe if `emit` is.
    pub fn decode(&mut self, message: [u8; 3], emit: &mut dyn FnMut(Event)) {
        let [status, first, second] = message;
        if first > 127 || (second > 127 && !matches!(status & 0xf0, 0xc0 | 0xd0)) {
            return;
        }
        let channel = status & 0x0f;
        match status & 0xf0 {
            0x80 => emit(Event::NoteOff {
                channel,
                key: first,
                velocity: unit(second),
            }),
            0x90 if second == 0 => emit(Event::NoteOff {
                channel,
                key: first,
                velocity: RELEASE_VELOCITY_WITHOUT_ONE,
            }),
            0x90 => emit(Event::NoteOn {
                channel,
                key: first,
                velocity: unit(second),
            }),
            0xa0 => emit(Event::KeyPressure {
                channel,
                key: first,
                amount: unit(second),
            }),
            0xb0 => self.control_change(channel, first, second, emit),
            0xc0 => self.program_change(channel, first, emit),
            0xd0 => emit(Event::ChannelPressure {
                channel,
                amount: unit(first),
            }),
            0xe0 => {
                let state = &mut self.channels[usize::from(channel)];
                state.bend = (i16::from(second) << 7 | i16::from(first)) - 8192;
                emit(state.pitch_bend(channel));
            }
            _ => {}
        }
    }

    /// As new but for the mode, and everything that listens as well.
    fn reset(&mut self, mode: Mode, emit: &mut dyn FnMut(Event)) {
        *self = Self::in_mode(mode);
        emit(Event::Reset);
    }
}

/// A seven-bit value as 0..=1.
fn unit(value: u8) -> f32 {
    f32::from(value) / 127.0
}

#[cfg(test)]
impl MidiDecoder {
    /// The events of one channel message.
    fn events(&mut self, message: [u8; 3]) -> Vec<Event> {
        let mut events = Vec::new();
        self.decode(message, &mut |event| events.push(event));
        events
    }

    /// The events of one system exclusive message.
    fn exclusive_events(&mut self, body: &[u8]) -> Vec<Event> {
        let mut events = Vec::new();
        self.system_exclusive(body, &mut |event| events.push(event));
        events
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notes_keep_channel_key_and_velocity() {
        let mut decoder = MidiDecoder::new();
        assert_eq!(
            decoder.events([0x9f, 60, 127]),
            [Event::NoteOn {
                channel: 15,
                key: 60,
                velocity: 1.0
            }]
        );
        assert_eq!(
            decoder.events([0x80, 0, 0]),
            [Event::NoteOff {
                channel: 0,
                key: 0,
                velocity: 0.0
            }]
        );
    }

    #[test]
    fn a_note_on_of_velocity_zero_is_a_note_off() {
        assert_eq!(
            MidiDecoder::new().events([0x93, 60, 0]),
            [Event::NoteOff {
                channel: 3,
                key: 60,
                velocity: 0.5
            }]
        );
    }

    #[test]
    fn pressure_is_of_a_key_or_of_a_channel() {
        let mut decoder = MidiDecoder::new();
        assert_eq!(
            decoder.events([0xa2, 61, 127]),
            [Event::KeyPressure {
                channel: 2,
                key: 61,
                amount: 1.0
            }]
        );
        assert_eq!(
            decoder.events([0xd4, 127, 0xff]),
            [Event::ChannelPressure {
                channel: 4,
                amount: 1.0
            }],
            "the third byte is not part of the message"
        );
    }

    #[test]
    fn bend_is_two_semitones_at_first() {
        let mut decoder = MidiDecoder::new();
        for (bytes, semitones) in [([0, 0], -2.0), ([0, 64], 0.0), ([0, 96], 1.0)] {
            assert_eq!(
                decoder.events([0xe0, bytes[0], bytes[1]]),
                [Event::PitchBend {
                    channel: 0,
                    semitones
                }]
            );
        }
    }

    #[test]
    fn data_bytes_above_127_and_system_messages_are_ignored() {
        let mut decoder = MidiDecoder::new();
        for message in [
            [0x90, 200, 64],
            [0x90, 64, 200],
            [0xc0, 128, 0],
            [0xb0, 7, 128],
            [0xf0, 1, 2],
            [0xff, 1, 2],
            [60, 60, 60],
        ] {
            assert_eq!(decoder.events(message), [], "{message:?}");
        }
    }
}
