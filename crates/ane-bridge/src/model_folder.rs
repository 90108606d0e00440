//! The folder where the runtime looks for a program's files.
//!
//! The runtime names it after the program's content, so two processes that compile one program share
//! it, and whoever unloads first takes it from the other. Files are therefore put in place whole, and
//! put there again where a stage fails after they vanished.

use crate::error::AneError;
use crate::sys::Runtime;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

/// The runtime's name for the program's text, beneath its folder.
const TEXT: &str = "model.mil";
/// What a program calls `@model_path/weights/weight.bin`.
const WEIGHTS: &str = "weights/weight.bin";
/// A name made of hashes is at least this long; nothing shorter is ever removed.
const LEAST_NAME: usize = 8;

/// How often the files are written before a folder that always vanishes is an error.
const WRITES: u32 = 32;

/// A program's folder; what is in it is known from the program.
#[derive(Debug)]
pub(crate) struct ModelFolder {
    path: PathBuf,
}

impl ModelFolder {
    /// The folder `path` of the program that the runtime calls `identifier`.
    pub(crate) fn new(identifier: Option<&str>, path: Option<PathBuf>) -> Result<Self, AneError> {
        match (identifier, path) {
            (Some(identifier), Some(path)) if is_its_own(identifier, &path) => Ok(Self { path }),
            (_, folder) => Err(AneError::StrangeFolder { folder }),
        }
    }

    /// Writes the program's files.
    pub(crate) fn write(
        &self,
        runtime: &dyn Runtime,
        text: &[u8],
        weights: Option<&[u8]>,
    ) -> Result<(), AneError> {
        let mut result = self.try_write(runtime, text, weights);
        // Another process may remove the folder between its making and its filling, and again.
        for _ in 1..WRITES {
            match &result {
                Err(AneError::Folder { source, .. }) if has_vanished(source) => {
                    result = self.try_write(runtime, text, weights);
                }
                _ => break,
            }
        }
        result
    }

    fn try_write(
        &self,
        runtime: &dyn Runtime,
        text: &[u8],
        weights: Option<&[u8]>,
    ) -> Result<(), AneError> {
        // The runtime expects this folder also of programs without weights.
        let folder = self.path.join("weights");
        fs::create_dir_all(&folder).map_err(|source| fault("make", &folder, source))?;
        put(runtime, &self.path.join(TEXT), text)?;
        if let Some(weights) = weights {
            put(runtime, &self.path.join(WEIGHTS), weights)?;
        }
        Ok(())
    }

    /// Whether the files are there as they were written.
    pub(crate) fn is_intact(&self, text: &[u8], weights: Option<&[u8]>) -> bool {
        let holds = |name: &str, content: &[u8]| {
            fs::read(self.path.join(name)).is_ok_and(|found| found == content)
        };
        holds(TEXT, text) && weights.is_none_or(|weights| holds(WEIGHTS, weights))
    }

    /// Removes it with all that is in it; it may be gone already.
    pub(crate) fn remove(&self) -> Result<(), AneError> {
        match fs::remove_dir_all(&self.path) {
            Err(source) if source.kind() != io::ErrorKind::NotFound => {
                Err(fault("remove", &self.path, source))
            }
            _ => Ok(()),
        }
    }
}

/// Whether a folder was gone when it was looked at: one that was in the way of its making and was not there
/// any more counts as existing.
fn has_vanished(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::NotFound | io::ErrorKind::AlreadyExists
    )
}

/// Whether `path` can be nothing but this program's folder, and be removed.
fn is_its_own(identifier: &str, path: &Path) -> bool {
    path.is_absolute()
        && path
            .parent()
            .is_some_and(|parent| parent.parent().is_some())
        && path.file_name().is_some_and(|name| name == identifier)
        && identifier.len() >= LEAST_NAME
        && identifier
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'))
}

/// Puts a whole file at `path`: whoever reads there sees the old content or the new. What could not be
/// finished goes with the folder.
fn put(runtime: &dyn Runtime, path: &Path, content: &[u8]) -> Result<(), AneError> {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let unfinished = path.with_extension(format!("{}-{number}.part", std::process::id()));
    let written = runtime.create(&unfinished).and_then(|mut file| {
        file.write_all(content)?;
        file.flush()
    });
    written
        .and_then(|()| fs::rename(&unfinished, path))
        .map_err(|source| fault("write", path, source))
}

fn fault(doing: &'static str, path: &Path, source: io::Error) -> AneError {
    let hint = match source.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            "free some space in the temporary folder and try again"
        }
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
            "let TMPDIR name a folder that this user may write to"
        }
        _ => "check the temporary folder (TMPDIR) and try again",
    };
    AneError::Folder {
        doing,
        path: path.to_owned(),
        source,
        hint,
    }
}
