//! What the checker finds, and that it finds nothing in sound programs.

use half::f16;
use mil::{
    BiasForm, Binary, BinaryKind, CheckError, Constant, Conv, DataType, Literal, Op, Operation,
    PadType, Program, ProgramBuilder, ProgramParts, TensorType, Unary, UnaryKind, Value, ValueId,
    Weights,
};

fn id(index: u32) -> ValueId {
    ValueId::from_index(index)
}

fn value(name: &str, ty: TensorType) -> Value {
    Value {
        name: name.into(),
        ty,
    }
}

/// `y = relu(x)` over fp16 `[2, 3]`.
fn parts() -> ProgramParts {
    ProgramParts {
        values: vec![
            value("x", TensorType::fp16([2, 3])),
            value("y", TensorType::fp16([2, 3])),
        ],
        inputs: vec![id(0)],
        operations: vec![Operation {
            op: Op::Unary(Unary {
                kind: UnaryKind::Relu,
                x: id(0),
            }),
            result: id(1),
        }],
        outputs: vec![id(1)],
        build_info: Vec::new(),
    }
}

#[test]
fn sound_parts_are_sealed_and_given_back() {
    let program = Program::from_parts(parts()).unwrap();
    assert_eq!(program.type_of(id(1)), Some(&TensorType::fp16([2, 3])));
    assert_eq!(program.type_of(id(2)), None);
    assert!(matches!(program.definition(id(1)), Some(Op::Unary(_))));
    assert_eq!(program.definition(id(0)), None);
    assert_eq!(program.into_parts(), parts());
}

macro_rules! refuses {
    ($name:ident, $change:expr, $error:pat) => {
        #[test]
        fn $name() {
            let mut changed = parts();
            let change: fn(&mut ProgramParts) = $change;
            change(&mut changed);
            let error = Program::from_parts(changed).unwrap_err();
            assert!(matches!(error, $error), "{error:?}");
        }
    };
}

refuses!(
    a_wrong_shape,
    |p| p.values[1].ty.shape[0] = 1,
    CheckError::Declared { .. }
);
refuses!(
    a_wrong_type,
    |p| p.values[1].ty.data_type = DataType::Fp32,
    CheckError::Declared { .. }
);
refuses!(
    an_integer_input,
    |p| p.values[0].ty.data_type = DataType::Int32,
    CheckError::Input { .. }
);
refuses!(
    two_of_one_name,
    |p| p.values[1].name = "x".into(),
    CheckError::DuplicateName { .. }
);
refuses!(
    an_empty_name,
    |p| p.values[1].name.clear(),
    CheckError::Name { .. }
);
refuses!(
    a_name_with_a_dot,
    |p| p.values[1].name = "a.b".into(),
    CheckError::Name { .. }
);
refuses!(
    a_name_with_a_digit_first,
    |p| p.values[1].name = "1a".into(),
    CheckError::Name { .. }
);
refuses!(
    a_dimension_of_zero,
    |p| p.values[0].ty.shape[1] = 0,
    CheckError::Size { .. }
);
refuses!(
    too_many_elements,
    |p| p.values[0].ty.shape = vec![usize::MAX, usize::MAX],
    CheckError::Size { .. }
);
refuses!(
    an_input_without_dimensions,
    |p| p.values.iter_mut().for_each(|value| value.ty.shape.clear()),
    CheckError::Input { .. }
);
refuses!(
    six_dimensions,
    |p| p
        .values
        .iter_mut()
        .for_each(|value| value.ty.shape = vec![1; 6]),
    CheckError::Rank { .. }
);
refuses!(no_output, |p| p.outputs.clear(), CheckError::NoOutput);
refuses!(
    the_same_output_twice,
    |p| p.outputs.push(id(1)),
    CheckError::RepeatedOutput { .. }
);
refuses!(
    an_input_as_output,
    |p| p.outputs = vec![id(0)],
    CheckError::Output { .. }
);
refuses!(
    an_unknown_output,
    |p| p.outputs = vec![id(9)],
    CheckError::UnknownValue { index: 9 }
);
refuses!(
    an_unknown_input,
    |p| p.inputs = vec![id(9)],
    CheckError::UnknownValue { index: 9 }
);
refuses!(
    an_unknown_result,
    |p| p.operations[0].result = id(9),
    CheckError::UnknownValue { .. }
);
refuses!(
    an_unknown_operand,
    |p| p.operations[0].op = Op::Unary(Unary {
        kind: UnaryKind::Relu,
        x: id(9)
    }),
    CheckError::UnknownValue { index: 9 }
);
refuses!(
    an_undeclared_input,
    |p| p.inputs.clear(),
    CheckError::Undefined { .. }
);
refuses!(
    an_operation_that_reads_itself,
    |p| p.operations[0].op = Op::Unary(Unary {
        kind: UnaryKind::Relu,
        x: id(1)
    }),
    CheckError::Undefined { .. }
);
refuses!(
    the_same_input_twice,
    |p| p.inputs.push(id(0)),
    CheckError::Redefined { .. }
);
refuses!(
    a_result_twice,
    |p| p.operations.push(p.operations[0].clone()),
    CheckError::Redefined { .. }
);

/// coremltools 9.0, `NameSanitizer.sanitize_name`.
const RESERVED_WORDS: &str = "any bool program func tensor list dict tuple true false string bf16 \
    fp16 fp32 fp64 int8 int16 int32 int64 uint8 uint16 uint32 uint64 state";

#[test]
fn reserved_words_are_no_names_but_names_may_hold_them() {
    assert_eq!(RESERVED_WORDS.split(' ').count(), 24);
    for word in RESERVED_WORDS.split(' ') {
        for renamed in 0..2 {
            let mut changed = parts();
            changed.values[renamed].name = word.into();
            let error = Program::from_parts(changed.clone()).unwrap_err();
            assert!(
                matches!(&error, CheckError::Name { name } if name == word),
                "{error:?}"
            );
            assert!(error.to_string().contains("reserves"), "{error}");
            changed.values[renamed].name = format!("{word}_0");
            assert!(Program::from_parts(changed).is_ok(), "{word}");
        }
        let mut builder = ProgramBuilder::new();
        let input = builder.input(word, TensorType::fp16([2]));
        assert!(matches!(input, Err(CheckError::Name { .. })), "{word}");
        let x = builder.input("x", TensorType::fp16([2])).unwrap();
        let result = builder.relu(word, x);
        assert!(matches!(result, Err(CheckError::Name { .. })), "{word}");
    }
}

#[test]
fn five_dimensions_are_taken_and_six_or_a_scalar_input_are_not() {
    let mut builder = ProgramBuilder::new();
    let x = builder.input("x", TensorType::fp16([1; 5])).unwrap();
    assert!(builder.relu("y", x).is_ok());
    let six = builder.input("six", TensorType::fp16([1; 6]));
    assert!(matches!(six, Err(CheckError::Rank { .. })), "{six:?}");
    let literal = Literal::Fp16(vec![f16::ONE]);
    let six = builder.literal("six", TensorType::fp16([1; 6]), literal);
    assert!(matches!(six, Err(CheckError::Rank { .. })), "{six:?}");
    let scalar = builder.input("scalar", TensorType::fp16([]));
    assert!(
        matches!(scalar, Err(CheckError::Input { .. })),
        "{scalar:?}"
    );
}

#[test]
fn weight_and_bias_of_a_convolution_are_constants() {
    let weight_type = TensorType::fp16([2, 4, 1, 1]);
    let refused = |weight_is_input: bool, computed: bool| {
        reason(|b| {
            let x = b.input("x", TensorType::fp16([1, 4, 1, 8]))?;
            let w = if weight_is_input {
                b.input("other", weight_type.clone())?
            } else {
                b.blob("w", weight_type.clone(), 64)?
            };
            let bias = match (weight_is_input, computed) {
                (false, false) => b.input("other", TensorType::fp16([2]))?,
                _ => b.blob("b", TensorType::fp16([2]), 192)?,
            };
            let (w, bias) = match (weight_is_input, computed) {
                (true, true) => (b.relu("sum", w)?, bias),
                (false, true) => (w, b.relu("sum", bias)?),
                _ => (w, bias),
            };
            b.conv(
                "y",
                Conv {
                    bias: Some(bias),
                    ..Conv::new(x, w)
                },
            )
        })
    };
    for (weight_is_input, what) in [(true, "weight"), (false, "bias")] {
        for (computed, name) in [(false, "other"), (true, "sum")] {
            let message = refused(weight_is_input, computed);
            assert!(
                message.contains(&format!("{what} `{name}`")) && message.contains("constant"),
                "{message}"
            );
        }
    }
}

/// The reason the builder gives for refusing an operation.
fn reason(build: impl FnOnce(&mut ProgramBuilder) -> Result<ValueId, CheckError>) -> String {
    match build(&mut ProgramBuilder::new()) {
        Err(CheckError::Operation { reason, .. }) => reason,
        other => panic!("expected a refused operation, got {other:?}"),
    }
}

#[test]
fn convolutions_that_do_not_fit_are_refused() {
    let refused = |x: [usize; 4], w: [usize; 4], change: fn(&mut Conv)| {
        reason(|b| {
            let x = b.input("x", TensorType::fp16(x))?;
            let w = b.blob("w", TensorType::fp16(w), 64)?;
            let mut conv = Conv::new(x, w);
            change(&mut conv);
            b.conv("y", conv)
        })
    };
    assert!(refused([1, 3, 1, 8], [2, 4, 1, 1], |_| ()).contains("channels"));
    assert!(refused([1, 4, 1, 8], [3, 2, 1, 1], |c| c.groups = 2).contains("groups"));
    assert!(refused([1, 4, 1, 8], [2, 4, 2, 1], |_| ()).contains("does not fit"));
    assert!(refused([1, 4, 1, 8], [2, 4, 1, 1], |c| c.strides = [0, 1]).contains("at least 1"));
    assert!(refused([1, 4, 1, 8], [2, 4, 1, 1], |c| c.dilations = [1, 0]).contains("at least 1"));
    assert!(refused([1, 4, 1, 8], [2, 4, 1, 1], |c| c.groups = 0).contains("at least 1"));
    assert!(refused([1, 4, 1, 8], [2, 4, 1, 1], |c| c.bias = Some(c.weight)).contains("bias is"));
    assert!(
        refused([1, 4, 1, 8], [2, 4, 1, 1], |c| {
            c.pad_type = PadType::Custom;
            c.pad = [usize::MAX; 4];
        })
        .contains("int32")
    );
    let int32 = refused([1, 4, 1, 8], [2, 4, 1, 1], |c| c.strides = [1 << 31, 1]);
    assert!(int32.contains("int32"), "{int32}");
    let rank = reason(|b| {
        let x = b.input("x", TensorType::fp16([4, 8]))?;
        let w = b.blob("w", TensorType::fp16([2, 4, 1, 1]), 64)?;
        b.conv("y", Conv::new(x, w))
    });
    assert!(rank.contains("four dimensions"), "{rank}");
    let types = reason(|b| {
        let x = b.input("x", TensorType::fp32([1, 4, 1, 8]))?;
        let w = b.blob("w", TensorType::fp16([2, 4, 1, 1]), 64)?;
        b.conv("y", Conv::new(x, w))
    });
    assert!(types.contains("one float type"), "{types}");
}

#[test]
fn elementwise_operands_that_do_not_fit_are_refused() {
    let pair = |x: TensorType, y: TensorType| {
        reason(|b| {
            let (x, y) = (b.input("x", x)?, b.input("y", y)?);
            b.add("z", x, y)
        })
    };
    assert!(pair(TensorType::fp16([2, 3]), TensorType::fp16([2, 4])).contains("broadcast"));
    assert!(pair(TensorType::fp16([2]), TensorType::fp32([2])).contains("one float type"));
    for (alpha, beta) in [
        (1.0, 0.0),
        (f32::NAN, 1.0),
        (0.0, f32::INFINITY),
        (0.0, 70_000.0),
    ] {
        let clip = reason(|b| {
            let x = b.input("x", TensorType::fp16([2]))?;
            b.clip("z", x, alpha, beta)
        });
        assert!(clip.contains("alpha"), "{clip}");
    }
    let integer = reason(|b| {
        let n = b.literal(
            "n",
            TensorType::scalar(DataType::Int32),
            Literal::Int32(vec![1]),
        )?;
        b.relu("z", n)
    });
    assert!(integer.contains("fp16 or fp32"), "{integer}");
    let concat = |axis: usize, other: TensorType| {
        reason(|b| {
            let (x, y) = (
                b.input("x", TensorType::fp16([2, 3]))?,
                b.input("y", other)?,
            );
            b.concat("z", &[x, y], axis)
        })
    };
    assert!(concat(2, TensorType::fp16([2, 3])).contains("axis 2"));
    assert!(concat(1, TensorType::fp16([3, 3])).contains("outside axis 1"));
    assert!(concat(1, TensorType::fp32([2, 3])).contains("outside axis 1"));
    assert!(concat(1, TensorType::fp16([2])).contains("outside axis 1"));
    assert!(reason(|b| b.concat("z", &[], 0)).contains("at least one"));
}

#[test]
fn constants_that_are_not_their_type_are_refused() {
    let literal = |ty: TensorType, literal: Literal| reason(|b| b.literal("c", ty, literal));
    let fp16 = |values: &[f32]| Literal::Fp16(values.iter().map(|&v| f16::from_f32(v)).collect());
    assert!(literal(TensorType::fp32([1]), fp16(&[1.0])).contains("declared"));
    assert!(literal(TensorType::fp16([2]), fp16(&[1.0])).contains("needs 2"));
    assert!(literal(TensorType::fp16([1]), fp16(&[f32::INFINITY])).contains("infinity"));
    let text = TensorType::new(DataType::String, [1]);
    assert!(literal(text, Literal::String("a".into())).contains("scalar"));
    let blob = |ty: TensorType, offset| reason(|b| b.blob("c", ty, offset));
    assert!(blob(TensorType::fp16([4]), 0).contains("header"));
    assert!(blob(TensorType::fp16([]), 64).contains("scalar"));
    assert!(blob(TensorType::new(DataType::Int32, [4]), 64).contains("fp16 or fp32"));
}

#[test]
fn the_builder_refuses_bad_names_and_foreign_values() {
    let mut builder = ProgramBuilder::new();
    let x = builder.input("x", TensorType::fp16([2])).unwrap();
    assert!(matches!(
        builder.relu("x", x),
        Err(CheckError::DuplicateName { .. })
    ));
    assert!(matches!(
        builder.relu("re lu", x),
        Err(CheckError::Name { .. })
    ));
    assert!(matches!(
        builder.relu("y", id(7)),
        Err(CheckError::UnknownValue { index: 7 })
    ));
    assert!(matches!(
        builder.output(id(7)),
        Err(CheckError::UnknownValue { index: 7 })
    ));
    let text = TensorType::scalar(DataType::String);
    assert!(matches!(
        builder.input("s", text),
        Err(CheckError::Input { .. })
    ));
    assert!(matches!(
        builder.clone().finish(),
        Err(CheckError::NoOutput)
    ));
    let flat = builder.conv1x1("flat", x, 2, 64, 192, BiasForm::InConv);
    assert!(
        matches!(flat, Err(CheckError::Operation { .. })),
        "{flat:?}"
    );
    let y = builder.relu("y", x).unwrap();
    builder.output(y).unwrap();
    assert_eq!(
        builder.finish().unwrap().values().len(),
        2,
        "refused operations leave no values"
    );
}

#[test]
fn broadcasting_aligns_the_innermost_dimension() {
    for (x, y, z) in [
        (vec![1, 4, 1, 8], vec![1, 4, 1, 1], vec![1, 4, 1, 8]),
        (vec![1, 4, 1, 8], vec![4, 1, 1], vec![1, 4, 1, 8]),
        (vec![8], vec![3, 4, 1], vec![3, 4, 8]),
        (vec![2, 3], vec![], vec![2, 3]),
        (vec![], vec![], vec![]),
    ] {
        let mut builder = ProgramBuilder::new();
        let mut operand = |name, shape: Vec<usize>| match shape.as_slice() {
            // No input may be a scalar.
            [] => builder.literal(name, TensorType::fp16([]), Literal::Fp16(vec![f16::ONE])),
            _ => builder.input(name, TensorType::fp16(shape)),
        };
        let (x, y) = (operand("x", x).unwrap(), operand("y", y).unwrap());
        let sum = builder.binary("z", BinaryKind::Mul, x, y).unwrap();
        assert_eq!(builder.type_of(sum).unwrap().shape, z);
        builder.output(sum).unwrap();
        let program = builder.finish().unwrap();
        let expected = Op::Binary(Binary {
            kind: BinaryKind::Mul,
            x,
            y,
        });
        assert_eq!(program.definition(sum), Some(&expected));
    }
}

#[test]
fn weights_are_checked_against_the_program() {
    let program = |ty: TensorType, offset| {
        let mut builder = ProgramBuilder::new();
        let x = builder.input("x", ty.clone()).unwrap();
        let c = builder.blob("c", ty, offset).unwrap();
        let y = builder.add("y", x, c).unwrap();
        builder.output(y).unwrap();
        let program = builder.finish().unwrap();
        let Op::Const(Constant::Blob { .. }) = program.operations()[0].op else {
            panic!()
        };
        program
    };
    let mut weights = Weights::builder();
    let half = weights.add_fp16("half", &[f16::ONE; 4]);
    let single = weights.add_fp32("single", &[1.0; 4]);
    let weights = weights.finish();
    let check = |ty, offset| program(ty, offset).check_weights(&weights);
    assert!(check(TensorType::fp16([4]), half).is_ok());
    assert!(check(TensorType::fp32([2, 2]), single).is_ok());
    let wrong = check(TensorType::fp16([4]), single);
    assert!(
        matches!(wrong, Err(CheckError::BlobType { count: 4, .. })),
        "{wrong:?}"
    );
    let wrong = check(TensorType::fp16([5]), half);
    assert!(
        matches!(wrong, Err(CheckError::BlobType { .. })),
        "{wrong:?}"
    );
    // The payload's offset in place of the record's: the mistake that is silent on hardware.
    let wrong = check(TensorType::fp16([4]), half + 64);
    assert!(matches!(wrong, Err(CheckError::Blob { .. })), "{wrong:?}");
}
