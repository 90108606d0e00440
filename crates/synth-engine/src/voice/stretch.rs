//! A piece of a voice that is rendered in one go.

/// Samples of a voice on its way from one answer to the next, or the block's share of them.
#[derive(Clone, Copy)]
pub(super) struct Stretch {
    /// Absolute sample at which it starts, and the same counted from the block's start.
    pub(super) sample: u64,
    pub(super) at: usize,
    pub(super) length: usize,
    /// Samples from where the way to the last answer began to the start.
    pub(super) ramp_position: u32,
    /// Samples that the way takes.
    pub(super) ramp_length: u32,
    /// One over that: exact, it being a power of two.
    pub(super) step: f32,
}

impl Stretch {
    /// How far the ramp between the answers has come at sample `i` of the stretch.
    #[inline(always)]
    pub(super) fn progress(&self, i: u32) -> f32 {
        let progress = self.ramp_position.wrapping_add(i) as i32 as f32 * self.step;
        // Not `min`, which looks out for NaN.
        if progress < 1.0 { progress } else { 1.0 }
    }

    pub(super) fn end(&self) -> u64 {
        self.sample + self.length as u64
    }
}
