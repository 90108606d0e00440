//! The recordings of one shipped instrument in one folder.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use crate::sample_files::extract;
use crate::sources::{Place, Source};

/// Sees to it that all recordings of `source` lie in one folder: the one that they come in, or a new
/// one, `instruments/NAME` in `cache`. Answers what training is told, one a line.
pub(crate) fn gather(source: &Source, shared: &Path, cache: &Path) -> Result<String, String> {
    let folder = match source.recordings.as_slice() {
        [place] => match whole_folder(place, shared, cache) {
            Some(folder) => existing(folder)?,
            None => collect(source, shared, cache)?,
        },
        _ => collect(source, shared, cache)?,
    };
    let programs: Vec<String> = source.programs.iter().map(u8::to_string).collect();
    Ok(format!(
        "{}\n{}\n{}\n{}\n{}\n{}\n{}\n",
        folder.display(),
        source.name,
        source.author,
        source.licence,
        source.source,
        programs.join(","),
        source.bank,
    ))
}

/// The folder of a place that means all of it.
fn whole_folder(place: &Place, shared: &Path, cache: &Path) -> Option<PathBuf> {
    match place {
        Place::Shared { shared: name, only } if only.is_empty() => Some(shared.join(name)),
        Place::Package { package, only } if only.is_empty() => Some(cache.join(package)),
        _ => None,
    }
}

fn existing(folder: PathBuf) -> Result<PathBuf, String> {
    if folder.is_dir() {
        return Ok(folder);
    }
    Err(format!(
        "{}: there is no such folder; run scripts/fetch-recordings.sh, or say where the shared recordings are",
        folder.display()
    ))
}

/// Gathers beside the folder first, so that it is there whole or not at all.
fn collect(source: &Source, shared: &Path, cache: &Path) -> Result<PathBuf, String> {
    let folder = cache.join("instruments").join(&source.file);
    let partial = folder.with_extension("partial");
    remove(&partial)?;
    fs::create_dir_all(&partial).map_err(|error| cannot("made", &partial, &error))?;
    let several = source.recordings.len() > 1;
    for (number, place) in source.recordings.iter().enumerate() {
        // Two places may use the same names.
        let into = if several {
            partial.join((number + 1).to_string())
        } else {
            partial.clone()
        };
        fs::create_dir_all(&into).map_err(|error| cannot("made", &into, &error))?;
        match place {
            Place::Soundfont { soundfont, samples } => {
                extract(&cache.join(soundfont), samples, &into)?;
            }
            Place::Shared { shared: name, only } => {
                copy(&existing(shared.join(name))?, only, &into)?
            }
            Place::Package { package, only } => copy(&existing(cache.join(package))?, only, &into)?,
        }
    }
    remove(&folder)?;
    fs::rename(&partial, &folder).map_err(|error| cannot("made", &folder, &error))?;
    Ok(folder)
}

/// Copies the recordings called `only`, or all of them.
fn copy(from: &Path, only: &[String], into: &Path) -> Result<(), String> {
    let mut names: Vec<PathBuf> = only.iter().map(PathBuf::from).collect();
    if names.is_empty() {
        let entries = fs::read_dir(from).map_err(|error| cannot("read", from, &error))?;
        for entry in entries {
            let path = entry.map_err(|error| cannot("read", from, &error))?.path();
            let is_audio = |name: &OsStr| name == "wav" || name == "flac";
            if path.extension().is_some_and(is_audio) {
                names.extend(path.file_name().map(PathBuf::from));
            }
        }
    }
    for name in names {
        let file = from.join(&name);
        fs::copy(&file, into.join(&name)).map_err(|error| cannot("copied", &file, &error))?;
    }
    Ok(())
}

fn remove(folder: &Path) -> Result<(), String> {
    if folder.exists() {
        fs::remove_dir_all(folder).map_err(|error| cannot("removed", folder, &error))?;
    }
    Ok(())
}

fn cannot(verb: &str, path: &Path, error: &std::io::Error) -> String {
    format!("{}: cannot be {verb} ({error})", path.display())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::soundfont::tests::soundfont;

    fn source(recordings: Vec<Place>) -> Source {
        Source {
            file: "viola".to_owned(),
            name: "Viola".to_owned(),
            author: "Nobody".to_owned(),
            licence: "CC0-1.0".to_owned(),
            source: "a shed".to_owned(),
            programs: vec![41, 48],
            bank: 3,
            recordings,
        }
    }

    #[test]
    fn a_whole_folder_is_used_where_it_is() {
        let shared = tempfile::tempdir().unwrap();
        let place = || Place::Shared {
            shared: "viola".to_owned(),
            only: vec![],
        };
        let gather = || gather(&source(vec![place()]), shared.path(), shared.path());
        assert!(gather().unwrap_err().contains("there is no such folder"));
        let folder = shared.path().join("viola");
        fs::create_dir(&folder).unwrap();
        let lines = gather().unwrap();
        let rest = "Viola\nNobody\nCC0-1.0\na shed\n41,48\n3\n";
        assert_eq!(lines, format!("{}\n{rest}", folder.display()));
    }

    #[test]
    fn several_places_are_brought_together_anew_each_time() {
        let cache = tempfile::tempdir().unwrap();
        let package = cache.path().join("violas");
        fs::create_dir(&package).unwrap();
        for name in ["C4.wav", "D4.wav", "README.md"] {
            fs::write(package.join(name), name).unwrap();
        }
        let bytes = soundfont(&[1, 2, 3, 4], &[("Viola C4", 0..4, 1, 0)]);
        fs::write(package.join("file.sf2"), bytes).unwrap();
        let source = |only: &[&str]| {
            source(vec![
                Place::Package {
                    package: "violas".to_owned(),
                    only: only.iter().map(|&name| name.to_owned()).collect(),
                },
                Place::Soundfont {
                    soundfont: "violas/file.sf2".to_owned(),
                    samples: "Viola".to_owned(),
                },
            ])
        };
        let folder = cache.path().join("instruments/viola");
        gather(&source(&[]), cache.path(), cache.path()).unwrap();
        let count = |part: &str| fs::read_dir(folder.join(part)).unwrap().count();
        assert_eq!((count("1"), count("2")), (2, 1));
        gather(&source(&["D4.wav"]), cache.path(), cache.path()).unwrap();
        assert_eq!((count("1"), count("2")), (1, 1));
        // What fails leaves what was there.
        let error = gather(&source(&["E4.wav"]), cache.path(), cache.path()).unwrap_err();
        assert!(error.contains("E4.wav: cannot be copied"), "{error}");
        assert_eq!((count("1"), count("2")), (1, 1));
    }
}
