//! Systems without Core ML.

use std::path::Path;

use mil::Program;

use super::{Loaded, Refusal, Runtime};

const WHY: &str =
    "Core ML is on macOS only, and this program was built for another system; use the CPU here";

/// This system, which is not Apple's.
#[derive(Debug)]
pub(in super::super) struct System;

impl Runtime for System {
    fn availability(&self) -> Result<(), &'static str> {
        Err(WHY)
    }

    fn load(&self, _package: &Path, _program: &Program) -> Result<Loaded, Refusal> {
        Err(Refusal {
            doing: "load a model",
            code: 0,
            text: WHY.to_owned(),
        })
    }
}
