use super::{IN, OUT, UNLOAD, assert_says, build, io, message, program, ramp, read};
use crate::attributes::TensorStatus;
use crate::error::{AneError, Direction};
use crate::io_spec::{IoSpec, MAX_DIMENSION, TensorSpec};
use crate::layout::Layout;
use crate::sys::fake::FakeAne;
use half::f16;

/// Shapes whose rows are padded and not, with every axis above one somewhere.
const SHAPES: [[usize; 4]; 7] = [
    [1, 1, 1, 1],
    [1, 4, 1, 64],
    [8, 4, 1, 8],
    [2, 3, 5, 7],
    [1, 1, 9, 33],
    [3, 1, 1, 32],
    [1, 66, 1, 31],
];

#[test]
fn every_stride_is_honoured_both_ways() {
    for alignment in [2, 64, 128, 4096] {
        for shape in SHAPES {
            let fake = FakeAne::new();
            fake.align_rows(alignment);
            let text = program(shape, shape);
            let mut kernel = fake
                .ane()
                .compile(text.as_bytes(), None, &io(shape, shape))
                .unwrap();
            let values = ramp(shape.iter().product());
            kernel.write_input_f16(0, &values).unwrap();
            kernel.eval().unwrap();
            assert_eq!(
                read(&kernel, 0, values.len()),
                values,
                "{shape:?} {alignment}"
            );
        }
    }
}

/// The byte of each value by the formula itself, and nothing written anywhere else.
#[test]
fn values_lie_where_the_formula_says() {
    let spec = TensorSpec::new("x", [2, 3, 2, 5]);
    let status = TensorStatus {
        row_stride: Some(12),
        plane_stride: Some(40),
        batch_stride: Some(126),
        ..TensorStatus::default()
    };
    let layout = Layout::new(Direction::Input, &spec, &status).unwrap();
    assert_eq!((layout.bytes(), layout.values()), (252, 60));
    let values: Vec<f16> = (1..=60).map(|i| f16::from_bits(i * 257)).collect();
    let mut bytes = vec![0xee; 252];
    layout.pack(&values, &mut bytes);
    let mut expected = vec![0xee; 252];
    for n in 0..2 {
        for c in 0..3 {
            for h in 0..2 {
                for w in 0..5 {
                    let value = values[((n * 3 + c) * 2 + h) * 5 + w].to_bits();
                    let at = n * 126 + c * 40 + h * 12 + w * 2;
                    expected[at] = value as u8;
                    expected[at + 1] = (value >> 8) as u8;
                }
            }
        }
    }
    assert_eq!(bytes, expected);
    let mut back = vec![f16::ZERO; 60];
    layout.unpack(&bytes, &mut back);
    assert_eq!(back, values);
}

#[test]
fn strides_that_are_not_there_are_not_assumed() {
    let fake = FakeAne::new();
    fake.hide_attributes();
    let refused = build(&fake);
    assert!(matches!(&refused, Err(AneError::Layout { .. })));
    assert_says(
        &message(refused),
        &["does not say how", "not run on the Neural Engine"],
    );
    assert_eq!((fake.count(UNLOAD), fake.models()), (1, 0));
    for key in ["RowStride", "PlaneStride"] {
        let fake = FakeAne::new();
        fake.set_attribute(key, None);
        assert_says(&message(build(&fake)), &["input \"x\"", "without a", key]);
    }
}

#[test]
fn one_batch_needs_no_batch_stride_and_two_do() {
    let fake = FakeAne::new();
    fake.set_attribute("BatchStride", None);
    build(&fake).unwrap();
    let shape = [2, 4, 1, 64];
    let text = program(shape, shape);
    let refused = fake.ane().compile(text.as_bytes(), None, &io(shape, shape));
    assert_says(&message(refused), &["without a BatchStride"]);
}

#[test]
fn absurd_strides_are_refused() {
    for (key, value) in [
        ("RowStride", 0),
        ("RowStride", -128),
        ("RowStride", 126),
        ("RowStride", 129),
        ("RowStride", i64::MAX),
        ("PlaneStride", 127),
        ("PlaneStride", i64::MIN),
        ("BatchStride", 511),
        ("BatchStride", 1 << 40),
    ] {
        let fake = FakeAne::new();
        fake.set_attribute(key, Some(value));
        let refused = build(&fake);
        assert!(
            matches!(&refused, Err(AneError::Layout { .. })),
            "{key} {value}"
        );
        assert_says(
            &message(refused),
            &[key, &value.to_string(), "wrong places"],
        );
    }
}

#[test]
fn another_shape_or_type_than_announced_is_refused() {
    for (key, value, says) in [
        (
            "Batches",
            2,
            "N = 2 in the compiled program, and 1 was announced",
        ),
        ("Channels", 5, "C = 5"),
        ("Height", 0, "H = 0"),
        ("Width", -64, "W = -64"),
        ("Depth", 3, "depth 3"),
    ] {
        let fake = FakeAne::new();
        fake.set_attribute(key, Some(value));
        assert_says(&message(build(&fake)), &[says]);
    }
    let fake = FakeAne::new();
    fake.set_type("Float32");
    assert_says(&message(build(&fake)), &["Float32", "declare", "fp16"]);
    let fake = FakeAne::new();
    let text = program(IN, OUT);
    let refused = fake.ane().compile(text.as_bytes(), None, &io(IN, IN));
    assert_says(
        &message(refused),
        &["output \"y\"", "C = 66", "4 was announced"],
    );
}

#[test]
fn several_tensors_keep_the_caller_s_order() {
    let text = "program(1.0)\n{ func main<ios16>(tensor<fp16, [1, 1, 1, 8]> b, tensor<fp16, [1, 2, 1, 8]> a) {\
        tensor<fp16, [1, 1, 1, 8]> z = relu(x = b)[]; tensor<fp16, [1, 2, 1, 8]> y = relu(x = a)[]; } -> (z, y); }";
    let [b, z] = ["b", "z"].map(|name| TensorSpec::new(name, [1, 1, 1, 8]));
    let [a, y] = ["a", "y"].map(|name| TensorSpec::new(name, [1, 2, 1, 8]));
    let io = IoSpec::new([b.clone(), a], [z.clone(), y.clone()]).unwrap();
    let fake = FakeAne::new();
    // The engine sees them in alphabetical order: a to y, b to z.
    fake.compute(|inputs, _| inputs.to_vec());
    let mut kernel = fake.ane().compile(text.as_bytes(), None, &io).unwrap();
    let (small, large) = (ramp(8), ramp(16));
    kernel.write_input_f16(0, &small).unwrap();
    kernel.write_input_f16(1, &large).unwrap();
    kernel.eval().unwrap();
    assert_eq!(read(&kernel, 0, 8), small);
    assert_eq!(read(&kernel, 1, 16), large);
    assert_says(
        &message(kernel.write_input_f16(2, &small)),
        &["no input 2", "compiled with 2"],
    );

    let c = TensorSpec::new("c", [1, 2, 1, 8]);
    let io = IoSpec::new([b.clone(), c], [z.clone(), y.clone()]).unwrap();
    let refused = fake.ane().compile(text.as_bytes(), None, &io);
    assert_says(&message(refused), &["no input \"c\"", "only a, b"]);
    let io = IoSpec::new([b], [z, y]).unwrap();
    let refused = fake.ane().compile(text.as_bytes(), None, &io);
    assert_says(&message(refused), &["has 2 inputs, and 1 were announced"]);
}

#[test]
fn specs_that_describe_nothing_are_refused() {
    let fine = || vec![TensorSpec::new("x", IN)];
    for (inputs, says) in [
        (Vec::new(), "1 to 255 inputs, not 0"),
        (vec![TensorSpec::new("", IN)], "no name"),
        (vec![TensorSpec::new("x", [1, 0, 1, 64])], "[1, 0, 1, 64]"),
        (
            vec![TensorSpec::new("x", [1, 1, 1, MAX_DIMENSION + 1])],
            "16384",
        ),
        (vec![TensorSpec::new("x", [MAX_DIMENSION; 4])], "split it"),
        ([fine(), fine()].concat(), "two inputs"),
        (
            (0..256)
                .map(|i| TensorSpec::new(&i.to_string(), IN))
                .collect(),
            "not 256",
        ),
    ] {
        assert_says(&message(IoSpec::new(inputs, fine())), &[says]);
    }
    assert_says(&message(IoSpec::new(fine(), [])), &["outputs, not 0"]);
}

#[test]
fn a_surface_that_is_too_small_is_found_before_anything_is_written() {
    let fake = FakeAne::new();
    fake.limit_surfaces(8_447);
    let refused = build(&fake);
    assert!(matches!(
        &refused,
        Err(AneError::SurfaceTooSmall {
            asked: 8_448,
            got: 8_447,
            direction: Direction::Output,
            ..
        })
    ));
    assert_says(&message(refused), &["8447 bytes", "8448", "free memory"]);
    assert_eq!((fake.count(UNLOAD), fake.surfaces()), (1, 0));
    fake.limit_surfaces(8_448);
    build(&fake).unwrap();
}
