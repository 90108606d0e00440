//! MIL texts damaged at random: no panic, memory in proportion to the text, and what is read prints
//! as an equal tree.

use mil::text::syntax::Document;
use mil::{BiasForm, Dialect, Program, ProgramBuilder, TensorType};
use testkit::Mutations;

/// Two trees and a text of the largest mutant take a quarter of it.
const MOST_LIVE_BYTES: usize = 2 << 20;

/// A layer of which every number counts.
fn layer() -> Program {
    let mut b = ProgramBuilder::new();
    let x = b.input("x", TensorType::fp16([1, 4, 1, 8])).unwrap();
    let h = b.conv1x1("h", x, 2, 64, 640, BiasForm::Add).unwrap();
    let c = b.clip("c", h, -0.5, 2.5).unwrap();
    let y = b.concat("y", &[c, h], 1).unwrap();
    b.output(y).unwrap();
    b.finish().unwrap()
}

/// Every construct that a program of ours has not.
const OTHERS: &str = r#"program(1.0) [a = dict<string, list<tensor<int32, [2]>, ?>>({{"k", [[1, -2], []]}}), b = tuple<bool, fp32>((true, -0x1.8p-149))]
{ func f<ios17>(state<tensor<fp16, [1, ?]>> s, tensor<uint8, []> u) [c = string("\"\\\n")] {
  tensor<fp16, [1]> r, int4 t = lstm(x = s, y = (r, u), z = fp32(1e-3), v = [inf, .5], w = {})[name = string("é")];
  } -> (r, t); func g<ios18>() {} -> (); }"#;

fn take(bytes: &[u8]) -> bool {
    let Ok(tree) = Document::parse_bytes(bytes) else {
        return false;
    };
    let printed = tree.to_string();
    assert_eq!(Document::parse(&printed).as_ref(), Ok(&tree));
    if let Ok(program) = tree.to_program() {
        let text = program.to_text(Dialect::Ios18);
        let again = Program::from_text(&text).expect("a program that we printed");
        assert_eq!(again.to_text(Dialect::Ios18), text);
    }
    true
}

#[test]
fn texts_of_every_construct() {
    let _alone = testkit::alone();
    let inputs = [
        layer().to_text(Dialect::Ios16).into_bytes(),
        layer().to_text(Dialect::Ios18).into_bytes(),
        OTHERS.as_bytes().to_vec(),
    ];
    Mutations {
        inputs: &inputs,
        words: &[
            b"tensor<",
            b"tuple<",
            b"list<",
            b"[[[[",
            b"((((",
            b"{{",
            b"BLOBFILE(path = ",
            b"0x1.8p",
            b"-inf",
            b"\"",
            b"\\",
            b", ",
            b"99999999999999999999",
            b"-> (",
            b"?",
        ],
        count: 20_000,
        most_live_bytes: MOST_LIVE_BYTES,
    }
    .run(take);
}
