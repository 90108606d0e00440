//! MIDI channel messages into [`Event`]s: bend range, RPN and the controllers in musical units.
//!
//! Controller numbers and the RPN protocol are those of the MIDI 1.0 specification (control change
//! messages, table III) and MMA RP-015 (reset all controllers).

use crate::event::{CHANNELS, Event};

const PITCH_BEND_RANGE_RPN: (u8, u8) = (0, 0);
const NO_RPN: (u8, u8) = (127, 127);
const DEFAULT_BEND_RANGE_SEMITONES: f32 = 2.0;

#[derive(Debug, Clone, Copy)]
struct ChannelDecoder {
    bend: i16,
    range_semitones: u8,
    range_cents: u8,
    rpn: (u8, u8),
}

impl ChannelDecoder {
    const REST: Self = Self {
        bend: 0,
        range_semitones: DEFAULT_BEND_RANGE_SEMITONES as u8,
        range_cents: 0,
        rpn: NO_RPN,
    };

    fn bend_semitones(&self) -> f32 {
        let range = f32::from(self.range_semitones) + f32::from(self.range_cents) / 100.0;
        f32::from(self.bend) / 8192.0 * range
    }
}

/// Turns MIDI channel messages into events; keeps what MIDI leaves to the receiver to remember
/// (the selected RPN and the bend range of each channel).
///
/// # Realtime safety
/// RT-safe: no allocation, bounded time.
#[derive(Debug, Clone)]
pub struct MidiDecoder {
    channels: [ChannelDecoder; CHANNELS],
}

impl Default for MidiDecoder {
    fn default() -> Self {
        Self::new()
    }
}

impl MidiDecoder {
    /// A decoder at rest: bend range 2 semitones, no RPN selected.
    #[must_use]
    pub fn new() -> Self {
        Self {
            channels: [ChannelDecoder::REST; CHANNELS],
        }
    }

    /// Decodes one complete channel message (status byte and up to two data bytes; a message with
    /// one data byte leaves the third byte unread) and hands each resulting event to `emit`.
    /// Anything else, including stray data bytes, is ignored.
    pub fn decode(&mut self, message: [u8; 3], emit: &mut dyn FnMut(Event)) {
        let [status, first, second] = message;
        if first > 127 || (second > 127 && !matches!(status & 0xf0, 0xc0 | 0xd0)) {
            return;
        }
        let channel = status & 0x0f;
        let unit = |value: u8| f32::from(value) / 127.0;
        match status & 0xf0 {
            0x80 => emit(Event::NoteOff {
                channel,
                key: first,
                velocity: unit(second),
            }),
            0x90 if second == 0 => emit(Event::NoteOff {
                channel,
                key: first,
                velocity: 0.5,
            }),
            0x90 => emit(Event::NoteOn {
                channel,
                key: first,
                velocity: unit(second),
            }),
            0xb0 => self.control_change(channel, first, second, emit),
            0xc0 => emit(Event::Program {
                channel,
                program: first,
            }),
            0xe0 => {
                let state = &mut self.channels[usize::from(channel)];
                state.bend = (i16::from(second) << 7 | i16::from(first)) - 8192;
                emit(Event::PitchBend {
                    channel,
                    semitones: state.bend_semitones(),
                });
            }
            _ => {}
        }
    }

    fn control_change(
        &mut self,
        channel: u8,
        controller: u8,
        value: u8,
        emit: &mut dyn FnMut(Event),
    ) {
        let state = &mut self.channels[usize::from(channel)];
        let amount = f32::from(value) / 127.0;
        match controller {
            1 => emit(Event::Modulation { channel, amount }),
            7 => emit(Event::Volume { channel, amount }),
            // 64 is the centre; 0 and 1 are both hard left (MMA RP-036).
            10 => {
                let position = (f32::from(value.max(1)) - 64.0) / 63.0;
                emit(Event::Pan { channel, position });
            }
            11 => emit(Event::Expression { channel, amount }),
            64 => emit(Event::Sustain {
                channel,
                down: value >= 64,
            }),
            98 | 99 => state.rpn = NO_RPN,
            100 => state.rpn.1 = value,
            101 => state.rpn.0 = value,
            6 | 38 if state.rpn == PITCH_BEND_RANGE_RPN => {
                if controller == 6 {
                    state.range_semitones = value;
                    // A new coarse value starts from no fine one (MIDI 1.0, "controllers 0 to 63").
                    state.range_cents = 0;
                } else {
                    state.range_cents = value.min(99);
                }
                if state.bend != 0 {
                    emit(Event::PitchBend {
                        channel,
                        semitones: state.bend_semitones(),
                    });
                }
            }
            120 => emit(Event::AllSoundOff { channel }),
            121 => {
                state.bend = 0;
                state.rpn = NO_RPN;
                emit(Event::ResetControllers { channel });
            }
            // The mode messages imply all notes off (MIDI 1.0, "mode messages").
            123..=127 => emit(Event::AllNotesOff { channel }),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decode(decoder: &mut MidiDecoder, message: [u8; 3]) -> Vec<Event> {
        let mut events = Vec::new();
        decoder.decode(message, &mut |event| events.push(event));
        events
    }

    #[test]
    fn a_note_on_of_velocity_zero_is_a_note_off() {
        let mut decoder = MidiDecoder::new();
        let events = decode(&mut decoder, [0x93, 60, 0]);
        assert_eq!(
            events,
            [Event::NoteOff {
                channel: 3,
                key: 60,
                velocity: 0.5
            }]
        );
    }

    #[test]
    fn bend_follows_the_range_set_by_rpn_0() {
        let mut decoder = MidiDecoder::new();
        let full_down = [0xe0, 0, 0];
        assert_eq!(
            decode(&mut decoder, full_down),
            [Event::PitchBend {
                channel: 0,
                semitones: -2.0
            }]
        );
        decode(&mut decoder, [0xb0, 101, 0]);
        decode(&mut decoder, [0xb0, 100, 0]);
        let changed = decode(&mut decoder, [0xb0, 6, 12]);
        assert_eq!(
            changed,
            [Event::PitchBend {
                channel: 0,
                semitones: -12.0
            }]
        );
        let fine = decode(&mut decoder, [0xb0, 38, 50]);
        assert_eq!(
            fine,
            [Event::PitchBend {
                channel: 0,
                semitones: -12.5
            }]
        );
    }

    #[test]
    fn data_entry_without_the_bend_rpn_changes_nothing() {
        let mut decoder = MidiDecoder::new();
        assert_eq!(decode(&mut decoder, [0xb0, 6, 12]), []);
        decode(&mut decoder, [0xb0, 101, 0]);
        decode(&mut decoder, [0xb0, 100, 0]);
        decode(&mut decoder, [0xb0, 99, 1]);
        assert_eq!(
            decode(&mut decoder, [0xb0, 6, 24]),
            [],
            "an NRPN deselects the RPN"
        );
        let centre_up = decode(&mut decoder, [0xe0, 0, 96]);
        assert_eq!(
            centre_up,
            [Event::PitchBend {
                channel: 0,
                semitones: 1.0
            }]
        );
    }

    #[test]
    fn every_byte_triple_decodes_without_a_panic_and_in_range() {
        let mut decoder = MidiDecoder::new();
        for status in 0..=255 {
            for first in (0..=255).step_by(5) {
                for second in (0..=255).step_by(5) {
                    decoder.decode([status, first, second], &mut |event| {
                        assert!(event.channel() < 16);
                        if let Event::Pan { position, .. } = event {
                            assert!((-1.0..=1.0).contains(&position));
                        }
                    });
                }
            }
        }
    }
}
