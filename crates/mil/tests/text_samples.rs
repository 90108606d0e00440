//! Texts that others published, and what is known of texts that Apple's compilers take: the parser
//! reads all of them, and every statement that we print has the form of one of them.
//!
//! The published files lie outside the repository; where they are not, the tests that need them say
//! so and pass.

use std::collections::BTreeSet;
use std::path::PathBuf;

use mil::text::syntax::{
    Attribute, Binding, Dim, Document, Payload, Scalar, Statement, Type, TypedValue,
};
use mil::{BiasForm, BinaryKind, Conv, Dialect, Program, ProgramBuilder, TensorType};

/// A published file; `None`, said aloud, where it is not.
fn sample(name: &str) -> Option<Document> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/mil-samples");
    let Ok(text) = std::fs::read_to_string(path.join(name)) else {
        println!("skipped: the sample file {name} is not here");
        return None;
    };
    Some(Document::parse(&text).unwrap_or_else(|error| panic!("{name}: {error}")))
}

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

/// What the facts about texts that compile on hardware say of each statement, in the verbose dialect.
const VERBOSE: &str = r#"program(1.0)
[buildInfo = dict<tensor<string, []>, tensor<string, []>>({{"coremlc-version", "3505.4.1"}})]
{
    func main<ios16>(tensor<fp16, [1, 4, 1, 64]> x) {
        tensor<fp16, [64, 4, 1, 1]> w = const()[name = tensor<string, []>("w"), val = tensor<fp16, [64, 4, 1, 1]>(BLOBFILE(path = tensor<string, []>("@model_path/weights/weight.bin"), offset = tensor<uint64, []>(64)))];
        tensor<fp16, [64]> b = const()[name = tensor<string, []>("b"), val = tensor<fp16, [64]>(BLOBFILE(path = tensor<string, []>("@model_path/weights/weight.bin"), offset = tensor<uint64, []>(640)))];
        tensor<int32, [2]> d = const()[name = tensor<string, []>("d"), val = tensor<int32, [2]>([1, 1])];
        tensor<int32, []> g = const()[name = tensor<string, []>("g"), val = tensor<int32, []>(1)];
        tensor<int32, [4]> p = const()[name = tensor<string, []>("p"), val = tensor<int32, [4]>([0, 0, 0, 0])];
        tensor<string, []> t = const()[name = tensor<string, []>("t"), val = tensor<string, []>("valid")];
        tensor<fp16, [1, 64, 1, 64]> c = conv(bias = b, dilations = d, groups = g, pad = p, pad_type = t, strides = d, weight = w, x = x)[name = tensor<string, []>("c")];
        tensor<fp16, [1, 64, 1, 64]> e = conv(dilations = d, groups = g, pad = p, pad_type = t, strides = d, weight = w, x = x)[name = tensor<string, []>("e")];
        tensor<fp16, [1, 64, 1, 64]> a = add(x = c, y = e)[name = tensor<string, []>("a")];
        tensor<fp16, [1, 64, 1, 64]> r = relu(x = a)[name = tensor<string, []>("r")];
    } -> (r);
}"#;

/// The same in the short one.
fn short() -> String {
    let mut text = VERBOSE
        .replace("program(1.0)", "program(1.3)")
        .replace("ios16", "ios18");
    for scalar in ["string", "int32", "uint64"] {
        text = text.replace(&format!("tensor<{scalar}, []>"), scalar);
    }
    text
}

/// A statement without its names and numbers.
fn form(statement: &Statement) -> String {
    let arguments: Vec<String> = (statement.arguments.iter())
        .map(|a| match a.binding {
            Binding::Name(_) => format!("{} = NAME", a.name),
            _ => format!("{} = {:?}", a.name, a.binding),
        })
        .collect();
    let attributes: Vec<String> = statement.attributes.iter().map(attribute_form).collect();
    let results: Vec<String> = statement.results.iter().map(|r| type_form(&r.ty)).collect();
    format!(
        "{} = {}({})[{}]",
        results.join(", "),
        statement.op,
        arguments.join(", "),
        attributes.join(", ")
    )
}

fn attribute_form(attribute: &Attribute) -> String {
    format!("{} = {}", attribute.name, value_form(&attribute.value))
}

fn value_form(value: &TypedValue) -> String {
    let payload = match &value.payload {
        Payload::Blob(blob) => {
            let offset = value_form(&blob.offset);
            format!("BLOBFILE(path = {}, offset = {offset})", blob.path)
        }
        payload => payload_form(payload),
    };
    format!("{}({payload})", type_form(&value.ty))
}

fn payload_form(payload: &Payload) -> String {
    match payload {
        Payload::Integer(_) => "INTEGER".into(),
        Payload::Text(_) => "TEXT".into(),
        Payload::List(items) => {
            let kinds: BTreeSet<String> = items.iter().map(payload_form).collect();
            format!("{} x {kinds:?}", items.len())
        }
        Payload::Dict(_) => "PAIRS".into(),
        other => format!("{other:?}"),
    }
}

/// Shapes of floats are the network's; those of parameters are what is compared.
fn type_form(ty: &Type) -> String {
    match ty {
        Type::Tensor {
            element: Scalar::Fp16,
            shape,
        } => format!("tensor<fp16, rank {}>", shape.len()),
        other => other.to_string(),
    }
}

fn forms(tree: &Document) -> BTreeSet<String> {
    let attributes = tree.attributes.iter().map(attribute_form);
    let functions = tree.functions.iter();
    let statements = functions.flat_map(|f| f.statements.iter().map(form));
    attributes.chain(statements).collect()
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
    for (dialect, known) in [
        (Dialect::Ios16, VERBOSE.to_owned()),
        (Dialect::Ios18, short()),
    ] {
        let known = Document::parse(&known).unwrap();
        let known_forms = forms(&known);
        for bias in [BiasForm::InConv, BiasForm::Add] {
            let ours = Document::parse(&network(bias).to_text(dialect)).unwrap();
            assert_eq!(ours.version, known.version);
            assert_eq!(ours.functions[0].name, known.functions[0].name);
            assert_eq!(ours.functions[0].opset, known.functions[0].opset);
            for form in forms(&ours) {
                // The constant that is added differs in nothing but its rank.
                let form = form.replace("tensor<fp16, rank 4>(BLOB", "tensor<fp16, RANK>(BLOB");
                let known = known_forms.iter().any(|known| {
                    known.replace("tensor<fp16, rank 4>(BLOB", "tensor<fp16, RANK>(BLOB") == form
                });
                assert!(known, "{form}\nis none of\n{known_forms:#?}");
            }
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
