//! Parameters as they act on the renderer.

use super::Renderer;
use crate::event::MOST_SHEDDING;
use crate::parameter::Parameter;
use crate::voice::Admission;

impl Renderer {
    /// Sets a parameter at sample `at` of the block.
    pub(super) fn set_parameter(&mut self, parameter: Parameter, value: f32, at: usize) {
        match parameter {
            // A float that is no number of voices saturates; the pool keeps to its own range.
            Parameter::Polyphony => {
                self.polyphony = value.round() as usize;
                self.limit_voices(at);
            }
            _ => {}
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
        let polyphony = shed_polyphony(self.polyphony, self.shedding);
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
