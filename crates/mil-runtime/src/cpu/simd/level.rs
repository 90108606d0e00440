//! The instruction sets the kernel is written for.

use std::fmt;
use std::str::FromStr;

use super::dispatch::Dispatch;

/// An instruction set, widest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Level {
    /// x86-64 with AVX-512 F and VL: 16 lanes, fused multiply-add.
    Avx512,
    /// x86-64 with AVX2 and FMA: 8 lanes, fused multiply-add.
    Avx2,
    /// Any x86-64: 4 lanes.
    Sse2,
    /// AArch64: 4 lanes, fused multiply-add.
    Neon,
    /// WebAssembly built with `simd128`: 4 lanes.
    Simd128,
    /// Portable code, always there.
    Scalar,
}

/// Name of the environment variable that forces a level.
const FORCE: &str = "ANE_SYNTH_SIMD";

impl Level {
    /// Every level, widest first, whether or not this machine has it.
    pub const ALL: [Self; 6] = [
        Self::Avx512,
        Self::Avx2,
        Self::Sse2,
        Self::Neon,
        Self::Simd128,
        Self::Scalar,
    ];

    /// The level to use: the one that the environment variable `ANE_SYNTH_SIMD` names (`avx512`,
    /// `avx2`, `sse2`, `neon`, `simd128` or `scalar`) if this machine has it, else the widest it
    /// has.
    ///
    /// A name that is unknown or not to be had falls back to the widest, so that a stale setting
    /// never silences an instrument; [`forced`](Self::forced) tells the difference.
    ///
    /// # Realtime safety
    /// Not RT-safe: reads the environment. Call it while preparing.
    #[must_use]
    pub fn detect() -> Self {
        match Self::forced() {
            Some(Ok(level)) if level.is_available() => level,
            _ => Self::widest(),
        }
    }

    /// What `ANE_SYNTH_SIMD` asks for, if it is set; an error if it names no level.
    ///
    /// # Realtime safety
    /// Not RT-safe: reads the environment.
    #[must_use]
    pub fn forced() -> Option<Result<Self, UnknownLevel>> {
        let value = std::env::var_os(FORCE).filter(|value| !value.is_empty())?;
        Some(value.to_string_lossy().parse())
    }

    /// The widest level this machine has.
    #[must_use]
    pub fn widest() -> Self {
        Self::ALL
            .into_iter()
            .find(|level| level.is_available())
            .unwrap_or(Self::Scalar)
    }

    /// Whether this machine, as the program was built for it, has the level.
    #[must_use]
    pub fn is_available(self) -> bool {
        Dispatch::new(self).is_some()
    }

    /// Whether a product and the sum it goes into are rounded once. Levels that agree in this give
    /// the same bits.
    #[must_use]
    pub fn is_fused(self) -> bool {
        matches!(self, Self::Avx512 | Self::Avx2 | Self::Neon)
    }

    /// The name by which `ANE_SYNTH_SIMD` knows it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Avx512 => "avx512",
            Self::Avx2 => "avx2",
            Self::Sse2 => "sse2",
            Self::Neon => "neon",
            Self::Simd128 => "simd128",
            Self::Scalar => "scalar",
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Level {
    type Err = UnknownLevel;

    fn from_str(name: &str) -> Result<Self, UnknownLevel> {
        let is_meant = |level: &Self| level.name().eq_ignore_ascii_case(name.trim());
        Self::ALL.into_iter().find(is_meant).ok_or(UnknownLevel)
    }
}

/// A name that is none of the levels'.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "unknown SIMD level: use one of avx512, avx2, sse2, neon, simd128, scalar, or unset ANE_SYNTH_SIMD"
)]
pub struct UnknownLevel;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_levels_are_one_to_one() {
        for level in Level::ALL {
            assert_eq!(level.to_string().parse(), Ok(level));
            assert_eq!(level.name().to_uppercase().parse(), Ok(level));
        }
        assert_eq!("mmx".parse::<Level>(), Err(UnknownLevel));
    }

    #[test]
    fn what_is_detected_is_there() {
        assert!(Level::detect().is_available());
        assert!(Level::widest().is_available());
        assert!(Level::Scalar.is_available());
    }

    #[test]
    fn a_dispatch_runs_the_level_it_was_made_for() {
        for level in Level::ALL {
            if let Some(dispatch) = Dispatch::new(level) {
                assert_eq!(dispatch.level(), level);
            }
        }
    }
}
