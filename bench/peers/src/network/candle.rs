//! candle: tensors and its linear layer.

use candle_core::{Device, Tensor, utils};
use candle_nn::{Linear, Module};

use super::Inference;
use super::work::Work;
use crate::Failure;

/// Its linear layers with ReLU between them.
pub(super) struct Candle {
    layers: Vec<Linear>,
    input: Tensor,
    output: Option<Tensor>,
}

impl Candle {
    pub(super) fn new(work: &Work) -> Result<Self, Failure> {
        if utils::get_num_threads() != 1 {
            return Err("RAYON_NUM_THREADS is not 1, and one thread is to be measured".into());
        }
        let tensor =
            |values: &[f32], shape: &[usize]| Tensor::from_slice(values, shape, &Device::Cpu);
        let mut layers = Vec::new();
        for layer in &work.layers {
            let weight = tensor(&layer.weight, &[layer.outputs, layer.inputs])?;
            let bias = tensor(&layer.bias, &[layer.outputs])?;
            layers.push(Linear::new(weight, Some(bias)));
        }
        Ok(Self {
            layers,
            input: tensor(&work.rows, &[work.columns, work.inputs()])?,
            output: None,
        })
    }
}

impl Inference for Candle {
    fn run(&mut self) -> Result<(), Failure> {
        let mut values = self.layers[0].forward(&self.input)?;
        for layer in &self.layers[1..] {
            values = layer.forward(&values.relu()?)?;
        }
        self.output = Some(values);
        Ok(())
    }

    fn answer(&mut self) -> Result<Vec<f32>, Failure> {
        let output = self.output.as_ref().ok_or("candle has not run")?;
        Ok(output.flatten_all()?.to_vec1()?)
    }
}
