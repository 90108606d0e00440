//! Programs to text and back, in both dialects; and texts that cannot come back, with the place and
//! the reason.

use half::f16;
use mil::text::syntax::{Document, Payload};
use mil::{
    BiasForm, BinaryKind, Conv, DataType, Dialect, Literal, PadType, Program, ProgramBuilder,
    TensorType, TextError, UnaryKind,
};

/// A program with every operation, every type of constant and parameters unlike the defaults.
fn every_operation() -> Program {
    let mut b = ProgramBuilder::new();
    b.build_info("a \"quoted\" key", "back\\slash\nand line");
    let x = b.input("x", TensorType::fp16([1, 4, 6, 8])).unwrap();
    let z = b.input("z", TensorType::fp32([3, 2])).unwrap();
    let weight = b.blob("w", TensorType::fp16([6, 2, 3, 2]), 64).unwrap();
    let bias = b.blob("b", TensorType::fp16([6]), 640).unwrap();
    let conv = Conv {
        bias: Some(bias),
        strides: [2, 1],
        pad_type: PadType::Custom,
        pad: [1, 0, 2, 3],
        dilations: [1, 2],
        groups: 2,
        ..Conv::new(x, weight)
    };
    let mut y = b.conv("y", conv).unwrap();
    for pad_type in [PadType::Valid, PadType::Same, PadType::SameLower] {
        let name = format!("w_{}", pad_type.mil_name());
        let weight = b.blob(&name, TensorType::fp16([6, 6, 1, 1]), 704).unwrap();
        let conv = Conv {
            pad_type,
            ..Conv::new(y, weight)
        };
        y = b.conv(&format!("y_{}", pad_type.mil_name()), conv).unwrap();
    }
    for kind in UnaryKind::ALL {
        y = b.unary(&format!("u_{}", kind.mil_name()), kind, y).unwrap();
    }
    for kind in BinaryKind::ALL {
        y = b
            .binary(&format!("v_{}", kind.mil_name()), kind, y, y)
            .unwrap();
    }
    y = b.clip("limited", y, 0.0, 6.0).unwrap();
    let joined = b.concat("joined", &[y, y], 1).unwrap();
    let table = Literal::Fp32(vec![1.5, -0.0, f32::from_bits(1), f32::MAX, 0.1, -1.0]);
    let table = b.literal("table", TensorType::fp32([3, 2]), table).unwrap();
    let sum = b.add("sum", z, table).unwrap();
    let halves = [0.1, -65504.0, 6e-8].map(f16::from_f32).to_vec();
    b.literal("halves", TensorType::fp16([3]), Literal::Fp16(halves))
        .unwrap();
    let scalars = [
        (DataType::Int32, Literal::Int32(vec![i32::MIN])),
        (DataType::Bool, Literal::Bool(vec![true])),
        (DataType::String, Literal::String("a \"b\" \\ \t é".into())),
        (DataType::Fp16, Literal::Fp16(vec![f16::ONE])),
    ];
    for (ty, literal) in scalars {
        b.literal(
            &format!("s_{}", ty.mil_name()),
            TensorType::scalar(ty),
            literal,
        )
        .unwrap();
    }
    // Named as the printer would name a parameter.
    b.literal(
        "joined_axis_0",
        TensorType::scalar(DataType::Int32),
        Literal::Int32(vec![9]),
    )
    .unwrap();
    b.output(joined).unwrap();
    b.output(sum).unwrap();
    b.finish().unwrap()
}

#[test]
fn every_operation_comes_back_in_both_dialects() {
    let program = every_operation();
    for dialect in Dialect::ALL {
        let text = program.to_text(dialect);
        let back = Program::from_text(&text).unwrap_or_else(|error| panic!("{error}\n{text}"));
        assert_eq!(back, program);
        assert_eq!(back.to_text(dialect), text);
        let tree = Document::parse(&text).unwrap();
        assert_eq!(tree, program.to_document(dialect));
        assert_eq!(tree.to_string(), text);
    }
}

#[test]
fn layers_in_both_forms_come_back() {
    for form in [BiasForm::InConv, BiasForm::Add] {
        for dialect in Dialect::ALL {
            let program = layer(form);
            assert_eq!(
                Program::from_text(&program.to_text(dialect)).unwrap(),
                program
            );
        }
    }
}

fn layer(form: BiasForm) -> Program {
    let mut builder = ProgramBuilder::new();
    let x = builder.input("x", TensorType::fp16([1, 4, 1, 64])).unwrap();
    let h = builder.conv1x1("h", x, 2, 64, 640, form).unwrap();
    let y = builder.relu("y", h).unwrap();
    builder.output(y).unwrap();
    builder.finish().unwrap()
}

#[test]
fn blanks_the_order_of_arguments_and_inline_values_are_free() {
    let text = r#"program(1.3) {
        func main<ios18>(tensor<fp16,[1,4,1,64]> x) {
            tensor<fp16, [2,4,1,1]> h_weight = const()[val = tensor<fp16, [2, 4, 1, 1]>(BLOBFILE(path = string("@model_path/weights/weight.bin"), offset = uint64(64))), name = string("a")];
            tensor<fp16,[2]> h_bias=const()[name=string("b"),val=tensor<fp16,[2]>(BLOBFILE(path=string("@model_path/weights/weight.bin"),offset=uint64(640)))];
            tensor<fp16, [1, 2, 1, 64]>
                h = conv(x = x, weight = h_weight, bias = h_bias, groups = int32(1),
                         pad_type = string("valid"), strides = [1, 1])[name = string("c")];
            tensor<fp16, [1, 2, 1, 64]> y = relu(x = h);
        } -> (y); }"#;
    let mut parts = layer(BiasForm::InConv).into_parts();
    parts.build_info.clear();
    let read = Program::from_text(text).unwrap();
    assert_eq!(read, Program::from_parts(parts).unwrap());
}

#[test]
fn decimals_and_hexadecimal_floats_are_one_number() {
    let text = |number: &str| {
        format!(
            "program(1.3) {{ func main<ios18>(tensor<fp16, [2]> x) {{ tensor<fp16, [2]> y = \
             clip(x = x, alpha = fp16({number}), beta = fp16(8))[name = string(\"y\")]; }} -> (y); }}"
        )
    };
    let programs =
        ["0.25", "0x1p-2", "25e-2", "0x.4p0"].map(|n| Program::from_text(&text(n)).unwrap());
    assert!(programs.iter().all(|program| *program == programs[0]));
}

/// A text around one statement, which begins on line 3 in column 5.
fn around(statement: &str) -> String {
    format!(
        "program(1.0)\n{{ func main<ios16>(tensor<fp16, [1, 4, 1, 8]> x) {{\n    {statement}\n    \
         tensor<fp16, [1, 4, 1, 8]> y = relu(x = x)[name = tensor<string, []>(\"y\")];\n}} -> (y); }}"
    )
}

#[test]
fn departures_from_the_grammar_are_told_with_their_place() {
    for (statement, line) in [
        (
            "tensor<fp16, [1]> a = relu(x = x)",
            "line 4, column 5: expected `;` after the statement, found `tensor`",
        ),
        (
            "tensor<fp17, [1]> a = relu(x = x);",
            "line 3, column 12: expected the type of the tensor's elements, like fp16, found `fp17`",
        ),
        (
            "half a = relu(x = x);",
            "line 3, column 5: `half` is no type; there are tensor, state, dict, tuple, list and scalars like fp16",
        ),
        (
            "tensor<fp16, [1, -2]> a = relu(x = x);",
            "line 3, column 22: expected a dimension: a number or `?`, found `-2`",
        ),
        (
            "fp16 a = relu(x x);",
            "line 3, column 21: expected `=` after the argument's name, found `x`",
        ),
        (
            "fp16 a = relu(x = );",
            "line 3, column 23: expected what the argument is given, found `)`",
        ),
        (
            "fp16 a = const()[val = fp16(0x1.8q)];",
            "line 3, column 33: the number `0x1.8q` cannot be read: it is no hexadecimal float like 0x1.8p+1",
        ),
        (
            "fp16 a = const()[val = fp16(0x1p9999)];",
            "line 3, column 33: the number `0x1p9999` cannot be read: an fp64 does not hold it exactly",
        ),
        (
            "fp16 a = const()[val = string(\"a\\q\")];",
            "line 3, column 35: the text in quotes has an unknown escape; there are \\\" \\\\ \\n \\t and \\r",
        ),
        (
            "fp16 a = relu(x = #);",
            "line 3, column 23: the character '#' has no meaning in MIL text",
        ),
        (
            "fp16 a = const()[val = tensor<fp16, [1]>(BLOBFILE(offset = uint64(64)))];",
            "line 3, column 55: expected `path` in BLOBFILE(path = ..., offset = ...), found `offset`",
        ),
    ] {
        let error = Document::parse(&around(statement)).unwrap_err();
        assert_eq!(error.to_string(), line);
    }
    for (text, line) in [
        (
            "",
            "line 1, column 1: expected `program` at the start of a MIL text, found the end of the text",
        ),
        (
            "program(1.0) {} x",
            "line 1, column 17: expected the end of the text after the last `}`, found `x`",
        ),
        (
            "program(1.0)\n[a = string(\"\n\n",
            "line 2, column 13: the text in quotes does not end; close it with \"",
        ),
    ] {
        assert_eq!(Document::parse(text).unwrap_err().to_string(), line);
    }
    let bytes = b"program(1.0)\n{ \xFF }";
    let error = Document::parse_bytes(bytes).unwrap_err();
    assert_eq!(
        error.to_string(),
        "line 2, column 3: the bytes are no UTF-8 text, so this is no MIL text"
    );
}

#[test]
fn what_a_program_cannot_hold_is_told_with_its_place() {
    let whole = "tensor<fp16, [1, 4, 1, 8]> a";
    for (statement, line) in [
        (format!("{whole}, {whole}b = lstm(x = x);"), "line 3, column 5: the operation `lstm` is not known here; a program of this one can be read as a tree only"),
        (format!("{whole} = relu(y = x);"), "line 3, column 5: `a`: relu has no argument y"),
        (format!("{whole} = relu(x = x, x = x);"), "line 3, column 5: `a`: the argument x is given twice"),
        (format!("{whole} = relu(x = q);"), "line 3, column 5: `a`: `q` is read, and no statement before this one defines it"),
        (format!("{whole} = add(x = x);"), "line 3, column 5: `a`: add needs the argument y"),
        (format!("{whole}, {whole}b = relu(x = x);"), "line 3, column 5: `a`: the operation has one result"),
        ("tensor<fp16, [1, ?]> a = relu(x = x);".into(), "line 3, column 5: `a`: tensor<fp16, [1, ?]> has a dimension that is not fixed; fix it"),
        ("tensor<fp16, [1, 4, 1, 9]> a = relu(x = x);".into(), "line 3, column 5: `a` (relu) is declared as fp16[1, 4, 1, 9], but the operation yields fp16[1, 4, 1, 8]"),
        ("tensor<fp16, [1, 4, 1, 8]> x = relu(x = x);".into(), "line 3, column 5: `x` names two values: give each its own name"),
        ("int64 a = const()[val = int64(1)];".into(), "line 3, column 5: `a`: elements of int64 cannot be kept"),
        ("int32 a = const()[val = int32(2147483648)];".into(), "line 3, column 5: `a`: one of its elements is no int32 that can be kept"),
        ("fp16 a = const()[val = fp16(70000.0)];".into(), "line 3, column 5: `a`: one of its elements is no fp16 that can be kept"),
        ("fp16 a = const()[val = fp32(1.0)];".into(), "line 3, column 5: `a`: it is declared as fp16[], but its val is fp32[]"),
        ("fp16 a = const()[name = string(\"a\")];".into(), "line 3, column 5: `a`: a constant needs the attribute val"),
        ("tensor<bool, [2]> a = const()[val = tensor<bool, [2]>([true])];".into(), "line 3, column 5: `a`: a dimension of 2 is declared, and 1 elements are listed"),
        ("tensor<fp16, [1]> a = const()[val = tensor<fp16, [1]>(BLOBFILE(path = string(\"other.bin\"), offset = uint64(64)))];".into(), "line 3, column 5: `a`: its file is string(\"other.bin\"), not @model_path/weights/weight.bin"),
        (format!("{whole} = clip(x = x, alpha = fp16(0.0), beta = x);"), "line 3, column 5: `a`: beta must be a constant, which `x` is not before this line"),
        (format!("{whole} = clip(x = x, alpha = fp16(1.0), beta = fp16(0.0));"), "line 3, column 5: `a` (clip): alpha 1 and beta 0 must be finite in fp16 with alpha <= beta"),
        (format!("{whole} = concat(values = (x), axis = 1, interleave = true);"), "line 3, column 5: `a`: interleave = true is not known here"),
        (format!("{whole} = concat(values = (x), axis = -5);"), "line 3, column 5: `a`: axis -5 does not exist in a tensor of 4 dimensions"),
        (format!("{whole} = conv(x = x, weight = x, groups = -1);"), "line 3, column 5: `a`: groups must not be negative"),
        (format!("{whole} = conv(x = x, weight = x, pad_type = \"full\");"), "line 3, column 5: `a`: pad_type \"full\" is not known; there are valid, custom, same and same_lower"),
        (format!("{whole} = conv(x = x, weight = x, strides = fp16(1.0));"), "line 3, column 5: `a`: strides is fp16[], it must be int32[2]"),
    ] {
        let error = Program::from_text(&around(&statement)).unwrap_err();
        assert!(matches!(error, TextError::Lower(_)), "{error}");
        assert_eq!(error.to_string(), line);
    }
    for (text, line) in [
        (
            "program(1.0) {}",
            "line 1, column 1: there are 0 functions, there must be one",
        ),
        (
            "program(1.0) { func f<ios16>() {} -> (); }",
            "line 1, column 16: the function is called `f`, not `main`",
        ),
        (
            "program(1.0) { func main<ios16>() {} -> (); }",
            "line 1, column 16: the program has no output: mark at least one value as output",
        ),
        (
            "program(1.0) { func main<ios16>() {} -> (y); }",
            "line 1, column 16: the output `y` is not defined",
        ),
        (
            "program(1.0) [buildInfo = string(\"\")] { func main<ios16>() {} -> (y); }",
            "line 1, column 1: buildInfo must be a dictionary of texts",
        ),
        (
            "program(1.0) { func main<ios16>() [F = string(\"\")] {} -> (y); }",
            "line 1, column 16: the function's attribute F cannot be kept; shapes are fixed here",
        ),
    ] {
        assert_eq!(Program::from_text(text).unwrap_err().to_string(), line);
    }
}

#[test]
fn axes_count_from_either_end() {
    let text = |axis: i32| {
        around(&format!(
            "tensor<fp16, [1, 4, 1, 16]> a = concat(values = (x, x), axis = {axis});"
        ))
    };
    let [from_outside, from_inside] = [3, -1].map(|axis| Program::from_text(&text(axis)).unwrap());
    assert_eq!(from_outside, from_inside);
}

#[test]
fn what_is_nested_without_end_is_refused_without_it() {
    for (open, close) in [("[", "]"), ("(", ")"), ("{{", ",1}}")] {
        for depth in [20, 100_000] {
            let text = format!(
                "program(1.0) [a = fp16({}1{})] {{}}",
                open.repeat(depth),
                close.repeat(depth)
            );
            let parsed = Document::parse(&text);
            assert_eq!(parsed.is_ok(), depth == 20, "{open} {depth} {parsed:?}");
        }
    }
    let types = format!("program(1.0) [a = {}", "tuple<".repeat(100_000));
    let error = Document::parse(&types).unwrap_err().to_string();
    assert!(error.contains("inside each other"), "{error}");
    let blobs = "tensor<fp16, [1]>(BLOBFILE(path = ".repeat(100_000);
    assert!(Document::parse(&format!("program(1.0) [a = {blobs}")).is_err());
}

#[test]
fn dictionaries_tuples_lists_and_states_are_kept() {
    let text = r#"program(1.0)
[a = dict<string, tuple<int32, list<tensor<fp16, [2, ?]>, ?>>>({{"k", (1, [[0x1p+0, inf], []])}, {"", ()}}), b = bool(true)]
{
    func main<ios18>(state<tensor<fp16, [1]>> s, tensor<uint4, []> u) {
            tensor<fp16, [1]> r, tuple<> t = read_state(input = s, flag = false, names = (r, s), none = ())[];
        } -> ();
}
"#;
    let tree = Document::parse(text).unwrap();
    assert_eq!(tree.to_string(), text.replace(")[];", ");"));
    let Payload::Dict(pairs) = &tree.attributes[0].value.payload else {
        panic!("{tree:?}")
    };
    assert_eq!(pairs.len(), 2);
    assert_eq!(tree.functions[0].statements[0].results.len(), 2);
}
