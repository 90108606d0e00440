//! Keys, pedals and pressure: which voices they hold, let go or swell.

use super::pool::{VoicePool, fade, is_playing, key_index};
use super::{NEVER, Voice};
use crate::articulation::Articulation;
use crate::channel::pressure_gain;
use crate::clock::Clock;

/// What holds the notes of a channel whose keys are up.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Damper {
    /// The sustain pedal holds.
    pub(crate) pedal_down: bool,
    /// How much longer releases last than of themselves.
    pub(crate) stretch: f32,
}

impl Damper {
    pub(crate) fn of(articulation: &Articulation) -> Self {
        Self {
            pedal_down: articulation.pedal_down(),
            stretch: articulation.release_stretch(),
        }
    }
}

impl Voice {
    /// Lets the voice go unless a key or a pedal still holds it.
    fn let_go(&mut self, now: u64, damper: Damper, clock: &Clock) {
        if !self.held && !self.sostenuto && !damper.pedal_down && self.life.sounds_at(now) {
            self.begin_release(now, damper.stretch, clock);
        }
    }
}

impl VoicePool {
    /// A key goes up: its oldest held voice is released, or left to the pedals.
    pub(crate) fn note_off(
        &mut self,
        channel: u8,
        key: u8,
        now: u64,
        damper: Damper,
        clock: &Clock,
    ) {
        let orphans = &mut self.orphans[key_index(channel, key)];
        if *orphans > 0 {
            *orphans -= 1;
            return;
        }
        let oldest = self
            .slots_mut()
            .iter_mut()
            .map(|slot| &mut slot.voice)
            .filter(|v| v.held && v.note.channel == channel && v.note.key == key)
            .min_by_key(|v| v.note.serial);
        if let Some(voice) = oldest {
            voice.held = false;
            voice.let_go(now, damper, clock);
        }
    }

    /// The sustain pedal no longer holds: every voice that only it held is released.
    pub(crate) fn pedal_up(&mut self, channel: u8, now: u64, damper: Damper, clock: &Clock) {
        for voice in self.of_channel(channel) {
            voice.let_go(now, damper, clock);
        }
    }

    /// Voices that die away more slowly than the damper now lets them.
    fn underdamped(
        &mut self,
        channel: u8,
        now: u64,
        stretch: f32,
    ) -> impl Iterator<Item = &mut Voice> {
        self.of_channel(channel).filter(move |v| {
            v.life.release <= now && v.life.sounds_at(now) && v.release.stretch() > stretch
        })
    }

    /// Whether a damper coming down so far changes a voice.
    pub(crate) fn damping_matters(&mut self, channel: u8, now: u64, stretch: f32) -> bool {
        self.underdamped(channel, now, stretch).next().is_some()
    }

    /// The damper comes down: what is dying away slowly does so faster from `now` on, where the block
    /// has been ended.
    pub(crate) fn damp(&mut self, channel: u8, now: u64, stretch: f32, clock: &Clock) {
        for voice in self.underdamped(channel, now, stretch) {
            voice.stretch_release(now, stretch, clock);
        }
    }

    /// The sostenuto pedal goes down: it holds what nothing has let go yet.
    pub(crate) fn sostenuto_down(&mut self, channel: u8, now: u64) {
        for voice in self.of_channel(channel) {
            voice.sostenuto = voice.life.release == NEVER && is_playing(&voice.life, now);
        }
    }

    /// The sostenuto pedal goes up.
    pub(crate) fn sostenuto_up(&mut self, channel: u8, now: u64, damper: Damper, clock: &Clock) {
        for voice in self.of_channel(channel) {
            if voice.sostenuto {
                voice.sostenuto = false;
                voice.let_go(now, damper, clock);
            }
        }
    }

    /// Every key of a channel goes up.
    pub(crate) fn all_notes_off(&mut self, channel: u8, now: u64, damper: Damper, clock: &Clock) {
        self.forget_orphans(channel);
        for voice in self.of_channel(channel) {
            if voice.held {
                voice.held = false;
                voice.let_go(now, damper, clock);
            }
        }
    }

    /// Every voice of a channel fades at once.
    pub(crate) fn all_sound_off(&mut self, channel: u8, now: u64) {
        self.forget_orphans(channel);
        let samples = self.fade_samples();
        for voice in self.of_channel(channel) {
            voice.held = false;
            voice.sostenuto = false;
            if is_playing(&voice.life, now) {
                fade(&mut voice.life, now, samples);
            }
        }
    }

    /// The voice of the channel whose key is down, the newest if there are several.
    pub(crate) fn held_voice(&mut self, channel: u8) -> Option<&mut Voice> {
        self.of_channel(channel)
            .filter(|v| v.held)
            .max_by_key(|v| v.note.serial)
    }

    /// The newest voice that a key of the channel holds.
    pub(crate) fn held_by(&mut self, channel: u8, key: u8) -> Option<&mut Voice> {
        self.of_channel(channel)
            .filter(|v| v.held && v.note.key == key)
            .max_by_key(|v| v.note.serial)
    }

    /// Whether a key of the channel holds a voice.
    pub(crate) fn holds_key(&mut self, channel: u8, key: u8) -> bool {
        self.held_by(channel, key).is_some()
    }

    /// Sounding voices of `key`, or of all keys, whose pressure is headed elsewhere than for `gain`.
    fn under_pressure(
        &mut self,
        channel: u8,
        key: Option<u8>,
        gain: f32,
        now: u64,
    ) -> impl Iterator<Item = &mut Voice> {
        self.of_channel(channel).filter(move |v| {
            v.life.sounds_at(now)
                && key.is_none_or(|key| v.note.key == key)
                && v.pressure.target() != gain
        })
    }

    /// Whether pressure on a key would change a voice.
    pub(crate) fn pressure_matters(
        &mut self,
        channel: u8,
        key: Option<u8>,
        amount: f32,
        now: u64,
    ) -> bool {
        let gain = pressure_gain(amount.clamp(0.0, 1.0));
        self.under_pressure(channel, key, gain, now)
            .next()
            .is_some()
    }

    /// Pressure on a key, or taken back on all keys, under way from `now` on, where the block has
    /// been ended.
    pub(crate) fn press(
        &mut self,
        channel: u8,
        key: Option<u8>,
        amount: f32,
        now: u64,
        samples: u32,
    ) {
        let gain = pressure_gain(amount.clamp(0.0, 1.0));
        for voice in self.under_pressure(channel, key, gain, now) {
            voice.pressure.head_for(gain, now, samples);
        }
    }

    fn of_channel(&mut self, channel: u8) -> impl Iterator<Item = &mut Voice> {
        self.slots_mut()
            .iter_mut()
            .map(|slot| &mut slot.voice)
            .filter(move |v| v.note.channel == channel)
    }

    fn forget_orphans(&mut self, channel: u8) {
        let first = key_index(channel, 0);
        self.orphans[first..first + 128].fill(0);
    }
}
