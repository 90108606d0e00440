//! Control values that move to their target, and the fades that start and end notes; both are pure
//! functions of the sample index since their last event.

use std::f32::consts::{FRAC_PI_2, PI};

/// An eased ramp to a target, computed from the index and never accumulated, so that any cutting of
/// the time line yields the same bits.
///
/// It follows a smoothstep, `u^2 (3 - 2 u)`: a straight line has a corner at either end, which clicks
/// under a pure low tone. The first sample after [`set`](Self::set) is already one step on its way
/// and the last one of the ramp is exactly the target.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ramp {
    start: f32,
    target: f32,
    position: u32,
    length: u32,
}

impl Ramp {
    /// A flat ramp at `value`.
    #[must_use]
    pub fn new(value: f32) -> Self {
        Self {
            start: value,
            target: value,
            position: 0,
            length: 0,
        }
    }

    /// Heads for `target`, reached after `length_samples` samples; 0 jumps there at once.
    ///
    /// Starts from the present value, also in the middle of another ramp. Setting the target that is
    /// already being held or headed for with no time left to go changes nothing.
    ///
    /// # Realtime safety
    /// RT-safe: constant time.
    pub fn set(&mut self, target: f32, length_samples: u32) {
        let start = self.value();
        let length = if start == target { 0 } else { length_samples };
        *self = Self {
            start,
            target,
            position: 0,
            length,
        };
    }

    /// Value of the last sample written, or the starting value.
    ///
    /// # Realtime safety
    /// RT-safe: constant time.
    #[must_use]
    pub fn value(&self) -> f32 {
        self.at(self.position)
    }

    /// Value of the `samples`-th sample to come, if the target stays.
    ///
    /// # Realtime safety
    /// RT-safe: constant time.
    #[must_use]
    pub fn ahead(&self, samples: u32) -> f32 {
        self.at(self.position.saturating_add(samples))
    }

    /// The value it is heading for.
    #[must_use]
    pub fn target(&self) -> f32 {
        self.target
    }

    /// Whether all samples to come are the target.
    #[must_use]
    pub fn is_flat(&self) -> bool {
        self.position >= self.length
    }

    /// Writes the next `out.len()` samples.
    ///
    /// # Realtime safety
    /// RT-safe: no allocation, bounded by the slice length.
    pub fn fill(&mut self, out: &mut [f32]) {
        let moving = out.len().min((self.length - self.position) as usize);
        let (ramp, hold) = out.split_at_mut(moving);
        for (i, out) in (1u32..).zip(ramp.iter_mut()) {
            *out = self.at(self.position + i);
        }
        hold.fill(self.target);
        self.position += moving as u32;
    }

    /// Steps over `samples` samples without writing them.
    ///
    /// # Realtime safety
    /// RT-safe: constant time.
    pub fn skip(&mut self, samples: u32) {
        self.position = self.length.min(self.position.saturating_add(samples));
    }

    #[inline]
    fn at(&self, position: u32) -> f32 {
        if position >= self.length {
            self.target
        } else {
            let u = position as f32 / self.length as f32;
            self.start + (self.target - self.start) * (u * u * (3.0 - 2.0 * u))
        }
    }
}

/// Gain of sample `position` (from 0) of a quarter-sine fade-in over `length` samples:
/// `sin(pi/2 * min((position + 1) / length, 1))`; exactly 1 from `position = length - 1` on.
///
/// # Realtime safety
/// RT-safe: pure arithmetic.
#[must_use]
pub fn fade_in(position: u32, length: u32) -> f32 {
    match progress(position, length) {
        Some(x) => (FRAC_PI_2 * x).sin(),
        None => 1.0,
    }
}

/// Gain of sample `position` (from 0) of a raised-cosine fade-out over `length` samples:
/// `0.5 * (1 + cos(pi * min((position + 1) / length, 1)))`; exactly 0 from `position = length - 1`
/// on.
///
/// # Realtime safety
/// RT-safe: pure arithmetic.
#[must_use]
pub fn fade_out(position: u32, length: u32) -> f32 {
    match progress(position, length) {
        Some(x) => 0.5 * (1.0 + (PI * x).cos()),
        None => 0.0,
    }
}

/// How far a fade has come, or `None` at its end.
fn progress(position: u32, length: u32) -> Option<f32> {
    let next = position.saturating_add(1);
    (next < length).then(|| next as f32 / length as f32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_sample_is_one_step_on_and_last_is_the_target() {
        let mut ramp = Ramp::new(1.0);
        ramp.set(3.0, 4);
        let mut out = [f32::NAN; 6];
        ramp.fill(&mut out);
        // 1/4, 1/2 and 3/4 of the way in time are 5/32, 1/2 and 27/32 of it in value.
        assert_eq!(out, [1.3125, 2.0, 2.6875, 3.0, 3.0, 3.0]);
        assert!(ramp.is_flat());
        assert_eq!(ramp.value(), 3.0);
    }

    #[test]
    fn zero_length_jumps() {
        let mut ramp = Ramp::new(1.0);
        ramp.set(-2.0, 0);
        assert!(ramp.is_flat());
        assert_eq!((ramp.value(), ramp.target()), (-2.0, -2.0));
    }

    #[test]
    fn a_new_target_starts_from_the_present_value() {
        let mut ramp = Ramp::new(0.0);
        ramp.set(1.0, 10);
        ramp.fill(&mut [0.0; 5]);
        assert_eq!(ramp.value(), 0.5);
        ramp.set(0.0, 5);
        assert_eq!(ramp.value(), 0.5);
        let mut out = [9.0; 5];
        ramp.fill(&mut out);
        for (got, expected) in out.into_iter().zip([0.448, 0.324, 0.176, 0.052, 0.0f32]) {
            assert!((got - expected).abs() < 1e-7, "{got}, not {expected}");
        }
    }

    #[test]
    fn setting_the_value_that_is_held_stays_flat() {
        let mut ramp = Ramp::new(0.25);
        ramp.set(0.25, 1000);
        assert!(ramp.is_flat());
    }

    #[test]
    fn bits_do_not_depend_on_the_cutting() {
        let mut start = Ramp::new(0.3);
        start.set(-0.777, 1009);
        let mut whole = vec![0.0; 1200];
        start.clone().fill(&mut whole);
        for step in [1, 2, 7, 64, 500] {
            let mut pieces = start;
            let mut skipping = start;
            let mut cut = vec![5.0; 1200];
            for piece in cut.chunks_mut(step) {
                skipping.skip(piece.len() as u32);
                pieces.fill(piece);
                assert_eq!(skipping, pieces);
            }
            assert_eq!(whole, cut, "cut every {step}");
        }
    }

    #[test]
    fn fades_reach_their_ends_exactly_and_are_monotone() {
        for length in [0, 1, 2, 64, 441, 5000] {
            let last = u32::max(length, 1) - 1;
            assert_eq!(fade_in(last, length), 1.0);
            assert_eq!(fade_out(last, length), 0.0);
            assert_eq!(fade_in(u32::MAX, length), 1.0);
            assert_eq!(fade_out(u32::MAX, length), 0.0);
            for position in 0..last {
                assert!(fade_in(position, length) <= fade_in(position + 1, length));
                assert!(fade_out(position, length) >= fade_out(position + 1, length));
                let x = f64::from(position + 1) / f64::from(length) * std::f64::consts::PI;
                assert!((f64::from(fade_in(position, length)) - (x / 2.0).sin()).abs() < 2e-7);
                let expected = 0.5 + 0.5 * x.cos();
                assert!((f64::from(fade_out(position, length)) - expected).abs() < 2e-7);
            }
        }
    }
}
