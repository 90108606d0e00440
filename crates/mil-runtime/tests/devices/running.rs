//! Running a program once on every device.

use mil::{Program, ProgramBuilder, TensorType, ValueId, Weights};
use mil_runtime::cpu::{CpuDevice, ReferenceDevice};
use mil_runtime::{Device, TensorView, TensorViewMut};

/// Builds a program with `inputs` and one output, runs it on every device that computes in
/// f32 and returns the output, which must be of `shape`.
pub(crate) fn run(
    inputs: &[(&[usize], &[f32])],
    shape: &[usize],
    weights: &Weights,
    build: impl FnOnce(&mut ProgramBuilder, &[ValueId]) -> ValueId,
) -> Vec<f32> {
    let mut builder = ProgramBuilder::new();
    let ids: Vec<ValueId> = inputs
        .iter()
        .enumerate()
        .map(|(i, (shape, _))| {
            builder
                .input(&format!("x{i}"), TensorType::fp32(shape.to_vec()))
                .unwrap()
        })
        .collect();
    let y = build(&mut builder, &ids);
    builder.output(y).unwrap();
    let program = builder.finish().unwrap();
    let devices: [Box<dyn Device>; 2] =
        [Box::new(ReferenceDevice::f32()), Box::new(CpuDevice::new())];
    let answers = devices.map(|device| answer(device.as_ref(), &program, weights, inputs, shape));
    assert!(
        answers[0]
            .iter()
            .zip(&answers[1])
            .all(|(a, b)| a.to_bits() == b.to_bits())
    );
    let [answer, _] = answers;
    answer
}

/// The only output of `program` on `device`; must be of `shape`.
pub(crate) fn answer(
    device: &dyn Device,
    program: &Program,
    weights: &Weights,
    inputs: &[(&[usize], &[f32])],
    shape: &[usize],
) -> Vec<f32> {
    let mut executable = device.prepare(program, weights).unwrap();
    let views: Vec<TensorView<'_>> = inputs
        .iter()
        .map(|(shape, data)| TensorView::new(shape, data).unwrap())
        .collect();
    let mut out = vec![f32::NAN; shape.iter().product()];
    let mut outputs = [TensorViewMut::new(shape, &mut out).unwrap()];
    // Twice, so that nothing may be left over from the first run.
    for _ in 0..2 {
        testkit::no_alloc(|| executable.run(&views, &mut outputs)).unwrap();
    }
    out
}
