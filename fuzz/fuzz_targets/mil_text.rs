//! Any bytes are a MIL text or a refusal with its place; a text that is read prints as an equal tree,
//! and a program comes back as the same text.
#![no_main]

use libfuzzer_sys::fuzz_target;
use mil::text::syntax::Document;
use mil::{Dialect, Program};

fuzz_target!(|bytes: &[u8]| {
    let Ok(tree) = Document::parse_bytes(bytes) else {
        return;
    };
    assert_eq!(Document::parse(&tree.to_string()).as_ref(), Ok(&tree));
    let Ok(program) = tree.to_program() else {
        return;
    };
    for dialect in Dialect::ALL {
        let text = program.to_text(dialect);
        let again = Program::from_text(&text).expect("a program that we printed");
        assert_eq!(again.to_text(dialect), text);
    }
});
