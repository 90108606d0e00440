//! Texts that others published, and what is known of texts that Apple's compilers take: the parser
//! reads all of them, and every statement that we print has the form of one of them.
//!
//! The published files lie outside the repository; where they are not, the tests that need them say
//! so and pass.

mod forms;

use std::collections::BTreeSet;

use forms::{VERBOSE, assert_forms_are_known, form, forms, sample, short};
use mil::text::syntax::{Binding, Dim, Document, Payload, Scalar, Statement, Type};
use mil::{BiasForm, BinaryKind, Conv, Dialect, Program, ProgramBuilder, TensorType};

const SAMPLES: [(&str, usize); 4] = [
    ("coremltools-add_model.mil", 1),
    ("espresso-conv.mil", 11),
    ("excerpt-flexible-hexfloat-lut.mil", 14),
    ("fluidaudio-TokenDurationPrediction.mil", 17),
];

#[test]
fn every_sample_is_read_and_printed_as_an_equal_tree() {
    for (name, statements) in SAMPLES {
        let Some(tree) = sample(name) else { continue };
        assert_eq!(tree.functions.len(), 1, "{name}");
        assert_eq!(tree.functions[0].statements.len(), statements, "{name}");
        let printed = tree.to_string();
        assert_eq!(
            Document::parse(&printed).unwrap(),
            tree,
            "{name}:\n{printed}"
        );
    }
}

#[test]
fn the_rarer_constructs_of_a_sample_are_read_as_what_they_are() {
    let Some(tree) = sample("excerpt-flexible-hexfloat-lut.mil") else {
        return;
    };
    let main = &tree.functions[0];
    assert_eq!(
        (tree.version.as_str(), main.opset.as_str()),
        ("1.0", "ios17")
    );
    let flexible = Type::Tensor {
        element: Scalar::Fp32,
        shape: vec![Dim::Fixed(1), Dim::Unknown],
    };
    assert_eq!(main.inputs[1].ty, flexible);
    let Payload::Tuple(shapes) = &main.attributes[0].value.payload else {
        panic!("{:?}", main.attributes)
    };
    assert_eq!(shapes.len(), 2);
    let by_name = |name: &str| {
        let mut statements = main.statements.iter();
        statements.find(|s| s.results[0].name == name).unwrap()
    };
    for (name, bits) in [("var_47", 0x3F78_51ECu32), ("x_epsilon_0", 1)] {
        let payload = &by_name(name).attribute("val").unwrap().payload;
        assert_eq!(
            *payload,
            Payload::Float(f32::from_bits(bits).into()),
            "{name}"
        );
    }
    let table = by_name("noise_convs_0_weight_palettized");
    assert!(table.arguments.is_empty());
    let names: Vec<&str> = table.attributes.iter().map(|a| a.name.as_str()).collect();
    assert_eq!(names, ["indices", "lut", "name", "shape"]);
    let values = by_name("input_1").argument("values").unwrap();
    assert_eq!(
        *values,
        Binding::Names(vec!["var_44".into(), "var_48".into()])
    );
    assert_eq!(by_name("x").position.line, 18);
}

#[test]
fn a_sample_of_known_operations_is_a_program_and_the_others_say_where_they_are_not() {
    if let Some(tree) = sample("coremltools-add_model.mil") {
        let program = tree.to_program().unwrap();
        let text = program.to_text(Dialect::Ios16);
        assert_eq!(Program::from_text(&text).unwrap(), program);
    }
    for (name, error) in [
        (
            "espresso-conv.mil",
            "line 11, column 9: the operation `cast` is not known here",
        ),
        (
            "fluidaudio-TokenDurationPrediction.mil",
            "line 8, column 13: the operation `slice_by_index` is not known here",
        ),
    ] {
        let Some(tree) = sample(name) else { continue };
        let found = tree.to_program().unwrap_err().to_string();
        assert!(found.starts_with(error), "{found}");
    }
}

/// Two layers with a rectifier between them.
fn network(bias: BiasForm) -> Program {
    let mut b = ProgramBuilder::new();
    let x = b
        .input("features", TensorType::fp16([1, 4, 1, 64]))
        .unwrap();
    let h = b.conv1x1("layer0", x, 64, 64, 640, bias).unwrap();
    let h = b.relu("hidden0", h).unwrap();
    let y = b.conv1x1("answer", h, 66, 832, 9344, bias).unwrap();
    b.output(y).unwrap();
    b.finish().unwrap()
}

#[test]
fn every_statement_that_we_print_has_the_form_of_one_that_compiles() {
    for dialect in Dialect::ALL {
        for bias in [BiasForm::InConv, BiasForm::Add] {
            assert_forms_are_known(&network(bias).to_text(dialect), dialect);
        }
    }
}

#[test]
fn the_forms_tell_dialects_types_and_arguments_apart() {
    let [verbose, short] =
        [VERBOSE.to_owned(), short()].map(|t| forms(&Document::parse(&t).unwrap()));
    let print = |dialect| {
        let text = network(BiasForm::InConv).to_text(dialect);
        forms(&Document::parse(&text).unwrap())
    };
    assert!(print(Dialect::Ios16).is_subset(&verbose));
    assert!(print(Dialect::Ios18).is_subset(&short));
    assert!(!print(Dialect::Ios16).is_subset(&short));
    for (from, to) in [
        ("pad = p, ", ""),
        ("[0, 0, 0, 0]", "[0, 0, 0]"),
        ("tensor<int32, []> g", "tensor<int32, [1]> g"),
        ("weight.bin", "weights.bin"),
        ("tensor<uint64, []>", "tensor<int32, []>"),
        ("[name = tensor<string, []>(\"r\")]", ""),
    ] {
        let changed = VERBOSE.replace(from, to);
        assert_ne!(changed, VERBOSE, "{from}");
        let changed = forms(&Document::parse(&changed).unwrap());
        assert!(!print(Dialect::Ios16).is_subset(&changed), "{from}");
    }
}

/// The published convolution that compiles on hardware, made by us: the same statements.
#[test]
fn the_published_convolution_is_ours_statement_by_statement() {
    let Some(published) = sample("espresso-conv.mil") else {
        return;
    };
    let mut b = ProgramBuilder::new();
    let x = b.input("x16", TensorType::fp16([1, 4, 1, 2])).unwrap();
    let w = b.blob("W", TensorType::fp16([6, 4, 1, 1]), 64).unwrap();
    let y = b.conv("y16", Conv::new(x, w)).unwrap();
    b.output(y).unwrap();
    let ours = b.finish().unwrap().to_document(Dialect::Ios18);
    assert_eq!(ours.version, published.version);
    assert_eq!(ours.attributes, published.attributes);
    let (ours, theirs) = (&ours.functions[0], &published.functions[0]);
    assert_eq!(ours.opset, theirs.opset);
    let find = |statements: &[Statement], name: &str| -> Statement {
        let found = statements.iter().find(|s| s.results[0].name == name);
        found.unwrap_or_else(|| panic!("{name}")).clone()
    };
    let (conv, published) = (
        find(&ours.statements, "y16"),
        find(&theirs.statements, "y16"),
    );
    assert_eq!(conv.results, published.results);
    assert_eq!(form(&conv), form(&published));
    for (ours_bound, theirs_bound) in conv.arguments.iter().zip(&published.arguments) {
        let (Binding::Name(our_name), Binding::Name(their_name)) =
            (&ours_bound.binding, &theirs_bound.binding)
        else {
            panic!("{ours_bound:?}")
        };
        if our_name == "x16" {
            assert_eq!(our_name, their_name);
            continue;
        }
        let (ours, theirs) = (
            find(&ours.statements, our_name),
            find(&theirs.statements, their_name),
        );
        assert_eq!(ours.results[0].ty, theirs.results[0].ty, "{our_name}");
        assert_eq!(ours.attribute("val"), theirs.attribute("val"), "{our_name}");
        assert_eq!(form(&ours), form(&theirs), "{our_name}");
    }
}

/// A constant of a published file in the verbose dialect and one of ours of its type are spelled alike.
#[test]
fn published_constants_are_spelled_like_ours() {
    let Some(published) = sample("fluidaudio-TokenDurationPrediction.mil") else {
        return;
    };
    let mut b = ProgramBuilder::new();
    let x = b.input("x", TensorType::fp16([1, 4])).unwrap();
    let y = b.concat("y", &[x, x], 0).unwrap();
    let z = b.binary("z", BinaryKind::Mul, y, y).unwrap();
    b.output(z).unwrap();
    let ours = forms(&b.finish().unwrap().to_document(Dialect::Ios16));
    let constants: BTreeSet<String> = ours.into_iter().filter(|f| f.contains("const(")).collect();
    let published: BTreeSet<String> = forms(&published)
        .iter()
        .map(|form| form.replace("Bool(true)", "Bool(false)"))
        .collect();
    assert_eq!(constants.len(), 2, "axis and interleave");
    assert!(
        constants.is_subset(&published),
        "{constants:#?}\n{published:#?}"
    );
}

/// Faults planted in a printed text, each of them caught.
#[test]
fn planted_faults_are_caught() {
    let program = network(BiasForm::InConv);
    let text = program.to_text(Dialect::Ios16);
    let mut weights = mil::Weights::builder();
    for (name, count) in [("w0", 256), ("b0", 64), ("w1", 66 * 64), ("b1", 66)] {
        weights.add_fp16(name, &vec![half::f16::ONE; count]);
    }
    let weights = weights.finish();
    let is_sound = |text: &str| match Program::from_text(text) {
        Ok(read) => read.check_weights(&weights).is_ok() && read == program,
        Err(_) => false,
    };
    assert!(is_sound(&text));
    for (from, to) in [
        ("tensor<uint64, []>(640)", "tensor<uint64, []>(704)"),
        ("tensor<uint64, []>(640)", "tensor<uint64, []>(832)"),
        ("[1, 66, 1, 64]> answer", "[1, 65, 1, 64]> answer"),
        ("x = hidden0", "x = hidden1"),
        ("relu(x = layer0)", "relu(x = features)"),
        ("[66, 64, 1, 1]", "[64, 66, 1, 1]"),
        ("groups = answer_groups_0, ", "groups = features, "),
        ("bias = answer_bias, ", ""),
        (
            "tensor<string, []>(\"valid\")",
            "tensor<string, []>(\"same\")",
        ),
        ("weights/weight.bin", "weights/other.bin"),
        ("-> (answer)", "-> (hidden0)"),
        ("relu(", "tanh("),
        (";\n", "\n"),
    ] {
        let planted = text.replacen(from, to, 1);
        assert_ne!(planted, text, "{from}");
        assert!(!is_sound(&planted), "{from} -> {to}");
    }
}
