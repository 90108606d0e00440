//! `ane-synth instruments`.

use std::collections::BTreeMap;

use serde::Serialize;
use synth_model::Instrument;

use crate::cli::InstrumentsArguments;
use crate::error::AppError;
use crate::instruments::{self, NamedInstrument, kind};
use crate::output;

/// What is told about an instrument.
#[derive(Serialize)]
struct Entry<'a> {
    /// What `--instrument` takes.
    name: &'a str,
    title: &'a str,
    /// "synthetic" (fitted to formulas) or "recorded".
    kind: &'static str,
    synthetic: bool,
    author: &'a str,
    licence: &'a str,
    source: &'a str,
    /// General MIDI programs, 0 to 127.
    programs: &'a [u8],
    f0_lo_hz: f32,
    f0_hi_hz: f32,
    held_out: &'a BTreeMap<String, f64>,
}

impl<'a> Entry<'a> {
    fn of(named: &'a NamedInstrument) -> Self {
        let Instrument {
            metadata, ranges, ..
        } = &*named.instrument;
        Self {
            name: &named.id,
            title: &metadata.name,
            kind: kind(metadata.synthetic),
            synthetic: metadata.synthetic,
            author: &metadata.author,
            licence: &metadata.licence,
            source: &metadata.source,
            programs: &metadata.programs,
            f0_lo_hz: ranges.f0_lo_hz,
            f0_hi_hz: ranges.f0_hi_hz,
            held_out: &metadata.held_out,
        }
    }

    fn text(&self) -> String {
        let Self {
            name,
            title,
            kind,
            author,
            licence,
            source,
            ..
        } = self;
        let programs = program_ranges(self.programs);
        format!(
            "{name}: {title} ({kind})\n    by {author}, {licence}; General MIDI programs {programs}\n    {source}"
        )
    }
}

pub(crate) fn list(arguments: &InstrumentsArguments) -> Result<(), AppError> {
    let all = instruments::built_in()?;
    let entries: Vec<Entry<'_>> = all.iter().map(Entry::of).collect();
    if arguments.json {
        return output::say(&serde_json::to_string_pretty(&entries).map_err(AppError::new)?);
    }
    let texts: Vec<String> = entries.iter().map(Entry::text).collect();
    output::say(&texts.join("\n"))
}

/// Programs as musicians count them, from 1, runs shortened: "1-8, 17".
pub(crate) fn program_ranges(programs: &[u8]) -> String {
    let mut sorted = programs.to_vec();
    sorted.sort_unstable();
    sorted.dedup();
    let runs = sorted.chunk_by(|a, b| a + 1 == *b);
    let texts = runs.map(|run| match run {
        [first, .., last] => format!("{}-{}", first + 1, last + 1),
        run => run.iter().map(|only| (only + 1).to_string()).collect(),
    });
    texts.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_of_programs_are_shortened() {
        assert_eq!(program_ranges(&[]), "");
        assert_eq!(
            program_ranges(&[4, 0, 1, 2, 16, 126, 127]),
            "1-3, 5, 17, 127-128"
        );
    }
}
