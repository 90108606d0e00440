//! A voice's own controls: ramps over absolute sample times.

use crate::renderer::TimeScale;

/// An eased way from one value to another, a pure function of the absolute sample. It follows the
/// same smoothstep as the channel's curves: a corner clicks under a pure low tone.
///
/// It holds one way at a time: whoever sets it anew ends the block before that sample, so that no
/// sample of the old way is still to be asked for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct SampleRamp {
    from: f32,
    to: f32,
    start: u64,
    length: u32,
}

impl SampleRamp {
    pub(crate) const fn flat(value: f32) -> Self {
        Self {
            from: value,
            to: value,
            start: 0,
            length: 0,
        }
    }

    /// From the value at `start` to `to` within `length` samples.
    pub(crate) fn head_for(&mut self, to: f32, start: u64, length: u32) {
        let from = self.at(start);
        *self = Self {
            from,
            to,
            start,
            length,
        };
    }

    /// Moves over to samples of another length.
    pub(super) fn rescale(&mut self, scale: &TimeScale) {
        self.start = scale.moment(self.start);
        let length = scale.length(u64::from(self.length));
        self.length = u32::try_from(length).unwrap_or(u32::MAX);
    }

    /// Where it goes.
    pub(crate) fn target(&self) -> f32 {
        self.to
    }

    /// The value at a sample; the first sample is already one step on its way.
    pub(crate) fn at(&self, sample: u64) -> f32 {
        let gone = sample.saturating_sub(self.start).saturating_add(1);
        if gone >= u64::from(self.length) {
            return self.to;
        }
        let u = gone as f32 / self.length as f32;
        self.from + (self.to - self.from) * (u * u * (3.0 - 2.0 * u))
    }

    /// The value throughout, if it no longer moves at `sample` and after.
    pub(crate) fn settled(&self, sample: u64) -> Option<f32> {
        let still = sample.saturating_sub(self.start) >= u64::from(self.length);
        (still || self.from == self.to).then_some(self.to)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_goes_smoothly_from_where_it_is_and_arrives() {
        let mut ramp = SampleRamp::flat(2.0);
        assert_eq!(ramp.settled(0), Some(2.0));
        ramp.head_for(4.0, 100, 10);
        assert_eq!(ramp.settled(100), None);
        let way: Vec<f32> = (100..112).map(|sample| ramp.at(sample)).collect();
        assert!(way[0] > 2.0 && way[0] < 2.1 && way[9] == 4.0 && way[11] == 4.0);
        assert!(way.is_sorted());
        assert_eq!(ramp.settled(110), Some(4.0));
        let half = ramp.at(105);
        ramp.head_for(0.0, 105, 4);
        assert!(ramp.at(105) < half && ramp.at(105) > 0.0);
        assert_eq!(ramp.at(108), 0.0);
    }

    #[test]
    fn no_length_is_a_jump() {
        let mut ramp = SampleRamp::flat(0.0);
        ramp.head_for(1.0, 7, 0);
        assert_eq!(ramp.at(7), 1.0);
        assert_eq!(ramp.settled(7), Some(1.0));
    }
}
