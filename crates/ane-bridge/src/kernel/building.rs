//! From a program's text to a kernel.

use super::held::Held;
use super::{AneKernel, Tensor, refused_at};
use crate::ane::Session;
use crate::attributes::{self, TensorStatus};
use crate::compile_budget;
use crate::error::{AneError, Direction, Stage};
use crate::io_spec::{IoSpec, TensorSpec};
use crate::layout::Layout;
use crate::model_folder::ModelFolder;
use crate::qos::Qos;
use crate::sys::Value;
use std::sync::Arc;
use std::time::Duration;

/// The daemon sometimes refuses a program that it takes a moment later (maderix/ANE, tmc/apple).
const PAUSE_BEFORE_RETRY: Duration = Duration::from_millis(100);

/// Small surfaces have been refused, larger ones than needed never (Orion).
const LEAST_SURFACE_BYTES: usize = 65_536;

impl AneKernel {
    pub(crate) fn build(
        session: Arc<Session>,
        qos: Qos,
        text: &[u8],
        weights: Option<&[u8]>,
        io: &IoSpec,
    ) -> Result<Self, AneError> {
        check_program(text, weights)?;
        let model = session
            .runtime
            .model(text, weights)
            .map_err(refused_at(Stage::Describe))?;
        let folder = ModelFolder::new(model.identifier().as_deref(), model.folder())?;
        let mut held = Held::new(session.clone(), qos, model);
        let folder = held.folder.insert(folder);

        // Taken after `held` is made, and so given back before it is torn down.
        let files = session.hold_files();
        folder.write(&*session.runtime, text, weights)?;
        bring_up(&mut held, text, weights)?;
        drop(files);

        let attributes = held.model()?.attributes();
        let inputs = place(Direction::Input, io.inputs(), &attributes)?;
        let outputs = place(Direction::Output, io.outputs(), &attributes)?;
        bind(&mut held, io, &inputs, &outputs)?;
        Ok(Self {
            held,
            inputs,
            outputs,
        })
    }
}

/// What the runtime would answer with a crash or in silence.
fn check_program(text: &[u8], weights: Option<&[u8]>) -> Result<(), AneError> {
    let what = if text.is_empty() {
        "the program's text is empty; pass the MIL text itself, not a path"
    } else if std::str::from_utf8(text).is_err() {
        "the program's text is not UTF-8; pass the MIL text itself, not a compiled model"
    } else if weights.is_some_and(<[u8]>::is_empty) {
        "the weights are empty; pass None for a program without weights"
    } else {
        return Ok(());
    };
    Err(AneError::Program {
        what: what.to_owned(),
    })
}

/// Loads the program: as the system has it, or compiled anew.
fn bring_up(held: &mut Held, text: &[u8], weights: Option<&[u8]>) -> Result<(), AneError> {
    if held.model()?.is_compiled() && load(held, text, weights).is_ok() {
        return Ok(());
    }
    compile(held, text, weights)?;
    load(held, text, weights)
}

fn compile(held: &mut Held, text: &[u8], weights: Option<&[u8]>) -> Result<(), AneError> {
    let once = |held: &mut Held| {
        if !held.session.budget.take() {
            return Err(AneError::CompileLimit {
                limit: compile_budget::LIMIT,
            });
        }
        Ok(held.compile())
    };
    let mut answer = once(held)?;
    if answer.is_err() && restore_files(held, text, weights)? {
        answer = once(held)?;
    }
    answer.map_err(refused_at(Stage::Compile))
}

fn load(held: &mut Held, text: &[u8], weights: Option<&[u8]>) -> Result<(), AneError> {
    if held.load().is_ok() {
        return Ok(());
    }
    held.session.runtime.pause(PAUSE_BEFORE_RETRY);
    restore_files(held, text, weights)?;
    held.load().map_err(refused_at(Stage::Load))
}

/// Writes the files again where another process took them away, and says whether it had.
fn restore_files(held: &Held, text: &[u8], weights: Option<&[u8]>) -> Result<bool, AneError> {
    match &held.folder {
        Some(folder) if !folder.is_intact(text, weights) => {
            folder.write(&*held.session.runtime, text, weights)?;
            Ok(true)
        }
        _ => Ok(false),
    }
}

/// Where each tensor of `specs` lies, by the runtime's account, and its place in the request.
fn place(
    direction: Direction,
    specs: &[TensorSpec],
    attributes: &Value,
) -> Result<Vec<Tensor>, AneError> {
    let found = attributes::tensors(attributes, direction)?;
    if found.len() != specs.len() {
        return Err(AneError::Layout {
            what: format!(
                "the compiled program has {} {direction}s, and {} were announced",
                found.len(),
                specs.len()
            ),
        });
    }
    let mut names: Vec<&str> = specs.iter().map(TensorSpec::name).collect();
    names.sort_unstable();
    specs
        .iter()
        .map(|spec| {
            let status = status_of(direction, spec, &found)?;
            let layout = Layout::new(direction, spec, status)?;
            let slot = names
                .iter()
                .position(|&name| name == spec.name())
                .unwrap_or_default();
            Ok(Tensor { layout, slot })
        })
        .collect()
}

/// The record of `spec`. A single tensor needs no name to be known by.
fn status_of<'a>(
    direction: Direction,
    spec: &TensorSpec,
    found: &'a [TensorStatus],
) -> Result<&'a TensorStatus, AneError> {
    if let [only] = found {
        return Ok(only);
    }
    let named = found.iter().find(|status| status.name == spec.name());
    named.ok_or_else(|| {
        let names: Vec<&str> = found.iter().map(|status| status.name.as_str()).collect();
        AneError::Layout {
            what: format!(
                "the compiled program has no {direction} {:?}, only {}",
                spec.name(),
                names.join(", ")
            ),
        }
    })
}

/// Makes the surfaces, all of one side equally large, checks and zeroes them.
fn bind(
    held: &mut Held,
    io: &IoSpec,
    inputs: &[Tensor],
    outputs: &[Tensor],
) -> Result<(), AneError> {
    let sizes = |tensors: &[Tensor]| {
        let needed = tensors.iter().map(|tensor| tensor.layout.bytes()).max();
        vec![needed.unwrap_or_default().max(LEAST_SURFACE_BYTES); tensors.len()]
    };
    let model = held.model()?;
    model
        .bind(&sizes(inputs), &sizes(outputs))
        .map_err(refused_at(Stage::Bind))?;
    for (direction, tensors) in [(Direction::Input, inputs), (Direction::Output, outputs)] {
        for (spec, tensor) in io.side(direction).iter().zip(tensors) {
            let asked = tensor.layout.bytes();
            let got = held.model()?.surface_bytes(direction, tensor.slot);
            if got < asked {
                return Err(AneError::SurfaceTooSmall {
                    direction,
                    tensor: spec.name().to_owned(),
                    asked,
                    got,
                });
            }
            held.edit(direction, tensor.slot, |bytes| bytes.fill(0))?;
        }
    }
    Ok(())
}
