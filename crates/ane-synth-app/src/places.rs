//! That the files of a command do not get into each other's way.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::path::{Path, PathBuf};

use synth_engine::CHANNELS;

use crate::error::AppError;
use crate::job::{Job, Output, stem_path};

/// That no two inputs have the same output and none is an input.
pub(crate) fn check_outputs(
    jobs: &[Result<Job, (String, AppError)>],
    stems: bool,
) -> Result<(), AppError> {
    let jobs = || jobs.iter().flatten();
    let files = jobs().filter_map(|job| job.input.file());
    let inputs: HashSet<PathBuf> = files
        .filter_map(|file| fs::canonicalize(file).ok())
        .collect();
    let mut owners: HashMap<PathBuf, String> = HashMap::new();
    for job in jobs() {
        let Output::File(output) = &job.output else {
            continue;
        };
        let mut outputs = vec![output.clone()];
        if stems {
            outputs.extend((0..CHANNELS as u8).map(|channel| stem_path(output, channel)));
        }
        for output in outputs {
            if fs::canonicalize(&output).is_ok_and(|output| inputs.contains(&output)) {
                let what = "is an input and would be written to; choose another place with -o";
                return Err(AppError::about(&output, what));
            }
            let name = job.input.name();
            if let Some(other) = owners.insert(real_place(&output), name.clone()) {
                return Err(AppError::about(
                    &output,
                    format_args!(
                        "would be written from both {other} and {name}; rename one or render them \
                         apart"
                    ),
                ));
            }
        }
    }
    Ok(())
}

/// A path by which the same place is known however it was named, as far as its folder exists.
fn real_place(path: &Path) -> PathBuf {
    match (path.parent(), path.file_name()) {
        (Some(folder), Some(name)) => {
            let folder = if folder.as_os_str().is_empty() {
                Path::new(".")
            } else {
                folder
            };
            match fs::canonicalize(folder) {
                Ok(folder) => folder.join(name),
                Err(_) => real_place(folder).join(name),
            }
        }
        _ => path.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_compared_by_what_they_are() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| real_place(&folder.path().join(name));
        assert_eq!(at("a.wav"), at("./a.wav"));
        assert_eq!(at("new/x/a.wav"), at("./new/x/a.wav"));
        assert_ne!(at("a.wav"), at("b.wav"));
    }
}
