//! Whose which release was measured.

use crate::Failure;

/// What this program was built of.
const LOCK_FILE: &str = include_str!("../Cargo.lock");

/// The crates that are measured.
const CRATES: [&str; 6] = [
    "ort",
    "gemm",
    "candle-nn",
    "tract-onnx",
    "wide",
    "rustysynth",
];

/// One line. `foreign` are those that no lock file knows.
pub(crate) fn list(foreign: &[String]) -> Result<String, Failure> {
    let mut names = Vec::new();
    for name in CRATES {
        names.push(format!("{name} {}", locked(LOCK_FILE, name)?));
    }
    names.extend_from_slice(foreign);
    Ok(format!("Versions: {}.", names.join(", ")))
}

/// The version of a package in a lock file.
fn locked<'a>(lock_file: &'a str, package: &str) -> Result<&'a str, Failure> {
    let begin = format!("name = \"{package}\"\nversion = \"");
    let (_, rest) = lock_file
        .split_once(&begin)
        .ok_or_else(|| format!("the lock file has no {package}"))?;
    Ok(rest.split('"').next().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_crate_has_a_version() {
        let list = list(&["other 1.2".to_owned()]).unwrap();
        assert!(
            list.contains("gemm 0.") && list.ends_with("other 1.2."),
            "{list}"
        );
        assert!(locked(LOCK_FILE, "no-such-package").is_err());
    }
}
