//! The MIDI files of a folder, or its recordings.

use std::ffi::OsStr;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use synth_io::audio_file::has_audio_extension;

/// Endings of MIDI files, whatever their case: Standard MIDI Files, karaoke, and those inside RIFF.
const ENDINGS: [&str; 5] = ["mid", "midi", "smf", "kar", "rmi"];

/// What was found: files of the kind looked for, and folders that could not be read with the reason.
#[derive(Debug, Default)]
pub(crate) struct Found {
    /// Sorted, each below the folder that was looked through.
    pub(crate) files: Vec<PathBuf>,
    pub(crate) unreadable: Vec<(PathBuf, io::Error)>,
    /// What is called like such a file and is none, and why.
    pub(crate) left_out: Vec<(PathBuf, String)>,
}

/// Looks through `folder` to the bottom for MIDI files.
pub(crate) fn midi_files(folder: &Path) -> Found {
    files_called(folder, is_midi)
}

/// Looks through `folder` to the bottom for audio files.
pub(crate) fn audio_files(folder: &Path) -> Found {
    files_called(folder, has_audio_extension)
}

/// Looks through `folder` to the bottom for files with a name that `is_wanted`. Hidden files and folders are left out; links to files
/// count as files, links to folders are not followed, so that there is no circle.
fn files_called(folder: &Path, is_wanted: fn(&Path) -> bool) -> Found {
    let mut found = Found::default();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        let entries = fs::read_dir(&folder).and_then(Iterator::collect::<Result<Vec<_>, _>>);
        let entries = match entries {
            Ok(entries) => entries,
            Err(error) => {
                found.unreadable.push((folder, error));
                continue;
            }
        };
        for entry in entries {
            let path = entry.path();
            if is_hidden(&entry.file_name()) {
                continue;
            }
            if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                folders.push(path);
            } else if is_wanted(&path) {
                match fs::metadata(&path) {
                    Ok(metadata) if metadata.is_file() => found.files.push(path),
                    Ok(metadata) => found.left_out.push((path, no_file(&metadata).to_owned())),
                    Err(error) => {
                        let why = format!("leads to no file ({error}) and is left out");
                        found.left_out.push((path, why));
                    }
                }
            }
        }
    }
    found.files.sort();
    found.unreadable.sort_by(|(a, _), (b, _)| a.cmp(b));
    found.left_out.sort();
    found
}

fn no_file(metadata: &fs::Metadata) -> &'static str {
    match metadata.is_dir() {
        true => "is a link to a folder and is left out; name that folder itself",
        false => "is a pipe or a device and is left out; name it to read from it",
    }
}

/// What a folder without any of them is answered with.
pub(crate) fn endings() -> String {
    ENDINGS.map(|ending| format!(".{ending}")).join(", ")
}

fn is_hidden(name: &OsStr) -> bool {
    name.as_encoded_bytes().first() == Some(&b'.')
}

fn is_midi(path: &Path) -> bool {
    let ending = path.extension().unwrap_or_default();
    ENDINGS.iter().any(|e| ending.eq_ignore_ascii_case(e))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_midi_files_that_are_not_hidden_in_order() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        for sub in ["b/c", ".hidden", "d.mid", "empty"] {
            fs::create_dir_all(at(sub)).unwrap();
        }
        for file in [
            "b/c/2.MID",
            "b/1.kar",
            "a.midi",
            "z.smf",
            "q.Rmi",
            ".a.mid",
            ".hidden/a.mid",
            "a.wav",
            "mid",
            "d.mid/3.mid",
        ] {
            fs::write(at(file), b"").unwrap();
        }
        let found = midi_files(folder.path());
        let expected = [
            "a.midi",
            "b/1.kar",
            "b/c/2.MID",
            "d.mid/3.mid",
            "q.Rmi",
            "z.smf",
        ];
        assert_eq!(found.files, expected.map(at));
        assert!(found.unreadable.is_empty());
        assert_eq!(audio_files(folder.path()).files, [at("a.wav")]);
        assert_eq!(midi_files(&at("none")).unreadable.len(), 1);
    }
}
