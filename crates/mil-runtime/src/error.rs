//! Errors of preparing and of running.

use mil::CheckError;
use mil::blob::BlobError;

/// Why a device cannot run a program. Made while preparing, never on the audio thread.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DeviceError {
    /// The program's blob constants do not fit the weights.
    #[error("program and weights do not belong together: {0}")]
    Weights(#[from] CheckError),
    /// The blob itself is damaged.
    #[error("the weights cannot be read: {0}")]
    Blob(#[from] BlobError),
    /// A device that this machine has not got, or that cannot be reached.
    #[error("device `{device}` cannot be used: {reason}")]
    Unavailable {
        /// The device's name.
        device: &'static str,
        /// Why, and what would do.
        reason: String,
    },
    /// A device that accepted the program in none of the forms in which it was offered.
    #[error("device `{device}` takes no form of the program: {reason}")]
    Refused {
        /// The device's name.
        device: &'static str,
        /// Why each of them was refused.
        reason: String,
    },
    /// An operation the device has not got.
    #[error("device `{device}` cannot run `{operation}`: {reason}")]
    Unsupported {
        /// The device's name.
        device: &'static str,
        /// The result's name.
        operation: String,
        /// Why, and what would do.
        reason: String,
    },
    /// A program that does not treat every column alike and apart.
    #[error(
        "`{value}` makes this no column program: {reason}; prepare it with Device::prepare instead"
    )]
    NotColumns {
        /// The value at fault.
        value: String,
        /// Why.
        reason: String,
    },
    /// Layers that do not fit together.
    #[error("layer {layer} of the chain: {reason}")]
    Chain {
        /// Number of the layer, from 0.
        layer: usize,
        /// What is wrong.
        reason: String,
    },
    /// More memory than there is.
    #[error(
        "no memory for the {elements} elements of `{value}`: use a smaller program or fewer columns"
    )]
    Memory {
        /// The value's name.
        value: String,
        /// Its number of elements.
        elements: usize,
    },
    /// Room for no column, or for more than can be addressed.
    #[error("max_columns is {got}: ask for at least 1 and for less than memory holds")]
    MaxColumns {
        /// What was asked for.
        got: usize,
    },
}

/// Why a run did not happen. Small and `Copy`, so that the audio thread can hand it on; the outputs
/// are untouched.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RunError {
    /// More columns than prepared for.
    #[error("{got} columns, but the kernel was prepared for at most {max}")]
    TooManyColumns {
        /// `max_columns` of `prepare_columns`.
        max: usize,
        /// Columns asked for.
        got: usize,
    },
    /// An input buffer of the wrong length.
    #[error("the input holds {got} elements, it must hold {expected}")]
    InputLength {
        /// Channels times columns.
        expected: usize,
        /// Length given.
        got: usize,
    },
    /// An output buffer of the wrong length.
    #[error("the output holds {got} elements, it must hold {expected}")]
    OutputLength {
        /// Channels times columns.
        expected: usize,
        /// Length given.
        got: usize,
    },
    /// The wrong number of input tensors.
    #[error("{got} inputs, the program has {expected}")]
    InputCount {
        /// Inputs of the program.
        expected: usize,
        /// Inputs given.
        got: usize,
    },
    /// The wrong number of output tensors.
    #[error("{got} outputs, the program has {expected}")]
    OutputCount {
        /// Outputs of the program.
        expected: usize,
        /// Outputs given.
        got: usize,
    },
    /// An input tensor of another shape than the program's.
    #[error("input {index} has another shape than the program declares")]
    InputShape {
        /// Number of the input, from 0.
        index: usize,
    },
    /// An output tensor of another shape than the program's.
    #[error("output {index} has another shape than the program declares")]
    OutputShape {
        /// Number of the output, from 0.
        index: usize,
    },
    /// A view whose data does not fill its shape.
    #[error("the view's data holds {got} elements, its shape {expected}")]
    ViewLength {
        /// Elements of the shape.
        expected: usize,
        /// Elements given.
        got: usize,
    },
    /// Hardware outside this process failed or refused.
    #[error("the device failed with code {code}")]
    Device {
        /// The device's own code.
        code: i32,
    },
}
