//! A program on the Neural Engine.

mod building;
mod held;

use crate::Ane;
use crate::error::{AneError, Direction, Stage};
use crate::hint::refused;
use crate::io_spec::IoSpec;
use crate::layout::{Layout, Strides};
use crate::self_test::{Tolerance, UNTOUCHED, judge};
use half::f16;
use held::Held;
use std::fmt;
use std::time::Duration;

/// A compiled and loaded program with the memory of its inputs and outputs.
///
/// The memory is shared with the hardware and zeroed when the kernel is made; inputs keep what was
/// written to them, so only what changes must be written again. The weights are part of the compiled
/// program: other weights need another kernel.
///
/// # Threads
/// It may be moved to another thread (it is `Send`), but is used from one at a time (it is not `Sync`).
/// Kernels do not disturb each other.
///
/// # Realtime safety
/// Not for a realtime thread: evaluating blocks (0.1 to 0.4 ms as a rule, with no bound), and the system
/// allocates and locks. Give the kernel a thread of its own. The first evaluations after compiling are
/// slower; run about ten before time matters.
pub struct AneKernel {
    held: Held,
    inputs: Vec<Tensor>,
    outputs: Vec<Tensor>,
}

/// How a kernel came to be ready.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Preparation {
    /// How long the system took to compile the program; `None` where it had it compiled already.
    pub compile: Option<Duration>,
    /// How long it took to load it, pauses and refusals before that left out.
    pub load: Duration,
}

/// A tensor's place.
#[derive(Debug)]
struct Tensor {
    layout: Layout,
    /// Its surface's index in the request.
    slot: usize,
}

impl AneKernel {
    /// Compiles the MIL program `mil` (UTF-8 text) and loads it, or loads what the system compiled in an
    /// earlier run. `weights` is the blob file that the program names
    /// `@model_path/weights/weight.bin`; `io` names its inputs and outputs, all FP16.
    ///
    /// Takes some tens of milliseconds, longer the first time, and writes to the temporary folder.
    ///
    /// # Errors
    /// [`AneError::Unsupported`] and [`AneError::Unavailable`] where there is no Neural Engine;
    /// [`AneError::Program`] for text or weights that cannot be right; [`AneError::Refused`] with the
    /// system's own words; [`AneError::Folder`] and [`AneError::StrangeFolder`] about the files;
    /// [`AneError::CompileLimit`]; [`AneError::Layout`] where the runtime's description of the tensors is
    /// missing, absurd or another than `io`'s; [`AneError::SurfaceTooSmall`].
    pub fn compile(mil: &[u8], weights: Option<&[u8]>, io: &IoSpec) -> Result<Self, AneError> {
        Ane::system().compile(mil, weights, io)
    }

    /// Sets input `i`: all of its N x C x H x W values, packed.
    ///
    /// # Errors
    /// [`AneError::NoSuchTensor`], [`AneError::WrongLength`], [`AneError::Abandoned`], or
    /// [`AneError::Refused`] where the system does not lend the memory.
    pub fn write_input_f16(&mut self, i: usize, src: &[f16]) -> Result<(), AneError> {
        let tensor = find(Direction::Input, &self.inputs, i, src.len())?;
        self.held.edit(Direction::Input, tensor.slot, |bytes| {
            tensor.layout.pack(src, bytes);
        })
    }

    /// Runs the program on what the inputs hold and waits until the outputs are there.
    ///
    /// That it succeeds does not prove the answer right: see [`AneKernel::self_test`].
    ///
    /// # Errors
    /// [`AneError::Refused`], after which the outputs hold anything; [`AneError::Abandoned`] where an
    /// earlier evaluation timed out.
    pub fn eval(&mut self) -> Result<(), AneError> {
        self.held.evaluate()
    }

    /// Reads output `i`: all of its N x C x H x W values, packed. Before the first evaluation they are
    /// zeros.
    ///
    /// # Errors
    /// As [`AneKernel::write_input_f16`]; `dst` is then untouched.
    pub fn read_output_f16(&self, i: usize, dst: &mut [f16]) -> Result<(), AneError> {
        let tensor = find(Direction::Output, &self.outputs, i, dst.len())?;
        self.held.view(Direction::Output, tensor.slot, |bytes| {
            tensor.layout.unpack(bytes, dst);
        })
    }

    /// Where the runtime says that input `i`'s values lie; `None` where there is no such input.
    #[must_use]
    pub fn input_strides(&self, i: usize) -> Option<Strides> {
        self.inputs.get(i).map(|tensor| tensor.layout.strides())
    }

    /// As [`AneKernel::input_strides`], of output `i`.
    #[must_use]
    pub fn output_strides(&self, i: usize) -> Option<Strides> {
        self.outputs.get(i).map(|tensor| tensor.layout.strides())
    }

    /// Whether the program was compiled or found in the system's cache, and how long that took.
    #[must_use]
    pub fn preparation(&self) -> Preparation {
        Preparation {
            compile: self.held.compile,
            load: self.held.load,
        }
    }

    /// Whether an evaluation timed out or was torn off, so that this kernel answers
    /// [`AneError::Abandoned`] from now on.
    #[must_use]
    pub fn is_abandoned(&self) -> bool {
        self.held.is_abandoned()
    }

    /// Evaluates `inputs` and compares the outputs with `expected`, which somebody else computed.
    ///
    /// Most that goes wrong on the Neural Engine goes wrong in silence: zeros, nothing at all, values in
    /// wrong places. So do this after compiling, with inputs that are not all alike. The outputs are
    /// filled with a NaN first, so that one which is not written is found. Allocates.
    ///
    /// # Errors
    /// [`AneError::Wrong`] with the first output that is; those of writing, evaluating and reading;
    /// [`AneError::NoSuchTensor`] and [`AneError::WrongLength`] where the slices do not fit the tensors.
    pub fn self_test(
        &mut self,
        inputs: &[&[f16]],
        expected: &[&[f16]],
        tolerance: Tolerance,
    ) -> Result<(), AneError> {
        all_given(Direction::Input, inputs.len(), self.inputs.len())?;
        all_given(Direction::Output, expected.len(), self.outputs.len())?;
        for (i, expected) in expected.iter().enumerate() {
            find(Direction::Output, &self.outputs, i, expected.len())?;
        }
        for (i, input) in inputs.iter().enumerate() {
            self.write_input_f16(i, input)?;
        }
        for tensor in &self.outputs {
            let untouched = vec![UNTOUCHED; tensor.layout.values()];
            self.held.edit(Direction::Output, tensor.slot, |bytes| {
                tensor.layout.pack(&untouched, bytes);
            })?;
        }
        self.eval()?;
        for (i, expected) in expected.iter().enumerate() {
            let mut got = vec![f16::ZERO; expected.len()];
            self.read_output_f16(i, &mut got)?;
            judge(i, &got, expected, tolerance).map_err(AneError::Wrong)?;
        }
        Ok(())
    }

    /// Unloads the program and removes its files, which dropping does too, but without telling.
    ///
    /// # Errors
    /// [`AneError::Refused`] where the system does not unload it, [`AneError::Folder`] where its files
    /// stay, [`AneError::Abandoned`] where neither was tried because an evaluation may still be running.
    pub fn close(mut self) -> Result<(), AneError> {
        self.held.tear_down()
    }
}

impl fmt::Debug for AneKernel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AneKernel")
            .field("inputs", &self.inputs)
            .field("outputs", &self.outputs)
            .finish_non_exhaustive()
    }
}

/// Tensor `index` of a side, if a slice of `values` values is one for it.
fn find(
    direction: Direction,
    tensors: &[Tensor],
    index: usize,
    values: usize,
) -> Result<&Tensor, AneError> {
    let count = tensors.len();
    let tensor = tensors.get(index).ok_or(AneError::NoSuchTensor {
        direction,
        index,
        count,
    })?;
    let expected = tensor.layout.values();
    if values != expected {
        return Err(AneError::WrongLength {
            direction,
            index,
            expected,
            got: values,
        });
    }
    Ok(tensor)
}

/// Whether there is one slice for each tensor.
fn all_given(direction: Direction, given: usize, count: usize) -> Result<(), AneError> {
    if given == count {
        return Ok(());
    }
    Err(AneError::NoSuchTensor {
        direction,
        // The first that one side has and the other has not.
        index: given.min(count),
        count,
    })
}

/// For `map_err`.
fn refused_at(stage: Stage) -> impl FnOnce(crate::sys::Refusal) -> AneError {
    move |error| refused(stage, error)
}
