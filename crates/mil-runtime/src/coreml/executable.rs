//! A program as it stands, through Core ML.

use std::fmt;

use half::slice::HalfFloatSliceExt;

use super::prepared::{Prepared, Tensor};
use crate::tensor::check_views;
use crate::{Executable, RunError, TensorView, TensorViewMut};

/// A program through Core ML, with its own shapes. A run may block, and inputs are rounded to FP16.
pub struct CoreMlExecutable {
    pub(super) prepared: Prepared,
}

impl Executable for CoreMlExecutable {
    fn run(
        &mut self,
        inputs: &[TensorView<'_>],
        outputs: &mut [TensorViewMut<'_>],
    ) -> Result<(), RunError> {
        fn shape(tensor: &Tensor) -> &[usize] {
            &tensor.shape
        }
        let Prepared {
            inputs: taken,
            outputs: made,
            ..
        } = &self.prepared;
        check_views(
            inputs,
            outputs,
            taken.iter().map(shape),
            made.iter().map(shape),
        )?;
        for (tensor, view) in self.prepared.inputs.iter_mut().zip(inputs) {
            tensor.values.convert_from_f32_slice(view.data());
        }
        let done = self.prepared.predict();
        done.map_err(|refusal| RunError::Device { code: refusal.code })?;
        for (tensor, view) in self.prepared.outputs.iter().zip(outputs) {
            tensor.values.convert_to_f32_slice(view.data_mut());
        }
        Ok(())
    }
}

impl fmt::Debug for CoreMlExecutable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CoreMlExecutable").finish_non_exhaustive()
    }
}
