//! Going on at another sample rate: a renderer takes over what another one plays.

use super::Renderer;
use crate::instrument_set::InstrumentRef;
use crate::voice::{NEVER, NoteSetting, Slot, Voice, is_playing};

/// How samples of the old renderer map to those of the new one.
#[derive(Debug, Clone, Copy)]
pub(crate) struct TimeScale {
    old_now: u64,
    new_now: u64,
    old_rate_hz: u64,
    new_rate_hz: u64,
}

impl TimeScale {
    /// A length in samples.
    pub(crate) fn length(&self, samples: u64) -> u64 {
        let scaled = u128::from(samples) * u128::from(self.new_rate_hz);
        let rounded = (scaled + u128::from(self.old_rate_hz / 2)) / u128::from(self.old_rate_hz);
        u64::try_from(rounded).unwrap_or(u64::MAX)
    }

    /// A moment, [`NEVER`] included.
    pub(crate) fn moment(&self, sample: u64) -> u64 {
        match sample {
            NEVER => NEVER,
            past if past <= self.old_now => self
                .new_now
                .saturating_sub(self.length(self.old_now - past)),
            future => self
                .new_now
                .saturating_add(self.length(future - self.old_now)),
        }
    }

    /// Old samples a second over new ones.
    pub(crate) fn frequency_ratio(&self) -> f64 {
        self.old_rate_hz as f64 / self.new_rate_hz as f64
    }
}

impl Renderer {
    /// Takes over what `old` plays: its channels, its tuning, its parameters and its notes, each in the
    /// middle of its life. What rings in the old one's room stays behind, and of voices that are being
    /// faded away nothing is taken. Where this renderer has fewer voices, the newest notes go on.
    ///
    /// # Realtime safety
    /// RT-safe.
    pub(crate) fn adopt(&mut self, old: &Self) {
        let rates = [old.config.sample_rate_hz, self.config.sample_rate_hz].map(u64::from);
        let mut scale = TimeScale {
            old_now: 0,
            new_now: 0,
            old_rate_hz: rates[0],
            new_rate_hz: rates[1],
        };
        scale.new_now = scale.length(old.now);
        scale.old_now = old.now;
        self.now = scale.new_now;
        self.key_semitones = old.key_semitones;
        self.shedding = old.shedding;
        self.parameters = old.parameters;
        self.sound = old.sound;
        self.mixer.adopt(&self.parameters);
        let programs = &self.instruments.current().programs;
        for (channel, old) in self.channels.iter_mut().zip(&old.channels) {
            let (bank, program) = old.articulation.program;
            channel.adopt(old, programs.instrument(bank, program));
        }
        self.counters = old.counters;
        self.counters.silenced_samples += old.mixer.silenced_samples();
        self.pool.adopt(&old.pool);
        self.limit_voices(0);
        let now = old.now;
        let playing = |slot: &&Slot| is_playing(&slot.voice.life, now);
        let voices = old.pool.slots().iter().filter(playing);
        let voices = voices.map(|slot| &slot.voice);
        let room = self.pool.polyphony();
        let too_many = voices.clone().count() > room;
        let newer = |than: u64| voices.clone().filter(|v| v.note.serial > than).count();
        let mut slot = 0;
        for voice in voices.clone() {
            if !(too_many && newer(voice.note.serial) >= room) {
                self.adopt_voice(slot, voice, old, &scale);
                slot += 1;
            }
        }
    }

    fn adopt_voice(&mut self, slot: usize, voice: &Voice, old: &Self, scale: &TimeScale) {
        let place = voice.note.instrument;
        let own = &old.instruments.prepared(place).instrument;
        let same = self.instruments.current().find(own, place.index as usize);
        let channel = &self.channels[usize::from(voice.note.channel)];
        let index = same.unwrap_or(channel.articulation.instrument);
        let place: InstrumentRef = self.instruments.refer(index);
        let setting = NoteSetting {
            instrument: self.instruments.instrument(place),
            clock: &self.clock,
            seed: self.config.seed,
            steady: self.config.steady,
        };
        let taken = &mut self.pool.slots_mut()[slot].voice;
        taken.adopt(voice, scale);
        if same.is_none() {
            setting.take_over(taken, place, self.now);
        } else {
            setting.go_on(taken, place, self.now);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_keep_their_distance_in_time() {
        let scale = TimeScale {
            old_now: 44_100,
            new_now: 48_000,
            old_rate_hz: 44_100,
            new_rate_hz: 48_000,
        };
        assert_eq!(scale.length(441), 480);
        assert_eq!(scale.moment(44_100), 48_000);
        assert_eq!(scale.moment(44_100 - 441), 48_000 - 480);
        assert_eq!(scale.moment(44_100 + 441), 48_000 + 480);
        assert_eq!(scale.moment(NEVER), NEVER);
        assert_eq!(scale.length(u64::MAX), u64::MAX);
    }
}
