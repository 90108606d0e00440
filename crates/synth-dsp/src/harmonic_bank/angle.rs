//! From a phase to what a sum of sines needs of the angle.

use crate::simd::Vector;

/// 0 if the phase is nearer to angle 0, -0 if nearer to half a turn: the two anchors.
#[inline(always)]
pub(super) fn anchor_sign(phase: u64) -> f32 {
    f32::from_bits(flip(phase))
}

/// Turns from the nearer anchor, -1/4..=1/4.
///
/// The anchor is taken off while the phase is still an integer, so that near it, where the partials
/// pile up, the float keeps all its digits.
#[inline(always)]
pub(super) fn turns_from_anchor(phase: u64) -> f32 {
    let bits = (phase >> 32) as u32 ^ flip(phase);
    bits as i32 as f32 * (1.0 / 4_294_967_296.0)
}

/// Half turns of the angle between -1/2 and 1/2 that has the phase's sine.
///
/// As with the anchors, what is taken off is taken off an integer. What is dropped of the phase is less
/// than 2^-32 turns.
#[inline(always)]
pub(super) fn folded_half_turns(phase: u64) -> f32 {
    let turns = (phase >> 32) as u32;
    let folded = match flip(phase) {
        0 => turns,
        half_turn => half_turn.wrapping_sub(turns),
    };
    folded as i32 as f32 * (1.0 / 2_147_483_648.0)
}

/// The top bit if the phase is nearer to half a turn, else nothing.
#[inline(always)]
fn flip(phase: u64) -> u32 {
    ((phase >> 32) as u32).wrapping_add(1 << 30) & (1 << 31)
}

/// What the recurrence needs of the angle `phi` from the fundamental's nearer anchor, for a register of samples.
#[derive(Clone, Copy)]
pub(super) struct Angle<V> {
    /// `2 cos(phi) - 2`, small.
    pub(super) offset: V,
    /// `sin(phi)`
    pub(super) sine: V,
}

impl<V: Vector> Angle<V> {
    /// From what [`turns_from_anchor`] gives.
    #[inline(always)]
    pub(super) fn new(turns: V) -> Self {
        let (sin_half, cos_half) = sin_cos_half(turns);
        let twice = sin_half.add(sin_half);
        Self {
            offset: twice.mul(sin_half).mul(V::splat(-2.0)),
            sine: twice.mul(cos_half),
        }
    }
}

/// `sin(pi x)` and `cos(pi x)` for `x` in -1/4..=1/4 turns.
///
/// Minimax in relative error (Remez), 3.8e-9 and 6.4e-11 before rounding; pi, the sine's leading
/// coefficient, is in two parts.
#[inline(always)]
fn sin_cos_half<V: Vector>(x: V) -> (V, V) {
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
