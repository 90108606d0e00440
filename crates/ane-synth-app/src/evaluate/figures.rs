//! The figures for programs.

use std::path::Path;

use serde_json::{Map, Value, json};
use synth_train::corpus::Corpus;
use synth_train::evaluation::{Evaluated, NoteFigures, SpectralErrors};

use crate::error::AppError;
use crate::printable;

/// A comparison and what it was made of.
pub(crate) struct Outcome<'a> {
    /// The instrument as it was named.
    pub(crate) instrument: &'a str,
    pub(crate) recordings: &'a Path,
    pub(crate) corpus: &'a Corpus,
    pub(crate) evaluated: &'a Evaluated,
    /// The page of the report.
    pub(crate) report: Option<&'a Path>,
    /// Files and what was said of them.
    pub(crate) warnings: Vec<(String, String)>,
}

impl Outcome<'_> {
    /// One object. Every number in it that is in no inner object is a figure on the compared notes,
    /// so that `ane-synth train --held-out-figures` can take them all.
    pub(crate) fn json(&self) -> Result<String, AppError> {
        let evaluated = self.evaluated;
        let mut object = Map::new();
        for (name, figure) in evaluated.figures() {
            // What is not finite is null.
            object.insert(name.to_owned(), json!(figure));
        }
        let notes: Vec<Value> = evaluated.notes.iter().map(note).collect();
        for (name, value) in [
            ("instrument", json!(self.instrument)),
            ("recordings", json!(printable::json(self.recordings))),
            ("held_out", json!(evaluated.held_out)),
            ("held_out_figures", json!(evaluated.held_out_figures)),
            ("files", self.files()),
            ("left_out", about_files(&evaluated.left_out)),
            ("warnings", about_files(&self.warnings)),
            ("report", json!(self.report.map(printable::json))),
            ("notes", json!(notes)),
        ] {
            object.insert(name.to_owned(), value);
        }
        serde_json::to_string_pretty(&object).map_err(AppError::new)
    }

    fn files(&self) -> Value {
        let files = &self.corpus.files;
        json!({
            "there": files.len(),
            "usable": files.iter().filter(|file| file.problem.is_none()).count(),
            "seconds": files.iter().map(|file| file.seconds).sum::<f64>(),
        })
    }
}

fn about_files(all: &[(String, String)]) -> Value {
    let each = all
        .iter()
        .map(|(file, what)| json!({"file": file, "what": what}));
    each.collect()
}

fn note(note: &NoteFigures) -> Value {
    json!({
        "file": note.file,
        "channel": note.channel,
        "index": note.index,
        "key": note.key,
        "dynamic": note.dynamic,
        "take": note.take,
        "velocity": note.velocity,
        "f0_hz": note.f0_hz,
        "seconds": note.seconds,
        "residual_db": note.residual_db,
        "instrument": errors(note.instrument),
        "below": errors(note.below),
        "above": errors(note.above),
        "both_neighbours": errors(note.both_neighbours),
        "average_spectrum": errors(note.average_spectrum),
        "own_mean": errors(note.own_mean),
        "lsd_bound_db": note.lsd_bound_db,
    })
}

fn errors(errors: SpectralErrors) -> Value {
    json!({
        "harmonic_db": errors.harmonic_db,
        "noise_db": errors.noise_db,
        "lsd_db": errors.lsd_db,
    })
}
