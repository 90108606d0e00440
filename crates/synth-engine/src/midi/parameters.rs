//! Registered and non-registered parameters (RPN and NRPN): selecting one and entering its data
//! (MIDI 1.0, "registered and non-registered parameter numbers").

use super::MidiDecoder;
use super::fourteen_bit::FourteenBit;
use crate::event::{Event, SoundControl};

const CENTS_PER_SEMITONE: u8 = 100;

/// What the data entry controllers are for at present.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Selected {
    /// Neither; data entry is ignored.
    Nothing,
    /// Most and least significant byte.
    Registered(u8, u8),
    /// Most and least significant byte.
    NonRegistered(u8, u8),
}

/// The parameters that something comes of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Parameter {
    BendRange,
    FineTuning,
    CoarseTuning,
    ModulationRange,
    Sound(SoundControl),
}

/// One data entry message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Entry {
    Msb(u8),
    Lsb(u8),
    /// 1 or -1.
    Step(i8),
}

impl Selected {
    /// Controllers 98 to 101. Half a number is none yet: after the other kind, its missing half is
    /// that of the null number, 127.
    pub(super) fn choose(&mut self, controller: u8, value: u8) {
        const NULL: u8 = 127;
        let (msb, lsb) = match (*self, controller) {
            (Self::Registered(msb, lsb), 100 | 101) | (Self::NonRegistered(msb, lsb), 98 | 99) => {
                (msb, lsb)
            }
            _ => (NULL, NULL),
        };
        *self = match controller {
            98 => Self::NonRegistered(msb, value),
            99 => Self::NonRegistered(value, lsb),
            100 => Self::Registered(msb, value),
            _ => Self::Registered(value, lsb),
        };
    }

    /// Registered: MIDI 1.0, table IIIa, and CA-026 (modulation depth range). The null number 127,
    /// 127 and the numbers of tuning programs and banks are no parameter here. Non-registered: those
    /// that GS and XG share.
    fn parameter(self) -> Option<Parameter> {
        Some(match self {
            Self::Registered(0, 0) => Parameter::BendRange,
            Self::Registered(0, 1) => Parameter::FineTuning,
            Self::Registered(0, 2) => Parameter::CoarseTuning,
            Self::Registered(0, 5) => Parameter::ModulationRange,
            Self::NonRegistered(1, 8) => Parameter::Sound(SoundControl::VibratoRate),
            Self::NonRegistered(1, 9) => Parameter::Sound(SoundControl::VibratoDepth),
            Self::NonRegistered(1, 10) => Parameter::Sound(SoundControl::VibratoDelay),
            Self::NonRegistered(1, 32) => Parameter::Sound(SoundControl::Brightness),
            Self::NonRegistered(1, 99) => Parameter::Sound(SoundControl::AttackTime),
            Self::NonRegistered(1, 102) => Parameter::Sound(SoundControl::ReleaseTime),
            _ => return None,
        })
    }
}

impl MidiDecoder {
    /// Controllers 6, 38, 96 and 97. Increment and decrement follow RP-018: their value is ignored;
    /// they move the least significant byte of the bend range, the fine tuning and the modulation
    /// depth, the most significant one of the coarse tuning. For non-registered parameters the maker
    /// decides; here it is the most significant byte, the only one they have.
    pub(super) fn data_entry(
        &mut self,
        channel: u8,
        controller: u8,
        value: u8,
        emit: &mut dyn FnMut(Event),
    ) {
        let state = &mut self.channels[usize::from(channel)];
        let Some(parameter) = state.selected.parameter() else {
            return;
        };
        let entry = match controller {
            6 => Entry::Msb(value),
            38 => Entry::Lsb(value),
            96 => Entry::Step(1),
            _ => Entry::Step(-1),
        };
        match parameter {
            Parameter::BendRange => {
                state.bend_range = enter_cents(state.bend_range, entry);
                if state.bend != 0 {
                    emit(state.pitch_bend(channel));
                }
            }
            Parameter::FineTuning => {
                enter(&mut state.fine_tuning, entry);
                emit(state.tuning(channel));
            }
            Parameter::CoarseTuning => {
                if enter_msb(&mut state.coarse_tuning, entry) {
                    emit(state.tuning(channel));
                }
            }
            Parameter::ModulationRange => {
                enter(&mut state.modulation_range, entry);
                if state.modulation.unit() > 0.0 {
                    emit(state.modulation(channel));
                }
            }
            Parameter::Sound(control) => {
                if enter_msb(state.sound_mut(control), entry) {
                    emit(state.sound(channel, control));
                }
            }
        }
    }
}

fn enter(value: &mut FourteenBit, entry: Entry) {
    match entry {
        Entry::Msb(msb) => value.set_msb(msb),
        Entry::Lsb(lsb) => value.set_lsb(lsb),
        Entry::Step(step) => *value = value.moved_by(i16::from(step)),
    }
}

/// Of a value without a least significant byte: says whether the entry was for it.
fn enter_msb(value: &mut u8, entry: Entry) -> bool {
    match entry {
        Entry::Msb(msb) => *value = msb,
        Entry::Lsb(_) => return false,
        Entry::Step(step) => *value = value.saturating_add_signed(step).min(127),
    }
    true
}

/// Of semitones and cents: 0..=99 cents, which steps carry into semitones.
fn enter_cents(range: FourteenBit, entry: Entry) -> FourteenBit {
    let (semitones, cents) = (range.msb(), range.lsb());
    let last = CENTS_PER_SEMITONE - 1;
    match entry {
        Entry::Msb(msb) => FourteenBit::new(msb, 0),
        Entry::Lsb(lsb) => FourteenBit::new(semitones, lsb.min(last)),
        Entry::Step(1) if cents < last => FourteenBit::new(semitones, cents + 1),
        Entry::Step(1) if semitones < 127 => FourteenBit::new(semitones + 1, 0),
        Entry::Step(-1) if cents > 0 => FourteenBit::new(semitones, cents - 1),
        Entry::Step(-1) if semitones > 0 => FourteenBit::new(semitones - 1, last),
        Entry::Step(_) => range,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn send(decoder: &mut MidiDecoder, controls: &[(u8, u8)]) -> Vec<Event> {
        let each = controls.iter().map(|(c, v)| decoder.events([0xb0, *c, *v]));
        each.flatten().collect()
    }

    fn bend(semitones: f32) -> Event {
        Event::PitchBend {
            channel: 0,
            semitones,
        }
    }

    fn tuning(semitones: f32) -> Event {
        Event::ChannelTuning {
            channel: 0,
            semitones,
        }
    }

    fn modulation(amount: f32) -> Event {
        Event::Modulation { channel: 0, amount }
    }

    #[test]
    fn bend_follows_the_range_set_by_rpn_0() {
        let mut decoder = MidiDecoder::new();
        assert_eq!(decoder.events([0xe0, 0, 0]), [bend(-2.0)]);
        let range = [(101, 0), (100, 0), (6, 12), (38, 50)];
        assert_eq!(send(&mut decoder, &range), [bend(-12.0), bend(-12.5)]);
        assert_eq!(send(&mut decoder, &[(6, 3)]), [bend(-3.0)]);
        assert_eq!(send(&mut decoder, &[(38, 127)]), [bend(-3.99)]);
    }

    #[test]
    fn the_range_of_a_bend_at_rest_is_set_silently() {
        let mut decoder = MidiDecoder::new();
        assert_eq!(send(&mut decoder, &[(101, 0), (100, 0), (6, 12)]), []);
        assert_eq!(decoder.events([0xe0, 0, 96]), [bend(6.0)]);
    }

    #[test]
    fn steps_move_the_bend_range_by_cents_with_a_carry() {
        let mut decoder = MidiDecoder::new();
        decoder.events([0xe0, 0, 0]);
        let select = [(101, 0), (100, 0)];
        assert_eq!(send(&mut decoder, &select), []);
        assert_eq!(
            send(&mut decoder, &[(97, 99), (96, 0), (96, 0)]),
            [bend(-1.99), bend(-2.0), bend(-2.01)]
        );
        let ends = [(6, 0), (97, 0), (6, 127), (38, 99), (96, 0)];
        assert_eq!(
            send(&mut decoder, &ends),
            [
                bend(-0.0),
                bend(-0.0),
                bend(-127.0),
                bend(-127.99),
                bend(-127.99)
            ]
        );
    }

    #[test]
    fn data_entry_without_a_parameter_changes_nothing() {
        let mut decoder = MidiDecoder::new();
        decoder.events([0xe0, 0, 96]);
        assert_eq!(send(&mut decoder, &[(6, 12), (38, 3), (96, 0)]), []);
        let null = [(101, 0), (100, 0), (101, 127), (100, 127), (6, 24)];
        assert_eq!(send(&mut decoder, &null), [], "the null number");
        let other = [(101, 0), (100, 0), (99, 1), (6, 24)];
        assert_eq!(send(&mut decoder, &other), [], "an NRPN deselects the RPN");
        assert_eq!(
            send(&mut decoder, &[(101, 0), (6, 24)]),
            [],
            "half an RPN after an NRPN"
        );
        assert_eq!(decoder.events([0xe0, 0, 96]), [bend(1.0)]);
    }

    #[test]
    fn fine_and_coarse_tuning_add_up() {
        let mut decoder = MidiDecoder::new();
        let fine = [(101, 0), (100, 1), (6, 96)];
        assert_eq!(send(&mut decoder, &fine), [tuning(0.5)]);
        assert_eq!(send(&mut decoder, &[(38, 64)]), [tuning(0.5078125)]);
        assert_eq!(send(&mut decoder, &[(6, 0)]), [tuning(-1.0)]);
        assert_eq!(
            send(&mut decoder, &[(96, 0)]),
            [tuning(-1.0 + 1.0 / 8192.0)]
        );
        assert_eq!(send(&mut decoder, &[(97, 0)]), [tuning(-1.0)]);
        let coarse = [(100, 2), (6, 76), (38, 9), (96, 0)];
        assert_eq!(send(&mut decoder, &coarse), [tuning(11.0), tuning(12.0)]);
        let ends = [(6, 127), (96, 0), (6, 0), (97, 0)];
        assert_eq!(
            send(&mut decoder, &ends),
            [tuning(62.0), tuning(62.0), tuning(-65.0), tuning(-65.0)]
        );
    }

    #[test]
    fn modulation_follows_its_depth_range() {
        let mut decoder = MidiDecoder::new();
        assert_eq!(send(&mut decoder, &[(1, 127)]), [modulation(1.0)]);
        let range = [(101, 0), (100, 5), (6, 0), (38, 32), (6, 1), (6, 127)];
        assert_eq!(
            send(&mut decoder, &range),
            [
                modulation(0.0),
                modulation(0.5),
                modulation(2.0),
                modulation(12.0)
            ]
        );
        send(&mut decoder, &[(6, 1), (1, 0)]);
        assert_eq!(
            send(&mut decoder, &[(96, 0)]),
            [],
            "a wheel at rest has no depth"
        );
    }

    #[test]
    fn nrpns_of_gs_and_xg_are_sound_controllers() {
        for (lsb, control) in [
            (8, SoundControl::VibratoRate),
            (9, SoundControl::VibratoDepth),
            (10, SoundControl::VibratoDelay),
            (32, SoundControl::Brightness),
            (99, SoundControl::AttackTime),
            (102, SoundControl::ReleaseTime),
        ] {
            let sound = |amount| Event::Sound {
                channel: 0,
                control,
                amount,
            };
            let mut decoder = MidiDecoder::new();
            let entries = [(99, 1), (98, lsb), (6, 127), (38, 5), (6, 64), (97, 0)];
            assert_eq!(
                send(&mut decoder, &entries),
                [sound(1.0), sound(0.0), sound(-1.0 / 63.0)]
            );
        }
        let drum = [(99, 0x18), (98, 60), (6, 70)];
        assert_eq!(send(&mut MidiDecoder::new(), &drum), []);
    }
}
