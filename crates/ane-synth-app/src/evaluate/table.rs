//! The figures for people.

use std::ffi::OsStr;

use synth_train::evaluation::{Evaluated, SpectralErrors};

use super::figures::Outcome;
use crate::printable;

/// A heading, the ways to play the notes side by side, then what has no rival.
pub(super) fn text(outcome: &Outcome<'_>) -> String {
    let evaluated = outcome.evaluated;
    let trained_on = match evaluated.held_out_figures {
        true => "none of them trained on",
        false => "some of them trained on, so the figures say little of new notes",
    };
    let notes = evaluated.notes.len();
    let mut lines = vec![format!(
        "{} on {}: {notes} note{}, {trained_on}",
        outcome.instrument,
        printable::path(outcome.recordings),
        if notes == 1 { "" } else { "s" },
    )];
    let heads = ["partials", "noise", "sound"];
    lines.push(row("errors in dB", heads.map(str::to_owned)));
    for (who, errors) in [
        ("this instrument", evaluated.instrument),
        ("nearest note below", evaluated.below),
        ("nearest note above", evaluated.above),
        ("both neighbours", evaluated.both_neighbours),
        ("average spectrum", evaluated.average_spectrum),
        ("own mean spectrum", evaluated.own_mean),
    ] {
        let SpectralErrors {
            harmonic_db,
            noise_db,
            lsd_db,
        } = errors;
        let cells = [harmonic_db, noise_db, lsd_db];
        lines.push(row(who, cells.map(|db| decibels(Some(db)))));
    }
    let spread = [evaluated.take_spread_db, None, None];
    lines.push(row("another take", spread.map(decibels)));
    let bound = [None, None, Some(evaluated.lsd_bound_db)];
    lines.push(row("analysis played back", bound.map(decibels)));
    let rest = rest(evaluated).into_iter();
    lines.extend(rest.map(|(label, text)| line(label, &text)));
    for (file, why) in &evaluated.left_out {
        let name = printable::name(OsStr::new(file));
        let why = printable::one_line(why);
        lines.push(line("left out", &format!("{name}: {why}")));
    }
    if let Some(page) = outcome.report {
        lines.push(line("report", &printable::path(page)));
    }
    lines.join("\n")
}

/// What has no rival to stand beside.
fn rest(evaluated: &Evaluated) -> Vec<(&'static str, String)> {
    let envelope = evaluated.envelope;
    let beside = |own: Option<f64>, other: Option<f64>, whose: &str| match own {
        Some(own) => format!("{own:.2} dB off ({whose} {})", decibels(other)),
        None => "not in the recordings".to_owned(),
    };
    let attack = beside(envelope.attack_db, envelope.attack_flat_db, "without one");
    let onset = beside(envelope.onset_db, envelope.onset_flat_db, "without one");
    let release = beside(
        envelope.release_db,
        envelope.release_fixed_db,
        "a fixed one",
    );
    let pitch = match evaluated.f0_cents {
        Some(cents) => format!("{cents:.2} cents off (median)"),
        None => "could not be compared".to_owned(),
    };
    let dynamics = match &evaluated.loud_against_soft {
        None => "one only".to_owned(),
        Some(loud) => format!(
            "loudest minus softest: loudness {:.2} dB off (most {:.2}), centroid {:.2} dB (most \
             {:.2}), {} pairs",
            loud.loudness.mean_db,
            loud.loudness.max_db,
            loud.centroid.mean_db,
            loud.centroid.max_db,
            loud.pairs
        ),
    };
    let half = evaluated.half_precision;
    vec![
        ("attack", format!("{attack}; first 150 ms {onset}")),
        ("release", release),
        ("pitch", pitch),
        ("dynamics", dynamics),
        (
            "FP16",
            format!(
                "99 of 100 partials within {:.3} dB, all within {:.3} dB",
                half.p99_db, half.max_db
            ),
        ),
        (
            "log-mag",
            format!(
                "{:.3} (analysis played back {:.3})",
                evaluated.log_mag, evaluated.log_mag_bound
            ),
        ),
    ]
}

fn row(who: &str, cells: [String; 3]) -> String {
    let [partials, noise, sound] = cells;
    format!("  {who:<21}{partials:>9}{noise:>9}{sound:>9}")
}

fn line(label: &str, text: &str) -> String {
    format!("  {label:<11}  {text}")
}

fn decibels(level: Option<f64>) -> String {
    level.map_or_else(|| "-".to_owned(), |db| format!("{db:.2}"))
}
