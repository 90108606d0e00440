//! Rules on the crates' manifests.

use crate::Violation;
use toml::{Table, Value};

/// The workspace's crates and what each may depend on. A crate that is not here is a violation:
/// whoever adds one decides here what it may know.
const ARROWS: [(&str, &[&str]); 14] = [
    ("mil", &[]),
    ("ane-bridge", &[]),
    ("mil-runtime", &["mil", "ane-bridge"]),
    ("synth-dsp", &[]),
    ("synth-model", &["mil", "mil-runtime"]),
    ("synth-engine", &["synth-dsp", "synth-model"]),
    ("synth-io", &["synth-engine"]),
    ("synth-train", &["synth-dsp", "synth-model", "synth-engine"]),
    (
        "ane-synth-app",
        &[
            "mil",
            "ane-bridge",
            "mil-runtime",
            "synth-dsp",
            "synth-model",
            "synth-engine",
            "synth-io",
            "synth-train",
        ],
    ),
    ("synth-plugin", &["synth-engine", "synth-model"]),
    ("synth-web", &["synth-engine", "synth-model"]),
    ("testkit", &["mil", "mil-runtime"]),
    ("xtask", &[]),
    (
        "bench-gate",
        &["mil-runtime", "synth-dsp", "synth-model", "synth-engine"],
    ),
];

/// Crates whose tests may run a network on a real device or on one of the test's own making, which
/// has to name the programs it is given: the crates above `mil-runtime`.
const MAY_TEST_WITH_A_DEVICE: [&str; 6] = [
    "synth-model",
    "synth-engine",
    "synth-io",
    "synth-train",
    "synth-plugin",
    "synth-web",
];

/// Crates whose manifest may choose dependencies by platform: each has a file that may ask for it.
const MAY_DEPEND_BY_PLATFORM: [&str; 4] = ["ane-bridge", "mil-runtime", "synth-dsp", "synth-io"];

/// `[package]` keys that every crate takes from the workspace.
const INHERITED: [&str; 4] = ["version", "edition", "rust-version", "license"];

/// The last two with `_` are Cargo's older spelling.
const DEPENDENCY_TABLES: [&str; 5] = [
    "dependencies",
    "build-dependencies",
    "dev-dependencies",
    "build_dependencies",
    "dev_dependencies",
];

/// Whether `name` is a crate of this workspace.
fn is_ours(name: &str) -> bool {
    ARROWS.iter().any(|(ours, _)| *ours == name)
}

/// The names under which the synthesizer's crates are known, as packages and as paths.
pub(crate) fn synth_crate_names() -> Vec<String> {
    let packages = ARROWS
        .iter()
        .map(|(name, _)| *name)
        .filter(|name| name.contains("synth"));
    packages
        .flat_map(|name| [name.to_owned(), name.replace('-', "_")])
        .collect()
}

/// All that is wrong with the manifest `text` found at `path`.
pub(crate) fn check(path: &str, text: &str) -> Vec<Violation> {
    let manifest: Table = match text.parse() {
        Ok(manifest) => manifest,
        Err(error) => return vec![Violation::new(path, 0, format!("is no TOML: {error}"))],
    };
    let mut found = Vec::new();
    let mut wrong = |what: String| found.push(Violation::new(path, 0, what));

    let package = table(&manifest, "package");
    let name = package
        .and_then(|package| package.get("name"))
        .and_then(Value::as_str);
    let Some(name) = name else {
        wrong("has no package name".to_owned());
        return found;
    };
    for key in INHERITED {
        if !package
            .and_then(|package| package.get(key))
            .is_some_and(is_inherited)
        {
            wrong(format!("must say {key}.workspace = true"));
        }
    }
    if !manifest.get("lints").is_some_and(is_inherited) {
        wrong("must say [lints] workspace = true".to_owned());
    }

    let Some((_, allowed)) = ARROWS.iter().find(|(ours, _)| *ours == name) else {
        wrong(format!(
            "crate {name} is not in the table of arrows; decide what it may know"
        ));
        return found;
    };
    for section in sections(&manifest) {
        if section.by_platform && !MAY_DEPEND_BY_PLATFORM.contains(&name) {
            wrong(format!("{name} must not choose dependencies by platform"));
        }
        for (key, value) in section.dependencies {
            let renamed = value.get("package").and_then(Value::as_str);
            let dependency = renamed.unwrap_or(key);
            if !is_inherited(value) {
                wrong(format!(
                    "{key} must come from the workspace table: {key}.workspace = true"
                ));
            }
            let for_tests = dependency == "testkit" && name != "testkit"
                || ["mil", "mil-runtime"].contains(&dependency)
                    && MAY_TEST_WITH_A_DEVICE.contains(&name);
            let fine = !is_ours(dependency)
                || allowed.contains(&dependency)
                || section.is_dev && for_tests;
            if !fine {
                wrong(format!(
                    "{name} -> {dependency} is an arrow the design does not have"
                ));
            }
        }
    }
    found
}

struct Section<'a> {
    dependencies: &'a Table,
    is_dev: bool,
    by_platform: bool,
}

/// Every dependency table, those under `[target.*]` included.
fn sections(manifest: &Table) -> Vec<Section<'_>> {
    let by_platform = table(manifest, "target")
        .into_iter()
        .flat_map(Table::values)
        .filter_map(Value::as_table)
        .map(|holder| (holder, true));
    std::iter::once((manifest, false))
        .chain(by_platform)
        .flat_map(|(holder, by_platform)| {
            DEPENDENCY_TABLES.into_iter().filter_map(move |kind| {
                let is_dev = kind.starts_with("dev");
                table(holder, kind).map(|dependencies| Section {
                    dependencies,
                    is_dev,
                    by_platform,
                })
            })
        })
        .collect()
}

fn table<'a>(holder: &'a Table, key: &str) -> Option<&'a Table> {
    holder.get(key).and_then(Value::as_table)
}

fn is_inherited(value: &Value) -> bool {
    value.get("workspace").and_then(Value::as_bool) == Some(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifest(name: &str, rest: &str) -> String {
        format!(
            "[package]\nname = \"{name}\"\nversion.workspace = true\nedition.workspace = true\n\
             rust-version.workspace = true\nlicense.workspace = true\n{rest}\n\
             [lints]\nworkspace = true\n"
        )
    }

    fn complaints(name: &str, rest: &str) -> String {
        let found = check("Cargo.toml", &manifest(name, rest));
        found
            .iter()
            .map(|violation| format!("{violation}\n"))
            .collect()
    }

    #[test]
    fn the_arrows_of_the_design_pass() {
        let dependencies = "[dependencies]\nthiserror.workspace = true\nmil.workspace = true\n\
            mil-runtime = { workspace = true, features = [\"x\"] }\n\
            [dev-dependencies]\ntestkit.workspace = true";
        assert_eq!(complaints("synth-model", dependencies), "");
        let tests_only = "[dev-dependencies]\nmil.workspace = true\nmil-runtime.workspace = true";
        assert_eq!(complaints("synth-engine", tests_only), "");
        assert_eq!(
            complaints("ane-synth-app", "[dependencies]\nsynth-io.workspace = true"),
            ""
        );
    }

    #[test]
    fn a_new_arrow_is_found_in_every_table() {
        let arrow = "synth-engine -> mil-runtime is an arrow";
        for section in [
            "[dependencies]\nmil-runtime.workspace = true",
            "[dependencies]\nnicknamed = { package = \"mil-runtime\", workspace = true }",
            "[build-dependencies]\nmil-runtime.workspace = true",
            "[target.'cfg(windows)'.dependencies]\nmil-runtime.workspace = true",
        ] {
            let found = complaints("synth-engine", section);
            assert!(found.contains(arrow), "{section}: {found:?}");
        }
        for (name, dependency) in [
            ("mil", "mil-runtime"),
            ("mil", "synth-model"),
            ("synth-dsp", "synth-model"),
            ("synth-io", "synth-model"),
            ("testkit", "synth-dsp"),
            ("synth-model", "synth-engine"),
        ] {
            for table in ["dependencies", "dev-dependencies", "dev_dependencies"] {
                let found = complaints(name, &format!("[{table}]\n{dependency}.workspace = true"));
                assert!(
                    found.contains(&format!("{name} -> {dependency}")),
                    "{table}: {found:?}"
                );
            }
        }
        let shipped = complaints("synth-dsp", "[dependencies]\ntestkit.workspace = true");
        assert!(shipped.contains("synth-dsp -> testkit"), "{shipped}");
    }

    #[test]
    fn a_version_of_one_s_own_is_found() {
        for own in [
            "half = \"2\"",
            "half = { version = \"2\" }",
            "half = { path = \"../half\" }",
        ] {
            let found = complaints("mil", &format!("[dependencies]\n{own}"));
            assert!(
                found.contains("half must come from the workspace table"),
                "{own}: {found:?}"
            );
        }
        let text = manifest("mil", "").replace("version.workspace = true", "version = \"1.0.0\"");
        assert_eq!(
            check("Cargo.toml", &text).len(),
            2,
            "version and rust-version"
        );
    }

    #[test]
    fn lints_platforms_and_strangers_are_found() {
        let without_lints = manifest("mil", "").replace("[lints]\nworkspace = true\n", "");
        assert!(
            check("Cargo.toml", &without_lints)[0]
                .to_string()
                .contains("[lints]")
        );
        let by_platform = "[target.'cfg(unix)'.dependencies]\nhalf.workspace = true";
        assert!(complaints("synth-engine", by_platform).contains("by platform"));
        assert_eq!(complaints("synth-io", by_platform), "");
        assert!(complaints("synth-extra", "").contains("table of arrows"));
        assert!(!check("Cargo.toml", "[package").is_empty());
        assert!(!check("Cargo.toml", "[workspace]").is_empty());
    }
}
