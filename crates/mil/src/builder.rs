//! Building a program statement by statement; shapes and types are inferred.

use crate::{
    Binary, BinaryKind, CheckError, Clip, Concat, Constant, Conv, Literal, Op, Operation, Program,
    ProgramParts, TensorType, Unary, UnaryKind, Value, ValueId, check,
};

/// How a convolution's bias is written. Some compilers take only one of the two; the numbers are
/// equal but for one more rounding of the FP16 result with [`BiasForm::Add`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum BiasForm {
    /// `conv(bias = b)` with a constant `[C]`.
    #[default]
    InConv,
    /// `add(x = conv(..), y = b)` with a constant `[1, C, 1, 1]`.
    Add,
}

/// Makes a [`Program`]. Every method checks at once, so an error names the statement at fault.
#[derive(Clone, Debug)]
pub struct ProgramBuilder {
    parts: ProgramParts,
}

impl Default for ProgramBuilder {
    fn default() -> Self {
        Self::new()
    }
}

impl ProgramBuilder {
    /// A program without inputs and statements. Its `buildInfo` holds the pairs that files printed
    /// by Apple's own compiler carry; compilers read none of them.
    #[must_use]
    pub fn new() -> Self {
        let build_info = [
            ("coremlc-component-MIL", "3510.2.1"),
            ("coremlc-version", "3505.4.1"),
            ("coremltools-component-milinternal", ""),
            ("coremltools-version", "9.0"),
        ];
        let build_info = build_info
            .map(|(key, value)| (key.to_owned(), value.to_owned()))
            .to_vec();
        Self {
            parts: ProgramParts {
                build_info,
                ..ProgramParts::default()
            },
        }
    }

    /// Adds a pair to `buildInfo` or replaces its value. A unique pair makes the program another
    /// one for caches that are keyed by the text.
    pub fn build_info(&mut self, key: &str, value: &str) -> &mut Self {
        let pairs = &mut self.parts.build_info;
        match pairs.iter_mut().find(|(existing, _)| existing == key) {
            Some(pair) => pair.1 = value.to_owned(),
            None => pairs.push((key.to_owned(), value.to_owned())),
        }
        self
    }

    /// Declares an input.
    ///
    /// # Errors
    /// A bad or taken name, a scalar, an empty or huge shape, or a type that is no float.
    pub fn input(&mut self, name: &str, ty: TensorType) -> Result<ValueId, CheckError> {
        check::check_input(name, &ty)?;
        let id = self.value(name, ty)?;
        self.parts.inputs.push(id);
        Ok(id)
    }

    /// A constant written out in the text.
    ///
    /// # Errors
    /// A bad name, or a literal that is not `ty`.
    pub fn literal(
        &mut self,
        name: &str,
        ty: TensorType,
        literal: Literal,
    ) -> Result<ValueId, CheckError> {
        self.push(name, ty, Op::Const(Constant::Literal(literal)))
    }

    /// A constant in the weight blob; `offset` is that of its metadata record, as
    /// [`crate::WeightsBuilder`] returns it.
    ///
    /// # Errors
    /// A bad name, or a type that cannot stand in the blob.
    pub fn blob(&mut self, name: &str, ty: TensorType, offset: u64) -> Result<ValueId, CheckError> {
        self.push(name, ty, Op::Const(Constant::Blob { offset }))
    }

    /// A convolution.
    ///
    /// # Errors
    /// A bad name, a weight or bias that is no constant, or operands and parameters that do not fit.
    pub fn conv(&mut self, name: &str, conv: Conv) -> Result<ValueId, CheckError> {
        self.push_inferred(name, Op::Conv(conv))
    }

    /// A 1x1 convolution of `x` `[N, C, H, W]` to `outputs` channels, with weight
    /// `[outputs, C, 1, 1]` and bias in the blob at the given offsets. Its constants are called
    /// `NAME_weight` and `NAME_bias`, and with [`BiasForm::Add`] the bare convolution `NAME_conv`.
    ///
    /// # Errors
    /// A bad or taken name, or an `x` that is not of four dimensions.
    pub fn conv1x1(
        &mut self,
        name: &str,
        x: ValueId,
        outputs: usize,
        weight_offset: u64,
        bias_offset: u64,
        form: BiasForm,
    ) -> Result<ValueId, CheckError> {
        let (values, operations) = (self.parts.values.len(), self.parts.operations.len());
        let result = self.push_conv1x1(name, x, outputs, weight_offset, bias_offset, form);
        if result.is_err() {
            // A refused layer leaves no constants behind.
            self.parts.values.truncate(values);
            self.parts.operations.truncate(operations);
        }
        result
    }

    fn push_conv1x1(
        &mut self,
        name: &str,
        x: ValueId,
        outputs: usize,
        weight_offset: u64,
        bias_offset: u64,
        form: BiasForm,
    ) -> Result<ValueId, CheckError> {
        let ty = self.type_of(x)?;
        let (data_type, channels) = (ty.data_type, ty.shape.get(1).copied().unwrap_or(1));
        let ty = |shape: Vec<usize>| TensorType::new(data_type, shape);
        let weight = self.blob(
            &format!("{name}_weight"),
            ty(vec![outputs, channels, 1, 1]),
            weight_offset,
        )?;
        let bias_name = format!("{name}_bias");
        match form {
            BiasForm::InConv => {
                let bias = self.blob(&bias_name, ty(vec![outputs]), bias_offset)?;
                self.conv(
                    name,
                    Conv {
                        bias: Some(bias),
                        ..Conv::new(x, weight)
                    },
                )
            }
            BiasForm::Add => {
                let bias = self.blob(&bias_name, ty(vec![1, outputs, 1, 1]), bias_offset)?;
                let conv = self.conv(&format!("{name}_conv"), Conv::new(x, weight))?;
                self.binary(name, BinaryKind::Add, conv, bias)
            }
        }
    }

    /// A function of one tensor.
    ///
    /// # Errors
    /// A bad name, or an operand that is no float tensor.
    pub fn unary(
        &mut self,
        name: &str,
        kind: UnaryKind,
        x: ValueId,
    ) -> Result<ValueId, CheckError> {
        self.push_inferred(name, Op::Unary(Unary { kind, x }))
    }

    /// `max(x, 0)`.
    ///
    /// # Errors
    /// As [`Self::unary`].
    pub fn relu(&mut self, name: &str, x: ValueId) -> Result<ValueId, CheckError> {
        self.unary(name, UnaryKind::Relu, x)
    }

    /// A function of two tensors.
    ///
    /// # Errors
    /// A bad name, different types, or shapes that cannot be broadcast.
    pub fn binary(
        &mut self,
        name: &str,
        kind: BinaryKind,
        x: ValueId,
        y: ValueId,
    ) -> Result<ValueId, CheckError> {
        self.push_inferred(name, Op::Binary(Binary { kind, x, y }))
    }

    /// `x + y`.
    ///
    /// # Errors
    /// As [`Self::binary`].
    pub fn add(&mut self, name: &str, x: ValueId, y: ValueId) -> Result<ValueId, CheckError> {
        self.binary(name, BinaryKind::Add, x, y)
    }

    /// Limits `x` to `alpha..=beta`.
    ///
    /// # Errors
    /// A bad name, limits that are not finite or not ordered, or an `x` that is no float tensor.
    pub fn clip(
        &mut self,
        name: &str,
        x: ValueId,
        alpha: f32,
        beta: f32,
    ) -> Result<ValueId, CheckError> {
        self.push_inferred(name, Op::Clip(Clip { x, alpha, beta }))
    }

    /// Joins tensors along `axis` (0 outermost).
    ///
    /// # Errors
    /// A bad name, no tensors, or tensors that differ outside `axis`.
    pub fn concat(
        &mut self,
        name: &str,
        values: &[ValueId],
        axis: usize,
    ) -> Result<ValueId, CheckError> {
        self.push_inferred(
            name,
            Op::Concat(Concat {
                values: values.to_vec(),
                axis,
            }),
        )
    }

    /// Marks a value as output.
    ///
    /// # Errors
    /// [`CheckError::UnknownValue`] if it is not of this program.
    pub fn output(&mut self, id: ValueId) -> Result<(), CheckError> {
        self.type_of(id)?;
        self.parts.outputs.push(id);
        Ok(())
    }

    /// The type of a value so far.
    ///
    /// # Errors
    /// [`CheckError::UnknownValue`] if it is not of this program.
    pub fn type_of(&self, id: ValueId) -> Result<&TensorType, CheckError> {
        let value = self.parts.values.get(id.index());
        value
            .map(|value| &value.ty)
            .ok_or(CheckError::UnknownValue { index: id.index() })
    }

    /// The finished program.
    ///
    /// # Errors
    /// No output, or an output that no operation computes.
    pub fn finish(self) -> Result<Program, CheckError> {
        Program::from_parts(self.parts)
    }

    fn push_inferred(&mut self, name: &str, op: Op) -> Result<ValueId, CheckError> {
        // Only constants read the declared type; any other will do here.
        let declared = TensorType::scalar(crate::DataType::Fp32);
        self.push(name, declared, op)
    }

    fn push(&mut self, name: &str, declared: TensorType, op: Op) -> Result<ValueId, CheckError> {
        let ty = check::infer(&self.parts, &op, name, &declared)?;
        let result = self.value(name, ty)?;
        self.parts.operations.push(Operation { op, result });
        Ok(result)
    }

    fn value(&mut self, name: &str, ty: TensorType) -> Result<ValueId, CheckError> {
        check::check_name(name)?;
        check::check_size(name, &ty)?;
        if self.parts.values.iter().any(|value| value.name == name) {
            return Err(CheckError::DuplicateName { name: name.into() });
        }
        let index =
            u32::try_from(self.parts.values.len()).map_err(|_| CheckError::UnknownValue {
                index: self.parts.values.len(),
            })?;
        self.parts.values.push(Value {
            name: name.into(),
            ty,
        });
        Ok(ValueId::from_index(index))
    }
}
