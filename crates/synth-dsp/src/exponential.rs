//! Powers of two and decibels over slices.
//!
//! Written without fused multiply-add, so that slices, single values, every level and every machine
//! give the same bits. The relative error is below 2e-7.

use std::f32::consts::LN_2;
use std::ops::Range;

use crate::simd::{Dispatch, Kernel, Level, Vector};

/// Computes exponentials over slices, on the level it was built for.
#[derive(Clone, Copy, Debug)]
pub struct Exponential {
    dispatch: Dispatch,
}

impl Default for Exponential {
    fn default() -> Self {
        Self::new()
    }
}

impl Exponential {
    /// For the level [`Level::detect`] names.
    #[must_use]
    pub fn new() -> Self {
        Self {
            dispatch: Dispatch::detect(),
        }
    }

    /// For one level, or `None` if this machine lacks it.
    #[must_use]
    pub fn with_level(level: Level) -> Option<Self> {
        Some(Self {
            dispatch: Dispatch::with_level(level)?,
        })
    }

    /// The level in use.
    #[must_use]
    pub fn level(&self) -> Level {
        self.dispatch.level()
    }

    /// Writes [`exp2`] of each `x`, up to the length of the shorter slice.
    ///
    /// # Realtime safety
    /// RT-safe: no allocation, bounded by the slice length.
    pub fn exp2_slice(&self, x: &[f32], out: &mut [f32]) {
        self.dispatch.run(Map {
            x,
            out,
            function: exp2,
        });
    }

    /// Writes [`db_to_gain`] of each level, up to the length of the shorter slice.
    ///
    /// # Realtime safety
    /// RT-safe: no allocation, bounded by the slice length.
    pub fn db_to_gain_slice(&self, gain_db: &[f32], out: &mut [f32]) {
        self.dispatch.run(Map {
            x: gain_db,
            out,
            function: db_to_gain,
        });
    }
}

struct Map<'a, F> {
    x: &'a [f32],
    out: &'a mut [f32],
    function: F,
}

impl<F: Fn(f32) -> f32> Kernel for Map<'_, F> {
    #[inline(always)]
    fn run<V: Vector>(self) {
        for (&x, out) in self.x.iter().zip(self.out.iter_mut()) {
            *out = (self.function)(x);
        }
    }
}

/// `2^x`; exactly 1 at 0, exactly 0 below -126 (no denormals), infinite from 128 on, NaN for NaN.
///
/// # Realtime safety
/// RT-safe: pure arithmetic.
#[inline(always)]
#[must_use]
pub fn exp2(x: f32) -> f32 {
    let limited = limit(x, 128.0);
    let (bits, whole) = nearest_whole(limited);
    scaled(x, bits, limited - whole, -126.0..128.0)
}

/// Linear gain of a level in dB, `10^(gain_db / 20)`; exactly 1 at 0 dB, exactly 0 below about
/// -758.6 dB (no denormals), infinite above about 770.6 dB, NaN for NaN.
///
/// # Realtime safety
/// RT-safe: pure arithmetic.
#[inline(always)]
#[must_use]
pub fn db_to_gain(gain_db: f32) -> f32 {
    // 20 log10(2), its upper part so short that a whole number of it is exact: the remainder keeps
    // all its digits at levels far from 0 dB.
    const OCTAVE_DB_HIGH: f32 = 12_330.0 / 2_048.0;
    const OCTAVE_DB_LOW: f32 = 9.210_078e-5;
    const OCTAVES_PER_DB: f32 = 0.166_096_4;
    let limited = limit(gain_db, 771.0);
    let (bits, whole) = nearest_whole(limited * OCTAVES_PER_DB);
    let rest_db = (limited - whole * OCTAVE_DB_HIGH) - whole * OCTAVE_DB_LOW;
    scaled(
        gain_db,
        bits,
        rest_db * OCTAVES_PER_DB,
        -758.595_5..770.636_7,
    )
}

/// Keeps the exponent arithmetic in range; comparisons written so that NaN stays NaN.
#[inline(always)]
fn limit(x: f32, most: f32) -> f32 {
    let x = if x > most { most } else { x };
    if x < -most { -most } else { x }
}

/// The nearest whole number, as the low bits of an integer and as a float.
#[inline(always)]
fn nearest_whole(x: f32) -> (u32, f32) {
    // 1.5 * 2^23: adding it leaves no room for a fraction, and the sum's last bits count in ones.
    const SHIFT: f32 = 12_582_912.0;
    let shifted = x + SHIFT;
    (shifted.to_bits(), shifted - SHIFT)
}

/// `2^(whole + fraction)`; 0 or infinity if `x` lies beside the range of finite, normal results, or
/// `x` if that is NaN.
#[inline(always)]
fn scaled(x: f32, whole_bits: u32, fraction: f32, range: Range<f32>) -> f32 {
    // Minimax in relative error over -1/2..=1/2 (Remez), 3.9e-9 before rounding, with 1 fixed.
    let mut power = 0.000_154_697_32;
    for coefficient in [
        0.001_341_000_1,
        0.009_618_031,
        0.055_502_973,
        0.240_226_5,
        LN_2,
        1.0,
    ] {
        power = power * fraction + coefficient;
    }
    let power = f32::from_bits(power.to_bits().wrapping_add(whole_bits << 23));
    let power = if x < range.start { 0.0 } else { power };
    let power = if x >= range.end { f32::INFINITY } else { power };
    if x.is_nan() { x } else { power }
}
