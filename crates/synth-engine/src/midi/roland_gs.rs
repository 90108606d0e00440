//! Roland's GS (SC-88Pro and SC-8850 owner's manuals, "MIDI implementation", sections 3 and 4,
//! "parameter address map").
//!
//! Parts are taken to receive on the channel that they begin with; the parameter that moves them to
//! another one is not heeded. Pitch offsets in Hz are left out, as no event has that unit.

use super::bank::Mode;
use super::part::PartParameter;
use super::{MidiDecoder, unit};
use crate::event::{Event, SoundControl};

/// Master tune reaches from 0x018 to 0x7e8, -100 to +100 cents.
const MASTER_TUNE: (u16, u16) = (0x018, 0x7e8);

impl MidiDecoder {
    /// Decodes what follows `12`: address, data and checksum, all bytes below 128. A message with a
    /// wrong checksum is ignored.
    pub(super) fn roland_gs(&mut self, message: &[u8], emit: &mut dyn FnMut(Event)) {
        let &[high, middle, low, ref data @ .., _] = message else {
            return;
        };
        // The checksum makes the sum of address, data and itself a multiple of 128.
        let sum = message.iter().map(|byte| u32::from(*byte)).sum::<u32>();
        if sum % 128 != 0 {
            return;
        }
        match ([high, middle, low], data) {
            // "GS reset" (0), "exit GS" (127) and "system mode set" (0 and 1).
            ([0x40, 0x00, 0x7f], [0 | 0x7f]) | ([0x00, 0x00, 0x7f], [0 | 1]) => {
                self.reset(Mode::Plain, emit);
            }
            ([0x40, 0x00, _], _) => {
                for (index, address) in (low..128).enumerate().take(data.len()) {
                    match address {
                        0x00 => self.set_master_tune(&data[index..], MASTER_TUNE, emit),
                        0x04 => emit(Event::MasterVolume {
                            amount: unit(data[index]),
                        }),
                        0x05 => self.set_master_key_shift(data[index], emit),
                        _ => {}
                    }
                }
            }
            ([0x40, 0x10..=0x2f, _], _) => {
                let channel = channel_of_block(middle & 0x0f);
                for (address, value) in (low..128).zip(data) {
                    if let Some(parameter) = part_parameter(middle & 0xf0, address) {
                        self.set_part(channel, parameter, *value, emit);
                    }
                }
            }
            _ => {}
        }
    }
}

/// Block 0 is part 10, blocks 1 to 9 are parts 1 to 9, the others follow. A part begins on the
/// channel of its number.
fn channel_of_block(block: u8) -> u8 {
    match block {
        0 => 9,
        1..=9 => block - 1,
        _ => block,
    }
}

/// Of the addresses `40 1x ..` and `40 2x ..`.
fn part_parameter(group: u8, address: u8) -> Option<PartParameter> {
    Some(match (group, address) {
        (0x10, 0x00) => PartParameter::BankMsb,
        (0x10, 0x01) => PartParameter::Program,
        (0x10, 0x13) => PartParameter::Poly,
        (0x10, 0x15) => PartParameter::Rhythm,
        (0x10, 0x16) => PartParameter::KeyShift,
        (0x10, 0x19) => PartParameter::Volume,
        (0x10, 0x1c) => PartParameter::Pan,
        (0x10, 0x22) => PartParameter::RoomSend,
        (0x10, 0x30) => PartParameter::Sound(SoundControl::VibratoRate),
        (0x10, 0x31) => PartParameter::Sound(SoundControl::VibratoDepth),
        (0x10, 0x32) => PartParameter::Sound(SoundControl::Brightness),
        (0x10, 0x34) => PartParameter::Sound(SoundControl::AttackTime),
        (0x10, 0x36) => PartParameter::Sound(SoundControl::ReleaseTime),
        (0x10, 0x37) => PartParameter::Sound(SoundControl::VibratoDelay),
        (0x10, 0x40..=0x4b) => PartParameter::ScaleTuning(address - 0x40),
        (0x20, 0x10) => PartParameter::BendRange,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A GS message with the checksum that the manuals ask for.
    fn gs(address: [u8; 3], data: &[u8]) -> Vec<u8> {
        let sum: u32 = address
            .iter()
            .chain(data)
            .map(|byte| u32::from(*byte))
            .sum();
        let checksum = ((128 - sum % 128) % 128) as u8;
        [&[0x41, 0x10, 0x42, 0x12][..], &address, data, &[checksum]].concat()
    }

    fn events(address: [u8; 3], data: &[u8]) -> Vec<Event> {
        MidiDecoder::new().exclusive_events(&gs(address, data))
    }

    #[test]
    fn the_reset_of_the_manuals_resets() {
        let manual = [0x41, 0x10, 0x42, 0x12, 0x40, 0x00, 0x7f, 0x00, 0x41];
        assert_eq!(gs([0x40, 0, 0x7f], &[0]), manual);
        for (address, value) in [
            ([0x40, 0, 0x7f], 0x7f),
            ([0, 0, 0x7f], 0),
            ([0, 0, 0x7f], 1),
        ] {
            assert_eq!(events(address, &[value]), [Event::Reset]);
        }
        let mut decoder = MidiDecoder::new();
        assert_eq!(decoder.exclusive_events(&manual), [Event::Reset]);
        assert_eq!(events([0x40, 0, 0x7f], &[1]), []);
    }

    #[test]
    fn a_wrong_checksum_is_ignored() {
        let mut decoder = MidiDecoder::new();
        let mut message = gs([0x40, 0, 0x7f], &[0]);
        *message.last_mut().unwrap() ^= 1;
        assert_eq!(decoder.exclusive_events(&message), []);
        assert_eq!(decoder.exclusive_events(&message[..7]), []);
    }

    #[test]
    fn the_whole_is_tuned_and_scaled() {
        let tuning = |semitones| vec![Event::MasterTuning { semitones }];
        assert_eq!(events([0x40, 0, 0], &[0, 4, 0, 0]), tuning(0.0));
        assert_eq!(events([0x40, 0, 0], &[0, 7, 14, 8]), tuning(1.0));
        assert_eq!(events([0x40, 0, 0], &[0, 0, 0, 0]), tuning(-1.0));
        assert_eq!(events([0x40, 0, 0], &[0, 4, 0]), []);
        assert_eq!(events([0x40, 0, 5], &[0x34]), tuning(-12.0));
        assert_eq!(events([0x40, 0, 5], &[0x7f]), tuning(24.0));
        let volume = Event::MasterVolume { amount: 1.0 };
        assert_eq!(events([0x40, 0, 4], &[127]), [volume]);
        let several = events([0x40, 0, 0], &[0, 4, 6, 4, 127, 0x41, 0x40]);
        let (fine, both) = (tuning(0.1)[0], tuning(1.1)[0]);
        assert_eq!(several, [fine, volume, both]);
    }

    #[test]
    fn rhythm_parts_are_chosen_by_block() {
        for (block, channel) in [(1, 0), (9, 8), (10, 10), (15, 15)] {
            assert_eq!(
                events([0x40, 0x10 | block, 0x15], &[2]),
                [Event::Rhythm { channel, on: true }]
            );
            assert_eq!(events([0x40, 0x10 | block, 0x15], &[0]), [], "already so");
        }
        let (channel, on) = (9, false);
        assert_eq!(
            events([0x40, 0x10, 0x15], &[0]),
            [Event::Rhythm { channel, on }]
        );
    }

    #[test]
    fn a_part_is_set_by_address() {
        let channel = 1;
        let part = |address, value| events([0x40, 0x12, address], &[value]);
        let sound = |control, amount| {
            vec![Event::Sound {
                channel,
                control,
                amount,
            }]
        };
        let amount = 100.0 / 127.0;
        assert_eq!(part(0x19, 100), [Event::Volume { channel, amount }]);
        let position = 1.0;
        assert_eq!(part(0x1c, 127), [Event::Pan { channel, position }]);
        assert_eq!(part(0x1c, 0), [], "a random position");
        let semitones = -12.0;
        assert_eq!(
            part(0x16, 0x34),
            [Event::ChannelTuning { channel, semitones }]
        );
        assert_eq!(part(0x13, 0), [Event::Mono { channel }]);
        assert_eq!(part(0x13, 1), [Event::Poly { channel }]);
        assert_eq!(part(0x30, 127), sound(SoundControl::VibratoRate, 1.0));
        assert_eq!(part(0x31, 127), sound(SoundControl::VibratoDepth, 1.0));
        assert_eq!(part(0x32, 0), sound(SoundControl::Brightness, -1.0));
        assert_eq!(part(0x34, 64), sound(SoundControl::AttackTime, 0.0));
        assert_eq!(part(0x36, 127), sound(SoundControl::ReleaseTime, 1.0));
        assert_eq!(part(0x37, 127), sound(SoundControl::VibratoDelay, 1.0));
        assert_eq!(part(0x21, 127), [], "chorus");
        let amount = 1.0;
        assert_eq!(part(0x22, 127), [Event::RoomSend { channel, amount }]);
        let (bank, program) = (8 * 128, 5);
        assert_eq!(
            events([0x40, 0x12, 0], &[8, 5]),
            [Event::Program {
                channel,
                bank,
                program
            }]
        );
    }

    #[test]
    fn the_bend_range_of_a_part_is_that_of_its_channel() {
        let mut decoder = MidiDecoder::new();
        decoder.events([0xe0, 0, 0]);
        let bend = |semitones| Event::PitchBend {
            channel: 0,
            semitones,
        };
        let range = gs([0x40, 0x21, 0x10], &[0x4c]);
        assert_eq!(decoder.exclusive_events(&range), [bend(-12.0)]);
        let too_wide = gs([0x40, 0x21, 0x10], &[0x7f]);
        assert_eq!(decoder.exclusive_events(&too_wide), [bend(-24.0)]);
    }

    #[test]
    fn scale_tuning_is_per_pitch_class() {
        let data: Vec<u8> = (58..70).collect();
        let expected: Vec<Event> = (0..12)
            .map(|pitch_class| Event::PitchClassTuning {
                channel: 9,
                pitch_class,
                semitones: (f32::from(pitch_class) - 6.0) / 100.0,
            })
            .collect();
        assert_eq!(events([0x40, 0x10, 0x40], &data), expected);
        assert_eq!(
            events([0x40, 0x10, 0x4b], &[64, 64]),
            [Event::PitchClassTuning {
                channel: 9,
                pitch_class: 11,
                semitones: 0.0
            }]
        );
    }
}
