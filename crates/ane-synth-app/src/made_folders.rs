//! The folders that this run made: those that nothing was written to are taken away again.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Each after the one that it lies in.
static MADE: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());

fn made() -> MutexGuard<'static, Vec<PathBuf>> {
    MADE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Makes a folder with all that it lies in, where it is missing.
///
/// # Errors
/// What the operating system says; what was made until then is remembered too.
pub(crate) fn make(folder: &Path) -> io::Result<()> {
    let mut made = made();
    let ways = folder.ancestors().filter(|way| !way.as_os_str().is_empty());
    let missing: Vec<&Path> = ways.take_while(|way| !way.exists()).collect();
    for way in missing.into_iter().rev() {
        match fs::create_dir(way) {
            Ok(()) => made.push(way.to_owned()),
            // Another program was faster, or it is "x/..", which exists once x does.
            Err(_) if way.is_dir() => {}
            Err(error) => return Err(error),
        }
    }
    match folder.is_dir() {
        true => Ok(()),
        false => fs::create_dir(folder),
    }
}

/// Removes those of them that are empty.
pub(crate) fn remove_empty() {
    for folder in std::mem::take(&mut *made()).into_iter().rev() {
        // One that has something in it is not removed.
        let _ = fs::remove_dir(folder);
    }
}
