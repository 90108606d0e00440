//! From a program to a model that is known to compute it.

use std::time::{Duration, Instant};

use half::f16;
use half::slice::HalfFloatSliceExt;
use mil::package::{ModelPackage, PackageMetadata};
use mil::{DataType, Dialect, Program, ValueId, Weights};
use tempfile::TempDir;

use super::report::CoreMlReport;
use super::sys::{Loaded, Model, Refusal, Runtime};
use crate::accelerator::{ABSOLUTE_TOLERANCE, Dispatch, RELATIVE_TOLERANCE, random_columns};
use crate::cpu::CpuDevice;
use crate::{Device, DeviceError, Executable, RunError, TensorView, TensorViewMut};

pub(super) const NAME: &str = "coreml";

/// Predictions after the self-test, before a model is handed out: the first ones after loading are
/// reported to take longer by the Neural Engine's own runtime; whether they do here is to be measured.
pub const WARM_UP_PREDICTIONS: usize = 10;

/// Random inputs that a self-test asks for, one after the other, so that an answer of the call before is
/// found out.
const SELF_TESTS: u64 = 3;

/// Folders of packages begin with this, in the system's folder for temporary files.
const FOLDER_PREFIX: &str = "ane-synth-coreml-";

/// A model, its package and what is known of its tensors.
pub(super) struct Prepared {
    model: Box<dyn Model>,
    pub(super) inputs: Box<[Tensor]>,
    pub(super) outputs: Box<[Tensor]>,
    /// Holds the package and what Core ML compiled, which it may go on reading; removed after the model.
    _folder: TempDir,
}

/// A tensor and packed values for it.
pub(super) struct Tensor {
    pub(super) shape: Vec<usize>,
    pub(super) values: Box<[f16]>,
}

impl Prepared {
    /// Writes, compiles, loads, tests and warms a program.
    pub(super) fn new(
        runtime: &dyn Runtime,
        program: &Program,
        weights: &Weights,
    ) -> Result<(Self, CoreMlReport), DeviceError> {
        let inputs = tensors(program, program.inputs())?;
        let outputs = tensors(program, program.outputs())?;
        let mut twin = CpuDevice::new().prepare(program, weights)?;
        let package = ModelPackage::new(program, weights, Dialect::Ios16, &metadata());
        let package = package.map_err(refused)?;
        let folder = tempfile::Builder::new().prefix(FOLDER_PREFIX).tempdir();
        let folder = folder.map_err(|error| {
            refused(format_args!("no folder for its package can be made in the system's folder for temporary files ({error}); check its rights and the space on the disk"))
        })?;
        let path = folder.path().join("program.mlpackage");
        let written = package.write(&path);
        written.map_err(|error| refused(format_args!("{}: {error}", path.display())))?;
        let Loaded {
            model,
            compile,
            load,
            placement,
        } = runtime.load(&path, program).map_err(refused)?;
        let mut prepared = Self {
            model,
            inputs,
            outputs,
            _folder: folder,
        };
        let self_test_error = prepared.self_test(&mut *twin)?;
        let report = CoreMlReport {
            compile,
            load,
            predict: prepared.warm_up().map_err(refused)?,
            self_test_error,
            placement,
        };
        Ok((prepared, report))
    }

    /// Computes the outputs' values from the inputs'.
    pub(super) fn predict(&mut self) -> Result<(), Refusal> {
        for (slot, tensor) in self.inputs.iter().enumerate() {
            self.model.write(slot, &tensor.values)?;
        }
        self.model.predict()?;
        for (slot, tensor) in self.outputs.iter_mut().enumerate() {
            self.model.read(slot, &mut tensor.values)?;
        }
        Ok(())
    }

    /// Asks for random inputs and compares with the CPU's answers; the largest difference, as a part of the
    /// largest answer.
    fn self_test(&mut self, twin: &mut dyn Executable) -> Result<f32, DeviceError> {
        let mut worst = 0.0_f32;
        for seed in 1..=SELF_TESTS {
            let mut asked = Vec::with_capacity(self.inputs.len());
            for (slot, tensor) in (0..).zip(&mut self.inputs) {
                let count = tensor.values.len();
                let values = random_columns(100 * seed + slot, 1, count, count);
                tensor.values.convert_from_f32_slice(&values);
                asked.push(values);
            }
            let mut expected: Vec<Vec<f32>> = self
                .outputs
                .iter_mut()
                .map(|tensor| {
                    tensor.values.fill(f16::NAN);
                    vec![0.0; tensor.values.len()]
                })
                .collect();
            run_twin(twin, &self.inputs, &asked, &self.outputs, &mut expected)
                .map_err(|error| refused(format_args!("the CPU cannot check it: {error}")))?;
            self.predict().map_err(refused)?;
            for (tensor, expected) in self.outputs.iter().zip(&expected) {
                worst = worst.max(difference(&tensor.values, expected).map_err(refused)?);
            }
        }
        Ok(worst)
    }

    /// Predicts until it takes no longer than usual; the median.
    fn warm_up(&mut self) -> Result<Duration, Refusal> {
        let mut times = [Duration::ZERO; WARM_UP_PREDICTIONS];
        for time in &mut times {
            let begun = Instant::now();
            self.model.predict()?;
            *time = begun.elapsed();
        }
        times.sort_unstable();
        Ok(times[WARM_UP_PREDICTIONS / 2])
    }
}

/// A program of one input and one output.
impl Dispatch for Prepared {
    fn dispatch(&mut self, input: &[f16], output: &mut [f16]) -> Result<(), i32> {
        let done = self
            .model
            .write(0, input)
            .and_then(|()| self.model.predict())
            .and_then(|()| self.model.read(0, output));
        done.map_err(|refusal| refusal.code)
    }
}

pub(super) fn refused(reason: impl ToString) -> DeviceError {
    DeviceError::Refused {
        device: NAME,
        reason: reason.to_string(),
    }
}

fn metadata() -> PackageMetadata {
    PackageMetadata {
        description: "a network being played".to_owned(),
        author: "ane-synth".to_owned(),
        licence: String::new(),
    }
}

fn tensors(program: &Program, ids: &[ValueId]) -> Result<Box<[Tensor]>, DeviceError> {
    let tensor = |id: &ValueId| {
        let value = program.value(*id);
        let found = value.zip(program.type_of(*id));
        let (value, kind) = found.ok_or_else(|| refused("the program names a value it has not"))?;
        if kind.data_type != DataType::Fp16 {
            return Err(DeviceError::Unsupported {
                device: NAME,
                operation: value.name.clone(),
                reason: format!(
                    "inputs and outputs are fp16 here, this is {}; run it on the cpu",
                    kind.data_type.mil_name()
                ),
            });
        }
        Ok(Tensor {
            shape: kind.shape.clone(),
            values: vec![f16::ZERO; kind.element_count()].into(),
        })
    };
    ids.iter().map(tensor).collect()
}

fn run_twin(
    twin: &mut dyn Executable,
    inputs: &[Tensor],
    asked: &[Vec<f32>],
    outputs: &[Tensor],
    expected: &mut [Vec<f32>],
) -> Result<(), RunError> {
    let asked = inputs.iter().zip(asked);
    let asked: Result<Vec<_>, _> = asked
        .map(|(tensor, values)| TensorView::new(&tensor.shape, values))
        .collect();
    let expected = outputs.iter().zip(expected);
    let expected: Result<Vec<_>, _> = expected
        .map(|(tensor, values)| TensorViewMut::new(&tensor.shape, values))
        .collect();
    twin.run(&asked?, &mut expected?)
}

/// The largest difference as a part of the largest value expected, or the first value that is wrong.
fn difference(got: &[f16], expected: &[f32]) -> Result<f32, String> {
    let largest = expected.iter().fold(0.0_f32, |most, y| most.max(y.abs()));
    let mut worst = 0.0_f32;
    for (at, (got, expected)) in got.iter().zip(expected).enumerate() {
        let (got, off) = (got.to_f32(), (got.to_f32() - expected).abs());
        let allowed = ABSOLUTE_TOLERANCE * largest + RELATIVE_TOLERANCE * expected.abs();
        if off.is_nan() || off > allowed {
            return Err(format!(
                "it failed its self-test: value {at} is {got}, the CPU says {expected}"
            ));
        }
        worst = worst.max(off);
    }
    Ok(if largest > 0.0 {
        worst / largest
    } else {
        worst
    })
}
