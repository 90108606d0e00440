//! The program: values, operations, inputs and outputs.

use crate::{CheckError, Op, TensorType, Weights, check};

/// A value of one program. Using it with another program is an error that the checker finds as far
/// as the types differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ValueId(u32);

impl ValueId {
    /// The value at `index` of [`ProgramParts::values`].
    #[must_use]
    pub fn from_index(index: u32) -> Self {
        Self(index)
    }

    /// Its place in [`Program::values`].
    #[must_use]
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// A named, typed value: an input or the result of an operation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Value {
    /// Unique name: an ASCII letter or `_`, then letters, digits and `_`.
    pub name: String,
    /// Its type.
    pub ty: TensorType,
}

/// One statement: `result = op(...)`.
#[derive(Clone, Debug, PartialEq)]
pub struct Operation {
    /// What is computed.
    pub op: Op,
    /// The value it defines.
    pub result: ValueId,
}

/// A program that nobody has checked yet.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ProgramParts {
    /// Every value with its declared type.
    pub values: Vec<Value>,
    /// The function's inputs, in order.
    pub inputs: Vec<ValueId>,
    /// Statements in order of execution.
    pub operations: Vec<Operation>,
    /// The function's outputs, in order.
    pub outputs: Vec<ValueId>,
    /// Pairs printed as `buildInfo`; free text that also tells compiled caches apart.
    pub build_info: Vec<(String, String)>,
}

/// A checked program of one function, `main`. Its parts cannot be changed, so holding one is proof
/// that it checks.
#[derive(Clone, Debug, PartialEq)]
pub struct Program {
    parts: ProgramParts,
}

impl Program {
    /// Checks `parts` and seals them.
    ///
    /// # Errors
    /// The first fault found, in the order of the statements.
    pub fn from_parts(parts: ProgramParts) -> Result<Self, CheckError> {
        check::check(&parts)?;
        Ok(Self { parts })
    }

    /// Gives the parts back, to be changed and sealed again.
    #[must_use]
    pub fn into_parts(self) -> ProgramParts {
        self.parts
    }

    /// Checks every constant that stands in the blob against `weights`: its record exists, and has
    /// the declared type and number of elements.
    ///
    /// # Errors
    /// [`CheckError::Blob`] or [`CheckError::BlobType`] for the first constant that does not fit.
    pub fn check_weights(&self, weights: &Weights) -> Result<(), CheckError> {
        check::check_weights(&self.parts, weights)
    }

    /// Every value.
    #[must_use]
    pub fn values(&self) -> &[Value] {
        &self.parts.values
    }

    /// The function's inputs, in order.
    #[must_use]
    pub fn inputs(&self) -> &[ValueId] {
        &self.parts.inputs
    }

    /// Statements in order of execution.
    #[must_use]
    pub fn operations(&self) -> &[Operation] {
        &self.parts.operations
    }

    /// The function's outputs, in order.
    #[must_use]
    pub fn outputs(&self) -> &[ValueId] {
        &self.parts.outputs
    }

    /// Pairs printed as `buildInfo`.
    #[must_use]
    pub fn build_info(&self) -> &[(String, String)] {
        &self.parts.build_info
    }

    /// The value named by `id`; `None` if `id` belongs to a larger program.
    #[must_use]
    pub fn value(&self, id: ValueId) -> Option<&Value> {
        self.parts.values.get(id.index())
    }

    /// The type of `id`; `None` if `id` belongs to a larger program.
    #[must_use]
    pub fn type_of(&self, id: ValueId) -> Option<&TensorType> {
        self.value(id).map(|value| &value.ty)
    }

    /// The operation that defines `id`; `None` for an input.
    #[must_use]
    pub fn definition(&self, id: ValueId) -> Option<&Op> {
        let mut operations = self.parts.operations.iter();
        operations
            .find(|operation| operation.result == id)
            .map(|operation| &operation.op)
    }
}
