//! A folder of recordings, and who is told how the work on them gets on.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use synth_io::audio_file::decode_audio;
use synth_train::corpus::{RecordingSource, Watcher};
use synth_train::loss::Loss;
use synth_train::recording::Recording;

use crate::error::AppError;
use crate::folder;
use crate::interrupt::Interrupt;
use crate::printable;
use crate::progress::{Console, Progress};

/// What is beyond this in one file is left out.
const LONGEST: Duration = Duration::from_secs(3600);

/// The recordings of a folder in order of their names, decoded when they are asked for.
pub(crate) struct Recordings<'a> {
    paths: Vec<PathBuf>,
    names: Vec<String>,
    listener: &'a Listener<'a>,
}

impl<'a> Recordings<'a> {
    /// Looks `place` through to the bottom; it may also be one recording with many notes.
    ///
    /// # Errors
    /// When there is no recording; what is wrong with parts of the folder is told the listener.
    pub(crate) fn find(place: &Path, listener: &'a Listener<'a>) -> Result<Self, AppError> {
        let metadata = std::fs::metadata(place).map_err(|error| {
            let what = format!("cannot be read ({error}); name a folder of recordings");
            AppError::about(place, what)
        })?;
        let paths = match metadata.is_dir() {
            false => vec![place.to_owned()],
            true => below(place, listener)?,
        };
        let names = paths.iter().map(|path| name(place, path)).collect();
        Ok(Self {
            paths,
            names,
            listener,
        })
    }

    /// Where they are.
    pub(crate) fn paths(&self) -> &[PathBuf] {
        &self.paths
    }
}

fn below(folder: &Path, listener: &Listener<'_>) -> Result<Vec<PathBuf>, AppError> {
    let found = folder::audio_files(folder);
    for (path, why) in found.left_out {
        let line = AppError::about(&path, why).to_string();
        listener.console.complain(&line);
    }
    let mut unreadable = found.unreadable.into_iter().map(|(folder, error)| {
        let what = format!("cannot be read ({error}); check its permissions");
        AppError::about(&folder, what)
    });
    if found.files.is_empty() {
        let none = || {
            let what = "holds no recordings (.wav, .flac, .aiff, .mp3, .ogg); name another folder";
            AppError::about(folder, what)
        };
        return Err(unreadable.next().unwrap_or_else(none));
    }
    for error in unreadable {
        listener.console.complain(&error.to_string());
    }
    Ok(found.files)
}

/// What a recording is called: its path below the folder, parts joined by `/`.
fn name(place: &Path, path: &Path) -> String {
    let relative = path.strip_prefix(place).ok();
    let relative = relative.filter(|relative| !relative.as_os_str().is_empty());
    let own = || path.file_name().map_or(path, Path::new);
    let parts = relative.unwrap_or_else(own).components();
    let parts: Vec<String> = parts
        .map(|part| printable::json(Path::new(part.as_os_str())))
        .collect();
    parts.join("/")
}

impl RecordingSource for Recordings<'_> {
    fn names(&self) -> &[String] {
        &self.names
    }

    fn load(&self, index: usize) -> Result<Recording, String> {
        let (Some(path), Some(name)) = (self.paths.get(index), self.names.get(index)) else {
            return Err("there is no such recording".to_owned());
        };
        let audio = decode_audio(path, LONGEST).map_err(|error| error.to_string())?;
        for warning in &audio.warnings {
            self.listener.warning(name, warning);
        }
        Ok(Recording {
            name: name.clone(),
            sample_rate_hz: audio.sample_rate_hz,
            channels: audio.channels,
        })
    }
}

/// Shows bars and lines, collects the lines, and knows whether somebody asked to stop.
pub(crate) struct Listener<'a> {
    console: &'a Console,
    interrupt: &'a Interrupt,
    bar: Mutex<Option<(Work, Progress)>>,
    /// Files and what was said of them.
    warnings: Mutex<BTreeSet<(String, String)>>,
}

/// What a bar is about.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Work {
    Analysis,
    Fit,
}

impl<'a> Listener<'a> {
    pub(crate) fn new(console: &'a Console, interrupt: &'a Interrupt) -> Self {
        Self {
            console,
            interrupt,
            bar: Mutex::default(),
            warnings: Mutex::default(),
        }
    }

    /// Everything that was said of files, in order of their names.
    pub(crate) fn warnings(&self) -> Vec<(String, String)> {
        let warnings = self.warnings.lock();
        let warnings = warnings.unwrap_or_else(PoisonError::into_inner);
        warnings.iter().cloned().collect()
    }

    /// Takes the bar away.
    pub(crate) fn clear(&self) {
        *self.bar.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// Shows that `done` of `total` is reached.
    fn show(&self, work: Work, title: &str, done: usize, total: usize, note: Option<String>) {
        let mut bar = self.bar.lock().unwrap_or_else(PoisonError::into_inner);
        if bar.as_ref().is_none_or(|(shown, _)| *shown != work) {
            // The one before goes first.
            *bar = None;
            let progress = self.console.progress(title);
            progress.begin("", total as u64);
            *bar = Some((work, progress));
        }
        if let Some((_, progress)) = &*bar {
            // Threads may come here in another order than they counted.
            progress.reached_at_least(done as u64);
            if let Some(note) = note {
                progress.remark(note);
            }
        }
    }
}

impl Watcher for Listener<'_> {
    fn analysed(&self, done: usize, total: usize) {
        self.show(Work::Analysis, "analysing recordings", done, total, None);
    }

    fn warning(&self, file: &str, what: &str) {
        let warning = (file.to_owned(), what.to_owned());
        let mut warnings = self.warnings.lock().unwrap_or_else(PoisonError::into_inner);
        if warnings.insert(warning) {
            let name = printable::name(OsStr::new(file));
            let line = AppError::about_name(&name, what);
            self.console.complain(&line.to_string());
        }
    }

    fn fitted(&self, step: usize, steps: usize, loss: Loss) {
        let note = format!(
            "partials {:.2} dB, noise {:.2} dB off, ",
            loss.partial_db, loss.noise_db
        );
        self.show(Work::Fit, "fitting the network", step, steps, Some(note));
    }

    fn cancelled(&self) -> bool {
        self.interrupt.asked().is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recordings_are_called_by_their_way_from_the_folder() {
        let called = |place: &str, path: &str| name(Path::new(place), Path::new(path));
        assert_eq!(called("a/b", "a/b/c/d.wav"), "c/d.wav");
        assert_eq!(called(".", "./d.wav"), "d.wav");
        assert_eq!(called("a/d.wav", "a/d.wav"), "d.wav");
    }
}
