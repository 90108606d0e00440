//! Which packages of others are linked into the programs, by cargo's own account.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::Command;

use serde::Deserialize;

/// The crate whose programs are released.
const RELEASED: &str = "ane-synth-app";

/// A package of somebody else that is linked in.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Linked {
    pub(crate) name: String,
    pub(crate) version: String,
    /// The licence that it names.
    pub(crate) licence: String,
    /// Where its source lives.
    pub(crate) repository: String,
    /// Where its files are on this machine.
    pub(crate) folder: PathBuf,
    /// A licence file that its manifest names.
    pub(crate) licence_file: Option<PathBuf>,
}

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    version: String,
    /// `None` for packages of this workspace.
    source: Option<String>,
    license: Option<String>,
    license_file: Option<PathBuf>,
    repository: Option<String>,
    manifest_path: PathBuf,
}

/// What is linked for any of `targets`, in order of names. Procedural macros and what only builds or
/// tests need are not.
pub(crate) fn linked(targets: &[String]) -> Result<Vec<Linked>, String> {
    let mut all = BTreeSet::new();
    for target in targets {
        let tree = cargo(&[
            "tree",
            "--locked",
            "--package",
            RELEASED,
            "--edges",
            "normal,no-proc-macro",
            "--target",
            target,
            "--prefix",
            "none",
            "--format",
            "{p}",
        ])?;
        let metadata = cargo(&[
            "metadata",
            "--locked",
            "--format-version",
            "1",
            "--filter-platform",
            target,
        ])?;
        all.extend(join(&tree, &metadata)?);
    }
    Ok(all.into_iter().collect())
}

fn cargo(arguments: &[&str]) -> Result<String, String> {
    let verb = arguments[0];
    let program = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(program)
        .args(arguments)
        .output()
        .map_err(|error| format!("cargo {verb}: cannot be run ({error})"))?;
    let complaint = String::from_utf8_lossy(&output.stderr);
    if !output.status.success() {
        let line = complaint.lines().next().unwrap_or("it does not say why");
        return Err(format!("cargo {verb}: {line}"));
    }
    String::from_utf8(output.stdout).map_err(|error| format!("cargo {verb}: {error}"))
}

/// The packages of others that `tree` lists, with what `metadata` knows about them.
fn join(tree: &str, metadata: &str) -> Result<Vec<Linked>, String> {
    let metadata: Metadata =
        serde_json::from_str(metadata).map_err(|error| format!("cargo metadata: {error}"))?;
    let mut found = Vec::new();
    for line in tree.lines() {
        let mut words = line.split_whitespace();
        let (Some(name), Some(version)) = (words.next(), words.next()) else {
            continue;
        };
        let version = version.trim_start_matches('v');
        let mut packages = metadata.packages.iter();
        let package = packages
            .find(|package| package.name == name && package.version == version)
            .ok_or_else(|| format!("cargo metadata does not know {name} {version}"))?;
        if package.source.is_none() {
            continue;
        }
        let folder = package.manifest_path.parent();
        let folder = folder.ok_or_else(|| format!("{name} {version} has no folder"))?;
        let licence_file = package.license_file.as_ref();
        found.push(Linked {
            name: name.to_owned(),
            version: version.to_owned(),
            licence: package.license.clone().unwrap_or_default(),
            repository: package.repository.clone().unwrap_or_default(),
            folder: folder.to_owned(),
            licence_file: licence_file.map(|file| folder.join(file)),
        });
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    const METADATA: &str = r#"{"packages": [
        {"name": "ours", "version": "0.1.0", "source": null, "license": "MIT", "license_file": null,
         "repository": null, "manifest_path": "/ours/Cargo.toml"},
        {"name": "theirs", "version": "1.2.3", "source": "registry", "license": "MIT",
         "license_file": "TERMS", "repository": "https://there", "manifest_path": "/t/Cargo.toml"},
        {"name": "theirs", "version": "2.0.0", "source": "registry", "license": "Zlib",
         "license_file": null, "repository": null, "manifest_path": "/t2/Cargo.toml"}]}"#;

    #[test]
    fn what_the_tree_lists_is_found_and_ours_is_left_out() {
        let tree = "ours v0.1.0 (/ours)\ntheirs v1.2.3\n\ntheirs v1.2.3 (*)\n";
        let found = join(tree, METADATA).unwrap();
        assert_eq!(found.len(), 2);
        assert_eq!(found[0], found[1]);
        let theirs = &found[0];
        assert_eq!(
            (theirs.version.as_str(), theirs.licence.as_str()),
            ("1.2.3", "MIT")
        );
        assert_eq!(theirs.licence_file, Some(PathBuf::from("/t/TERMS")));
    }

    #[test]
    fn everything_linked_here_and_on_a_mac_has_its_licence_text() {
        let version = Command::new("rustc").arg("-vV").output().unwrap();
        let version = String::from_utf8(version.stdout).unwrap();
        let host = version.lines().find_map(|line| line.strip_prefix("host: "));
        let targets = [host.unwrap(), "aarch64-apple-darwin", "x86_64-apple-darwin"];
        let packages = linked(&targets.map(str::to_owned)).unwrap();
        let kept = concat!(env!("CARGO_MANIFEST_DIR"), "/../../scripts/licences");
        let page = crate::licences::texts(&packages, kept.as_ref()).unwrap();
        // One that the synthesizer cannot do without, one that only builds, one that only tests.
        assert!(page.contains("\ncpal 0."), "{page}");
        assert!(page.contains("\nobjc2-core-ml 0."), "{page}");
        for absent in ["serde_derive", "assert_no_alloc"] {
            let is_absent = packages.iter().all(|package| package.name != absent);
            assert!(is_absent, "{absent}");
        }
    }

    #[test]
    fn what_only_one_of_both_knows_is_an_error() {
        let error = join("theirs v1.0.0\n", METADATA).unwrap_err();
        assert!(error.contains("theirs 1.0.0"), "{error}");
    }
}
