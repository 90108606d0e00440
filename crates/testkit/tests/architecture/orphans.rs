//! Every source file is part of its crate: one that no `mod` names is dead and nothing compiles it.

use crate::Violation;
use std::path::Path;

/// Files under a crate's `src/` that no other file of `sources` (path, text) declares.
pub(crate) fn check(sources: &[(String, String)]) -> Vec<Violation> {
    sources
        .iter()
        .filter(|(path, _)| path.contains("/src/") && !is_root(path) && !is_declared(path, sources))
        .map(|(path, _)| Violation::new(path, 0, "is named by no `mod`".to_owned()))
        .collect()
}

fn is_root(path: &str) -> bool {
    let in_src = |name: &str| path.ends_with(&format!("/src/{name}"));
    in_src("lib.rs") || in_src("main.rs") || path.contains("/src/bin/")
}

fn is_declared(path: &str, sources: &[(String, String)]) -> bool {
    let path = Path::new(path);
    let (Some(stem), Some(folder)) = (path.file_stem(), path.parent()) else {
        return false;
    };
    // `a/mod.rs` is module `a` of the folder above.
    let (name, folder) = match (stem == "mod", folder.file_name(), folder.parent()) {
        (true, Some(name), Some(above)) => (name, above),
        _ => (stem, folder),
    };
    let name = name.to_string_lossy();
    let parents = [
        folder.join("lib.rs"),
        folder.join("main.rs"),
        folder.join("mod.rs"),
        folder.with_extension("rs"),
    ];
    let declares = |text: &str| {
        text.split("mod ").skip(1).any(|rest| {
            let declared = rest.split(';').next().unwrap_or_default();
            declared.trim() == name
        })
    };
    sources
        .iter()
        .filter(|(other, _)| parents.iter().any(|parent| Path::new(other) == parent))
        .any(|(_, text)| declares(text))
}

#[test]
fn a_file_that_no_mod_names_is_found() {
    let files = |list: &[(&str, &str)]| -> Vec<(String, String)> {
        list.iter()
            .map(|&(path, text)| (path.to_owned(), text.to_owned()))
            .collect()
    };
    let sound = files(&[
        ("crates/a/src/lib.rs", "mod b;\npub(crate) mod c;"),
        ("crates/a/src/b.rs", "mod d;"),
        ("crates/a/src/b/d.rs", ""),
        ("crates/a/src/c/mod.rs", "#[cfg(test)]\nmod e;"),
        ("crates/a/src/c/e.rs", ""),
        ("crates/a/tests/f.rs", ""),
    ]);
    assert_eq!(check(&sound), []);
    let mut dead = sound.clone();
    dead.push(("crates/a/src/stream.rs".to_owned(), String::new()));
    dead.push(("crates/a/src/c/b.rs".to_owned(), String::new()));
    let found: Vec<String> = check(&dead).iter().map(Violation::to_string).collect();
    assert_eq!(
        found,
        [
            "crates/a/src/stream.rs: is named by no `mod`",
            "crates/a/src/c/b.rs: is named by no `mod`"
        ]
    );
}
