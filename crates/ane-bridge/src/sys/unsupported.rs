//! Systems without a Neural Engine to be reached.

use super::{Machine, Model, Refusal, Runtime};
use crate::availability::Unavailable;

/// This system, which is not Apple's.
#[derive(Debug)]
pub(crate) struct System;

impl Runtime for System {
    fn probe(&self) -> Result<Machine, Unavailable> {
        Err(Unavailable::Unsupported)
    }

    fn model(&self, _text: &[u8], _weights: Option<&[u8]>) -> Result<Box<dyn Model>, Refusal> {
        Err(None)
    }
}
