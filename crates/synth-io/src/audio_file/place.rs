//! Where a file may go, and the hidden file beside it that becomes it.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use super::AudioError;
use super::unfinished;

/// How many names for the unfinished file are tried before giving up: one for each process of the
/// same number that died here.
const NAME_ATTEMPTS: u32 = 1000;
/// Links followed before a chain counts as a circle; Linux's limit (path_resolution(7)).
const LINKS_FOLLOWED: u32 = 40;

/// Numbers the unfinished files of this process, of which there may be many at once.
static SERIAL: AtomicU64 = AtomicU64::new(0);

/// The file to replace, symbolic links followed, or why it cannot be.
pub(crate) fn resolve(target: &Path, inputs: &[&Path]) -> Result<PathBuf, AudioError> {
    let target = match fs::canonicalize(target) {
        Ok(existing) => existing,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return resolve_new(target),
        Err(error) => return Err(error.into()),
    };
    let metadata = fs::metadata(&target)?;
    if metadata.is_dir() {
        return Err(AudioError::IsDirectory);
    }
    if !metadata.is_file() {
        return Err(AudioError::NotAFile);
    }
    let is_target = |input: &&Path| fs::canonicalize(input).is_ok_and(|input| input == target);
    if inputs.iter().any(is_target) {
        return Err(AudioError::IsInput);
    }
    if metadata.permissions().readonly() {
        return Err(AudioError::WriteProtected);
    }
    Ok(target)
}

/// The place of a file that does not exist yet: where a link that leads to nothing points to, so
/// that the link stays what it is.
fn resolve_new(target: &Path) -> Result<PathBuf, AudioError> {
    let mut target = target.to_owned();
    for _ in 0..LINKS_FOLLOWED {
        let place = in_existing_directory(&target)?;
        match fs::read_link(&place) {
            Ok(pointed) => target = place.with_file_name("").join(pointed),
            Err(_) => return Ok(place),
        }
    }
    Err(AudioError::LinkLoop)
}

fn in_existing_directory(target: &Path) -> Result<PathBuf, AudioError> {
    let name = target.file_name().ok_or(AudioError::NoName)?;
    // "dir/" names a directory that does not exist.
    if target
        .as_os_str()
        .to_string_lossy()
        .ends_with(std::path::is_separator)
    {
        return Err(AudioError::NoDirectory(target.to_owned()));
    }
    let directory = directory_of(target);
    match fs::canonicalize(directory) {
        Ok(directory) => Ok(directory.join(name)),
        Err(_) => Err(AudioError::NoDirectory(directory.to_owned())),
    }
}

/// The directory that `path` is in.
pub(super) fn directory_of(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

/// An unfinished file beside the one that it becomes; removed when dropped.
pub(crate) struct PartialFile {
    target: PathBuf,
    /// `None` once it has its name.
    partial: Option<PathBuf>,
}

impl PartialFile {
    /// A new file in the directory of `target`, so that renaming it never crosses a file system.
    pub(crate) fn create(target: PathBuf) -> Result<(Self, File), AudioError> {
        let serial = SERIAL.fetch_add(1, Ordering::Relaxed);
        let process = std::process::id();
        let mut last = io::Error::other("no free name for the unfinished file");
        for attempt in 0..NAME_ATTEMPTS {
            // Not made from the target's name, which may already be as long as a name can be.
            let name = format!(".ane-synth-{process}-{serial}-{attempt}.partial");
            let partial = target.with_file_name(name);
            match unfinished::create(&partial) {
                Ok(file) => {
                    let partial = Some(partial);
                    return Ok((Self { target, partial }, file));
                }
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => last = error,
                Err(error) => return Err(error.into()),
            }
        }
        Err(last.into())
    }

    /// Gives the file its name. It must be closed, which some systems demand.
    pub(crate) fn commit(mut self) -> Result<(), AudioError> {
        let Some(partial) = &self.partial else {
            return Ok(());
        };
        if let Ok(replaced) = fs::metadata(&self.target) {
            // Who may read the old file may read the new one; a system without this loses nothing.
            let _ = fs::set_permissions(partial, replaced.permissions());
        }
        unfinished::rename(partial, &self.target)?;
        self.partial = None;
        Ok(())
    }
}

impl Drop for PartialFile {
    fn drop(&mut self) {
        if let Some(partial) = &self.partial {
            // Nothing can be done about a failure here, and the error that led here matters more.
            let _ = unfinished::remove(partial);
        }
    }
}
