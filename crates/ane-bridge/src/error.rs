//! What can go wrong, each with what to do about it.

use crate::Unavailable;
use std::fmt;
use std::path::PathBuf;
use thiserror::Error;

/// Why a program was not compiled or a kernel did not do what it was asked.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum AneError {
    /// The program was built for another system than macOS.
    #[error(
        "the Neural Engine can only be reached on macOS, and this program was built for another system; use the CPU here"
    )]
    Unsupported,
    /// macOS, but no Neural Engine that can be reached.
    #[error(transparent)]
    Unavailable(Unavailable),
    /// The runtime answered NO.
    #[error("the Neural Engine's runtime refused to {stage} ({}); {hint}", told(.error.as_ref()))]
    Refused {
        /// What it was asked to do.
        stage: Stage,
        /// The system's own error, where it gave one.
        error: Option<ForeignError>,
        /// What to do about it.
        hint: &'static str,
    },
    /// Not a program that could be compiled: found before the runtime was asked.
    #[error("{what}")]
    Program {
        /// What is wrong, and what to do.
        what: String,
    },
    /// An [`IoSpec`](crate::IoSpec) that describes no tensors that there could be.
    #[error("{what}")]
    Spec {
        /// What is wrong, and what to do.
        what: String,
    },
    /// The runtime's own description of a tensor's bytes is missing, makes no sense or contradicts the
    /// [`IoSpec`](crate::IoSpec). Nothing was written or read.
    #[error(
        "{what}; values would land in wrong places, so this program is not run on the Neural Engine"
    )]
    Layout {
        /// What is wrong.
        what: String,
    },
    /// The program's files could not be written to, or removed from, the temporary folder.
    #[error("cannot {doing} {}: {source}; {hint}", .path.display())]
    Folder {
        /// `write`, `make` or `remove`.
        doing: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
        /// What to do about it.
        hint: &'static str,
    },
    /// The runtime names a folder that nothing should be written to.
    #[error(
        "the runtime wants the program's files in {folder:?}, which is no folder of the program's own; nothing was written, please report the macOS version"
    )]
    StrangeFolder {
        /// What it named, if anything.
        folder: Option<PathBuf>,
    },
    /// This process has compiled as many programs as it may: [`COMPILE_LIMIT`](crate::COMPILE_LIMIT).
    #[error(
        "this process has compiled {limit} programs, and the runtime fails silently not far above; keep kernels instead of compiling anew, or start the process again"
    )]
    CompileLimit {
        /// How many it has compiled.
        limit: u32,
    },
    /// The system gave less memory for a tensor than it was asked for.
    #[error(
        "the system gave {got} bytes for the {direction} {tensor:?} and not the {asked} asked for; free memory and compile again"
    )]
    SurfaceTooSmall {
        /// Which side.
        direction: Direction,
        /// Which tensor.
        tensor: String,
        /// Bytes asked for.
        asked: usize,
        /// Bytes given.
        got: usize,
    },
    /// There is no tensor with this index.
    #[error("there is no {direction} {index}: the program was compiled with {count}")]
    NoSuchTensor {
        /// Which side.
        direction: Direction,
        /// The index asked for.
        index: usize,
        /// How many there are.
        count: usize,
    },
    /// A slice of another length than its tensor.
    #[error(
        "{direction} {index} has {expected} values, and the slice has {got}; pass all of N x C x H x W, packed"
    )]
    WrongLength {
        /// Which side.
        direction: Direction,
        /// Which tensor.
        index: usize,
        /// Values of the tensor.
        expected: usize,
        /// Values of the slice.
        got: usize,
    },
    /// An earlier evaluation never came back in order, so the hardware may still be writing. The kernel
    /// answers nothing else any more, and its memory is never given back.
    #[error(
        "an earlier evaluation of this kernel timed out or was torn off and may still be running; drop this kernel, compile another or go on with the CPU"
    )]
    Abandoned,
    /// It evaluated without complaint, but the answer is not the expected one.
    #[error("{0}; do not use the Neural Engine for this program here, use the CPU")]
    Wrong(WrongAnswer),
}

impl From<Unavailable> for AneError {
    fn from(why: Unavailable) -> Self {
        match why {
            Unavailable::Unsupported => Self::Unsupported,
            other => Self::Unavailable(other),
        }
    }
}

/// How an answer is wrong that came without an error.
#[derive(Clone, Debug, PartialEq, Error)]
#[non_exhaustive]
pub enum WrongAnswer {
    /// Nothing was written at all.
    #[error("the Neural Engine reported success and wrote nothing to output {output}")]
    Untouched {
        /// Which output.
        output: usize,
    },
    /// All zeros where other values were expected, as has been seen of rows below 64 bytes.
    #[error("the Neural Engine reported success and wrote only zeros to output {output}")]
    Zeros {
        /// Which output.
        output: usize,
    },
    /// A NaN or an infinity.
    #[error("the Neural Engine wrote {got} to output {output} at {at}, where {expected} belongs")]
    NotFinite {
        /// Which output.
        output: usize,
        /// Index of the value in the packed tensor.
        at: usize,
        /// What it wrote.
        got: f32,
        /// What was expected.
        expected: f32,
    },
    /// A value off by more than the tolerance.
    #[error(
        "the Neural Engine wrote {got} to output {output} at {at}, where {expected} belongs: further off than the tolerance"
    )]
    Differs {
        /// Which output.
        output: usize,
        /// Index of the worst value in the packed tensor.
        at: usize,
        /// What it wrote.
        got: f32,
        /// What was expected.
        expected: f32,
    },
}

/// What the runtime was asked to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Stage {
    /// Take the program's text and weights.
    Describe,
    /// Compile it.
    Compile,
    /// Load it onto the hardware.
    Load,
    /// Make the shared memory and the request.
    Bind,
    /// Lend the shared memory to the processor.
    Lock,
    /// Run it.
    Evaluate,
    /// Take it off the hardware.
    Unload,
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Describe => "take the program",
            Self::Compile => "compile the program",
            Self::Load => "load the program",
            Self::Bind => "make a request",
            Self::Lock => "lend the memory of a tensor",
            Self::Evaluate => "evaluate the program",
            Self::Unload => "unload the program",
        })
    }
}

/// Which side of a program a tensor is on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Direction {
    /// What is written before an evaluation.
    Input,
    /// What is read after it.
    Output,
}

impl fmt::Display for Direction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Input => "input",
            Self::Output => "output",
        })
    }
}

/// An error of the system (`NSError`), word for word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ForeignError {
    /// Who says so, as `com.apple.appleneuralengine`.
    pub domain: String,
    /// The domain's number for it.
    pub code: i64,
    /// The localised description, and those of the errors beneath it.
    pub text: String,
}

impl fmt::Display for ForeignError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}: {}", self.domain, self.code, self.text)
    }
}

fn told(error: Option<&ForeignError>) -> String {
    error.map_or_else(|| "it does not say why".to_owned(), ToString::to_string)
}
