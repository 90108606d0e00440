//! Rules on the crates' source texts. A path is relative to the repository, with `/`.

use crate::Violation;
use crate::manifests::synth_crate_names;
use crate::tokens::{Placed, Token, after_bracket, tokens, without_test_modules};

/// A file longer than this is split.
const MOST_LINES: usize = 800;

/// Names that say nothing about what is inside.
const EMPTY_NAMES: [&str; 5] = ["util", "utils", "helper", "helpers", "common"];

/// Where the operating system may be asked for; each is the beginning of a path.
const PLATFORM_FILES: [&str; 9] = [
    "crates/ane-bridge/src/sys.rs",
    "crates/ane-bridge/src/sys/",
    "crates/mil-runtime/src/coreml.rs",
    "crates/mil-runtime/src/coreml/",
    "crates/synth-dsp/src/simd/accelerate.rs",
    "crates/synth-io/src/device.rs",
    "crates/synth-io/src/heap.rs",
    "crates/synth-io/src/stderr_guard.rs",
    "crates/synth-io/src/suspension.rs",
];

/// Where the instruction set may be asked for.
const SIMD_FILES: [&str; 2] = [
    "crates/synth-dsp/src/simd",
    "crates/mil-runtime/src/cpu/simd",
];

/// Where `unsafe` may stand, besides [`SIMD_FILES`].
const UNSAFE_FILES: [&str; 7] = [
    "crates/ane-bridge/src/sys.rs",
    "crates/ane-bridge/src/sys/",
    "crates/mil-runtime/src/coreml.rs",
    "crates/mil-runtime/src/coreml/",
    "crates/synth-io/src/heap.rs",
    "crates/synth-plugin/src/entry.rs",
    "crates/synth-web/src/abi.rs",
];

/// Crates that hold such files; every other forbids unsafe code at its root.
const UNSAFE_CRATES: [&str; 6] = [
    "synth-dsp",
    "mil-runtime",
    "ane-bridge",
    "synth-io",
    "synth-plugin",
    "synth-web",
];

const PLATFORM_WORDS: [&str; 4] = ["target_os", "target_family", "target_vendor", "target_env"];
const SIMD_WORDS: [&str; 2] = ["target_arch", "target_feature"];

/// What the engine must not name: devices, their crates, file formats' crates.
const FOREIGN_TO_THE_ENGINE: [&str; 12] = [
    "ane_bridge",
    "mil",
    "mil_runtime",
    "Device",
    "CpuDevice",
    "ReferenceDevice",
    "flac_codec",
    "hound",
    "safetensors",
    "cpal",
    "midir",
    "CoreMlDevice",
];
/// Modules of `std` that reach the operating system.
const OUTSIDE_WORLD: [&str; 4] = ["fs", "net", "os", "process"];

/// All that is wrong with the source `text` found at `path`.
pub(crate) fn check(path: &str, text: &str) -> Vec<Violation> {
    let source = Source::new(path, text);
    let mut found = Vec::new();
    source.check_shape(&mut found);
    source.check_platform(&mut found);
    source.check_unsafe(&mut found);
    source.check_knowledge(&mut found);
    found
}

struct Source<'a> {
    path: &'a str,
    text: &'a str,
    /// Folder of the crate.
    owner: &'a str,
    tokens: Vec<Placed>,
}

impl<'a> Source<'a> {
    fn new(path: &'a str, text: &'a str) -> Self {
        let owner = path.split('/').nth(1).unwrap_or_default();
        Self {
            path,
            text,
            owner,
            tokens: tokens(text),
        }
    }

    fn begins_with_any(&self, beginnings: &[&str]) -> bool {
        beginnings
            .iter()
            .any(|beginning| self.path.starts_with(beginning))
    }

    fn violation(&self, line: usize, what: impl Into<String>) -> Violation {
        Violation::new(self.path, line, what.into())
    }

    fn check_shape(&self, found: &mut Vec<Violation>) {
        let names = self
            .path
            .split('/')
            .map(|part| part.trim_end_matches(".rs"));
        for name in names.filter(|name| EMPTY_NAMES.contains(name)) {
            found.push(self.violation(0, format!("name it by what it holds, not {name}")));
        }
        let lines = self.text.lines().count();
        if lines > MOST_LINES {
            found.push(self.violation(0, format!("has {lines} lines; split before {MOST_LINES}")));
        }
    }

    fn check_platform(&self, found: &mut Vec<Violation>) {
        if !self.begins_with_any(&PLATFORM_FILES) {
            let in_predicates = self
                .predicates()
                .filter(|placed| ["unix", "windows"].contains(&placed.token.word()));
            let anywhere = self.words(&PLATFORM_WORDS);
            for placed in anywhere.chain(in_predicates) {
                let word = placed.token.word();
                found.push(self.violation(placed.line, format!("asks for the system: {word}")));
            }
            for (module, line) in std_modules(&self.tokens) {
                if module == "os" {
                    found.push(self.violation(line, "asks for the system: std::os"));
                }
            }
        }
        if !self.begins_with_any(&SIMD_FILES) {
            for placed in self.words(&SIMD_WORDS) {
                let word = placed.token.word();
                found.push(self.violation(placed.line, format!("asks for the processor: {word}")));
            }
        }
    }

    fn check_unsafe(&self, found: &mut Vec<Violation>) {
        if !self.begins_with_any(&UNSAFE_FILES) && !self.begins_with_any(&SIMD_FILES) {
            for placed in self.words(&["unsafe"]) {
                found.push(self.violation(placed.line, "unsafe has no address here"));
            }
        }
        if self.is_root() && !UNSAFE_CRATES.contains(&self.owner) && !self.forbids_unsafe() {
            found.push(self.violation(1, "must say #![forbid(unsafe_code)]"));
        }
    }

    /// What a crate must not know, by its place in the design. Tests may know more.
    fn check_knowledge(&self, found: &mut Vec<Violation>) {
        if matches!(self.owner, "mil" | "ane-bridge") {
            for name in synth_crate_names()
                .iter()
                .filter(|name| names_crate(self.text, name))
            {
                found.push(self.violation(0, format!("{} must not name {name}", self.owner)));
            }
        }
        let in_crate = format!("crates/{}/src/", self.owner);
        if !self.path.starts_with(&in_crate)
            || self.path.ends_with("/tests.rs")
            || self.path.ends_with("_tests.rs")
        {
            return;
        }
        let code = without_test_modules(&self.tokens);
        let forbidden: fn(&str) -> bool = match self.owner {
            "mil" | "ane-bridge" => speaks_of_the_synth,
            "synth-dsp" => speaks_of_notes,
            "synth-engine" => |word| FOREIGN_TO_THE_ENGINE.contains(&word),
            _ => |_| false,
        };
        for placed in code.iter().filter(|placed| forbidden(placed.token.word())) {
            let word = placed.token.word();
            found.push(self.violation(placed.line, format!("{} knows no {word}", self.owner)));
        }
        if self.owner == "synth-engine" {
            for (module, line) in std_modules(&code) {
                if OUTSIDE_WORLD.contains(&module.as_str()) {
                    found.push(self.violation(line, format!("the engine knows no std::{module}")));
                }
            }
        }
    }

    fn words(&self, wanted: &'static [&'static str]) -> impl Iterator<Item = &Placed> {
        self.tokens
            .iter()
            .filter(|placed| wanted.contains(&placed.token.word()))
    }

    /// The tokens inside `cfg(..)`, `cfg!(..)`, `cfg_attr(..)` and `cfg_select! {..}`.
    fn predicates(&self) -> impl Iterator<Item = &Placed> {
        self.tokens.iter().enumerate().flat_map(|(at, placed)| {
            if !["cfg", "cfg_attr", "cfg_select"].contains(&placed.token.word()) {
                return [].iter();
            }
            let is_macro = self
                .tokens
                .get(at + 1)
                .is_some_and(|next| next.token.is('!'));
            let open = at + 1 + usize::from(is_macro);
            match self.tokens.get(open) {
                Some(next) if next.token.is('(') || next.token.is('{') => {
                    self.tokens[open..after_bracket(&self.tokens, open)].iter()
                }
                _ => [].iter(),
            }
        })
    }

    /// Whether a crate (library or program) begins in this file.
    fn is_root(&self) -> bool {
        let inside = self.path.splitn(3, '/').nth(2).unwrap_or_default();
        let program = inside
            .strip_prefix("src/bin/")
            .is_some_and(|program| !program.contains('/') || program.ends_with("/main.rs"));
        inside == "src/lib.rs" || inside == "src/main.rs" || program
    }

    fn forbids_unsafe(&self) -> bool {
        self.tokens.iter().enumerate().any(|(at, placed)| {
            placed.token.word() == "forbid"
                && self.tokens[at..after_bracket(&self.tokens, at + 1)]
                    .iter()
                    .any(|inner| inner.token.word() == "unsafe_code")
        })
    }
}

/// The modules named right under `std`, by path or in a `use` group, with their lines.
fn std_modules(tokens: &[Placed]) -> Vec<(String, usize)> {
    let mut found = Vec::new();
    for (at, placed) in tokens.iter().enumerate() {
        let is_path = tokens
            .get(at + 1)
            .is_some_and(|next| next.token == Token::PathSeparator);
        if placed.token.word() != "std" || !is_path {
            continue;
        }
        let Some(next) = tokens.get(at + 2) else {
            continue;
        };
        if !next.token.is('{') {
            found.push((next.token.word().to_owned(), next.line));
            continue;
        }
        let mut inside = at + 3;
        let end = after_bracket(tokens, at + 2);
        while inside < end {
            found.push((tokens[inside].token.word().to_owned(), tokens[inside].line));
            while inside < end && !tokens[inside].token.is(',') {
                let opens = tokens[inside].token.is('{');
                inside = if opens {
                    after_bracket(tokens, inside)
                } else {
                    inside + 1
                };
            }
            inside += 1;
        }
    }
    found
}

/// Whether `text` has `name` as a whole crate name, code or comment.
fn names_crate(text: &str, name: &str) -> bool {
    let joins = |c: char| c.is_alphanumeric() || c == '_' || c == '-';
    text.match_indices(name).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        let after = text[at + name.len()..].chars().next();
        !before.is_some_and(joins) && !after.is_some_and(joins)
    })
}

fn speaks_of_the_synth(word: &str) -> bool {
    let word = word.to_lowercase();
    word.contains("synth") && !word.contains("synthe")
}

fn speaks_of_notes(word: &str) -> bool {
    let lower = word.to_lowercase();
    word.starts_with("Note")
        || lower == "note"
        || lower.starts_with("note_")
        || lower.contains("midi")
}

#[cfg(test)]
#[path = "sources_tests.rs"]
mod tests;
