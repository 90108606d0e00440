//! `ane-synth evaluate`: how close an instrument comes to recordings.

mod arguments;
mod figures;
mod table;

use std::path::Path;

use synth_train::corpus::analyse_corpus;
use synth_train::evaluation::evaluate_instrument;

use crate::error::AppError;
use crate::instruments;
use crate::interrupt::Interrupt;
use crate::made_folders;
use crate::output;
use crate::progress::Console;
use crate::recordings::{Listener, Recordings};
use crate::report::{self, Subject};

pub(crate) use arguments::EvaluateArguments;
use figures::Outcome;

/// Compares an instrument with recordings and tells about it.
pub(crate) fn compare(arguments: &EvaluateArguments) -> Result<(), AppError> {
    let named = instruments::find(&arguments.instrument)?;
    let instrument = &*named.instrument;
    if let Some(folder) = &arguments.report {
        report::check_folder(folder)?;
    }
    let console = Console::new(false);
    let interrupt = Interrupt::watch();
    let interrupted = |what: &str| match interrupt.asked() {
        Some(code) => Err(AppError::interrupted(what, code)),
        None => Ok(()),
    };
    let listener = Listener::new(&console, &interrupt);
    let recordings = Recordings::find(&arguments.recordings, &listener)?;
    let threads = arguments.thread_count();
    let corpus = analyse_corpus(&recordings, threads, &listener);
    listener.clear();
    interrupted("interrupted; nothing was compared")?;
    let mut corpus = corpus.unwrap_or_default();
    let evaluated = evaluate_instrument(instrument, &mut corpus, &recordings, threads)
        .map_err(|error| AppError::about(&arguments.recordings, error))?;
    interrupted("interrupted; nothing was written")?;

    let report = match &arguments.report {
        None => None,
        Some(folder) => {
            let mut inputs: Vec<&Path> = recordings.paths().iter().map(AsRef::as_ref).collect();
            inputs.extend(named.file.as_deref());
            let cancelled = || interrupt.asked().is_some();
            let subject = Subject {
                instrument,
                evaluated: &evaluated,
                corpus: &corpus,
                source: &recordings,
                threads,
                inputs: &inputs,
                cancelled: &cancelled,
            };
            let page = report::write(folder, &subject);
            made_folders::remove_empty();
            interrupted("interrupted; no report was written")?;
            page?
        }
    };
    let outcome = Outcome {
        instrument: &named.id,
        recordings: &arguments.recordings,
        corpus: &corpus,
        evaluated: &evaluated,
        report: report.as_deref(),
        warnings: listener.warnings(),
    };
    match arguments.json {
        true => output::say(&outcome.json()?),
        false => output::say(&table::text(&outcome)),
    }
}
