//! What can sum a bank's partials.

use std::fmt;
use std::str::FromStr;

use crate::simd::Accelerate;

/// What sums a bank's partials.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Oscillators {
    /// Clenshaw's recurrence in Reinsch's form, our own; on every machine.
    #[default]
    Clenshaw,
    /// A sine of every partial by the array functions of Apple's Accelerate framework, vForce and vDSP; on
    /// macOS only. Not yet run on hardware.
    Accelerate,
}

impl Oscillators {
    /// All of them, whether or not this machine has them.
    pub const ALL: [Self; 2] = [Self::Clenshaw, Self::Accelerate];

    /// Whether this program has them on this machine.
    #[must_use]
    pub fn is_available(self) -> bool {
        match self {
            Self::Clenshaw => true,
            Self::Accelerate => Accelerate::linked().is_some(),
        }
    }

    /// What they are called in settings and files.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Clenshaw => "clenshaw",
            Self::Accelerate => "accelerate",
        }
    }
}

impl fmt::Display for Oscillators {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Oscillators {
    type Err = UnknownOscillators;

    fn from_str(name: &str) -> Result<Self, UnknownOscillators> {
        let is_meant = |known: &Self| known.name().eq_ignore_ascii_case(name.trim());
        let meant = Self::ALL.into_iter().find(is_meant);
        meant.ok_or(UnknownOscillators)
    }
}

/// A name that no oscillators have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnknownOscillators;

impl fmt::Display for UnknownOscillators {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no oscillators have this name; there are clenshaw, accelerate")
    }
}

impl std::error::Error for UnknownOscillators {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::harmonic_bank::HarmonicBank;

    #[test]
    fn names_and_oscillators_are_one_to_one() {
        for oscillators in Oscillators::ALL {
            assert_eq!(oscillators.to_string().parse(), Ok(oscillators));
            let shouted = format!(" {} ", oscillators.name().to_uppercase());
            assert_eq!(shouted.parse(), Ok(oscillators));
            assert!(UnknownOscillators.to_string().contains(oscillators.name()));
        }
        for unknown in ["", "vdsp", "clenshaw accelerate"] {
            assert_eq!(unknown.parse::<Oscillators>(), Err(UnknownOscillators));
        }
    }

    #[test]
    fn a_bank_is_to_be_had_where_its_oscillators_are() {
        for oscillators in Oscillators::ALL {
            let bank = HarmonicBank::with_oscillators(oscillators);
            assert_eq!(bank.is_some(), oscillators.is_available());
            assert!(bank.is_none_or(|bank| bank.oscillators() == oscillators));
        }
        assert!(Oscillators::default().is_available());
        assert_eq!(HarmonicBank::new().oscillators(), Oscillators::default());
    }
}
