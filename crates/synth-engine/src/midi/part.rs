//! Parameters of a part that GS and XG both have, each at its own address.

use super::fourteen_bit::FourteenBit;
use super::{MidiDecoder, unit};
use crate::event::{Event, SoundControl};

/// The widest key shift and bend range that the parts' addresses take, in semitones.
const WIDEST_SEMITONES: i8 = 24;

/// One parameter of a part that an event exists for. Values are bytes below 128.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PartParameter {
    BankMsb,
    BankLsb,
    Program,
    /// 0 is mono, anything else poly.
    Poly,
    /// 0 is melodic, anything else some drum map.
    Rhythm,
    /// Semitones above 64, within 24.
    KeyShift,
    Volume,
    /// 0 is random, which is left undone; the rest is as in controller 10.
    Pan,
    /// As controller 91.
    RoomSend,
    /// Semitones above 64, 0..=24.
    BendRange,
    Sound(SoundControl),
    /// Cents above 64 of this pitch class.
    ScaleTuning(u8),
    /// 0 is off.
    Portamento,
    PortamentoTime,
}

impl MidiDecoder {
    /// `channel` is below 16, `value` below 128.
    pub(super) fn set_part(
        &mut self,
        channel: u8,
        parameter: PartParameter,
        value: u8,
        emit: &mut dyn FnMut(Event),
    ) {
        let state = &mut self.channels[usize::from(channel)];
        let above_centre = value as i8 - 64;
        match parameter {
            PartParameter::BankMsb => state.bank.msb = value,
            PartParameter::BankLsb => state.bank.lsb = value,
            PartParameter::Program => self.program_change(channel, value, emit),
            PartParameter::Poly if value == 0 => emit(Event::Mono { channel }),
            PartParameter::Poly => emit(Event::Poly { channel }),
            PartParameter::Rhythm => self.set_rhythm(channel, value != 0, emit),
            PartParameter::KeyShift => {
                state.key_shift = above_centre.clamp(-WIDEST_SEMITONES, WIDEST_SEMITONES);
                emit(state.tuning(channel));
            }
            PartParameter::Volume => {
                state.volume.set_msb(value);
                emit(state.volume(channel));
            }
            PartParameter::Pan if value == 0 => {}
            PartParameter::Pan => {
                state.pan.set_msb(value);
                emit(state.pan(channel));
            }
            PartParameter::RoomSend => emit(Event::RoomSend {
                channel,
                amount: unit(value),
            }),
            PartParameter::BendRange => {
                let semitones = above_centre.clamp(0, WIDEST_SEMITONES) as u8;
                state.bend_range = FourteenBit::new(semitones, 0);
                if state.bend != 0 {
                    emit(state.pitch_bend(channel));
                }
            }
            PartParameter::Sound(control) => {
                *state.sound_mut(control) = value;
                emit(state.sound(channel, control));
            }
            PartParameter::ScaleTuning(pitch_class) => emit(Event::PitchClassTuning {
                channel,
                pitch_class,
                semitones: f32::from(above_centre) / 100.0,
            }),
            PartParameter::Portamento => emit(Event::Portamento {
                channel,
                on: value != 0,
            }),
            PartParameter::PortamentoTime => {
                state.portamento_time.set_msb(value);
                emit(state.portamento_time(channel));
            }
        }
    }

    /// The transposition of everything, in semitones above 64, within 24.
    pub(super) fn set_master_key_shift(&mut self, value: u8, emit: &mut dyn FnMut(Event)) {
        let widest = f32::from(WIDEST_SEMITONES);
        self.master_coarse_semitones = (f32::from(value) - 64.0).clamp(-widest, widest);
        emit(self.master_tuning());
    }

    /// The tuning of everything, four nibbles of a number of tenths of a cent above 0x400, held
    /// within `least..=most`. Fewer than four bytes are no tuning.
    pub(super) fn set_master_tune(
        &mut self,
        nibbles: &[u8],
        (least, most): (u16, u16),
        emit: &mut dyn FnMut(Event),
    ) {
        let Some(nibbles) = nibbles.first_chunk::<4>() else {
            return;
        };
        let tenths = nibbles
            .iter()
            .fold(0, |sum, nibble| sum << 4 | u16::from(nibble & 0x0f))
            .clamp(least, most);
        self.master_fine_semitones = (f32::from(tenths) - f32::from(0x400_u16)) / 1000.0;
        emit(self.master_tuning());
    }
}
