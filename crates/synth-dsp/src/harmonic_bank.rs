//! The oscillator bank: one voice's harmonic partials, summed over harmonics and vectorised over
//! time.
//!
//! `y = sum_k a_k w_k sin(2 pi k phase)` by Clenshaw's recurrence over `k`, in Reinsch's form, whose
//! rounding error does not grow near phases 0 and 1/2 where all partials pile up (J. Oliver, "An
//! error analysis of the modified Clenshaw method for evaluating Chebyshev and Fourier series",
//! J. Inst. Maths Applics 20, 1977, 379-391). It needs one sine and one cosine a sample, whatever the
//! number of partials, keeps no state per partial, and lets the pitch follow any curve.
//!
//! On macOS a bank can have Apple's Accelerate framework compute the sine of every partial instead
//! ([`Oscillators`]), to be compared with; that has not yet run on hardware.

mod angle;
mod chunk;
mod inputs;
mod nyquist_fade;
mod oscillators;
mod signs;
mod sines;

use crate::simd::{Accelerate, Dispatch, Kernel, Level, Vector};
use inputs::BLOCK;
use sines::Sines;

pub use nyquist_fade::FADE_WIDTH;
pub use oscillators::{Oscillators, UnknownOscillators};
pub use signs::spread_signs;

/// One stretch of a voice between two control frames.
#[derive(Clone, Copy, Debug)]
pub struct Segment<'a> {
    /// The fundamental's phase at each output sample, a fraction of a turn (2^64 = 1 turn).
    pub phases: &'a [u64],
    /// The fundamental's frequency at each output sample, in cycles per sample, finite; the Nyquist
    /// fade is judged with its magnitude. As long as `phases`.
    pub freq_norm: &'a [f32],
    /// Amplitude of partial `k` in `from[k - 1]` at ramp position 0, finite.
    pub from: &'a [f32],
    /// The same at ramp position `hop`; as long as `from`.
    pub to: &'a [f32],
    /// Ramp position `j` of the first output sample; sample `i` has amplitude
    /// `from + (to - from) * min((j + i) / hop, 1)`.
    pub ramp_position: u32,
    /// Samples between two control frames; a power of two, so that the ramp position is exact.
    pub hop: u32,
}

/// Renders harmonic partials; holds no state but what it renders with.
///
/// Sample `i` of a segment depends on that sample's phase, frequency and ramp position alone, so
/// cutting a stretch anywhere gives the same bits. So do all [`Level`]s with fused multiply-add, and
/// all without; between the two, rounding differs some 130 dB below the signal.
///
/// With [`Oscillators::Accelerate`] the framework is asked in the same way for a sample however its stretch
/// is cut; whether it then answers with the same bits, and how exactly, is Apple's to say: "the exact value
/// returned [...] will vary across different microarchitectures and versions of the operating system"
/// (vForce.h).
#[derive(Clone, Copy, Debug)]
pub struct HarmonicBank {
    dispatch: Dispatch,
    /// Renders in place of the recurrence.
    accelerate: Option<Accelerate>,
}

impl Default for HarmonicBank {
    fn default() -> Self {
        Self::new()
    }
}

impl HarmonicBank {
    /// A bank for the level [`Level::detect`] names.
    #[must_use]
    pub fn new() -> Self {
        Self {
            dispatch: Dispatch::detect(),
            accelerate: None,
        }
    }

    /// A bank for one level, or `None` if this machine lacks it.
    #[must_use]
    pub fn with_level(level: Level) -> Option<Self> {
        Some(Self {
            dispatch: Dispatch::with_level(level)?,
            accelerate: None,
        })
    }

    /// A bank with these oscillators for the level [`Level::detect`] names, or `None` if they are not
    /// available on this machine.
    #[must_use]
    pub fn with_oscillators(oscillators: Oscillators) -> Option<Self> {
        let accelerate = match oscillators {
            Oscillators::Clenshaw => None,
            Oscillators::Accelerate => Some(Accelerate::linked()?),
        };
        Some(Self {
            accelerate,
            ..Self::new()
        })
    }

    /// What sums the partials.
    #[must_use]
    pub fn oscillators(&self) -> Oscillators {
        match self.accelerate {
            None => Oscillators::Clenshaw,
            Some(_) => Oscillators::Accelerate,
        }
    }

    /// The level in use, of what is ours: Accelerate chooses its instructions by itself.
    #[must_use]
    pub fn level(&self) -> Level {
        self.dispatch.level()
    }

    /// Overwrites `out` with the segment's samples.
    ///
    /// Partial `k` is weighted `clamp((0.5 - k * freq_norm) / 0.015, 0, 1)` at each sample, and
    /// those beyond the fade throughout cost nothing. `out`, `phases` and `freq_norm` are equally
    /// long, any length including 0 (checked in debug builds); a sample that one of them lacks
    /// becomes 0.
    ///
    /// # Realtime safety
    /// RT-safe: no allocation, no panic in release builds, time bounded by
    /// `out.len() * from.len()`. With [`Oscillators::Accelerate`] as far as the framework's functions are,
    /// of which Apple says nothing and which nobody has watched yet; they get whole arrays of 64 samples.
    pub fn render(&self, segment: &Segment<'_>, out: &mut [f32]) {
        debug_assert!(
            segment.hop.is_power_of_two(),
            "hop {} is no power of two",
            segment.hop
        );
        debug_assert_eq!(
            segment.phases.len(),
            out.len(),
            "phases and out differ in length"
        );
        debug_assert_eq!(
            segment.freq_norm.len(),
            out.len(),
            "freq_norm and out differ in length"
        );
        debug_assert_eq!(
            segment.from.len(),
            segment.to.len(),
            "from and to differ in length"
        );
        let length = out
            .len()
            .min(segment.phases.len())
            .min(segment.freq_norm.len());
        let (out, missing) = out.split_at_mut(length);
        missing.fill(0.0);
        match self.accelerate {
            None => self.dispatch.run(Render { segment, out }),
            Some(functions) => self.dispatch.run(Sines {
                functions,
                segment,
                out,
            }),
        }
    }
}

/// Registers a chunk spans: enough independent recurrences to hide the latency of the two dependent
/// multiply-adds of a partial.
const GROUPS: usize = 4;

struct Render<'a> {
    segment: &'a Segment<'a>,
    out: &'a mut [f32],
}

impl Kernel for Render<'_> {
    #[inline(always)]
    fn run<V: Vector>(self) {
        // The longer a pass, the less often the processor waits for its inputs.
        const LONGEST: usize = 4;
        for (index, out) in self.out.chunks_mut(LONGEST * BLOCK).enumerate() {
            let start = index * LONGEST * BLOCK;
            match out.len().div_ceil(BLOCK) {
                1 => chunk::render::<V, 1>(self.segment, start, out),
                2 => chunk::render::<V, 2>(self.segment, start, out),
                _ => chunk::render::<V, LONGEST>(self.segment, start, out),
            }
        }
    }
}
