//! Yamaha's XG (MU50 and MU10 owner's manuals, "MIDI data format", tables 1-1 to 1-4, and the bulk
//! dumps of the same tables).
//!
//! Parts are taken to receive on the channel that they begin with; the parameter that moves them to
//! another one is not heeded. Detunings in Hz are left out, as no event has that unit.

use super::bank::Mode;
use super::part::PartParameter;
use super::{MidiDecoder, unit};
use crate::event::{Event, SoundControl};

const XG: u8 = 0x4c;
/// Master tune reaches from 0 to 0x7ff, -102.4 to +102.3 cents.
const MASTER_TUNE: (u16, u16) = (0, 0x7ff);

impl MidiDecoder {
    /// Decodes what follows Yamaha's number: the byte that holds the kind of message and the device,
    /// and the rest, all bytes below 128.
    pub(super) fn yamaha(&mut self, device: u8, message: &[u8], emit: &mut dyn FnMut(Event)) {
        match (device & 0xf0, message) {
            (0x10, &[XG, high, middle, low, ref data @ ..]) => {
                self.xg([high, middle, low], data, emit);
            }
            (0x00, [XG, dump @ ..]) => self.xg_dump(dump, emit),
            // "MIDI master tuning": -100 cents and 200/256 of one for each step of two nibbles.
            (0x10, [0x27, 0x30, 0, 0, msb, lsb, ..]) => {
                let steps = (msb & 0x0f) << 4 | (lsb & 0x0f);
                self.master_fine_semitones = f32::from(steps) / 128.0 - 1.0;
                emit(self.master_tuning());
            }
            _ => {}
        }
    }

    /// A bulk dump: byte count, address, data, and a checksum that makes the sum of all a multiple
    /// of 128. One with a wrong count or checksum is ignored.
    fn xg_dump(&mut self, dump: &[u8], emit: &mut dyn FnMut(Event)) {
        let &[count_msb, count_lsb, high, middle, low, ref data @ .., _] = dump else {
            return;
        };
        let count = usize::from(count_msb) << 7 | usize::from(count_lsb);
        let sum = dump.iter().map(|byte| u32::from(*byte)).sum::<u32>();
        if count == data.len() && sum % 128 == 0 {
            self.xg([high, middle, low], data, emit);
        }
    }

    fn xg(&mut self, address: [u8; 3], data: &[u8], emit: &mut dyn FnMut(Event)) {
        match (address, data) {
            // "XG system on" and "all parameter reset".
            ([0, 0, 0x7e | 0x7f], [0]) => self.reset(Mode::Xg, emit),
            ([0, 0, low], _) => {
                for (index, address) in (low..128).enumerate().take(data.len()) {
                    match address {
                        0x00 => self.set_master_tune(&data[index..], MASTER_TUNE, emit),
                        0x04 => emit(Event::MasterVolume {
                            amount: unit(data[index]),
                        }),
                        0x06 => self.set_master_key_shift(data[index], emit),
                        _ => {}
                    }
                }
            }
            ([0x08, channel @ 0..=15, low], _) => {
                for (address, value) in (low..128).zip(data) {
                    if let Some(parameter) = part_parameter(address) {
                        self.set_part(channel, parameter, *value, emit);
                    }
                }
            }
            _ => {}
        }
    }
}

/// Of the addresses `08 pp ..`.
fn part_parameter(address: u8) -> Option<PartParameter> {
    Some(match address {
        0x01 => PartParameter::BankMsb,
        0x02 => PartParameter::BankLsb,
        0x03 => PartParameter::Program,
        0x05 => PartParameter::Poly,
        0x07 => PartParameter::Rhythm,
        0x08 => PartParameter::KeyShift,
        0x0b => PartParameter::Volume,
        0x0e => PartParameter::Pan,
        0x13 => PartParameter::RoomSend,
        0x15 => PartParameter::Sound(SoundControl::VibratoRate),
        0x16 => PartParameter::Sound(SoundControl::VibratoDepth),
        0x17 => PartParameter::Sound(SoundControl::VibratoDelay),
        0x18 => PartParameter::Sound(SoundControl::Brightness),
        0x1a => PartParameter::Sound(SoundControl::AttackTime),
        0x1c => PartParameter::Sound(SoundControl::ReleaseTime),
        0x23 => PartParameter::BendRange,
        0x41..=0x4c => PartParameter::ScaleTuning(address - 0x41),
        0x67 => PartParameter::Portamento,
        0x68 => PartParameter::PortamentoTime,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const ON: [u8; 7] = [0x43, 0x10, 0x4c, 0, 0, 0x7e, 0];

    fn xg(address: [u8; 3], data: &[u8]) -> Vec<u8> {
        [&[0x43, 0x1f, 0x4c][..], &address, data].concat()
    }

    fn events(address: [u8; 3], data: &[u8]) -> Vec<Event> {
        MidiDecoder::new().exclusive_events(&xg(address, data))
    }

    #[test]
    fn system_on_and_parameter_reset_reset() {
        assert_eq!(MidiDecoder::new().exclusive_events(&ON), [Event::Reset]);
        assert_eq!(events([0, 0, 0x7f], &[0]), [Event::Reset]);
        assert_eq!(events([0, 0, 0x7d], &[0]), [], "of a drum setup");
    }

    #[test]
    fn the_whole_is_tuned_and_scaled() {
        let tuning = |semitones| vec![Event::MasterTuning { semitones }];
        assert_eq!(events([0, 0, 0], &[0, 4, 0, 0]), tuning(0.0));
        assert_eq!(events([0, 0, 0], &[0, 7, 15, 15]), tuning(1.023));
        assert_eq!(events([0, 0, 0], &[0, 0, 0, 0]), tuning(-1.024));
        assert_eq!(events([0, 0, 6], &[0x4c]), tuning(12.0));
        let volume = Event::MasterVolume { amount: 1.0 };
        assert_eq!(events([0, 0, 4], &[127]), [volume]);
        let mut decoder = MidiDecoder::new();
        let old = |msb, lsb| [0x43, 0x10, 0x27, 0x30, 0, 0, msb, lsb, 0];
        assert_eq!(decoder.exclusive_events(&old(8, 0)), tuning(0.0));
        assert_eq!(decoder.exclusive_events(&old(0, 0)), tuning(-1.0));
    }

    #[test]
    fn a_part_is_set_by_address() {
        let channel = 15;
        let part = |address, value| events([8, 15, address], &[value]);
        let sound = |control, amount| {
            vec![Event::Sound {
                channel,
                control,
                amount,
            }]
        };
        let amount = 1.0;
        assert_eq!(part(0x0b, 127), [Event::Volume { channel, amount }]);
        assert_eq!(part(0x13, 127), [Event::RoomSend { channel, amount }]);
        let position = -1.0;
        assert_eq!(part(0x0e, 1), [Event::Pan { channel, position }]);
        let semitones = 24.0;
        assert_eq!(
            part(0x08, 0x58),
            [Event::ChannelTuning { channel, semitones }]
        );
        assert_eq!(part(0x05, 0), [Event::Mono { channel }]);
        assert_eq!(part(0x15, 127), sound(SoundControl::VibratoRate, 1.0));
        assert_eq!(part(0x16, 127), sound(SoundControl::VibratoDepth, 1.0));
        assert_eq!(part(0x17, 127), sound(SoundControl::VibratoDelay, 1.0));
        assert_eq!(part(0x18, 0), sound(SoundControl::Brightness, -1.0));
        assert_eq!(part(0x1a, 64), sound(SoundControl::AttackTime, 0.0));
        assert_eq!(part(0x1c, 127), sound(SoundControl::ReleaseTime, 1.0));
        let on = true;
        assert_eq!(part(0x67, 1), [Event::Portamento { channel, on }]);
        let seconds = 2.0;
        assert_eq!(
            part(0x68, 127),
            [Event::PortamentoTime { channel, seconds }]
        );
        let (pitch_class, semitones) = (11, -0.64);
        assert_eq!(
            part(0x4c, 0),
            [Event::PitchClassTuning {
                channel,
                pitch_class,
                semitones
            }]
        );
        assert_eq!(events([8, 16, 0x0b], &[1]), [], "no such part");
    }

    #[test]
    fn the_part_mode_holds_until_a_bank_says_otherwise() {
        let mut decoder = MidiDecoder::new();
        decoder.exclusive_events(&ON);
        let mut mode = |value| decoder.exclusive_events(&xg([8, 9, 7], &[value]));
        let rhythm = |on| vec![Event::Rhythm { channel: 9, on }];
        assert_eq!(mode(1), []);
        assert_eq!(mode(0), rhythm(false));
        let in_bank = |bank| Event::Program {
            channel: 9,
            bank,
            program: 7,
        };
        assert_eq!(decoder.events([0xc9, 7, 0]), [in_bank(0)]);
        decoder.exclusive_events(&xg([8, 9, 7], &[2]));
        assert_eq!(decoder.events([0xc9, 7, 0]), [in_bank(127 * 128)]);
    }

    #[test]
    fn dumps_are_read_if_count_and_checksum_are_right() {
        // Of part 1: elements, bank 0/8, program 5, and on to mono mode.
        let mut dump = vec![0x43, 0x00, 0x4c, 0, 6, 8, 0, 0, 2, 0, 8, 5, 0, 0];
        let sum: u32 = dump[3..].iter().map(|byte| u32::from(*byte)).sum();
        dump.push(((128 - sum % 128) % 128) as u8);
        let expected = [
            Event::Program {
                channel: 0,
                bank: 8,
                program: 5,
            },
            Event::Mono { channel: 0 },
        ];
        let mut decoder = MidiDecoder::new();
        assert_eq!(decoder.exclusive_events(&dump), expected);
        let mut wrong = dump.clone();
        *wrong.last_mut().unwrap() ^= 1;
        assert_eq!(decoder.exclusive_events(&wrong), []);
        wrong[4] = 7;
        assert_eq!(decoder.exclusive_events(&wrong), [], "the sum is right");
    }
}
