//! tract: an ONNX file, optimised for this number of columns.

use std::path::Path;

use tract_onnx::prelude::*;

use super::Inference;
use super::onnx_runtime::{answer_of, input_of, model_path};
use super::work::Work;
use crate::Failure;

/// A model of one form.
pub(super) struct Tract<'a> {
    work: &'a Work,
    form: &'static str,
    state: TypedSimpleState,
    input: TValue,
    output: Option<TValue>,
}

impl<'a> Tract<'a> {
    pub(super) fn new(folder: &Path, form: &'static str, work: &'a Work) -> Result<Self, Failure> {
        let path = model_path(folder, form, work);
        let model = tract_onnx::onnx().model_for_path(path)?.into_optimized()?;
        let (shape, values) = input_of(form, work);
        Ok(Self {
            work,
            form,
            state: model.into_runnable()?.spawn()?,
            input: Tensor::from_shape(&shape, &values)?.into_tvalue(),
            output: None,
        })
    }
}

impl Inference for Tract<'_> {
    fn run(&mut self) -> Result<(), Failure> {
        // Counts a reference; nothing is copied.
        let mut outputs = self.state.run(tvec!(self.input.clone()))?;
        self.output = outputs.pop();
        Ok(())
    }

    fn answer(&mut self) -> Result<Vec<f32>, Failure> {
        let output = self.output.as_ref().ok_or("tract has not run")?;
        let values: Vec<f32> = output
            .to_plain_array_view::<f32>()?
            .iter()
            .copied()
            .collect();
        Ok(answer_of(self.form, self.work, &values))
    }
}
