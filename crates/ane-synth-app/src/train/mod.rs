//! `ane-synth train`: recordings in, an instrument out.

mod arguments;
mod figures;
mod summary;

use std::path::Path;
use std::time::Instant;

use synth_io::NewFile;
use synth_train::train::{TrainError, train};

use crate::error::AppError;
use crate::interrupt::Interrupt;
use crate::output;
use crate::progress::Console;
use crate::recordings::{Listener, Recordings};

pub(crate) use arguments::TrainArguments;
use summary::Summary;

/// Trains an instrument and tells about it.
pub(crate) fn train_instrument(arguments: &TrainArguments) -> Result<(), AppError> {
    let begun = Instant::now();
    arguments.check()?;
    let figures = match &arguments.held_out_figures {
        Some(file) => figures::read(file)?,
        None => Default::default(),
    };
    let console = Console::new(false);
    let interrupt = Interrupt::watch();
    let listener = Listener::new(&console, &interrupt);
    let recordings = Recordings::find(&arguments.recordings, &listener)?;
    let about_output = |error| AppError::about(&arguments.output, error);
    let inputs: Vec<&Path> = recordings.paths().iter().map(AsRef::as_ref).collect();
    let replaces = arguments.output.exists();
    // Whether it can be written is found out before the work.
    let file = NewFile::create(&arguments.output, &inputs).map_err(about_output)?;

    let settings = arguments.settings();
    let trained = train(&recordings, &settings, &listener);
    listener.clear();
    let interrupted = || {
        let what = "interrupted; no instrument was written";
        interrupt
            .asked()
            .map(|code| AppError::interrupted(what, code))
    };
    if let Some(error) = interrupted() {
        return Err(error);
    }
    let mut trained = trained.map_err(|error| in_words(&arguments.recordings, &error))?;
    trained.instrument.metadata.held_out.extend(figures);
    let metadata = &trained.instrument.metadata;
    metadata
        .check()
        .map_err(|error| AppError::new(error.to_string()))?;
    let bytes = trained.instrument.to_bytes();
    file.publish(&bytes).map_err(about_output)?;

    let summary = Summary {
        arguments,
        trained: &trained,
        bytes: bytes.len(),
        replaces,
        warnings: listener.warnings(),
        wall_s: begun.elapsed().as_secs_f64(),
    };
    match arguments.json {
        true => output::say(&summary.json()?),
        false => output::say(&summary.text()),
    }
    .map_err(|error| {
        let name = crate::printable::path(&arguments.output);
        AppError::new(format_args!("{error}; {name} is written all the same"))
    })
}

/// The refusal of what `place` holds.
fn in_words(place: &Path, error: &TrainError) -> AppError {
    AppError::about(place, error)
}
