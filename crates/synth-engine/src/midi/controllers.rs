//! Control changes: the controllers of MIDI 1.0 ("control change messages", table III), the sound
//! controllers of General MIDI level 2 and the channel mode messages.

use super::{MidiDecoder, unit};
use crate::event::{Event, SoundControl};

/// From here on a switch is on (MIDI 1.0, "controllers 64 to 69").
const SWITCH_ON: u8 = 64;

impl MidiDecoder {
    /// `channel` is below 16, `controller` and `value` below 128.
    pub(super) fn control_change(
        &mut self,
        channel: u8,
        controller: u8,
        value: u8,
        emit: &mut dyn FnMut(Event),
    ) {
        let state = &mut self.channels[usize::from(channel)];
        let on = value >= SWITCH_ON;
        match controller {
            0 => state.bank.msb = value,
            32 => state.bank.lsb = value,
            1 | 5 | 7 | 10 | 11 | 33 | 37 | 39 | 42 | 43 => {
                let number = controller & 0x1f;
                let refined = match number {
                    1 => &mut state.modulation,
                    5 => &mut state.portamento_time,
                    7 => &mut state.volume,
                    10 => &mut state.pan,
                    _ => &mut state.expression,
                };
                if controller < 32 {
                    refined.set_msb(value);
                } else {
                    refined.set_lsb(value);
                }
                emit(match number {
                    1 => state.modulation(channel),
                    5 => state.portamento_time(channel),
                    7 => state.volume(channel),
                    10 => state.pan(channel),
                    _ => state.expression(channel),
                });
            }
            6 | 38 | 96 | 97 => self.data_entry(channel, controller, value, emit),
            // Reverb send level, RP-023; linear as in General MIDI level 2.
            91 => emit(Event::RoomSend {
                channel,
                amount: unit(value),
            }),
            98..=101 => state.selected.choose(controller, value),
            64 => emit(Event::Sustain {
                channel,
                depth: unit(value),
            }),
            65 => emit(Event::Portamento { channel, on }),
            66 => emit(Event::Sostenuto { channel, down: on }),
            67 => emit(Event::SoftPedal {
                channel,
                depth: unit(value),
            }),
            68 => emit(Event::Legato { channel, on }),
            84 => emit(Event::PortamentoFrom {
                channel,
                key: value,
            }),
            120 => emit(Event::AllSoundOff { channel }),
            121 => {
                state.reset_controllers();
                emit(Event::ResetControllers { channel });
            }
            // Omni off and on imply all notes off (MIDI 1.0, "mode messages"); a receiver of all
            // sixteen channels has no use for the rest of what they say.
            123..=125 => emit(Event::AllNotesOff { channel }),
            // How many channels one at a time are meant for is not heeded: as in GS and GM2, it is
            // always this one.
            126 => emit(Event::Mono { channel }),
            127 => emit(Event::Poly { channel }),
            _ => {
                if let Some(control) = sound_control(controller) {
                    *state.sound_mut(control) = value;
                    emit(state.sound(channel, control));
                }
            }
        }
    }
}

/// General MIDI level 2, "sound controllers" (RP-021).
fn sound_control(controller: u8) -> Option<SoundControl> {
    Some(match controller {
        72 => SoundControl::ReleaseTime,
        73 => SoundControl::AttackTime,
        74 => SoundControl::Brightness,
        76 => SoundControl::VibratoRate,
        77 => SoundControl::VibratoDepth,
        78 => SoundControl::VibratoDelay,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHANNEL: u8 = 3;

    fn control(decoder: &mut MidiDecoder, controller: u8, value: u8) -> Vec<Event> {
        decoder.events([0xb0 | CHANNEL, controller, value])
    }

    /// The only event of a control change to a new decoder.
    fn only(controller: u8, value: u8) -> Event {
        let events = control(&mut MidiDecoder::new(), controller, value);
        assert_eq!(events.len(), 1, "{controller} {value}: {events:?}");
        events[0]
    }

    #[test]
    fn continuous_controllers_span_their_range() {
        let channel = CHANNEL;
        for (value, amount) in [(0, 0.0), (127, 1.0)] {
            assert_eq!(only(1, value), Event::Modulation { channel, amount });
            assert_eq!(only(7, value), Event::Volume { channel, amount });
            assert_eq!(only(11, value), Event::Expression { channel, amount });
            assert_eq!(only(91, value), Event::RoomSend { channel, amount });
            let depth = amount;
            assert_eq!(only(64, value), Event::Sustain { channel, depth });
            assert_eq!(only(67, value), Event::SoftPedal { channel, depth });
        }
        for (value, position) in [(0, -1.0), (1, -1.0), (64, 0.0), (127, 1.0)] {
            assert_eq!(only(10, value), Event::Pan { channel, position });
        }
        for (value, seconds) in [(0, 0.0), (127, 2.0)] {
            assert_eq!(only(5, value), Event::PortamentoTime { channel, seconds });
        }
    }

    #[test]
    fn a_pedal_is_half_down_from_64_on() {
        let channel = CHANNEL;
        for value in 0..=127 {
            let Event::Sustain { depth, .. } = only(64, value) else {
                panic!("a sustain pedal");
            };
            assert_eq!(depth >= 0.5, value >= 64, "{value}");
        }
        assert_eq!(
            only(66, 63),
            Event::Sostenuto {
                channel,
                down: false
            }
        );
        assert_eq!(
            only(66, 64),
            Event::Sostenuto {
                channel,
                down: true
            }
        );
    }

    #[test]
    fn switches_are_on_from_64() {
        let channel = CHANNEL;
        for (value, on) in [(0, false), (63, false), (64, true), (127, true)] {
            assert_eq!(only(65, value), Event::Portamento { channel, on });
            assert_eq!(only(68, value), Event::Legato { channel, on });
        }
        assert_eq!(only(84, 60), Event::PortamentoFrom { channel, key: 60 });
    }

    #[test]
    fn the_second_byte_refines_and_the_first_forgets_it() {
        let channel = CHANNEL;
        let mut decoder = MidiDecoder::new();
        control(&mut decoder, 7, 100);
        let amount = 100.5 / 127.0;
        assert_eq!(
            control(&mut decoder, 39, 64),
            [Event::Volume { channel, amount }]
        );
        let amount = 99.0 / 127.0;
        assert_eq!(
            control(&mut decoder, 7, 99),
            [Event::Volume { channel, amount }]
        );
        control(&mut decoder, 11, 127);
        assert_eq!(
            control(&mut decoder, 43, 127),
            [Event::Expression {
                channel,
                amount: 1.0
            }]
        );
        assert_eq!(
            control(&mut decoder, 42, 63),
            [Event::Pan {
                channel,
                position: 63.0 / 128.0 / 63.0
            }]
        );
        assert_eq!(
            control(&mut decoder, 33, 127),
            [Event::Modulation {
                channel,
                amount: 127.0 / 128.0 / 127.0
            }]
        );
        assert_eq!(control(&mut decoder, 37, 0).len(), 1);
    }

    #[test]
    fn sound_controllers_are_centred_on_64() {
        let channel = CHANNEL;
        for (controller, sound) in [
            (72, SoundControl::ReleaseTime),
            (73, SoundControl::AttackTime),
            (74, SoundControl::Brightness),
            (76, SoundControl::VibratoRate),
            (77, SoundControl::VibratoDepth),
            (78, SoundControl::VibratoDelay),
        ] {
            for (value, amount) in [(0, -1.0), (1, -1.0), (64, 0.0), (127, 1.0)] {
                let expected = Event::Sound {
                    channel,
                    control: sound,
                    amount,
                };
                assert_eq!(only(controller, value), expected);
            }
        }
    }

    #[test]
    fn mode_messages_end_notes() {
        let channel = CHANNEL;
        assert_eq!(only(120, 0), Event::AllSoundOff { channel });
        for controller in 123..=125 {
            assert_eq!(only(controller, 0), Event::AllNotesOff { channel });
        }
        for count in [0, 1, 4] {
            assert_eq!(only(126, count), Event::Mono { channel });
        }
        assert_eq!(only(127, 0), Event::Poly { channel });
    }

    #[test]
    fn reset_controllers_forgets_what_the_decoder_itself_keeps() {
        let channel = CHANNEL;
        let mut decoder = MidiDecoder::new();
        for (controller, value) in [(101, 0), (100, 0), (1, 90), (11, 5), (7, 40)] {
            control(&mut decoder, controller, value);
        }
        decoder.events([0xe0 | CHANNEL, 0, 127]);
        assert_eq!(
            control(&mut decoder, 121, 0),
            [Event::ResetControllers { channel }]
        );
        assert_eq!(control(&mut decoder, 6, 12), [], "no parameter is selected");
        assert_eq!(
            control(&mut decoder, 33, 0),
            [Event::Modulation {
                channel,
                amount: 0.0
            }]
        );
        assert_eq!(
            control(&mut decoder, 43, 0),
            [Event::Expression {
                channel,
                amount: 1.0
            }]
        );
        assert_eq!(
            control(&mut decoder, 39, 0),
            [Event::Volume {
                channel,
                amount: 40.0 / 127.0
            }],
            "the volume stays"
        );
        for (controller, value) in [(101, 0), (100, 0)] {
            control(&mut decoder, controller, value);
        }
        assert_eq!(control(&mut decoder, 6, 12), [], "the bend is at rest");
    }

    #[test]
    fn controllers_without_a_use_say_nothing() {
        let mut decoder = MidiDecoder::new();
        let used = |controller: &u8| {
            matches!(
                controller,
                1 | 5 | 7 | 10 | 11 | 33 | 37 | 39 | 42 | 43 | 64..=68 | 72..=74 | 76..=78 | 84 | 91
            )
        };
        for controller in (0..120).filter(|controller| !used(controller)) {
            assert_eq!(control(&mut decoder, controller, 100), [], "{controller}");
        }
        assert_eq!(control(&mut decoder, 122, 0), [], "local control");
    }
}
