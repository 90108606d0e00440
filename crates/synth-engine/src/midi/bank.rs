//! Banks and programs, and which channels are for rhythm.
//!
//! The bank that a program change carries is what the bank select controllers said before it, most
//! significant byte * 128 + least significant byte, with these exceptions and side effects:
//!
//! * GM2's melodic banks, MSB 121, count by their LSB alone, so that bank 121/0 is General MIDI's
//!   bank 0. Instruments send 121 without a GM2 System On as well, so this holds unless XG is on.
//! * After GM2 System On, MSB 120 makes a channel one for rhythm and 121 a melodic one (General MIDI
//!   level 2, "bank select"; the specification has this for channels 10 and 11, here it is for all).
//! * After XG System On, MSB 127 (drum kits) and 126 (SFX kits) make a channel one for rhythm, every
//!   other MSB a melodic one (XG, "bank select"); channel 10 begins with 127.
//! * Otherwise banks change nothing about rhythm: in GS, MSB 127 holds the tones of the MT-32.

use super::MidiDecoder;
use crate::event::Event;

const GM2_RHYTHM: u8 = 120;
const GM2_MELODIC: u8 = 121;
const XG_SFX_KITS: u8 = 126;
const XG_DRUM_KITS: u8 = 127;

/// The specification that the last reset asked for, as far as it changes what later bytes mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    /// None, General MIDI level 1, or GS: banks only choose tones.
    Plain,
    /// General MIDI level 2.
    GeneralMidi2,
    /// Yamaha's XG.
    Xg,
}

impl Mode {
    /// The bank of a channel after a reset.
    pub(super) fn first_bank(self, rhythm: bool) -> Bank {
        let msb = match (self, rhythm) {
            (Self::Plain, _) | (Self::Xg, false) => 0,
            (Self::GeneralMidi2, true) => GM2_RHYTHM,
            (Self::GeneralMidi2, false) => GM2_MELODIC,
            (Self::Xg, true) => XG_DRUM_KITS,
        };
        Bank { msb, lsb: 0 }
    }

    /// Whether programs of this bank are for rhythm; `None` where the bank does not say.
    fn rhythm(self, bank: Bank) -> Option<bool> {
        match self {
            Self::Plain => None,
            Self::GeneralMidi2 => match bank.msb {
                GM2_RHYTHM => Some(true),
                GM2_MELODIC => Some(false),
                _ => None,
            },
            Self::Xg => Some(matches!(bank.msb, XG_SFX_KITS | XG_DRUM_KITS)),
        }
    }
}

/// The bank that the next program change is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Bank {
    pub(super) msb: u8,
    pub(super) lsb: u8,
}

impl Bank {
    fn number(self, mode: Mode) -> u16 {
        if self.msb == GM2_MELODIC && mode != Mode::Xg {
            return u16::from(self.lsb);
        }
        u16::from(self.msb) << 7 | u16::from(self.lsb)
    }
}

impl MidiDecoder {
    /// `channel` is below 16, `program` below 128.
    pub(super) fn program_change(&mut self, channel: u8, program: u8, emit: &mut dyn FnMut(Event)) {
        let bank = self.channels[usize::from(channel)].bank;
        if let Some(rhythm) = self.mode.rhythm(bank) {
            self.set_rhythm(channel, rhythm, emit);
        }
        emit(Event::Program {
            channel,
            bank: bank.number(self.mode),
            program,
        });
    }

    /// Says so only if it changes.
    pub(super) fn set_rhythm(&mut self, channel: u8, on: bool, emit: &mut dyn FnMut(Event)) {
        let state = &mut self.channels[usize::from(channel)];
        if state.rhythm != on {
            state.rhythm = on;
            emit(Event::Rhythm { channel, on });
        }
        // A part's mode and its bank agree in XG; a program change without a bank select would
        // otherwise undo the part mode.
        if self.mode == Mode::Xg && self.mode.rhythm(state.bank) != Some(on) {
            state.bank = self.mode.first_bank(on);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GM2_ON: [u8; 4] = [0x7e, 0x7f, 0x09, 0x03];
    const XG_ON: [u8; 7] = [0x43, 0x10, 0x4c, 0, 0, 0x7e, 0];

    fn program(decoder: &mut MidiDecoder, channel: u8, msb: u8, lsb: u8) -> Vec<Event> {
        assert_eq!(decoder.events([0xb0 | channel, 0, msb]), []);
        assert_eq!(decoder.events([0xb0 | channel, 32, lsb]), []);
        decoder.events([0xc0 | channel, 5, 0])
    }

    fn in_bank(channel: u8, bank: u16) -> Event {
        Event::Program {
            channel,
            bank,
            program: 5,
        }
    }

    fn rhythm(channel: u8, on: bool) -> Event {
        Event::Rhythm { channel, on }
    }

    #[test]
    fn the_bank_waits_for_the_program() {
        let mut decoder = MidiDecoder::new();
        assert_eq!(decoder.events([0xc2, 5, 0xff]), [in_bank(2, 0)]);
        assert_eq!(program(&mut decoder, 2, 8, 3), [in_bank(2, 8 * 128 + 3)]);
        assert_eq!(
            decoder.events([0xc2, 5, 0]),
            [in_bank(2, 8 * 128 + 3)],
            "and stays for the one after"
        );
    }

    #[test]
    fn without_gm2_and_xg_banks_change_no_rhythm() {
        let mut decoder = MidiDecoder::new();
        for msb in [120, 126, 127] {
            let bank = u16::from(msb) * 128;
            assert_eq!(program(&mut decoder, 0, msb, 0), [in_bank(0, bank)]);
        }
        assert_eq!(program(&mut decoder, 9, 121, 2), [in_bank(9, 2)]);
    }

    #[test]
    fn gm2_banks_say_rhythm_or_melodic() {
        let mut decoder = MidiDecoder::new();
        assert_eq!(decoder.exclusive_events(&GM2_ON), [Event::Reset]);
        assert_eq!(decoder.events([0xc0, 5, 0]), [in_bank(0, 0)]);
        assert_eq!(decoder.events([0xc9, 5, 0]), [in_bank(9, 120 * 128)]);
        assert_eq!(
            program(&mut decoder, 10, 120, 0),
            [rhythm(10, true), in_bank(10, 120 * 128)]
        );
        assert_eq!(
            program(&mut decoder, 10, 120, 0),
            [in_bank(10, 120 * 128)],
            "said once"
        );
        assert_eq!(
            program(&mut decoder, 9, 121, 1),
            [rhythm(9, false), in_bank(9, 1)]
        );
        assert_eq!(program(&mut decoder, 10, 7, 0), [in_bank(10, 7 * 128)]);
    }

    #[test]
    fn xg_banks_say_rhythm_or_melodic() {
        let mut decoder = MidiDecoder::new();
        assert_eq!(decoder.exclusive_events(&XG_ON), [Event::Reset]);
        assert_eq!(decoder.events([0xc9, 5, 0]), [in_bank(9, 127 * 128)]);
        assert_eq!(decoder.events([0xc3, 5, 0]), [in_bank(3, 0)]);
        assert_eq!(
            program(&mut decoder, 3, 126, 0),
            [rhythm(3, true), in_bank(3, 126 * 128)]
        );
        assert_eq!(
            program(&mut decoder, 3, 64, 0),
            [rhythm(3, false), in_bank(3, 64 * 128)]
        );
        assert_eq!(
            program(&mut decoder, 9, 0, 8),
            [rhythm(9, false), in_bank(9, 8)]
        );
        assert_eq!(
            program(&mut decoder, 3, 121, 1),
            [in_bank(3, 121 * 128 + 1)]
        );
    }

    #[test]
    fn the_next_reset_forgets_the_mode() {
        let mut decoder = MidiDecoder::new();
        decoder.exclusive_events(&XG_ON);
        assert_eq!(
            decoder.exclusive_events(&[0x7e, 0x7f, 0x09, 0x01]),
            [Event::Reset]
        );
        assert_eq!(program(&mut decoder, 0, 127, 0), [in_bank(0, 127 * 128)]);
        assert_eq!(decoder.events([0xc9, 5, 0]), [in_bank(9, 0)]);
    }
}
