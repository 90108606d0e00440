//! Which programs are column programs, and those that are not all of the fast kind.

use crate::network::SplitMix;
use half::f16;
use mil::{
    BiasForm, BinaryKind, Conv, Literal, PadType, Program, ProgramBuilder, TensorType, UnaryKind,
    ValueId, Weights,
};
use mil_runtime::cpu::{CpuDevice, ReferenceDevice};
use mil_runtime::{Device, DeviceError, TensorView, TensorViewMut};

const CHANNELS: usize = 3;
const WIDTH: usize = 6;

/// A program over `x` `[1, 3, 1, 6]` with a blob that holds a weight for 3 channels at the first
/// offset given and a bias at the second.
fn program(
    build: impl FnOnce(&mut ProgramBuilder, ValueId, u64, u64) -> ValueId,
) -> (Program, Weights) {
    let mut random = SplitMix(3);
    let mut fp16s = |count| -> Vec<f16> {
        random
            .uniforms(count)
            .into_iter()
            .map(f16::from_f32)
            .collect()
    };
    let mut weights = Weights::builder();
    let w = weights.add_fp16("w", &fp16s(CHANNELS * CHANNELS));
    let b = weights.add_fp16("b", &fp16s(CHANNELS));
    let mut builder = ProgramBuilder::new();
    let x = builder
        .input("x", TensorType::fp16([1, CHANNELS, 1, WIDTH]))
        .unwrap();
    let y = build(&mut builder, x, w, b);
    builder.output(y).unwrap();
    (builder.finish().unwrap(), weights.finish())
}

fn devices() -> [Box<dyn Device>; 3] {
    [
        Box::new(CpuDevice::new()),
        Box::new(ReferenceDevice::f32()),
        Box::new(ReferenceDevice::fp16()),
    ]
}

/// Every operation that works column by column, chains among them.
fn rich(builder: &mut ProgramBuilder, x: ValueId, w: u64, b: u64) -> ValueId {
    let h = builder
        .conv1x1("h", x, CHANNELS, w, b, BiasForm::Add)
        .unwrap();
    let s = builder.unary("s", UnaryKind::Sigmoid, h).unwrap();
    let residual = builder.add("residual", s, x).unwrap();
    let scale = Literal::Fp16([0.5, -1.5, 2.0].map(f16::from_f32).to_vec());
    let scale = builder
        .literal("scale", TensorType::fp16([CHANNELS, 1, 1]), scale)
        .unwrap();
    let halved = builder
        .binary("halved", BinaryKind::Mul, scale, scale)
        .unwrap();
    let scaled = builder
        .binary("scaled", BinaryKind::Mul, residual, halved)
        .unwrap();
    let clipped = builder.clip("clipped", scaled, -0.5, 0.75).unwrap();
    let both = builder.concat("both", &[clipped, h, x], 1).unwrap();
    let three = Literal::Fp16(vec![f16::from_f32(3.0)]);
    let three = builder
        .literal("three", TensorType::fp16([]), three)
        .unwrap();
    builder
        .binary("y", BinaryKind::Maximum, both, three)
        .unwrap();
    builder.binary("z", BinaryKind::Sub, both, three).unwrap()
}

#[test]
fn any_number_of_columns_gives_what_the_whole_program_gives() {
    let (program, weights) = program(rich);
    for device in devices() {
        let mut whole = device.prepare(&program, &weights).unwrap();
        let mut first_bits: Option<Vec<u32>> = None;
        let mut kernel = device.prepare_columns(&program, &weights, 40).unwrap();
        let x = SplitMix(4).uniforms(CHANNELS * WIDTH);
        let mut expected = vec![0.0; 3 * CHANNELS * WIDTH];
        let shape = [1, 3 * CHANNELS, 1, WIDTH];
        whole
            .run(
                &[TensorView::new(&[1, CHANNELS, 1, WIDTH], &x).unwrap()],
                &mut [TensorViewMut::new(&shape, &mut expected).unwrap()],
            )
            .unwrap();
        for columns in (1..=40).rev().chain([40, 6]) {
            // Column i of the batch is column i % 6 of the whole.
            let spread = |source: &[f32]| -> Vec<f32> {
                let rows = source.as_chunks::<WIDTH>().0.iter();
                rows.flat_map(|row| row.iter().copied().cycle().take(columns))
                    .collect()
            };
            let mut y = vec![f32::NAN; 3 * CHANNELS * columns];
            let spread_x = spread(&x);
            testkit::no_alloc(|| kernel.run(columns, &spread_x, &mut y)).unwrap();
            // A chain starts at the bias and may fuse products and sums.
            let most = if device.name() == "cpu" { 1e-6 } else { 0.0 };
            let expected = spread(&expected);
            let agrees = |(a, b): (&f32, &f32)| (a - b).abs() <= most;
            assert!(
                y.iter().zip(&expected).all(agrees),
                "{} {columns}",
                device.name()
            );
            // Whatever the number of columns, each has the same bits.
            let of_first = y.chunks(columns).map(|row| row[0].to_bits()).collect();
            assert_eq!(
                *first_bits.get_or_insert_with(|| Vec::clone(&of_first)),
                of_first
            );
        }
    }
}

#[test]
fn a_bare_chain_without_bias_and_grouped_convolutions_agree() {
    let bare = program(|b, x, w, _| {
        let w = b
            .blob("w", TensorType::fp16([CHANNELS, CHANNELS, 1, 1]), w)
            .unwrap();
        b.conv(
            "y",
            Conv {
                pad_type: PadType::Same,
                ..Conv::new(x, w)
            },
        )
        .unwrap()
    });
    let grouped = program(|b, x, _, bias| {
        let w = b
            .blob("w", TensorType::fp16([CHANNELS, 1, 1, 1]), bias)
            .unwrap();
        b.conv(
            "y",
            Conv {
                groups: CHANNELS,
                ..Conv::new(x, w)
            },
        )
        .unwrap()
    });
    for (program, weights) in [bare, grouped] {
        let x = SplitMix(8).uniforms(CHANNELS * 11);
        let [cpu, reference, _] = devices().map(|device| {
            let mut y = vec![0.0; CHANNELS * 11];
            let mut kernel = device.prepare_columns(&program, &weights, 11).unwrap();
            kernel.run(11, &x, &mut y).unwrap();
            y
        });
        // Sums of three products of numbers below 1, with and without fused multiply-add.
        assert!(
            cpu.iter()
                .zip(&reference)
                .all(|(a, b)| (a - b).abs() < 1e-6)
        );
        assert!(cpu.iter().any(|&y| y != 0.0));
    }
}

#[test]
fn one_number_for_all_channels_is_no_bias_of_a_chain() {
    for shape in [vec![1, 1, 1, 1], vec![1, 1, 1]] {
        let (program, weights) = program(|b, x, w, _| {
            let ty = TensorType::fp16([CHANNELS, CHANNELS, 1, 1]);
            let w = b.blob("w", ty, w).unwrap();
            let h = b.conv("h", Conv::new(x, w)).unwrap();
            let half = Literal::Fp16(vec![f16::from_f32(0.5)]);
            let half = b.literal("half", TensorType::fp16(shape), half).unwrap();
            b.add("y", h, half).unwrap()
        });
        let x = SplitMix(9).uniforms(CHANNELS * 5);
        let [cpu, reference, _] = devices().map(|device| {
            let mut y = vec![0.0; CHANNELS * 5];
            let mut kernel = device.prepare_columns(&program, &weights, 5).unwrap();
            kernel.run(5, &x, &mut y).unwrap();
            y
        });
        let agrees = |(a, b): (&f32, &f32)| (a - b).abs() < 1e-6;
        assert!(cpu.iter().zip(&reference).all(agrees));
    }
}

fn refused(build: impl FnOnce(&mut ProgramBuilder, ValueId, u64, u64) -> ValueId) -> String {
    let (program, weights) = program(build);
    let mut reasons = devices().map(
        |device| match device.prepare_columns(&program, &weights, 8) {
            Err(DeviceError::NotColumns { reason, .. }) => reason,
            Err(other) => panic!("{other}"),
            Ok(_) => panic!("{} takes it", device.name()),
        },
    );
    assert!(reasons.iter().all(|reason| *reason == reasons[0]));
    std::mem::take(&mut reasons[0])
}

#[test]
fn programs_whose_columns_depend_on_each_other_are_refused() {
    let conv = |change: fn(&mut Conv), kernel_w: usize| {
        refused(|b, x, w, _| {
            let shape = [CHANNELS, CHANNELS / kernel_w, 1, kernel_w];
            let w = b.blob("w", TensorType::fp16(shape), w).unwrap();
            let mut conv = Conv::new(x, w);
            change(&mut conv);
            b.conv("y", conv).unwrap()
        })
    };
    let same = |conv: &mut Conv| (conv.pad_type, conv.groups) = (PadType::Same, 3);
    assert!(
        conv(same, 3).contains("mixes columns"),
        "a kernel of width 3"
    );
    assert!(conv(|c| c.strides = [1, 2], 1).contains("mixes columns"));
    let padded = |conv: &mut Conv| (conv.pad_type, conv.pad) = (PadType::Custom, [0, 0, 1, 0]);
    assert!(conv(padded, 1).contains("mixes columns"));

    let by_column = refused(|b, x, _, _| {
        let ramp = Literal::Fp16((0..WIDTH).map(|i| f16::from_f32(i as f32)).collect());
        let ramp = b.literal("ramp", TensorType::fp16([WIDTH]), ramp).unwrap();
        b.add("y", x, ramp).unwrap()
    });
    assert!(by_column.contains("column to column"), "{by_column}");
    let joined = refused(|b, x, _, _| b.concat("y", &[x, x], 3).unwrap());
    assert!(joined.contains("axis 1"), "{joined}");
    let higher = refused(|b, x, _, _| {
        let two = Literal::Fp16(vec![f16::ONE; 2]);
        let two = b.literal("two", TensorType::fp16([2, 1]), two).unwrap();
        b.add("y", x, two).unwrap()
    });
    assert!(higher.contains("[1, K, 1, N]"), "{higher}");
    let constant = refused(|b, _, _, _| {
        let one = Literal::Fp16(vec![f16::ONE]);
        let one = b.literal("one", TensorType::fp16([1]), one).unwrap();
        b.relu("y", one).unwrap()
    });
    assert!(constant.contains("does not depend"), "{constant}");
    let two_inputs = refused(|b, x, _, _| {
        let other = b
            .input("other", TensorType::fp16([1, CHANNELS, 1, WIDTH]))
            .unwrap();
        b.add("y", x, other).unwrap()
    });
    assert!(two_inputs.contains("exactly one"), "{two_inputs}");
}

#[test]
fn other_input_shapes_and_no_columns_are_refused() {
    let mut builder = ProgramBuilder::new();
    let x = builder.input("x", TensorType::fp16([2, 3, 1, 8])).unwrap();
    let y = builder.relu("y", x).unwrap();
    builder.output(y).unwrap();
    let batched = builder.finish().unwrap();
    let (sound, weights) = program(rich);
    let (chain, chain_weights) =
        program(|b, x, w, bias| b.conv1x1("y", x, 3, w, bias, BiasForm::InConv).unwrap());
    for device in devices() {
        let refused = device.prepare_columns(&batched, &Weights::empty(), 8);
        assert!(matches!(refused, Err(DeviceError::NotColumns { .. })));
        for (program, weights) in [(&sound, &weights), (&chain, &chain_weights)] {
            let refused = device.prepare_columns(program, weights, 0);
            assert!(
                matches!(refused, Err(DeviceError::MaxColumns { got: 0 })),
                "{}",
                device.name()
            );
        }
        let huge = device.prepare_columns(&sound, &weights, usize::MAX);
        assert!(matches!(
            huge,
            Err(DeviceError::MaxColumns { .. } | DeviceError::Memory { .. })
        ));
        let huge = device.prepare_columns(&sound, &weights, usize::MAX / 64);
        assert!(matches!(
            huge,
            Err(DeviceError::MaxColumns { .. } | DeviceError::Memory { .. })
        ));
    }
}
