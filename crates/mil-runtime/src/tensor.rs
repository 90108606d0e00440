//! Borrowed tensors: a shape and its elements in row-major order, as f32 whatever the program's
//! type is.

use crate::RunError;

/// A tensor to read.
#[derive(Clone, Copy, Debug)]
pub struct TensorView<'a> {
    shape: &'a [usize],
    data: &'a [f32],
}

impl<'a> TensorView<'a> {
    /// `data` seen as a tensor of `shape`, outermost dimension first.
    ///
    /// # Errors
    /// [`RunError::ViewLength`] if `data` has not exactly as many elements as `shape`.
    ///
    /// # Realtime safety
    /// RT-safe: no allocation, lock or syscall, bounded time.
    pub fn new(shape: &'a [usize], data: &'a [f32]) -> Result<Self, RunError> {
        check(shape, data.len())?;
        Ok(Self { shape, data })
    }

    /// Dimensions, outermost first.
    #[must_use]
    pub fn shape(&self) -> &'a [usize] {
        self.shape
    }

    /// Elements in row-major order.
    #[must_use]
    pub fn data(&self) -> &'a [f32] {
        self.data
    }
}

/// A tensor to write.
#[derive(Debug)]
pub struct TensorViewMut<'a> {
    shape: &'a [usize],
    data: &'a mut [f32],
}

impl<'a> TensorViewMut<'a> {
    /// `data` seen as a tensor of `shape`, outermost dimension first.
    ///
    /// # Errors
    /// [`RunError::ViewLength`] if `data` has not exactly as many elements as `shape`.
    ///
    /// # Realtime safety
    /// RT-safe: no allocation, lock or syscall, bounded time.
    pub fn new(shape: &'a [usize], data: &'a mut [f32]) -> Result<Self, RunError> {
        check(shape, data.len())?;
        Ok(Self { shape, data })
    }

    /// Dimensions, outermost first.
    #[must_use]
    pub fn shape(&self) -> &'a [usize] {
        self.shape
    }

    /// Elements in row-major order.
    #[must_use]
    pub fn data(&self) -> &[f32] {
        self.data
    }

    /// Elements in row-major order.
    pub fn data_mut(&mut self) -> &mut [f32] {
        self.data
    }
}

fn check(shape: &[usize], got: usize) -> Result<(), RunError> {
    let expected = shape
        .iter()
        .fold(1usize, |count, &dim| count.saturating_mul(dim));
    if got == expected {
        Ok(())
    } else {
        Err(RunError::ViewLength { expected, got })
    }
}

/// Whether views are those that a program takes, of as many and of such shapes.
///
/// # Realtime safety
/// RT-safe.
pub(crate) fn check_views<'a>(
    inputs: &[TensorView<'_>],
    outputs: &[TensorViewMut<'_>],
    input_shapes: impl ExactSizeIterator<Item = &'a [usize]>,
    output_shapes: impl ExactSizeIterator<Item = &'a [usize]>,
) -> Result<(), RunError> {
    let (expected, got) = (input_shapes.len(), inputs.len());
    if expected != got {
        return Err(RunError::InputCount { expected, got });
    }
    let (expected, got) = (output_shapes.len(), outputs.len());
    if expected != got {
        return Err(RunError::OutputCount { expected, got });
    }
    for (index, (view, shape)) in inputs.iter().zip(input_shapes).enumerate() {
        if view.shape() != shape {
            return Err(RunError::InputShape { index });
        }
    }
    for (index, (view, shape)) in outputs.iter().zip(output_shapes).enumerate() {
        if view.shape() != shape {
            return Err(RunError::OutputShape { index });
        }
    }
    Ok(())
}
