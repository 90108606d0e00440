//! The seam between this device and the framework: above it everything is portable and tested, beneath it
//! [`apple`] only translates.

use std::fmt;
use std::path::Path;
use std::time::Duration;

use half::f16;
use mil::Program;

use super::report::Placement;

#[cfg(target_os = "macos")]
#[allow(unsafe_code)]
mod apple;
#[cfg(test)]
pub(super) mod fake;
#[cfg(not(target_os = "macos"))]
mod unsupported;

#[cfg(target_os = "macos")]
pub(super) use apple::System;
#[cfg(not(target_os = "macos"))]
pub(super) use unsupported::System;

/// What the framework would not do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    /// Such as "load the model".
    pub(super) doing: &'static str,
    /// The framework's code, 0 where it has none.
    pub(super) code: i32,
    /// Why, in its own words where it gave any.
    pub(super) text: String,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { doing, code, text } = self;
        write!(f, "Core ML refused to {doing} ({text}, code {code})")
    }
}

/// A model made ready.
pub(super) struct Loaded {
    pub(super) model: Box<dyn Model>,
    pub(super) compile: Duration,
    pub(super) load: Duration,
    pub(super) placement: Result<Placement, String>,
}

/// A way to models.
pub(super) trait Runtime: fmt::Debug + Send + Sync {
    /// Whether there is such a framework at all; if not, why, and what would do.
    fn availability(&self) -> Result<(), &'static str>;

    /// Compiles the package at `package`, which holds `program`, and loads it. What it compiles may be put
    /// beside the package.
    fn load(&self, package: &Path, program: &Program) -> Result<Loaded, Refusal>;
}

/// A model with the arrays of its inputs and the last answer.
pub(super) trait Model: Send {
    /// Puts packed values into an input's array.
    fn write(&mut self, slot: usize, values: &[f16]) -> Result<(), Refusal>;

    /// Predicts.
    fn predict(&mut self) -> Result<(), Refusal>;

    /// Packs the values of an output of the last prediction.
    fn read(&self, slot: usize, values: &mut [f16]) -> Result<(), Refusal>;
}
