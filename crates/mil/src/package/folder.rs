//! Writing the folder, whole or not at all.

use std::ffi::OsString;
use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use super::{ModelPackage, PackageError};

/// Most names tried for a folder beside the package.
const MOST_TRIES: u32 = 100;

impl ModelPackage {
    /// Writes the package as the folder `path`, which Core ML wants to end in `.mlpackage`. It is
    /// written beside that place and moved there when it is whole; a package that is there already is
    /// replaced.
    ///
    /// # Errors
    /// [`PackageError::Occupied`] where something else is at `path`, [`PackageError::Write`] where it
    /// cannot be written; nothing is left behind then, and what was there stays.
    pub fn write(&self, path: &Path) -> Result<(), PackageError> {
        let occupied = is_occupied(path)?;
        let (parent, name) = parts(path)?;
        let beside = make_beside(&parent, &name, "partial")?;
        let written = self.write_files(&beside);
        let moved = written.and_then(|()| match occupied {
            false => fs::rename(&beside, path),
            true => exchange(&beside, path, &parent, &name),
        });
        moved.map_err(|error| {
            let _ = fs::remove_dir_all(&beside);
            PackageError::Write(error)
        })
    }

    fn write_files(&self, folder: &Path) -> io::Result<()> {
        for (name, bytes) in self.files() {
            let file = folder.join(name);
            if let Some(parent) = file.parent() {
                fs::create_dir_all(parent)?;
            }
            fs::write(file, bytes)?;
        }
        Ok(())
    }
}

/// Whether a package is at `path`; anything else there is an error.
fn is_occupied(path: &Path) -> Result<bool, PackageError> {
    match fs::symlink_metadata(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
        Err(error) => Err(PackageError::Write(error)),
        Ok(found) if found.is_dir() && path.join("Manifest.json").is_file() => Ok(true),
        Ok(_) => Err(PackageError::Occupied),
    }
}

fn parts(path: &Path) -> Result<(PathBuf, OsString), PackageError> {
    let no_name = || io::Error::new(ErrorKind::InvalidInput, "the path ends in no name");
    let name = path.file_name().ok_or_else(no_name);
    let name = name.map_err(PackageError::Write)?.to_owned();
    let parent = path.parent().filter(|p| !p.as_os_str().is_empty());
    Ok((parent.unwrap_or(Path::new(".")).to_owned(), name))
}

/// Makes a hidden folder in `parent` that was not there.
fn make_beside(parent: &Path, name: &OsString, kind: &str) -> Result<PathBuf, PackageError> {
    let mut tried = 0;
    loop {
        let folder = parent.join(hidden_name(name, kind, tried));
        match fs::create_dir(&folder) {
            Ok(()) => return Ok(folder),
            Err(error) if error.kind() == ErrorKind::AlreadyExists && tried < MOST_TRIES => {
                tried += 1;
            }
            Err(error) => return Err(PackageError::Write(error)),
        }
    }
}

fn hidden_name(name: &OsString, kind: &str, tried: u32) -> OsString {
    let mut hidden = OsString::from(".");
    hidden.push(name);
    hidden.push(format!(".{kind}-{}-{tried}", std::process::id()));
    hidden
}

/// Puts `new` in the place of the package at `path`. No system moves a folder over a full one, so the
/// old one steps aside first, and back if the new one cannot take its place.
fn exchange(new: &Path, path: &Path, parent: &Path, name: &OsString) -> io::Result<()> {
    let aside = make_beside(parent, name, "old").map_err(|error| match error {
        PackageError::Write(error) => error,
        other => io::Error::other(other),
    })?;
    // Only its name was wanted.
    let stepped = fs::remove_dir(&aside).and_then(|()| fs::rename(path, &aside));
    stepped?;
    if let Err(error) = fs::rename(new, path) {
        let _ = fs::rename(&aside, path);
        return Err(error);
    }
    // The new package is in place; an old one that cannot be removed harms nobody.
    let _ = fs::remove_dir_all(&aside);
    Ok(())
}
