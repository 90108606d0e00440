//! The workspace keeps to its design: who may depend on whom, where the platform, the processor
//! and `unsafe` may be named, how files are named and how long they are, that each is compiled.
//!
//! The rules take text, so that planted violations prove that each of them bites; one test reads
//! every manifest and source under `crates/`.

#[path = "architecture/manifests.rs"]
mod manifests;
#[path = "architecture/orphans.rs"]
mod orphans;
#[path = "architecture/sources.rs"]
mod sources;
#[path = "architecture/tokens.rs"]
mod tokens;

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

/// One thing that is not as designed.
#[derive(Debug, PartialEq, Eq)]
struct Violation {
    path: String,
    /// Counted from 1; 0 where the whole file is meant.
    line: usize,
    what: String,
}

impl Violation {
    fn new(path: &str, line: usize, what: String) -> Self {
        Self {
            path: path.to_owned(),
            line,
            what,
        }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => write!(f, "{}: {}", self.path, self.what),
            line => write!(f, "{}:{line}: {}", self.path, self.what),
        }
    }
}

#[test]
fn the_workspace_is_as_designed() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .canonicalize()
        .unwrap();
    let mut found = Vec::new();
    let mut manifests_read = 0;
    let mut sources = Vec::new();
    for file in files_under(&root.join("crates")) {
        let path = file
            .strip_prefix(&root)
            .unwrap()
            .to_str()
            .unwrap()
            .replace('\\', "/");
        let is_manifest = path.ends_with("/Cargo.toml");
        if !is_manifest && !path.ends_with(".rs") {
            continue;
        }
        let text = fs::read_to_string(&file).unwrap();
        if is_manifest {
            manifests_read += 1;
            found.extend(manifests::check(&path, &text));
        } else {
            found.extend(sources::check(&path, &text));
            sources.push((path, text));
        }
    }
    found.extend(orphans::check(&sources));
    assert!(
        manifests_read >= 9 && sources.len() >= manifests_read,
        "the crates were not found"
    );
    let listed: Vec<String> = found.iter().map(Violation::to_string).collect();
    assert!(
        listed.is_empty(),
        "{} violations:\n{}",
        listed.len(),
        listed.join("\n")
    );
}

/// Every file below `folder`, build outputs left out, in a fixed order.
fn files_under(folder: &Path) -> Vec<PathBuf> {
    let mut entries: Vec<PathBuf> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    entries.sort();
    entries
        .into_iter()
        .filter(|path| !path.ends_with("target"))
        .flat_map(|path| {
            if path.is_dir() {
                files_under(&path)
            } else {
                vec![path]
            }
        })
        .collect()
}
