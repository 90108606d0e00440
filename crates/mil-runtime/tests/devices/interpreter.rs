//! The interpreter's operations against plain twins in f64, and what it refuses.

use half::f16;
use mil::{BinaryKind, DataType, Literal, ProgramBuilder, TensorType, UnaryKind, Weights};
use mil_runtime::cpu::{CpuDevice, ReferenceDevice};
use mil_runtime::{Device, DeviceError, RunError, TensorView, TensorViewMut};

use crate::network::SplitMix;
use crate::running::{answer, run};

#[test]
fn functions_of_one_element() {
    let x: Vec<f32> = (-400..=400)
        .map(|i| i as f32 * 0.05)
        .chain([
            0.0,
            -0.0,
            1e-30,
            -1e30,
            1e30,
            f32::INFINITY,
            f32::NEG_INFINITY,
            f32::NAN,
        ])
        .collect();
    for kind in UnaryKind::ALL {
        let twin = |x: f64| match kind {
            UnaryKind::Relu => (x + x.abs()) / 2.0,
            UnaryKind::Sigmoid => 0.5 + 0.5 * (x / 2.0).tanh(),
            UnaryKind::Tanh => 1.0 - 2.0 / ((2.0 * x).exp() + 1.0),
            UnaryKind::Exp => std::f64::consts::E.powf(x),
            UnaryKind::Exp2 => 2f64.powf(x),
            UnaryKind::Softplus if x > 700.0 => x,
            UnaryKind::Softplus => x.exp().ln_1p(),
            UnaryKind::Abs => x.max(-x),
            UnaryKind::Square => x.powi(2),
        };
        let shape = [x.len()];
        let y = run(
            &[(&shape, &x)],
            &shape,
            &Weights::empty(),
            |builder, ids| builder.unary("y", kind, ids[0]).unwrap(),
        );
        for (&x, &y) in x.iter().zip(&y) {
            let mut expected = twin(f64::from(x));
            if kind == UnaryKind::Relu && x == f32::NEG_INFINITY {
                expected = 0.0; // The twin's inf - inf.
            }
            let same = (y.is_nan() && expected.is_nan()) || f64::from(y) == expected;
            // Beyond f32's range both are infinite; below its normal range the grid is coarse.
            let overflow = expected > f64::from(f32::MAX) && y == f32::INFINITY;
            let close = (f64::from(y) - expected).abs() <= 2e-6 * expected.abs() + 2e-7;
            assert!(
                same || overflow || close,
                "{kind:?}({x}) = {y}, expected {expected}"
            );
        }
    }
}

#[test]
fn functions_of_two_elements_with_broadcasting() {
    let mut random = SplitMix(6);
    for (x_shape, y_shape, shape) in [
        (vec![1, 4, 1, 8], vec![1, 4, 1, 1], vec![1, 4, 1, 8]),
        (vec![4, 1, 1], vec![1, 4, 2, 8], vec![1, 4, 2, 8]),
        (vec![3, 1, 5], vec![2, 1], vec![3, 2, 5]),
        (vec![2, 3], vec![], vec![2, 3]),
        (vec![7], vec![7], vec![7]),
    ] {
        let mut numbers = |shape: &[usize]| random.uniforms(shape.iter().product());
        let (x, mut y) = (numbers(&x_shape), numbers(&y_shape));
        // No input may be a scalar, so it is a constant, and those are FP16.
        if y_shape.is_empty() {
            y[0] = f16::from_f32(y[0]).to_f32();
        }
        // Coordinates of the result, cut to the operand's rank, zero where it is repeated.
        let at = |from: &[usize], coordinates: &[usize]| {
            let cut = &coordinates[coordinates.len() - from.len()..];
            cut.iter()
                .zip(from)
                .fold(0, |at, (&i, &dim)| at * dim + if dim == 1 { 0 } else { i })
        };
        let mut coordinates = vec![vec![]];
        for &dim in &shape {
            coordinates = coordinates
                .iter()
                .flat_map(|outer: &Vec<usize>| {
                    (0..dim).map(move |i| outer.iter().copied().chain([i]).collect())
                })
                .collect();
        }
        for kind in BinaryKind::ALL {
            let twin = |x: f32, y: f32| match kind {
                BinaryKind::Add => x + y,
                BinaryKind::Sub => -(y - x),
                BinaryKind::Mul => x * y,
                BinaryKind::RealDiv => x / y,
                BinaryKind::Maximum => x.max(y),
                BinaryKind::Minimum => x.min(y),
            };
            let inputs: [(&[usize], &[f32]); 2] = [(&x_shape, &x), (&y_shape, &y)];
            let inputs = &inputs[..if y_shape.is_empty() { 1 } else { 2 }];
            let found = run(inputs, &shape, &Weights::empty(), |builder, ids| {
                let y = ids.get(1).copied().unwrap_or_else(|| {
                    let ty = TensorType::scalar(DataType::Fp32);
                    builder.literal("y", ty, Literal::Fp32(y.clone())).unwrap()
                });
                builder.binary("z", kind, ids[0], y).unwrap()
            });
            let expected: Vec<f32> = coordinates
                .iter()
                .map(|c| twin(x[at(&x_shape, c)], y[at(&y_shape, c)]))
                .collect();
            assert_eq!(found, expected, "{kind:?} {x_shape:?} {y_shape:?}");
        }
    }
    for kind in [BinaryKind::Maximum, BinaryKind::Minimum] {
        let (x, y) = ([f32::NAN, 1.0, f32::NAN], [1.0, f32::NAN, f32::NAN]);
        let z = run(
            &[(&[3], &x), (&[3], &y)],
            &[3],
            &Weights::empty(),
            |builder, ids| builder.binary("z", kind, ids[0], ids[1]).unwrap(),
        );
        assert!(z.iter().all(|z| z.is_nan()), "{kind:?} hides no NaN");
    }
}

#[test]
fn clip_and_concat_and_constants_in_the_text() {
    let x = [-3.0, -0.5, 0.25, 9.0, f32::NAN, f32::INFINITY];
    let y = run(&[(&[6], &x)], &[6], &Weights::empty(), |builder, ids| {
        builder.clip("y", ids[0], -1.0, 2.0).unwrap()
    });
    assert_eq!(y[..4], [-1.0, -0.5, 0.25, 2.0]);
    assert!(y[4].is_nan());
    assert_eq!(y[5], 2.0);

    let (a, b) = ([1.0, 2.0, 3.0, 4.0], [5.0, 6.0]);
    let inputs: [(&[usize], &[f32]); 2] = [(&[2, 2], &a), (&[2, 1], &b)];
    let y = run(&inputs, &[2, 4], &Weights::empty(), |builder, ids| {
        let ty = TensorType::fp32([2, 1]);
        let c = builder
            .literal("c", ty, Literal::Fp32(vec![7.0, 8.0]))
            .unwrap();
        builder.concat("y", &[ids[0], ids[1], c], 1).unwrap()
    });
    assert_eq!(y, [1.0, 2.0, 5.0, 7.0, 3.0, 4.0, 6.0, 8.0]);
    let y = run(
        &[(&[2, 2], &a), (&[1, 2], &b)],
        &[3, 2],
        &Weights::empty(),
        |builder, ids| builder.concat("y", &[ids[1], ids[0]], 0).unwrap(),
    );
    assert_eq!(y, [5.0, 6.0, 1.0, 2.0, 3.0, 4.0]);
}

#[test]
fn scalars_are_computed_with() {
    let y = run(&[(&[2], &[0.0; 2])], &[2], &Weights::empty(), |b, ids| {
        let mut scalar = |name, value| {
            let ty = TensorType::scalar(DataType::Fp32);
            b.literal(name, ty, Literal::Fp32(vec![value])).unwrap()
        };
        let (three, four) = (scalar("three", 3.0), scalar("four", 4.0));
        let twelve = b.binary("twelve", BinaryKind::Mul, three, four).unwrap();
        b.add("y", ids[0], twelve).unwrap()
    });
    assert_eq!(y, [12.0; 2]);
}

#[test]
fn clip_limits_of_fp16_programs_are_fp16() {
    let x = [-1.0, 0.1, 0.5];
    let inputs: [(&[usize], &[f32]); 1] = [(&[3], &x)];
    let clipped = |device: &dyn Device, ty: TensorType| {
        let mut builder = ProgramBuilder::new();
        let x = builder.input("x", ty).unwrap();
        let y = builder.clip("y", x, 0.1, 0.100_000_1).unwrap();
        builder.output(y).unwrap();
        let program = builder.finish().unwrap();
        answer(device, &program, &Weights::empty(), &inputs, &[3])
    };
    let tenth = f16::from_f32(0.1).to_f32();
    let devices: [&dyn Device; 3] = [
        &CpuDevice::new(),
        &ReferenceDevice::f32(),
        &ReferenceDevice::fp16(),
    ];
    for device in devices {
        assert_eq!(clipped(device, TensorType::fp16([3])), [tenth; 3]);
    }
    let single = clipped(&CpuDevice::new(), TensorType::fp32([3]));
    assert_eq!(single, [0.1, 0.1, 0.100_000_1]);
}

#[test]
fn constants_beyond_fp16_are_refused() {
    // 65519.99 still rounds to 65504, 65520 to infinity.
    let largest = 65_519.996;
    for (value, fits) in [
        (largest, true),
        (-largest, true),
        (65_520.0, false),
        (-1e30, false),
        (f32::INFINITY, true),
    ] {
        for place in ["weight", "bias", "literal", "unused"] {
            if place == "literal" && value.is_infinite() {
                continue; // No text holds it.
            }
            let held = |what: &str| if what == place { value } else { 1.0 };
            let mut weights = Weights::builder();
            let w = weights.add_fp32("w", &[held("weight"), 1.0]);
            let b = weights.add_fp32("b", &[held("bias")]);
            let unused = weights.add_fp32("u", &[held("unused")]);
            let weights = weights.finish();
            let mut builder = ProgramBuilder::new();
            let x = builder.input("x", TensorType::fp32([1, 2, 1, 4])).unwrap();
            builder
                .blob("unused", TensorType::fp32([1]), unused)
                .unwrap();
            let form = mil::BiasForm::InConv;
            let mut y = builder.conv1x1("h", x, 1, w, b, form).unwrap();
            if place == "literal" {
                let literal = Literal::Fp32(vec![value]);
                let ty = TensorType::fp32([1]);
                let literal = builder.literal("literal", ty, literal).unwrap();
                y = builder.add("y", y, literal).unwrap();
            }
            builder.output(y).unwrap();
            let program = builder.finish().unwrap();
            let named = match place {
                "weight" | "bias" => format!("h_{place}"),
                _ => place.to_owned(),
            };
            for device in [&CpuDevice::new() as &dyn Device, &ReferenceDevice::fp16()] {
                let prepared = device.prepare(&program, &weights).map(|_| ());
                let columns = device.prepare_columns(&program, &weights, 8).map(|_| ());
                for result in [prepared, columns] {
                    let name = device.name();
                    match result {
                        Ok(()) => assert!(fits, "{name} {place} {value}"),
                        Err(DeviceError::Unsupported {
                            device,
                            operation,
                            reason,
                        }) => {
                            assert!(!fits, "{name} {place} {value}");
                            assert_eq!((device, operation), (name, named.clone()));
                            assert!(reason.contains("65504"), "{reason}");
                        }
                        Err(other) => panic!("{other}"),
                    }
                }
            }
        }
    }
}

#[test]
fn fp16_mode_rounds_inputs_results_and_overflows_to_infinity() {
    let mut builder = ProgramBuilder::new();
    let x = builder.input("x", TensorType::fp16([3])).unwrap();
    let unused = Literal::Int32(vec![1]);
    builder
        .literal("unused", TensorType::scalar(DataType::Int32), unused)
        .unwrap();
    let y = builder.unary("y", UnaryKind::Square, x).unwrap();
    builder.output(y).unwrap();
    let program = builder.finish().unwrap();
    // 1 + 2^-12 rounds to 1 on the way in; 0.1 squared twice over; 300^2 is above 65504.
    let x = [1.0 + 1.0 / 4096.0, 0.1, 300.0];
    let inputs: [(&[usize], &[f32]); 1] = [(&[3], &x)];
    let y = answer(
        &ReferenceDevice::fp16(),
        &program,
        &Weights::empty(),
        &inputs,
        &[3],
    );
    let tenth = f16::from_f32(0.1).to_f32();
    assert_eq!(
        y,
        [1.0, f16::from_f32(tenth * tenth).to_f32(), f32::INFINITY]
    );
}

#[test]
fn wrong_tensors_are_refused_and_outputs_untouched() {
    let mut builder = ProgramBuilder::new();
    let x = builder.input("x", TensorType::fp16([2, 3])).unwrap();
    let y = builder.relu("y", x).unwrap();
    builder.output(y).unwrap();
    let program = builder.finish().unwrap();
    let mut executable = CpuDevice::new()
        .prepare(&program, &Weights::empty())
        .unwrap();
    let data = [1.0; 6];
    let right = TensorView::new(&[2, 3], &data).unwrap();
    let turned = TensorView::new(&[3, 2], &data).unwrap();
    let mut run = |inputs: &[TensorView<'_>], output_shapes: &[&[usize]]| {
        let mut buffers: Vec<Vec<f32>> = output_shapes
            .iter()
            .map(|shape| vec![7.5; shape.iter().product()])
            .collect();
        let mut outputs: Vec<TensorViewMut<'_>> = buffers
            .iter_mut()
            .zip(output_shapes)
            .map(|(buffer, shape)| TensorViewMut::new(shape, buffer).unwrap())
            .collect();
        let result = executable.run(inputs, &mut outputs);
        if result.is_err() {
            assert!(buffers.iter().flatten().all(|&y| y == 7.5));
        }
        result
    };
    assert_eq!(run(&[right], &[&[2, 3]]), Ok(()));
    assert_eq!(
        run(&[], &[&[2, 3]]),
        Err(RunError::InputCount {
            expected: 1,
            got: 0
        })
    );
    assert_eq!(
        run(&[right], &[]),
        Err(RunError::OutputCount {
            expected: 1,
            got: 0
        })
    );
    assert_eq!(
        run(&[turned], &[&[2, 3]]),
        Err(RunError::InputShape { index: 0 })
    );
    assert_eq!(
        run(&[right], &[&[6]]),
        Err(RunError::OutputShape { index: 0 })
    );
    let short = TensorView::new(&[2, 3], &data[..5]).unwrap_err();
    assert_eq!(
        short,
        RunError::ViewLength {
            expected: 6,
            got: 5
        }
    );
    let short = TensorViewMut::new(&[2], &mut []).unwrap_err();
    assert_eq!(
        short,
        RunError::ViewLength {
            expected: 2,
            got: 0
        }
    );
}

#[test]
fn weights_of_another_program_are_refused() {
    let mut builder = ProgramBuilder::new();
    let x = builder.input("x", TensorType::fp16([1, 4, 1, 8])).unwrap();
    let y = builder
        .conv1x1("y", x, 2, 64, 192, mil::BiasForm::InConv)
        .unwrap();
    builder.output(y).unwrap();
    let program = builder.finish().unwrap();
    for device in [&CpuDevice::new() as &dyn Device, &ReferenceDevice::f32()] {
        let refused = device.prepare(&program, &Weights::empty());
        assert!(matches!(refused, Err(DeviceError::Weights(_))));
        let refused = device.prepare_columns(&program, &Weights::empty(), 8);
        assert!(matches!(refused, Err(DeviceError::Weights(_))));
    }
}
