//! What the decoder remembers of a channel, and the events that say where it stands.

use super::bank::{Bank, Mode};
use super::fourteen_bit::FourteenBit;
use super::parameters::Selected;
use crate::event::{Event, SoundControl};

/// Modulation of which depth range counts as 1: the default of General MIDI level 2 ("modulation
/// depth range", 50 cents), which the renderer's wheel gives at amount 1.
const FULL_MODULATION_SEMITONES: f32 = 0.5;
/// The deepest modulation that is asked for: 6 semitones.
const MOST_MODULATION: f32 = 12.0;
/// A whole glide of the slowest portamento.
const SLOWEST_PORTAMENTO_S: f32 = 2.0;

/// How many [`SoundControl`]s there are.
const SOUND_CONTROLS: usize = 6;

#[derive(Debug, Clone, Copy)]
pub(super) struct ChannelState {
    pub(super) bank: Bank,
    pub(super) rhythm: bool,
    /// -8192..=8191.
    pub(super) bend: i16,
    /// Semitones and cents.
    pub(super) bend_range: FourteenBit,
    pub(super) modulation: FourteenBit,
    /// Semitones and 128ths.
    pub(super) modulation_range: FourteenBit,
    pub(super) volume: FourteenBit,
    pub(super) pan: FourteenBit,
    pub(super) expression: FourteenBit,
    pub(super) portamento_time: FourteenBit,
    pub(super) fine_tuning: FourteenBit,
    /// Semitones above 64.
    pub(super) coarse_tuning: u8,
    /// Semitones that a GS or XG part parameter adds.
    pub(super) key_shift: i8,
    pub(super) selected: Selected,
    /// By [`SoundControl`]; 64 is none.
    sounds: [u8; SOUND_CONTROLS],
}

impl ChannelState {
    /// A channel after a reset (General MIDI level 1, "power-up defaults": volume 100, expression
    /// 127, pan 64, bend range 2 semitones).
    pub(super) fn new(mode: Mode, channel: usize) -> Self {
        let rhythm = channel == crate::channel_programs::RHYTHM_CHANNEL;
        Self {
            bank: mode.first_bank(rhythm),
            rhythm,
            bend: 0,
            bend_range: FourteenBit::new(2, 0),
            modulation: FourteenBit::new(0, 0),
            modulation_range: FourteenBit::new(0, 64),
            volume: FourteenBit::new(100, 0),
            pan: FourteenBit::new(64, 0),
            expression: FourteenBit::new(127, 0),
            portamento_time: FourteenBit::new(0, 0),
            fine_tuning: FourteenBit::new(64, 0),
            coarse_tuning: 64,
            key_shift: 0,
            selected: Selected::Nothing,
            sounds: [64; SOUND_CONTROLS],
        }
    }

    /// What a channel forgets with "reset all controllers" (MMA RP-015): volume, pan, effects, bank,
    /// tuning, ranges and sound controllers stay.
    pub(super) fn reset_controllers(&mut self) {
        self.bend = 0;
        self.modulation = FourteenBit::new(0, 0);
        self.expression = FourteenBit::new(127, 0);
        self.selected = Selected::Nothing;
    }

    pub(super) fn sound_mut(&mut self, control: SoundControl) -> &mut u8 {
        &mut self.sounds[control as usize % SOUND_CONTROLS]
    }

    /// -128..=128 semitones.
    pub(super) fn pitch_bend(&self, channel: u8) -> Event {
        let range = f32::from(self.bend_range.msb()) + f32::from(self.bend_range.lsb()) / 100.0;
        Event::PitchBend {
            channel,
            semitones: f32::from(self.bend) / 8192.0 * range,
        }
    }

    /// 0..=12: the wheel, 0..=1, times the depth range over its default (CA-026).
    pub(super) fn modulation(&self, channel: u8) -> Event {
        let depth = self.modulation_range.steps() / FULL_MODULATION_SEMITONES;
        Event::Modulation {
            channel,
            amount: (self.modulation.unit() * depth).min(MOST_MODULATION),
        }
    }

    pub(super) fn volume(&self, channel: u8) -> Event {
        Event::Volume {
            channel,
            amount: self.volume.unit(),
        }
    }

    pub(super) fn pan(&self, channel: u8) -> Event {
        Event::Pan {
            channel,
            position: self.pan.position(),
        }
    }

    pub(super) fn expression(&self, channel: u8) -> Event {
        Event::Expression {
            channel,
            amount: self.expression.unit(),
        }
    }

    /// 0..=2 s. MIDI leaves the scale to the maker; squared, the short times are easy to reach.
    pub(super) fn portamento_time(&self, channel: u8) -> Event {
        let amount = self.portamento_time.unit();
        Event::PortamentoTime {
            channel,
            seconds: SLOWEST_PORTAMENTO_S * amount * amount,
        }
    }

    /// -89..=88 semitones: fine within 1, coarse within -64..=63, a part's key shift within 24.
    pub(super) fn tuning(&self, channel: u8) -> Event {
        let coarse = f32::from(self.coarse_tuning) - 64.0;
        Event::ChannelTuning {
            channel,
            semitones: coarse + f32::from(self.key_shift) + self.fine_tuning.offset(),
        }
    }

    /// -1..=1; 64 is 0, and both 0 and 1 are -1, as in a pan.
    pub(super) fn sound(&mut self, channel: u8, control: SoundControl) -> Event {
        let value = *self.sound_mut(control);
        Event::Sound {
            channel,
            control,
            amount: ((f32::from(value) - 64.0) / 63.0).max(-1.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_sound_controller_has_a_place_of_its_own() {
        let all = [
            SoundControl::ReleaseTime,
            SoundControl::AttackTime,
            SoundControl::Brightness,
            SoundControl::VibratoRate,
            SoundControl::VibratoDepth,
            SoundControl::VibratoDelay,
        ];
        let mut state = ChannelState::new(Mode::Plain, 0);
        for (value, control) in (1..).zip(all) {
            *state.sound_mut(control) = value;
        }
        assert_eq!(state.sounds, [1, 2, 3, 4, 5, 6]);
    }
}
