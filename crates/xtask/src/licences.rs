//! The licence texts of everything that is linked into the programs, as one text to ship with them.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::linked::Linked;

/// How the names of licence files begin, in lower case.
const BEGINNINGS: [&str; 6] = [
    "license",
    "licence",
    "copying",
    "copyright",
    "notice",
    "unlicense",
];

/// Texts that packages lack: `texts.toml` of a folder, and the files that it names.
#[derive(Deserialize)]
struct KeptTexts {
    text: Vec<KeptText>,
}

#[derive(Deserialize)]
struct KeptText {
    file: PathBuf,
    source: String,
    packages: Vec<String>,
}

/// One text for all `packages`; each licence text stands there once, after the names of those that it
/// goes with. `kept` is the folder of the texts that packages lack.
///
/// An error names every package without a text.
pub(crate) fn texts(packages: &[Linked], kept: &Path) -> Result<String, String> {
    let list = read(&kept.join("texts.toml"))?;
    let list: KeptTexts = toml::from_str(&list)
        .map_err(|error| format!("{}: {}", kept.display(), error.message()))?;
    let mut without = Vec::new();
    let mut by_text: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for package in packages {
        let called = format!("{} {}", package.name, package.version);
        let mut texts = own_texts(package)?;
        if texts.is_empty() {
            let of_package = |text: &&KeptText| text.packages.contains(&package.name);
            if let Some(text) = list.text.iter().find(of_package) {
                let from = format!("(From {}.)\n", text.source);
                texts.push(from + &read(&kept.join(&text.file))?);
            }
        }
        if texts.is_empty() || package.licence.is_empty() && package.licence_file.is_none() {
            without.push(called);
            continue;
        }
        for text in texts {
            by_text.entry(text).or_default().push(called.clone());
        }
    }
    if !without.is_empty() {
        return Err(format!(
            "no licence text for {}; add what their repositories hold to {}",
            without.join(", "),
            kept.join("texts.toml").display()
        ));
    }
    Ok(page(packages, by_text))
}

/// The licence files in a package's folder, and in folders of such a name inside it, in order of names.
fn own_texts(package: &Linked) -> Result<Vec<String>, String> {
    let mut files: Vec<PathBuf> = package.licence_file.iter().cloned().collect();
    for path in entries(&package.folder)? {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let name = name.to_lowercase();
        if !BEGINNINGS.iter().any(|begin| name.starts_with(begin)) {
            continue;
        }
        match path.is_dir() {
            true => files.extend(entries(&path)?.into_iter().filter(|path| path.is_file())),
            false => files.push(path),
        }
    }
    files.sort();
    files.dedup();
    files.iter().map(|file| read(file)).collect()
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let unreadable = |error| format!("{}: cannot be read ({error})", folder.display());
    let entries = fs::read_dir(folder).map_err(unreadable)?;
    let paths = entries.map(|entry| entry.map(|entry| entry.path()));
    paths.collect::<Result<_, _>>().map_err(unreadable)
}

/// A file as text, without blanks at the ends of lines and of the file.
fn read(file: &Path) -> Result<String, String> {
    let bytes = fs::read(file).map_err(|error| format!("{}: {error}", file.display()))?;
    let text = String::from_utf8_lossy(&bytes);
    let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
    Ok(lines.join("\n").trim_matches('\n').to_owned() + "\n")
}

fn page(packages: &[Linked], by_text: BTreeMap<String, Vec<String>>) -> String {
    let mut page = String::from(
        "Packages of others that are part of the programs, each with its licence and where its source is:\n\n",
    );
    for package in packages {
        let Linked {
            name,
            version,
            licence,
            repository,
            ..
        } = package;
        let _ = writeln!(page, "{name} {version} ({licence}) {repository}");
    }
    let mut texts: Vec<(String, Vec<String>)> = by_text.into_iter().collect();
    texts.sort_by(|a, b| a.1.cmp(&b.1).then_with(|| a.0.cmp(&b.0)));
    for (text, names) in texts {
        let _ = write!(page, "\n{:-<80}\n{}\n\n{text}", "", names.join(", "));
    }
    page
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Place {
        folder: tempfile::TempDir,
    }

    impl Place {
        fn new() -> Self {
            let place = Self {
                folder: tempfile::tempdir().unwrap(),
            };
            place.write(
                "kept/texts.toml",
                "[[text]]\nfile = \"bare.txt\"\nsource = \"there\"\npackages = [\"bare\"]\n",
            );
            place.write("kept/bare.txt", "Bare terms");
            place
        }

        fn write(&self, path: &str, text: &str) {
            let path = self.folder.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }

        fn package(&self, name: &str) -> Linked {
            let folder = self.folder.path().join(name);
            fs::create_dir_all(&folder).unwrap();
            Linked {
                name: name.to_owned(),
                version: "1.0.0".to_owned(),
                licence: "MIT".to_owned(),
                repository: format!("https://{name}"),
                folder,
                licence_file: None,
            }
        }

        fn texts(&self, packages: &[Linked]) -> Result<String, String> {
            texts(packages, &self.folder.path().join("kept"))
        }
    }

    #[test]
    fn a_text_that_several_share_stands_there_once() {
        let place = Place::new();
        place.write("a/LICENSE-MIT", "Terms  \r\n");
        place.write("b/licence.md", "Terms");
        place.write("b/Copying", "Other terms");
        place.write("c/LICENSES/MIT.txt", "In a folder");
        place.write("c/src/license.rs", "no licence");
        let packages = ["a", "b", "bare", "c"].map(|name| place.package(name));
        let page = place.texts(&packages).unwrap();
        assert_eq!(page.matches("Terms\n").count(), 1, "{page}");
        assert!(page.contains("a 1.0.0, b 1.0.0\n\nTerms\n"), "{page}");
        assert!(page.contains("b 1.0.0\n\nOther terms\n"), "{page}");
        assert!(page.contains("c 1.0.0\n\nIn a folder\n"), "{page}");
        assert!(page.contains("(From there.)\nBare terms\n"), "{page}");
        assert!(page.contains("a 1.0.0 (MIT) https://a\n"), "{page}");
        assert!(!page.contains("no licence"), "{page}");
    }

    #[test]
    fn every_package_without_a_text_is_named() {
        let place = Place::new();
        place.write("a/LICENSE", "Terms");
        let packages = ["a", "x", "y"].map(|name| place.package(name));
        let error = place.texts(&packages).unwrap_err();
        assert!(
            error.starts_with("no licence text for x 1.0.0, y 1.0.0;"),
            "{error}"
        );
        let nameless = Linked {
            licence: String::new(),
            ..packages[0].clone()
        };
        let error = place.texts(&[nameless]).unwrap_err();
        assert!(error.contains("a 1.0.0"), "{error}");
    }

    #[test]
    fn the_file_that_a_manifest_names_counts() {
        let place = Place::new();
        place.write("a/TERMS", "Own terms");
        let mut package = place.package("a");
        package.licence_file = Some(package.folder.join("TERMS"));
        let page = place.texts(&[package]).unwrap();
        assert!(page.contains("Own terms"), "{page}");
    }
}
