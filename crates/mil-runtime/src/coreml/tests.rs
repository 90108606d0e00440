//! The device on a stand-in.

use std::sync::Arc;

use half::f16;
use mil::{BiasForm, Program, ProgramBuilder, TensorType, Weights};

use super::sys::fake::{FakeCoreMl, Fault};
use super::{CoreMlDevice, CoreMlOptions};
use crate::accelerator::random_columns;
use crate::cpu::CpuDevice;
use crate::{ColumnKernel, Device, DeviceError, RunError, TensorView, TensorViewMut, Timing};

const INPUTS: usize = 4;
const OUTPUTS: usize = 66;

fn device(fake: &FakeCoreMl, least_columns: usize) -> CoreMlDevice {
    CoreMlDevice::by(Arc::new(fake.clone()), CoreMlOptions { least_columns })
}

/// 4 to 32 to 66 channels, one column wide.
fn network() -> (Program, Weights) {
    let mut weights = Weights::builder();
    let mut layer = |name: &str, inputs: usize, outputs: usize, seed: u64| {
        let halves = |values: Vec<f32>| values.into_iter().map(f16::from_f32).collect::<Vec<_>>();
        let weight = halves(random_columns(seed, outputs, inputs, inputs));
        let bias = halves(random_columns(seed + 1, 1, outputs, outputs));
        (
            weights.add_fp16(&format!("{name}w"), &weight),
            weights.add_fp16(&format!("{name}b"), &bias),
        )
    };
    let (w0, b0) = layer("a", INPUTS, 32, 10);
    let (w1, b1) = layer("b", 32, OUTPUTS, 20);
    let weights = weights.finish();
    let mut builder = ProgramBuilder::new();
    let x = builder
        .input("x", TensorType::fp16([1, INPUTS, 1, 1]))
        .unwrap();
    let bias = BiasForm::InConv;
    let h = builder.conv1x1("h", x, 32, w0, b0, bias).unwrap();
    let h = builder.relu("r", h).unwrap();
    let y = builder.conv1x1("y", h, OUTPUTS, w1, b1, bias).unwrap();
    builder.output(y).unwrap();
    (builder.finish().unwrap(), weights)
}

fn columns(device: &dyn Device, max_columns: usize) -> Result<Box<dyn ColumnKernel>, DeviceError> {
    let (program, weights) = network();
    device.prepare_columns(&program, &weights, max_columns)
}

#[test]
fn columns_are_the_cpus_within_fp16() {
    let fake = FakeCoreMl::default();
    let device = device(&fake, 1);
    let mut kernel = columns(&device, 300).unwrap();
    assert_eq!(kernel.timing(), Timing::MayBlock);
    let mut twin = columns(&CpuDevice::new(), 300).unwrap();
    for count in [1, 2, 63, 64, 65, 255, 256, 257, 300] {
        let input = random_columns(count as u64, INPUTS, count, count);
        let mut expected = vec![0.0; OUTPUTS * count];
        let mut got = vec![f32::NAN; OUTPUTS * count];
        twin.run(count, &input, &mut expected).unwrap();
        kernel.run(count, &input, &mut got).unwrap();
        for (got, expected) in got.iter().zip(&expected) {
            assert!((got - expected).abs() < 0.02, "{count}: {got} {expected}");
        }
    }
    assert_eq!(kernel.run(0, &[], &mut []), Ok(()));
    let report = device.last_report().unwrap();
    assert!(report.self_test_error > 0.0 && report.self_test_error < 0.01);
    let text = report.to_string();
    assert!(
        text.starts_with(
            "1 of 1 operations on the Neural Engine (compiled in 3.0 ms, loaded in 2.0 ms"
        ),
        "{text}"
    );
}

#[test]
fn small_groups_are_the_cpus_own() {
    let fake = FakeCoreMl::default();
    let device = device(&fake, 16);
    let mut kernel = columns(&device, 100).unwrap();
    let mut twin = columns(&CpuDevice::new(), 100).unwrap();
    let before = fake.predictions();
    let input = random_columns(1, INPUTS, 15, 15);
    let (mut got, mut expected) = (vec![0.0; OUTPUTS * 15], vec![0.0; OUTPUTS * 15]);
    kernel.run(15, &input, &mut got).unwrap();
    twin.run(15, &input, &mut expected).unwrap();
    assert_eq!(got, expected);
    assert_eq!(fake.predictions(), before);
    let input = random_columns(1, INPUTS, 16, 16);
    kernel
        .run(16, &input, &mut vec![0.0; OUTPUTS * 16])
        .unwrap();
    assert_eq!(fake.predictions(), before + 1);
}

#[test]
fn what_does_not_fit_is_told_and_nothing_is_written() {
    let fake = FakeCoreMl::default();
    let mut kernel = columns(&device(&fake, 1), 70).unwrap();
    let input = random_columns(1, INPUTS, 71, 71);
    let mut output = vec![7.0; OUTPUTS * 71];
    for (columns, inputs, outputs) in [
        (71, INPUTS * 71, OUTPUTS * 71),
        (70, INPUTS * 71, OUTPUTS * 70),
        (70, INPUTS * 70, OUTPUTS * 71),
    ] {
        let ran = kernel.run(columns, &input[..inputs], &mut output[..outputs]);
        assert!(ran.is_err(), "{columns}, {inputs}, {outputs}");
    }
    fake.set(Fault::Predict);
    let ran = kernel.run(70, &input[..INPUTS * 70], &mut output[..OUTPUTS * 70]);
    assert_eq!(ran, Err(RunError::Device { code: 7 }));
    fake.set(Fault::Read);
    let ran = kernel.run(70, &input[..INPUTS * 70], &mut output[..OUTPUTS * 70]);
    assert_eq!(ran, Err(RunError::Device { code: 7 }));
    assert!(output.iter().all(|&value| value == 7.0));
    fake.set(Fault::None);
    let ran = kernel.run(70, &input[..INPUTS * 70], &mut output[..OUTPUTS * 70]);
    assert_eq!(ran, Ok(()));
}

#[test]
fn every_fault_is_found_before_a_kernel_is_handed_out() {
    for (fault, reason) in [
        (Fault::Missing, "cannot be used: taken away"),
        (
            Fault::Load,
            "Core ML refused to load the model (as the test wants it, code 7)",
        ),
        (Fault::Predict, "Core ML refused to predict"),
        (Fault::Read, "Core ML refused to give an output"),
        (Fault::Zeros, "it failed its self-test: value 0 is 0"),
        (Fault::NotANumber, "it failed its self-test: value"),
        (Fault::Stale, "it failed its self-test: value"),
    ] {
        let fake = FakeCoreMl::with(fault);
        let device = device(&fake, 1);
        let error = columns(&device, 64).err().unwrap().to_string();
        assert!(error.contains(reason), "{fault:?}: {error}");
        assert!(error.contains("`coreml`"), "{error}");
        assert_eq!(device.last_report(), None);
        for package in &fake.seen.lock().unwrap().packages {
            assert!(!package.parent().unwrap().exists(), "{fault:?}");
        }
    }
}

#[test]
fn the_package_stays_as_long_as_the_kernel() {
    let fake = FakeCoreMl::default();
    let kernel = columns(&device(&fake, 1), 64).unwrap();
    let package = fake.seen.lock().unwrap().packages[0].clone();
    assert!(package.is_dir());
    drop(kernel);
    assert!(!package.parent().unwrap().exists());
}

#[test]
fn a_program_of_two_inputs_runs_as_it_stands() {
    let mut builder = ProgramBuilder::new();
    let shape = [1, 2, 1, 3];
    let a = builder.input("a", TensorType::fp16(shape)).unwrap();
    let b = builder.input("b", TensorType::fp16(shape)).unwrap();
    let sum = builder.add("sum", a, b).unwrap();
    builder.output(sum).unwrap();
    let program = builder.finish().unwrap();
    let fake = FakeCoreMl::default();
    let mut executable = device(&fake, 1)
        .prepare(&program, &Weights::empty())
        .unwrap();
    let (a, b) = ([1.0, 2.0, 3.0, 4.0, 5.0, 6.0], [0.5; 6]);
    let inputs = [
        TensorView::new(&shape, &a).unwrap(),
        TensorView::new(&shape, &b).unwrap(),
    ];
    let mut got = [0.0; 6];
    let mut output = [TensorViewMut::new(&shape, &mut got).unwrap()];
    executable.run(&inputs, &mut output).unwrap();
    assert_eq!(
        executable.run(&inputs[..1], &mut output),
        Err(RunError::InputCount {
            expected: 2,
            got: 1
        })
    );
    assert_eq!(got, [1.5, 2.5, 3.5, 4.5, 5.5, 6.5]);
}

#[test]
fn other_programs_are_refused_with_the_reason() {
    let fake = FakeCoreMl::default();
    let device = device(&fake, 1);
    let mut builder = ProgramBuilder::new();
    let x = builder.input("x", TensorType::fp32([1, 2, 1, 3])).unwrap();
    let y = builder.relu("y", x).unwrap();
    builder.output(y).unwrap();
    let program = builder.finish().unwrap();
    let error = device.prepare(&program, &Weights::empty()).err().unwrap();
    assert_eq!(
        error.to_string(),
        "device `coreml` cannot run `x`: inputs and outputs are fp16 here, this is fp32; run it on the cpu"
    );
    let error = device.prepare_columns(&program, &Weights::empty(), 8);
    assert!(
        error
            .err()
            .unwrap()
            .to_string()
            .contains("run it on the cpu")
    );
    let (program, weights) = network();
    assert!(matches!(
        device.prepare_columns(&program, &weights, 0),
        Err(DeviceError::MaxColumns { got: 0 })
    ));
    assert!(device.prepare(&program, &Weights::empty()).is_err());
    assert!(fake.seen.lock().unwrap().packages.is_empty());
}
