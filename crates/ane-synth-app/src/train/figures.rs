//! Figures on held-out notes that an instrument carries with it.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;

use crate::error::AppError;

/// A few kB; this bounds what a wrong file can cost.
const LIMIT_BYTES: u64 = 1 << 20;

/// The numbers of the JSON object that `ane-synth evaluate --json` prints, by name.
pub(crate) fn read(file: &Path) -> Result<BTreeMap<String, f64>, AppError> {
    let about = |what: String| AppError::about(file, what);
    let bytes = synth_io::read_file(file, LIMIT_BYTES).map_err(|error| about(error.to_string()))?;
    let value: Value = serde_json::from_slice(&bytes).map_err(|error| {
        about(format!(
            "is no JSON ({error}); name what evaluate --json printed"
        ))
    })?;
    let figures: BTreeMap<String, f64> = match &value {
        Value::Object(members) => members
            .iter()
            .filter_map(|(name, value)| Some((name.clone(), value.as_f64()?)))
            .collect(),
        _ => BTreeMap::new(),
    };
    let is_held_out = value.get("held_out_figures") == Some(&Value::Bool(true));
    match (figures.is_empty(), is_held_out) {
        (true, _) => Err(about(
            "holds no figures; name what evaluate --json printed".to_owned(),
        )),
        (false, false) => Err(about(
            "does not say that its figures are of notes that were held out; train with --hold-out \
             first and evaluate that instrument"
                .to_owned(),
        )),
        (false, true) => Ok(figures),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_figures_of_held_out_notes_are_taken() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("f.json");
        let read_text = |text: &str| {
            std::fs::write(&file, text).unwrap();
            read(&file).map_err(|error| error.to_string())
        };
        let text = r#"{"noise_db": 3, "x": null, "held_out": ["a"], "held_out_figures": true}"#;
        let expected = BTreeMap::from([("noise_db".to_owned(), 3.0)]);
        assert_eq!(read_text(text), Ok(expected));
        for (text, word) in [
            ("", "no JSON"),
            ("[1]", "no figures"),
            (r#"{"held_out_figures": true}"#, "no figures"),
            (
                r#"{"noise_db": 3, "held_out_figures": false}"#,
                "--hold-out",
            ),
            (r#"{"noise_db": 3}"#, "--hold-out"),
        ] {
            let error = read_text(text).unwrap_err();
            assert!(error.contains(word), "{text}: {error}");
        }
        assert!(read(&folder.path().join("none")).is_err());
    }
}
