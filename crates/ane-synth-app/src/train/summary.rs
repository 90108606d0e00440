//! What is told about a trained instrument.

use std::ffi::OsStr;
use std::time::Duration;

use serde::Serialize;
use synth_train::train::Trained;

use super::TrainArguments;
use crate::error::AppError;
use crate::printable;
use crate::summary::minutes;

/// A trained instrument and how it came about.
pub(crate) struct Summary<'a> {
    pub(crate) arguments: &'a TrainArguments,
    pub(crate) trained: &'a Trained,
    /// Size of its file.
    pub(crate) bytes: usize,
    /// Whether a file of its name was there before.
    pub(crate) replaces: bool,
    /// Files and what was said of them.
    pub(crate) warnings: Vec<(String, String)>,
    pub(crate) wall_s: f64,
}

/// The object that `--json` prints.
#[derive(Serialize)]
struct Json<'a> {
    output: String,
    size_bytes: usize,
    replaced: bool,
    name: &'a str,
    notes: usize,
    pitches: usize,
    /// From the softest to the loudest, as the names of the files give them.
    dynamics: &'a [String],
    /// Sounding time learnt from.
    seconds: f64,
    /// Whether the recordings were brought to one level, so that it says nothing of dynamics.
    levelled: bool,
    /// Loudest over softest dynamic; `null` where there are none.
    range_db: Option<f32>,
    /// Whether the recordings hold the ends of notes.
    releases: bool,
    files_used: &'a [String],
    held_out: &'a [String],
    left_out: Vec<About<'a>>,
    warnings: Vec<About<'a>>,
    /// Mean error over the last steps of the fit.
    partial_loss_db: f64,
    noise_loss_db: f64,
    seed: u64,
    steps: u32,
    threads: usize,
    analysis_s: f64,
    fit_s: f64,
    rest_s: f64,
    wall_s: f64,
}

/// Something about a file.
#[derive(Serialize)]
struct About<'a> {
    file: &'a str,
    what: &'a str,
}

fn about((file, what): &(String, String)) -> About<'_> {
    About { file, what }
}

impl Summary<'_> {
    /// For people.
    pub(crate) fn text(&self) -> String {
        let summary = &self.trained.summary;
        let mut lines = vec![format!(
            "{}: {}, {} of sound{}",
            printable::path(&self.arguments.output),
            [
                count(summary.notes, "note"),
                count(summary.pitches, "pitch"),
            ]
            .join(", "),
            minutes(summary.seconds),
            if self.replaces {
                "; replaced the file that was there"
            } else {
                ""
            }
        )];
        let mut line = |label: &str, value: String| lines.push(format!("  {label:<11}  {value}"));
        let mut files = format!("{} learnt from", count(summary.used.len(), "file"));
        if !summary.held_out.is_empty() {
            files += &format!(", {} held out", summary.held_out.len());
        }
        if !summary.left_out.is_empty() {
            files += &format!(", {} left out", summary.left_out.len());
        }
        line("recordings", files);
        line("dynamics", self.dynamics());
        let releases = match summary.releases {
            true => "as recorded",
            false => "not in the recordings; a usual one is put in",
        };
        line("releases", releases.to_owned());
        line(
            "fit",
            format!(
                "partials {:.2} dB, noise {:.2} dB off at the end, {} steps",
                summary.loss.partial_db, summary.loss.noise_db, self.arguments.steps
            ),
        );
        line(
            "time",
            format!(
                "{:.2} s: analysis {:.2} s on {}, fit {:.2} s, the rest {:.2} s",
                self.wall_s,
                summary.analysis_time.as_secs_f64(),
                count(self.arguments.thread_count(), "thread"),
                summary.fit_time.as_secs_f64(),
                self.rest_s(),
            ),
        );
        for (file, why) in &summary.left_out {
            let name = printable::name(OsStr::new(file));
            line("left out", format!("{name}: {}", printable::one_line(why)));
        }
        lines.join("\n")
    }

    fn dynamics(&self) -> String {
        let summary = &self.trained.summary;
        let names = match summary.dynamics.is_empty() {
            true => "none named".to_owned(),
            false => summary.dynamics.join(", "),
        };
        match (summary.levelled, summary.range_db) {
            (true, _) => format!(
                "{names}; the recordings were brought to one level, so how loud a velocity is \
                 was modelled"
            ),
            (false, Some(range_db)) => {
                format!("{names}; {range_db:.1} dB from the softest to the loudest")
            }
            (false, None) => names,
        }
    }

    /// Time that is neither analysis nor fit, s.
    fn rest_s(&self) -> f64 {
        let summary = &self.trained.summary;
        let told: Duration = summary.analysis_time + summary.fit_time;
        (self.wall_s - told.as_secs_f64()).max(0.0)
    }

    /// For programs.
    pub(crate) fn json(&self) -> Result<String, AppError> {
        let summary = &self.trained.summary;
        let json = Json {
            output: printable::json(&self.arguments.output),
            size_bytes: self.bytes,
            replaced: self.replaces,
            name: &self.trained.instrument.metadata.name,
            notes: summary.notes,
            pitches: summary.pitches,
            dynamics: &summary.dynamics,
            seconds: summary.seconds,
            levelled: summary.levelled,
            range_db: summary.range_db,
            releases: summary.releases,
            files_used: &summary.used,
            held_out: &summary.held_out,
            left_out: summary.left_out.iter().map(about).collect(),
            warnings: self.warnings.iter().map(about).collect(),
            partial_loss_db: summary.loss.partial_db,
            noise_loss_db: summary.loss.noise_db,
            seed: self.arguments.seed,
            steps: self.arguments.steps,
            threads: self.arguments.thread_count(),
            analysis_s: summary.analysis_time.as_secs_f64(),
            fit_s: summary.fit_time.as_secs_f64(),
            rest_s: self.rest_s(),
            wall_s: self.wall_s,
        };
        serde_json::to_string(&json).map_err(AppError::new)
    }
}

/// "1 note", "2 notes", "3 pitches".
fn count(number: usize, thing: &str) -> String {
    match (number, thing.ends_with("ch")) {
        (1, _) => format!("1 {thing}"),
        (_, true) => format!("{number} {thing}es"),
        (_, false) => format!("{number} {thing}s"),
    }
}
