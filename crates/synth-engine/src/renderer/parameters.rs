//! Parameters as they act on the renderer.

use super::Renderer;
use crate::parameter::Parameter;

impl Renderer {
    /// Sets a parameter at sample `at` of the block.
    pub(super) fn set_parameter(&mut self, parameter: Parameter, value: f32, at: usize) {
        match parameter {
            Parameter::Polyphony => self.limit_polyphony(value, at),
            _ => {}
        }
    }

    /// Voices beyond the limit fade away.
    fn limit_polyphony(&mut self, voices: f32, at: usize) {
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
        // A float that is no number of voices saturates; the pool keeps to its own range.
        pool.limit(voices.round() as usize);
        pool.keep_to_limit(now, |voice| {
            let expression = &instruments.instrument(voice.note.instrument).expression;
            voice.loudness_db(expression, clock, now)
                + channels[usize::from(voice.note.channel)].level_db()
        });
    }
}
