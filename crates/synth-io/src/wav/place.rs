//! Where a file may go, and the hidden file beside it that becomes it.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

use super::WavError;

/// How many names for the unfinished file are tried before giving up.
const NAME_ATTEMPTS: u32 = 100;

/// The file to replace, symbolic links followed, or why it cannot be.
pub(super) fn resolve(target: &Path, inputs: &[&Path]) -> Result<PathBuf, WavError> {
    let target = match fs::canonicalize(target) {
        Ok(existing) => existing,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return resolve_new(target),
        Err(error) => return Err(error.into()),
    };
    let metadata = fs::metadata(&target)?;
    if metadata.is_dir() {
        return Err(WavError::IsDirectory);
    }
    if !metadata.is_file() {
        return Err(WavError::NotAFile);
    }
    let is_target = |input: &&Path| fs::canonicalize(input).is_ok_and(|input| input == target);
    if inputs.iter().any(is_target) {
        return Err(WavError::IsInput);
    }
    if metadata.permissions().readonly() {
        return Err(WavError::WriteProtected);
    }
    Ok(target)
}

fn resolve_new(target: &Path) -> Result<PathBuf, WavError> {
    let name = target.file_name().ok_or(WavError::NoName)?;
    // "dir/" names a directory that does not exist.
    if target
        .as_os_str()
        .to_string_lossy()
        .ends_with(std::path::is_separator)
    {
        return Err(WavError::NoDirectory(target.to_owned()));
    }
    let directory = match target.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    match fs::canonicalize(directory) {
        Ok(directory) => Ok(directory.join(name)),
        Err(_) => Err(WavError::NoDirectory(directory.to_owned())),
    }
}

/// A new file in the directory of `target`, so that renaming it never crosses a file system.
pub(super) fn create_beside(target: &Path) -> Result<(PathBuf, File), WavError> {
    let mut last = io::Error::other("no free name for the unfinished file");
    for attempt in 0..NAME_ATTEMPTS {
        // Not made from the target's name, which may already be as long as a name can be.
        let partial = format!(".ane-synth-{}-{attempt}.partial", std::process::id());
        let partial = target.with_file_name(partial);
        match OpenOptions::new()
            .write(true)
            .create_new(true)
            .open(&partial)
        {
            Ok(file) => return Ok((partial, file)),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => last = error,
            Err(error) => return Err(error.into()),
        }
    }
    Err(last.into())
}

/// Removes an unfinished file.
pub(super) fn remove(partial: &Path) {
    // Nothing can be done about a failure here, and the error that led here matters more.
    let _ = fs::remove_file(partial);
}
