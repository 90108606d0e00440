//! For tests: ane-bridge's stand-in for the Neural Engine, made to compute the program that it is given.

use std::collections::HashMap;

use ane_bridge::fake::FakeAne;
use mil::{Program, Weights};
use mil_runtime::cpu::ReferenceDevice;
use mil_runtime::{ColumnKernel, Device};

/// A Neural Engine that rounds as the real one is said to.
pub(crate) fn engine() -> FakeAne {
    let fake = FakeAne::new();
    let mut kernels: HashMap<String, Box<dyn ColumnKernel>> = HashMap::new();
    fake.compute_program(move |text, weights, inputs, outputs| {
        let weights = weights.unwrap_or_default();
        let key = format!("{text}{weights:?}");
        let kernel = kernels.entry(key).or_insert_with(|| {
            let program = Program::from_text(text).unwrap();
            let weights = Weights::from_bytes(weights.to_vec()).unwrap();
            let device = ReferenceDevice::fp16();
            device.prepare_columns(&program, &weights, 1024).unwrap()
        });
        let asked: Vec<f32> = inputs[0].iter().map(|x| x.to_f32()).collect();
        let mut answer = vec![0.0; outputs[0]];
        kernel.run(asked.len() / 4, &asked, &mut answer).unwrap();
        vec![answer.into_iter().map(half::f16::from_f32).collect()]
    });
    fake
}
