//! The network as the synthesizer runs it.

use mil_runtime::cpu::CpuDevice;
use synth_model::{Predictor, compile_predictor};

use super::Inference;
use super::work::{Work, transpose};
use crate::Failure;

/// Our own kernels, on the level that they choose here.
pub(super) struct Ours<'a> {
    work: &'a Work,
    predictor: Predictor,
    /// `[outputs, columns]`.
    output: Vec<f32>,
}

impl<'a> Ours<'a> {
    pub(super) fn new(work: &'a Work) -> Result<Self, Failure> {
        Ok(Self {
            work,
            predictor: compile_predictor(&CpuDevice::new(), &work.network, work.columns)?,
            output: vec![0.0; work.outputs() * work.columns],
        })
    }
}

impl Inference for Ours<'_> {
    fn run(&mut self) -> Result<(), Failure> {
        let Self {
            work,
            predictor,
            output,
        } = self;
        predictor.run(work.columns, &work.channels, output)?;
        std::hint::black_box(output);
        Ok(())
    }

    fn answer(&mut self) -> Result<Vec<f32>, Failure> {
        Ok(transpose(&self.output, self.work.columns))
    }
}
