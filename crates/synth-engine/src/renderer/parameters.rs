//! Parameters as they act on the renderer.

use super::Renderer;
use crate::articulation::Sound;
use crate::channel::Overall;
use crate::event::{CHANNELS, MOST_SHEDDING};
use crate::parameter::Parameter;
use crate::voice::Admission;

/// Full velocity curve either way: the exponent of a velocity is 2 to the power of this.
const VELOCITY_EXPONENT: f32 = 1.0;

impl Renderer {
    /// Sets a parameter at sample `at` of the block.
    pub(super) fn set_parameter(
        &mut self,
        parameter: Parameter,
        value: f32,
        at: usize,
    ) -> Admission {
        let value = parameter.info().nearest(value);
        if value == self.parameters.get(parameter) {
            return Admission::Done;
        }
        // What acts on buses and on voices to come holds one way at a time in a block.
        if at > 0 {
            return Admission::SplitBlock;
        }
        self.parameters.set(parameter, value);
        match parameter {
            Parameter::Volume | Parameter::Noise | Parameter::Room | Parameter::RoomSize => {
                let sounds = self.sounds();
                self.mixer.set(parameter, value, sounds);
            }
            Parameter::Tuning | Parameter::Brightness => {
                let overall = self.overall();
                for (index, channel) in (0u8..).zip(&mut self.channels) {
                    let sounding = self.pool.channel_sounds(index, self.now);
                    channel.set_overall(at, overall, sounding);
                }
            }
            Parameter::Attack
            | Parameter::Release
            | Parameter::VibratoDepth
            | Parameter::VibratoRate
            | Parameter::VibratoDelay => self.sound = self.overall_sound(),
            // Notes to come ask for these.
            Parameter::Transpose | Parameter::VelocityCurve => {}
            Parameter::Polyphony => self.limit_voices(at),
        }
        Admission::Done
    }

    /// Whether a voice is heard or the room rings.
    fn sounds(&self) -> bool {
        let voice = |channel: u8| self.pool.channel_sounds(channel, self.now);
        self.mixer.rings() || (0..CHANNELS as u8).any(voice)
    }

    fn overall(&self) -> Overall {
        let a4 = Parameter::Tuning;
        let of_standard = self.parameter(a4) / a4.info().default;
        // A logarithm of exactly 1 is exactly 0.
        Overall {
            semitones: 12.0 * of_standard.log2(),
            brightness: self.parameter(Parameter::Brightness),
        }
    }

    fn overall_sound(&self) -> Sound {
        Sound {
            release_time: self.parameter(Parameter::Release),
            attack_time: self.parameter(Parameter::Attack),
            vibrato_rate: self.parameter(Parameter::VibratoRate),
            vibrato_depth: self.parameter(Parameter::VibratoDepth),
            vibrato_delay: self.parameter(Parameter::VibratoDelay),
        }
    }

    /// The velocity that a stroke counts for.
    pub(super) fn struck(&self, velocity: f32) -> f32 {
        match self.parameter(Parameter::VelocityCurve) {
            0.0 => velocity,
            curve => velocity.powf((-VELOCITY_EXPONENT * curve).exp2()),
        }
    }

    /// How much is left out to save time, from sample `at` on.
    pub(super) fn shed(&mut self, level: u8, at: usize) -> Admission {
        let level = level.min(MOST_SHEDDING);
        if level == self.shedding {
            return Admission::Done;
        }
        if at > 0 {
            return Admission::SplitBlock;
        }
        self.shedding = level;
        self.limit_voices(at);
        Admission::Done
    }

    /// Voices beyond the limit fade away.
    pub(super) fn limit_voices(&mut self, at: usize) {
        let polyphony = shed_polyphony(self.polyphony(), self.shedding);
        let now = self.now + at as u64;
        // The ranking reads where the curves stand; they are drawn up to here first.
        self.channels
            .iter_mut()
            .for_each(|channel| channel.draw_to(at));
        let Self {
            pool,
            channels,
            instruments,
            clock,
            ..
        } = self;
        pool.limit(polyphony);
        pool.keep_to_limit(now, |voice| {
            let expression = &instruments.instrument(voice.note.instrument).expression;
            voice.loudness_db(expression, clock, now)
                + channels[usize::from(voice.note.channel)].level_db()
        });
    }
}

/// Level of shedding from which partials that nobody hears are left out.
pub(super) const SHED_PARTIALS: u8 = 1;
/// Level of shedding from which the network is asked at every other control frame.
pub(super) const SHED_FRAMES: u8 = 2;

/// Voices at a level of shedding.
fn shed_polyphony(polyphony: usize, level: u8) -> usize {
    let eighths_off = level.saturating_sub(SHED_FRAMES);
    (0..eighths_off)
        .fold(polyphony, |voices, _| {
            voices - voices.div_ceil(8).min(voices)
        })
        .max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_level_beyond_the_second_takes_an_eighth_of_the_voices() {
        let left = |level| shed_polyphony(64, level);
        assert_eq!([0, 1, 2, 3, 4].map(left), [64, 64, 64, 56, 49]);
        assert!(left(MOST_SHEDDING) < 10);
        assert_eq!(shed_polyphony(1, MOST_SHEDDING), 1);
        assert!((0..=MOST_SHEDDING).map(left).is_sorted_by(|a, b| a >= b));
    }
}
