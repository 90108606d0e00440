//! The unfinished files of this process, so that they can be removed from wherever it ends.

use std::collections::BTreeSet;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// What is done to these files is done under the lock, so that none is ever missing here.
static UNFINISHED: Mutex<Unfinished> = Mutex::new(Unfinished {
    files: BTreeSet::new(),
    closed: false,
});

struct Unfinished {
    files: BTreeSet<PathBuf>,
    /// Whether the process is about to end.
    closed: bool,
}

fn unfinished() -> MutexGuard<'static, Unfinished> {
    UNFINISHED.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Removes the unfinished files of all writers, and lets no new one come to be: for a process that
/// must end now, while other threads may still be at work. What they do to their files afterwards
/// fails; what was finished stays.
pub fn remove_unfinished_files() {
    let mut unfinished = unfinished();
    unfinished.closed = true;
    for file in std::mem::take(&mut unfinished.files) {
        // The next one can perhaps be removed.
        let _ = fs::remove_file(file);
    }
}

/// A new file that is unfinished.
pub(super) fn create(path: &Path) -> io::Result<File> {
    let mut unfinished = unfinished();
    if unfinished.closed {
        return Err(io::Error::other("the program is about to end"));
    }
    let file = OpenOptions::new().write(true).create_new(true).open(path)?;
    unfinished.files.insert(path.to_owned());
    Ok(file)
}

/// Gives a finished file its name.
pub(super) fn rename(path: &Path, target: &Path) -> io::Result<()> {
    let mut unfinished = unfinished();
    fs::rename(path, target)?;
    unfinished.files.remove(path);
    Ok(())
}

/// Removes an unfinished file.
pub(super) fn remove(path: &Path) -> io::Result<()> {
    let mut unfinished = unfinished();
    unfinished.files.remove(path);
    fs::remove_file(path)
}
