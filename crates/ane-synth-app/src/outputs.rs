//! The files of a render, all of them hidden until all are whole.

use std::io;
use std::path::Path;

use same_file::Handle;
use synth_io::audio_file::{AudioError, AudioFormat, AudioWriter, Container};

use crate::chain::ChainPlan;
use crate::error::AppError;
use crate::job::Output;

/// What all files of a render have in common.
pub(crate) struct OutputSettings<'a> {
    pub(crate) format: AudioFormat,
    pub(crate) plan: &'a ChainPlan,
    /// Files that must not be overwritten.
    pub(crate) protected: &'a [&'a Path],
}

/// A file being written, or standard output.
pub(crate) struct Track {
    name: String,
    writer: AudioWriter,
    container: Container,
    replaces: bool,
}

impl Track {
    pub(crate) fn create(output: &Output, settings: &OutputSettings<'_>) -> Result<Self, AppError> {
        let name = output.name();
        let frames = settings.plan.frames();
        let format = settings.format;
        let (writer, replaces) = match output {
            Output::File(path) => {
                let replaces = path.exists();
                let writer = AudioWriter::create(path, settings.protected, format, frames);
                (writer, replaces)
            }
            Output::Stdout if stdout_is_one_of(settings.protected) => {
                (Err(AudioError::IsInput), false)
            }
            Output::Stdout => (
                AudioWriter::stream(Box::new(io::stdout()), format, frames),
                false,
            ),
        };
        let writer = writer.map_err(|error| AppError::about_name(&name, error))?;
        Ok(Self {
            name,
            writer,
            container: format.container,
            replaces,
        })
    }

    pub(crate) fn write(&mut self, left: &[f32], right: &[f32]) -> Result<(), AppError> {
        let written = self.writer.write(left, right);
        written.map_err(|error| AppError::about_name(&self.name, error))
    }

    /// Whether a file of this name was there before.
    pub(crate) fn replaces(&self) -> bool {
        self.replaces
    }

    /// What a listener should know.
    pub(crate) fn notice(&self) -> Option<String> {
        let way_out = match self.container {
            Container::Wav => "--bits 32f keeps them",
            Container::Flac => {
                "a WAV file with --bits 32f keeps them, --normalise makes room for them"
            }
        };
        match self.writer.clipped() {
            0 => None,
            clipped => Some(format!(
                "{clipped} samples lie beyond full scale and are clipped; {way_out}"
            )),
        }
    }
}

/// Whether what is written to standard output would go into one of the files `protected` or into
/// the file that standard input is read from.
fn stdout_is_one_of(protected: &[&Path]) -> bool {
    let is_file = |handle: &Handle| handle.as_file().metadata().is_ok_and(|m| m.is_file());
    let Some(stdout) = Handle::stdout().ok().filter(is_file) else {
        return false;
    };
    // To open a pipe could take for ever.
    let files = protected.iter().filter(|path| path.is_file());
    let named = files.filter_map(|path| Handle::from_path(path).ok());
    named.chain(Handle::stdin()).any(|input| input == stdout)
}

/// Completes all of `tracks`, and only then gives them their names.
pub(crate) fn finish(tracks: Vec<Track>) -> Result<(), AppError> {
    let complete = tracks.into_iter().map(|track| {
        let Track { name, writer, .. } = track;
        match writer.complete() {
            Ok(audio) => Ok((name, audio)),
            Err(error) => Err(AppError::about_name(&name, error)),
        }
    });
    for (name, audio) in complete.collect::<Result<Vec<_>, _>>()? {
        let published = audio.publish();
        published.map_err(|error| AppError::about_name(&name, error))?;
    }
    Ok(())
}
