//! Keeps out of a report what tells whose machine it is of: texts of the system's name folders.

use std::path::PathBuf;

/// A folder's name shorter than this, such as `/`, tells nothing and is part of too much else.
const SHORTEST: usize = 4;

/// The text with the user's own folders in other words.
pub(super) fn without_own_folders(text: &str) -> String {
    let variable = |name: &str| std::env::var_os(name).map(PathBuf::from);
    let temporary = [variable("TMPDIR"), Some(std::env::temp_dir())];
    let folders = temporary.map(|folder| (folder, "TMPDIR"));
    let folders = folders.into_iter().chain([(variable("HOME"), "~")]);
    let named = folders.filter_map(|(folder, name)| Some((folder?.to_str()?.to_owned(), name)));
    replace(text, named)
}

fn replace(text: &str, folders: impl Iterator<Item = (String, &'static str)>) -> String {
    let mut text = text.to_owned();
    for (folder, name) in folders {
        let folder = folder.trim_end_matches('/');
        if folder.len() >= SHORTEST && folder.starts_with('/') {
            text = text.replace(folder, name);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn own_folders_are_not_named() {
        let folders = || {
            let all = [
                ("/var/folders/x1/T/", "TMPDIR"),
                ("/Users/ada", "~"),
                ("/", "~"),
            ];
            all.into_iter()
                .map(|(folder, name)| (folder.to_owned(), name))
        };
        assert_eq!(
            replace(
                "cannot read /var/folders/x1/T/p/q or \"/Users/ada/p\"",
                folders()
            ),
            "cannot read TMPDIR/p/q or \"~/p\""
        );
        assert_eq!(replace("/usr/lib", folders()), "/usr/lib");
    }
}
