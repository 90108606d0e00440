//! From a phase to what a sum of sines needs of the angle.

use crate::simd::Vector;

/// A phase's upper half, in 2^-32 turns.
#[inline(always)]
pub(super) fn turns(phase: u64) -> u32 {
    (phase >> 32) as u32
}

/// The quarter turn that an angle is nearest to, 0 to 3: its anchor.
#[inline(always)]
fn quarter(turns: u32) -> u32 {
    turns.wrapping_add(1 << 29) >> 30
}

/// 0 if the nearest quarter turn is a whole or half turn, -0 if it is one of those between.
#[inline(always)]
pub(super) fn anchor_sign(turns: u32) -> f32 {
    f32::from_bits(quarter(turns) << 31)
}

/// Half turns from the nearest quarter turn, -1/4..=1/4.
///
/// The anchor is taken off while the angle is still an integer, so that near it, where the partials
/// pile up, the float keeps all its digits.
#[inline(always)]
pub(super) fn half_turns_from_anchor(turns: u32) -> f32 {
    let bits = turns.wrapping_sub(quarter(turns) << 30);
    bits as i32 as f32 * (1.0 / 2_147_483_648.0)
}

/// Sine of an angle, from sine and cosine of what it is beyond its nearest quarter turn.
#[inline(always)]
pub(super) fn sine(turns: u32, sine_beyond: f32, cosine_beyond: f32) -> f32 {
    let quarter = quarter(turns);
    let bits = choose(quarter, sine_beyond, cosine_beyond);
    f32::from_bits(bits ^ (quarter & 2) << 30)
}

/// Cosine of an angle, from sine and cosine of what it is beyond its nearest quarter turn.
#[inline(always)]
pub(super) fn cosine(turns: u32, sine_beyond: f32, cosine_beyond: f32) -> f32 {
    let quarter = quarter(turns);
    let bits = choose(quarter, cosine_beyond, sine_beyond);
    f32::from_bits(bits ^ (quarter + 1 & 2) << 30)
}

/// The bits of one of two values: of the second next to an odd quarter turn.
#[inline(always)]
fn choose(quarter: u32, even: f32, odd: f32) -> u32 {
    let odd_mask = (quarter & 1).wrapping_neg();
    even.to_bits() & !odd_mask | odd.to_bits() & odd_mask
}

/// Half turns of the angle between -1/2 and 1/2 that has the phase's sine.
///
/// As with the anchors, what is taken off is taken off an integer. What is dropped of the phase is less
/// than 2^-32 turns.
#[inline(always)]
pub(super) fn folded_half_turns(phase: u64) -> f32 {
    let turns = turns(phase);
    let folded = match flip(phase) {
        0 => turns,
        half_turn => half_turn.wrapping_sub(turns),
    };
    folded as i32 as f32 * (1.0 / 2_147_483_648.0)
}

/// The top bit if the phase is nearer to half a turn, else nothing.
#[inline(always)]
fn flip(phase: u64) -> u32 {
    turns(phase).wrapping_add(1 << 30) & (1 << 31)
}

/// What the recurrence needs of the angle beyond the nearest quarter turn, for a register of samples.
#[derive(Clone, Copy)]
pub(super) struct Beyond<V> {
    /// `2 cos(2 angle) - 2`, small.
    pub(super) offset: V,
    pub(super) sine: V,
    pub(super) cosine: V,
}

impl<V: Vector> Beyond<V> {
    /// From what [`half_turns_from_anchor`] gives.
    #[inline(always)]
    pub(super) fn new(half_turns: V) -> Self {
        let (sine, cosine) = sin_cos_pi(half_turns);
        Self {
            offset: sine.mul(sine).mul(V::splat(-4.0)),
            sine,
            cosine,
        }
    }
}

/// `sin(pi x)` and `cos(pi x)` for `x` in -1/4..=1/4.
///
/// Minimax in relative error (Remez), 3.8e-9 and 6.4e-11 before rounding; pi, the sine's leading
/// coefficient, is in two parts.
#[inline(always)]
fn sin_cos_pi<V: Vector>(x: V) -> (V, V) {
    let square = x.mul(x);
    let tail = V::splat(-0.589_418_8)
        .mul_add(square, V::splat(2.549_805_2))
        .mul_add(square, V::splat(-5.167_709))
        .mul_add(square, V::splat(-8.742_278e-8));
    let sin = x.mul_add(V::splat(std::f32::consts::PI), tail.mul(x));
    let cos = V::splat(0.231_364_24)
        .mul_add(square, V::splat(-1.335_050_6))
        .mul_add(square, V::splat(4.058_707_6))
        .mul_add(square, V::splat(-4.934_802))
        .mul_add(square, V::splat(1.0));
    (sin, cos)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simd::{Dispatch, Kernel};

    struct Parts {
        half_turns: [f32; 64],
        parts: [[f32; 64]; 3],
    }

    impl Kernel for &mut Parts {
        fn run<V: Vector>(self) {
            for at in (0..64).step_by(V::WIDTH) {
                let beyond = Beyond::new(V::load(&self.half_turns[at..]));
                beyond.offset.store(&mut self.parts[0][at..]);
                beyond.sine.store(&mut self.parts[1][at..]);
                beyond.cosine.store(&mut self.parts[2][at..]);
            }
        }
    }

    #[test]
    fn an_angle_is_its_anchor_and_what_is_beyond() {
        let phases: Vec<u64> = (0..64_u64)
            .map(|n| (n << 58).wrapping_add(n.wrapping_mul(0x0123_4567_89ab_cdef)))
            .collect();
        let mut parts = Parts {
            half_turns: [0.0; 64],
            parts: [[0.0; 64]; 3],
        };
        for (out, &phase) in parts.half_turns.iter_mut().zip(&phases) {
            *out = half_turns_from_anchor(turns(phase));
            assert!(out.abs() <= 0.25);
        }
        Dispatch::detect().run(&mut parts);
        let [offset, sine_beyond, cosine_beyond] = parts.parts;
        for (i, &phase) in phases.iter().enumerate() {
            let theta = std::f64::consts::TAU * (phase as f64 / 2f64.powi(64));
            let sine = f64::from(sine(turns(phase), sine_beyond[i], cosine_beyond[i]));
            let cosine = f64::from(cosine(turns(phase), sine_beyond[i], cosine_beyond[i]));
            assert!((sine - theta.sin()).abs() < 2e-7, "{i}: {sine}");
            assert!((cosine - theta.cos()).abs() < 2e-7, "{i}: {cosine}");
            let sign = if anchor_sign(turns(phase)).is_sign_negative() {
                -1.0
            } else {
                1.0
            };
            let twice = sign * (2.0 + f64::from(offset[i]));
            assert!(
                (twice - 2.0 * (2.0 * theta).cos()).abs() < 1e-6,
                "{i}: {twice}"
            );
        }
    }
}
