//! What is known of texts that Apple's compilers take, and statements without what is a network's own:
//! names and numbers. Two statements of one form are spelled alike.

use std::collections::BTreeSet;
use std::path::PathBuf;

use mil::Dialect;
use mil::text::syntax::{
    Attribute, Binding, Document, Payload, Scalar, Statement, Type, TypedValue,
};

/// A published file; `None`, said aloud, where it is not.
pub(crate) fn sample(name: &str) -> Option<Document> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/mil-samples");
    let Ok(text) = std::fs::read_to_string(path.join(name)) else {
        println!("skipped: the sample file {name} is not here");
        return None;
    };
    Some(Document::parse(&text).unwrap_or_else(|error| panic!("{name}: {error}")))
}

/// What the facts about texts that compile on hardware say of each statement, in the verbose dialect.
pub(crate) const VERBOSE: &str = r#"program(1.0)
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
pub(crate) fn short() -> String {
    let mut text = VERBOSE
        .replace("program(1.0)", "program(1.3)")
        .replace("ios16", "ios18");
    for scalar in ["string", "int32", "uint64"] {
        text = text.replace(&format!("tensor<{scalar}, []>"), scalar);
    }
    text
}

/// A statement without its names and numbers.
pub(crate) fn form(statement: &Statement) -> String {
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

pub(crate) fn forms(tree: &Document) -> BTreeSet<String> {
    let attributes = tree.attributes.iter().map(attribute_form);
    let functions = tree.functions.iter();
    let statements = functions.flat_map(|f| f.statements.iter().map(form));
    attributes.chain(statements).collect()
}

/// Every statement of `text`, and what stands around them, is spelled as what is known to compile.
#[track_caller]
pub(crate) fn assert_forms_are_known(text: &str, dialect: Dialect) {
    let known = match dialect {
        Dialect::Ios16 => VERBOSE.to_owned(),
        Dialect::Ios18 => short(),
    };
    let known = Document::parse(&known).unwrap();
    let known_forms = forms(&known);
    let ours = Document::parse(text).unwrap();
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
