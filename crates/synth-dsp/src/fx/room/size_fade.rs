//! The way from one size to the next.

use crate::ramp::Ramp;

/// A size, and a fade to another.
pub(super) struct SizeFade {
    /// The size that is faded to, or has been.
    pub(super) current: f32,
    pub(super) wanted: f32,
    length: u32,
    /// Samples of the fade that are over; `None` outside one.
    position: Option<u32>,
    curve: Ramp,
}

impl SizeFade {
    pub(super) fn new(size: f32, length: u32) -> Self {
        Self {
            current: size,
            wanted: size,
            length: length.max(1),
            position: None,
            curve: Ramp::new(0.0),
        }
    }

    /// Whether a fade has begun.
    pub(super) fn begin(&mut self) -> bool {
        let begins = self.position.is_none() && self.wanted != self.current;
        if begins {
            self.current = self.wanted;
            self.position = Some(0);
            self.curve = Ramp::new(0.0);
            self.curve.set(1.0, self.length);
        }
        begins
    }

    pub(super) fn remaining(&self) -> Option<usize> {
        self.position
            .map(|position| (self.length - position) as usize)
    }

    /// Writes how much of each sample is the new room's, 0..=1, unless there is no fade.
    #[inline(always)]
    pub(super) fn progress(&mut self, out: &mut [f32]) -> bool {
        if self.position.is_some() {
            self.curve.fill(out);
        }
        self.position.is_some()
    }

    /// Whether a fade has ended.
    pub(super) fn advance(&mut self, samples: usize) -> bool {
        let Some(position) = self.position else {
            return false;
        };
        let position = position + samples as u32;
        let is_over = position >= self.length;
        self.position = (!is_over).then_some(position);
        is_over
    }

    pub(super) fn is_settled(&self) -> bool {
        self.position.is_none() && self.wanted == self.current
    }

    pub(super) fn settle(&mut self) {
        self.current = self.wanted;
        self.position = None;
    }
}
