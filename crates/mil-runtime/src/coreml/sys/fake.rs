//! A Core ML in plain Rust, whose faults can be chosen: it computes with the weights that it finds in the
//! package, in FP16.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use half::f16;
use half::slice::HalfFloatSliceExt;
use mil::{Program, Weights};

use super::{Loaded, Model, Refusal, Runtime};
use crate::coreml::report::{Placement, Processor};
use crate::cpu::ReferenceDevice;
use crate::{Device, Executable, TensorView, TensorViewMut};

/// What goes wrong.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in super::super) enum Fault {
    /// Nothing.
    #[default]
    None,
    /// There is no Core ML.
    Missing,
    /// The package is not loaded.
    Load,
    /// Every prediction fails.
    Predict,
    /// Answers are zeros.
    Zeros,
    /// The last value of an answer is no number.
    NotANumber,
    /// The answer is that of the call before.
    Stale,
    /// Outputs' arrays are not what they should be.
    Read,
}

/// What was asked for.
#[derive(Debug, Default)]
pub(in super::super) struct Seen {
    pub(in super::super) fault: Fault,
    pub(in super::super) packages: Vec<PathBuf>,
    pub(in super::super) predictions: usize,
}

#[derive(Clone, Debug, Default)]
pub(in super::super) struct FakeCoreMl {
    pub(in super::super) seen: Arc<Mutex<Seen>>,
}

impl FakeCoreMl {
    pub(in super::super) fn with(fault: Fault) -> Self {
        let fake = Self::default();
        fake.set(fault);
        fake
    }

    pub(in super::super) fn set(&self, fault: Fault) {
        self.seen.lock().unwrap().fault = fault;
    }

    pub(in super::super) fn predictions(&self) -> usize {
        self.seen.lock().unwrap().predictions
    }
}

fn refuse(doing: &'static str) -> Refusal {
    Refusal {
        doing,
        code: 7,
        text: "as the test wants it".to_owned(),
    }
}

impl Runtime for FakeCoreMl {
    fn availability(&self) -> Result<(), &'static str> {
        match self.seen.lock().unwrap().fault {
            Fault::Missing => Err("taken away"),
            _ => Ok(()),
        }
    }

    fn load(&self, package: &Path, program: &Program) -> Result<Loaded, Refusal> {
        let mut seen = self.seen.lock().unwrap();
        seen.packages.push(package.to_owned());
        let data = package.join("Data/com.apple.CoreML");
        assert!(package.join("Manifest.json").is_file());
        assert!(data.join("model.mlmodel").is_file());
        if seen.fault == Fault::Load {
            return Err(refuse("load the model"));
        }
        let weights = fs::read(data.join("weights/weight.bin")).unwrap();
        let weights = Weights::from_bytes(weights).unwrap();
        let executable = ReferenceDevice::fp16().prepare(program, &weights).unwrap();
        let tensors = |ids: &[mil::ValueId]| -> Vec<(Vec<usize>, Vec<f32>)> {
            let types = ids.iter().map(|&id| program.type_of(id).unwrap());
            types
                .map(|ty| (ty.shape.clone(), vec![0.0; ty.element_count()]))
                .collect()
        };
        let model = FakeModel {
            executable,
            inputs: tensors(program.inputs()),
            outputs: tensors(program.outputs()),
            before: tensors(program.outputs()),
            seen: self.seen.clone(),
        };
        Ok(Loaded {
            model: Box::new(model),
            compile: Duration::from_millis(3),
            load: Duration::from_millis(2),
            placement: Ok(Placement {
                operations: vec![("ios16.conv".to_owned(), Processor::NeuralEngine)],
            }),
        })
    }
}

struct FakeModel {
    executable: Box<dyn Executable>,
    inputs: Vec<(Vec<usize>, Vec<f32>)>,
    outputs: Vec<(Vec<usize>, Vec<f32>)>,
    before: Vec<(Vec<usize>, Vec<f32>)>,
    seen: Arc<Mutex<Seen>>,
}

impl Model for FakeModel {
    fn write(&mut self, slot: usize, values: &[f16]) -> Result<(), Refusal> {
        values.convert_to_f32_slice(&mut self.inputs[slot].1);
        Ok(())
    }

    fn predict(&mut self) -> Result<(), Refusal> {
        let mut seen = self.seen.lock().unwrap();
        seen.predictions += 1;
        if seen.fault == Fault::Predict {
            return Err(refuse("predict"));
        }
        self.before.clone_from(&self.outputs);
        let inputs = self.inputs.iter();
        let inputs: Vec<_> = inputs
            .map(|(shape, values)| TensorView::new(shape, values).unwrap())
            .collect();
        let outputs = self.outputs.iter_mut();
        let mut outputs: Vec<_> = outputs
            .map(|(shape, values)| TensorViewMut::new(shape, values).unwrap())
            .collect();
        self.executable.run(&inputs, &mut outputs).unwrap();
        Ok(())
    }

    fn read(&self, slot: usize, values: &mut [f16]) -> Result<(), Refusal> {
        let fault = self.seen.lock().unwrap().fault;
        match fault {
            Fault::Zeros => values.fill(f16::ZERO),
            Fault::Stale => values.convert_from_f32_slice(&self.before[slot].1),
            Fault::Read => return Err(refuse("give an output")),
            _ => values.convert_from_f32_slice(&self.outputs[slot].1),
        }
        if let (Fault::NotANumber, Some(last)) = (fault, values.last_mut()) {
            *last = f16::NAN;
        }
        Ok(())
    }
}
