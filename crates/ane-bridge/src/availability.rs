//! Whether there is a Neural Engine to be reached, and which.

use crate::Ane;
use thiserror::Error;

/// Why the Neural Engine cannot be reached. None of these is a defect: run the program elsewhere.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Unavailable {
    /// The program was built for another system than macOS.
    #[error(
        "the Neural Engine can only be reached on macOS, and this program was built for another system; use the CPU here"
    )]
    Unsupported,
    /// `AppleNeuralEngine.framework` cannot be loaded.
    #[error(
        "this system's AppleNeuralEngine framework cannot be loaded ({reason}); use the CPU or Core ML here, and report the macOS version, for the framework may have moved"
    )]
    NoFramework {
        /// What the loader says.
        reason: String,
    },
    /// A class of the framework is gone.
    #[error(
        "the AppleNeuralEngine framework of this macOS has no class {class}; use the CPU or Core ML here, and report the macOS version"
    )]
    NoClass {
        /// The class's name.
        class: &'static str,
    },
    /// A method of the framework is gone, or takes or gives something else than it did.
    #[error(
        "the method {method} of this macOS's AppleNeuralEngine framework is not the one that was known ({reason}); use the CPU or Core ML here, and report the macOS version"
    )]
    ChangedMethod {
        /// Class and selector.
        method: String,
        /// What differs.
        reason: String,
    },
    /// A virtual machine, which has no way to its host's Neural Engine.
    #[error(
        "this macOS is a virtual machine, from which the Neural Engine cannot be used; run on the machine itself, or use the CPU"
    )]
    VirtualMachine,
    /// A machine without a Neural Engine: a Mac with an Intel processor.
    #[error("this machine has no Neural Engine (Macs from the M1 on have one); use the CPU")]
    NoEngine,
}

/// What the system tells about its Neural Engine. Each is `None` where it does not say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct AneInfo {
    /// Its architecture as Apple names it: `h13…` is that of the M1, `h15…` of the M3, `h16…` of the
    /// M4, `h17…` of the M5.
    pub architecture: Option<String>,
    /// How many cores it has.
    pub cores: Option<u32>,
    /// Build of the operating system, as `24G90`.
    pub build: Option<String>,
}

impl AneInfo {
    /// Asks the system. May load the framework: some milliseconds the first time.
    ///
    /// # Errors
    /// Why there is no Neural Engine to be asked about.
    pub fn probe() -> Result<Self, Unavailable> {
        Ane::system().info()
    }
}

/// Whether programs can be compiled here at all. May load the framework: some milliseconds the first
/// time. That it is available does not mean that it takes a certain program.
///
/// # Errors
/// Why not, and what to do.
pub fn availability() -> Result<(), Unavailable> {
    Ane::system().availability()
}
