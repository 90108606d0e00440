//! Where the platform wants such files.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// Names the folder, whatever the platform wants; empty, nothing is kept.
const OWN: &str = "ANE_SYNTH_CONFIG";
const NAME: &str = "ane-synth";

/// The folder of this program's own; nowhere if the system has no such folders.
pub(super) fn own() -> Option<PathBuf> {
    folder(|name| env::var_os(name), Path::is_dir)
}

/// Linux: the XDG base directory specification. macOS: ~/Library/Application Support. Windows: %APPDATA%.
fn folder(
    variable: impl Fn(&str) -> Option<OsString>,
    is_folder: impl Fn(&Path) -> bool,
) -> Option<PathBuf> {
    if let Some(own) = variable(OWN) {
        return (!own.is_empty()).then(|| PathBuf::from(own));
    }
    let absolute = |name: &str| {
        let path = variable(name).map(PathBuf::from);
        path.filter(|path| path.is_absolute())
    };
    let settings = absolute("XDG_CONFIG_HOME")
        .or_else(|| absolute("APPDATA"))
        .or_else(|| {
            let home = absolute("HOME")?;
            let apple = home.join("Library").join("Application Support");
            Some(match is_folder(&apple) {
                true => apple,
                false => home.join(".config"),
            })
        });
    Some(settings?.join(NAME))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_system_has_its_place() {
        let place = |variables: &[(&str, &str)], apple: bool| {
            let variable = |name: &str| {
                let found = variables.iter().find(|(known, _)| *known == name);
                found.map(|(_, value)| OsString::from(value))
            };
            folder(variable, |_| apple)
        };
        let at = |path: &str| Some(PathBuf::from(path));
        assert_eq!(place(&[("HOME", "/u")], false), at("/u/.config/ane-synth"));
        let xdg = [("HOME", "/u"), ("XDG_CONFIG_HOME", "/c")];
        assert_eq!(place(&xdg, true), at("/c/ane-synth"));
        let apple = at("/u/Library/Application Support/ane-synth");
        assert_eq!(place(&[("HOME", "/u")], true), apple);
        let relative = [("HOME", "/u"), ("XDG_CONFIG_HOME", "c")];
        assert_eq!(place(&relative, false), at("/u/.config/ane-synth"));
        assert_eq!(place(&[("APPDATA", "/a")], false), at("/a/ane-synth"));
        let own = [("HOME", "/u"), (OWN, "here")];
        assert_eq!(place(&own, false), at("here"));
        assert_eq!(place(&[("HOME", "/u"), (OWN, "")], false), None);
        assert_eq!(place(&[], false), None);
    }
}
