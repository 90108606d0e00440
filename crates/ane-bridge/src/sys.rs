//! The seam between the rules of this crate and a runtime that obeys or breaks them.
//!
//! Above it everything is portable and tested; beneath it [`apple`] only translates.

use crate::availability::{AneInfo, Unavailable};
use crate::error::{Direction, ForeignError};
use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

#[cfg(target_os = "macos")]
#[allow(unsafe_code)]
mod apple;
#[cfg(any(test, feature = "fake"))]
#[allow(missing_docs)]
pub mod fake;
#[cfg(not(target_os = "macos"))]
mod unsupported;

#[cfg(target_os = "macos")]
pub(crate) use apple::System;
#[cfg(not(target_os = "macos"))]
pub(crate) use unsupported::System;

/// A NO, with the `NSError` that came with it if one did.
pub(crate) type Refusal = Option<ForeignError>;

/// What a machine says about itself; `None` where it does not.
#[derive(Clone, Debug, Default)]
pub(crate) struct Machine {
    pub(crate) has_engine: Option<bool>,
    pub(crate) is_virtual: Option<bool>,
    pub(crate) info: AneInfo,
}

/// A property list in plain Rust.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(
    not(any(target_os = "macos", test, feature = "fake")),
    expect(dead_code, reason = "no system here has anything to say")
)]
pub(crate) enum Value {
    Integer(i64),
    Text(String),
    List(Vec<Value>),
    Dictionary(BTreeMap<String, Value>),
    /// Nothing, or something of another kind.
    Other,
}

/// A way to models.
pub(crate) trait Runtime: Send + Sync {
    /// Finds the framework and all that will be asked of it.
    fn probe(&self) -> Result<Machine, Unavailable>;

    /// A model of the text and the weights, neither compiled nor loaded.
    fn model(&self, text: &[u8], weights: Option<&[u8]>) -> Result<Box<dyn Model>, Refusal>;

    /// A new file to write to, in the model's folder.
    fn create(&self, path: &Path) -> io::Result<Box<dyn Write>> {
        Ok(Box::new(std::fs::File::create(path)?))
    }

    /// Lets the system catch its breath.
    fn pause(&self, time: Duration) {
        std::thread::sleep(time);
    }
}

/// A model with, once bound, its surfaces and its one request. Its quality of service is a number.
pub(crate) trait Model: Send {
    /// The name made of the content's hashes.
    fn identifier(&self) -> Option<String>;

    /// Where the compiler looks for the files.
    fn folder(&self) -> Option<PathBuf>;

    /// Whether the system has it compiled already.
    fn is_compiled(&self) -> bool;

    /// Compiles what is in the folder.
    fn compile(&mut self, qos: u32) -> Result<(), Refusal>;

    /// Loads what was compiled.
    fn load(&mut self, qos: u32) -> Result<(), Refusal>;

    /// What the runtime says about the loaded model.
    fn attributes(&self) -> Value;

    /// Makes surfaces of at least these many bytes, in this order, and the request over them.
    fn bind(&mut self, inputs: &[usize], outputs: &[usize]) -> Result<(), Refusal>;

    /// How many bytes a surface really has.
    fn surface_bytes(&self, direction: Direction, slot: usize) -> usize;

    /// Lends a surface's bytes to be changed. Never called while an evaluation may be under way.
    fn edit(
        &mut self,
        direction: Direction,
        slot: usize,
        edit: &mut dyn FnMut(&mut [u8]),
    ) -> Result<(), Refusal>;

    /// Lends a surface's bytes to be read. Never called while an evaluation may be under way.
    fn view(
        &self,
        direction: Direction,
        slot: usize,
        view: &mut dyn FnMut(&[u8]),
    ) -> Result<(), Refusal>;

    /// Runs the request and waits for its end.
    fn evaluate(&mut self, qos: u32) -> Result<(), Refusal>;

    /// Takes the model off the hardware.
    fn unload(&mut self, qos: u32) -> Result<(), Refusal>;
}
