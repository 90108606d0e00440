//! The files that playing leaves behind, refused before anything is begun if they would lose another.

use std::path::{Path, PathBuf};

use synth_io::audio_file::Container;

use super::arguments::PlayArguments;
use crate::error::AppError;
use crate::job::DASH;

/// Links followed before a chain counts as a circle, which is refused when the file is opened.
const LINKS_FOLLOWED: u32 = 40;

/// Refuses what would lose a file before anything is begun.
pub(super) fn check_files(arguments: &PlayArguments) -> Result<(), AppError> {
    for path in [&arguments.record, &arguments.event_log]
        .into_iter()
        .flatten()
    {
        if path == Path::new(DASH) {
            return Err(AppError::about(path, "name a file"));
        }
    }
    if let Some(path) = &arguments.record
        && Container::of(path) == Some(Container::Flac)
    {
        let what = "a recording is a WAV file; name a .wav file";
        return Err(AppError::about(path, what));
    }
    if let (Some(recording), Some(log)) = (&arguments.record, &arguments.event_log)
        && place(recording) == place(log)
    {
        let what = "is both the recording and the event log; name two files";
        return Err(AppError::about(recording, what));
    }
    Ok(())
}

/// Where a file lies, be it there or not: a link that leads to nothing yet names what it leads to.
fn place(path: &Path) -> PathBuf {
    let mut path = path.to_owned();
    for _ in 0..LINKS_FOLLOWED {
        if let Ok(place) = path.canonicalize() {
            return place;
        }
        let folder = match path.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        };
        let folder = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
        let place = folder.join(path.file_name().unwrap_or_default());
        match place.read_link() {
            Ok(pointed) => path = folder.join(pointed),
            Err(_) => return place,
        }
    }
    path
}
