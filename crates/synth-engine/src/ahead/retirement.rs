//! Why a device is no longer asked.

use crate::inference::Fault;
use std::fmt;
use synth_model::RunError;

/// Why a device is no longer asked; the CPU goes on alone.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum Retirement {
    /// It refused or failed again and again.
    Run(RunError),
    /// Its answers were not finite, again and again.
    NotFinite,
    /// Its answers were not those of the network, again and again.
    Wrong,
    /// It left its jobs unanswered.
    Silent,
    /// Its worker ended.
    Died,
}

impl Retirement {
    pub(super) fn of(fault: Fault) -> Self {
        match fault {
            Fault::Run(error) => Self::Run(error),
            Fault::NotFinite => Self::NotFinite,
            Fault::Wrong => Self::Wrong,
            Fault::Died => Self::Died,
        }
    }
}

impl fmt::Display for Retirement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Run(error) => write!(f, "the device failed again and again ({error})"),
            Self::NotFinite => write!(f, "the device's answers were no numbers, again and again"),
            Self::Wrong => write!(
                f,
                "the device's answers were not those of the network, again and again"
            ),
            Self::Silent => write!(f, "the device has not answered for a second"),
            Self::Died => write!(f, "the device's kernel crashed"),
        }?;
        write!(f, "; the CPU plays on alone")
    }
}
