//! Names and shapes of a program's tensors, as its author knows them.

use crate::error::{AneError, Direction};

/// Largest size along one axis that the Neural Engine takes.
pub const MAX_DIMENSION: usize = 16_384;
/// Most tensors on one side of a request.
pub const MAX_TENSORS: usize = 255;
/// No network that runs here needs more values in one tensor; sizes in bytes then fit everywhere.
const MOST_VALUES: usize = 1 << 28;

/// A tensor of FP16 values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TensorSpec {
    name: String,
    shape: [usize; 4],
}

impl TensorSpec {
    /// The tensor `name` of the program, of `shape` N, C, H, W (batch, channels, height, width).
    #[must_use]
    pub fn new(name: &str, shape: [usize; 4]) -> Self {
        Self {
            name: name.to_owned(),
            shape,
        }
    }

    /// Its name in the program.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Batch, channels, height, width.
    #[must_use]
    pub fn shape(&self) -> [usize; 4] {
        self.shape
    }

    /// How many values it has.
    #[must_use]
    pub fn values(&self) -> usize {
        self.shape.iter().product()
    }
}

/// What goes into a program and what comes out. The order is the caller's; the index of a tensor here
/// is the one that [`AneKernel`](crate::AneKernel) takes.
///
/// One input and one output is what works everywhere. Several are bound in alphabetical order, which is
/// what is reported to work; whether it does on a certain machine only
/// [`self_test`](crate::AneKernel::self_test) can tell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IoSpec {
    inputs: Vec<TensorSpec>,
    outputs: Vec<TensorSpec>,
}

impl IoSpec {
    /// The program's inputs and outputs.
    ///
    /// # Errors
    /// [`AneError::Spec`] where there is none on a side or more than [`MAX_TENSORS`], where a size is 0
    /// or above [`MAX_DIMENSION`], or where two have one name.
    pub fn new(
        inputs: impl Into<Vec<TensorSpec>>,
        outputs: impl Into<Vec<TensorSpec>>,
    ) -> Result<Self, AneError> {
        let io = Self {
            inputs: inputs.into(),
            outputs: outputs.into(),
        };
        for direction in [Direction::Input, Direction::Output] {
            check(direction, io.side(direction)).map_err(|what| AneError::Spec { what })?;
        }
        Ok(io)
    }

    /// The inputs, in the caller's order.
    #[must_use]
    pub fn inputs(&self) -> &[TensorSpec] {
        &self.inputs
    }

    /// The outputs, in the caller's order.
    #[must_use]
    pub fn outputs(&self) -> &[TensorSpec] {
        &self.outputs
    }

    pub(crate) fn side(&self, direction: Direction) -> &[TensorSpec] {
        match direction {
            Direction::Input => &self.inputs,
            Direction::Output => &self.outputs,
        }
    }
}

fn check(direction: Direction, tensors: &[TensorSpec]) -> Result<(), String> {
    if tensors.is_empty() || tensors.len() > MAX_TENSORS {
        return Err(format!(
            "a program has 1 to {MAX_TENSORS} {direction}s, not {}; describe each of them once",
            tensors.len()
        ));
    }
    for (i, tensor) in tensors.iter().enumerate() {
        let TensorSpec { name, shape } = tensor;
        if name.is_empty() {
            return Err(format!(
                "{direction} {i} has no name; give it the one it has in the program"
            ));
        }
        if shape.iter().any(|size| !(1..=MAX_DIMENSION).contains(size)) {
            return Err(format!(
                "the {direction} {name:?} has the shape {shape:?}, and every size must be 1 to {MAX_DIMENSION}"
            ));
        }
        // Each is at most 2^14, so the product fits into 64 bits.
        let values: u64 = shape.iter().map(|&size| size as u64).product();
        if values > MOST_VALUES as u64 {
            return Err(format!(
                "the {direction} {name:?} of shape {shape:?} has {values} values, and {MOST_VALUES} is the most; split it"
            ));
        }
        if tensors[..i].iter().any(|other| other.name == *name) {
            return Err(format!(
                "two {direction}s have the name {name:?}; give each the one it has in the program"
            ));
        }
    }
    Ok(())
}
