//! The figures in words.

use std::fmt::Write;

use synth_train::evaluation::{Evaluated, SpectralErrors};

use super::page::escaped;

/// A pitch is called right up to here, cents.
const RIGHT_PITCH_CENTS: f64 = 3.0;
/// Loud and soft are told apart as in the recordings up to here, dB.
const RIGHT_DYNAMICS_DB: f64 = 3.0;
/// The first 150 ms are called learnt below this share of what a note without an attack would miss.
const LEARNT_ONSET: f64 = 0.65;
/// What half precision may cost, 99 of 100 partials and the worst, dB.
const HALF_PRECISION_DB: [f64; 2] = [0.1, 0.2];

/// Tone: the instrument among other ways to play the same notes.
pub(super) fn tone(evaluated: &Evaluated) -> String {
    let mut table = String::from(
        "<h2>Tone</h2>\n<p class=\"quiet\">How far the sound is from the recording, in dB; less is \
         better, and 1 dB is about what a practised ear can tell. Partials are the harmonics, the \
         more audible ones counting more; noise is breath, bow and key; the last column compares \
         the sounds as they are, for which even a perfect player of partials and noise is some dB \
         off, since noise never repeats.</p>\n<div class=\"scroll\"><table><thead><tr><th>Played by\
         </th><th class=\"n\">partials</th><th class=\"n\">noise</th><th class=\"n\">whole sound\
         </th></tr></thead><tbody>\n",
    );
    let mut row = |class: &str, who: &str, cells: [Option<f64>; 3]| {
        let cells = cells.map(|cell| format!("<td class=\"n\">{}</td>", decibels(cell)));
        let _ = writeln!(table, "<tr{class}><td>{who}</td>{}</tr>", cells.concat());
    };
    let all = |errors: SpectralErrors| {
        [
            Some(errors.harmonic_db),
            Some(errors.noise_db),
            Some(errors.lsd_db),
        ]
    };
    row(
        " class=\"own\"",
        "this instrument",
        all(evaluated.instrument),
    );
    row(
        "",
        "the next recorded note below, moved to the pitch",
        all(evaluated.below),
    );
    row("", "the next recorded note above", all(evaluated.above));
    row(
        "",
        "the mean of both neighbours",
        all(evaluated.both_neighbours),
    );
    row(
        "",
        "one average tone for all notes",
        all(evaluated.average_spectrum),
    );
    row(
        "",
        "each note's own average tone (the best that a tone which never moves can do)",
        all(evaluated.own_mean),
    );
    if evaluated.take_spread_db.is_some() {
        let cells = [evaluated.take_spread_db, None, None];
        row("", "the player: one take of a note against another", cells);
    }
    row(
        "",
        "the recording, taken apart and put together again",
        [None, None, Some(evaluated.lsd_bound_db)],
    );
    table.push_str("</tbody></table></div>\n");
    let beaten = evaluated.instrument.harmonic_db < evaluated.nearest_note_db();
    table.push_str(match beaten {
        true => {
            "<p class=\"good\">The instrument is closer to the recordings than the nearest \
             recorded note is.</p>\n"
        }
        false => {
            "<p class=\"bad\">The nearest recorded note is closer to the recordings than the \
             instrument: more pitches, or cleaner ones, would help.</p>\n"
        }
    });
    table
}

/// Everything about playing that is not tone.
pub(super) fn playing(evaluated: &Evaluated) -> String {
    let mut rows = String::new();
    let mut row = |what: &str, figure: String, measure: &str, fine: bool| {
        let (class, verdict) = match fine {
            true => ("good", "yes"),
            false => ("bad", "no"),
        };
        let _ = writeln!(
            rows,
            "<tr><td>{what}</td><td class=\"n\">{figure}</td><td>{measure}</td>\
             <td class=\"{class}\">{verdict}</td></tr>"
        );
    };
    let envelope = &evaluated.envelope;
    if let (Some(attack), Some(flat)) = (envelope.attack_db, envelope.attack_flat_db) {
        let measure = format!("a note at full strength at once: {flat:.2} dB");
        let what = "Swell of the first 0.9 s";
        row(what, format!("{attack:.2} dB off"), &measure, attack < flat);
    }
    if let (Some(onset), Some(flat)) = (envelope.onset_db, envelope.onset_flat_db) {
        let measure = format!("a note at full strength at once: {flat:.2} dB");
        let fine = onset < LEARNT_ONSET * flat;
        let what = "Attack, the first 150 ms";
        row(what, format!("{onset:.2} dB off"), &measure, fine);
    }
    if let (Some(release), Some(fixed)) = (envelope.release_db, envelope.release_fixed_db) {
        let measure = format!("a plain fade of 0.18 s: {fixed:.1} dB");
        let what = "Dying away, from 10 to 40 dB down";
        row(
            what,
            format!("{release:.1} dB off"),
            &measure,
            release < fixed,
        );
    }
    if let Some(cents) = evaluated.f0_cents {
        let what = "Pitch, given the recording's";
        let measure = "a hundredth of a semitone is a cent; 3 are hard to hear";
        row(
            what,
            format!("{cents:.2} cents off"),
            measure,
            cents <= RIGHT_PITCH_CENTS,
        );
    }
    if let Some(loud) = evaluated.loud_against_soft {
        let measure = |real: f64, driven: f64| {
            format!(
                "in the recordings it is {real:.1} dB; given their loudness: {driven:.1} dB off"
            )
        };
        let figure = |error: synth_train::evaluation::DynamicError| {
            format!("{:.1} dB off, at worst {:.1}", error.mean_db, error.max_db)
        };
        if !evaluated.levelled {
            row(
                "Loud over soft, from the key's velocity: loudness",
                figure(loud.keyed_loudness),
                &measure(loud.real_loudness_db, loud.loudness.mean_db),
                loud.keyed_loudness.max_db <= RIGHT_DYNAMICS_DB,
            );
        }
        row(
            "Loud over soft, from the key's velocity: brightness",
            figure(loud.keyed_centroid),
            &measure(loud.real_centroid_db, loud.centroid.mean_db),
            loud.keyed_centroid.max_db <= RIGHT_DYNAMICS_DB,
        );
    }
    let half = evaluated.half_precision;
    let [most_db, worst_db] = HALF_PRECISION_DB;
    row(
        "Cost of half precision, as on a Neural Engine",
        format!("{:.3} dB, at worst {:.3}", half.p99_db, half.max_db),
        &format!("not to be heard: {most_db} dB, at worst {worst_db}"),
        half.p99_db <= most_db && half.max_db <= worst_db,
    );
    let levelled = match evaluated.levelled {
        true => {
            "<p class=\"quiet\">The recordings were all brought to one level before they came \
             here, so they do not tell how much louder a loud note is: the instrument's range of \
             loudness is made up.</p>\n"
        }
        false => "",
    };
    format!(
        "<h2>Playing</h2>\n{levelled}<div class=\"scroll\"><table><thead><tr><th>What</th>\
         <th class=\"n\">this instrument</th><th>measure</th><th>good</th></tr></thead>\
         <tbody>\n{rows}</tbody></table></div>\n"
    )
}

/// Every note in a line, with a link to its section.
pub(super) fn notes(rows: &[(String, &synth_train::evaluation::NoteFigures)]) -> String {
    let mut table = String::from(
        "<h2>Notes</h2>\n<div class=\"scroll\"><table><thead><tr><th>note</th>\
         <th class=\"n\">partials</th><th class=\"n\">both neighbours</th><th class=\"n\">noise\
         </th><th class=\"n\">whole sound</th><th class=\"n\">at best</th><th class=\"n\">cents\
         </th></tr></thead><tbody>\n",
    );
    for (name, note) in rows {
        let cells = [
            Some(note.instrument.harmonic_db),
            Some(note.both_neighbours.harmonic_db),
            Some(note.instrument.noise_db),
            Some(note.instrument.lsd_db),
            Some(note.lsd_bound_db),
            note.f0_cents,
        ];
        let cells = cells.map(|cell| format!("<td class=\"n\">{}</td>", decibels(cell)));
        let name = escaped(name);
        let link = format!("<a href=\"#{name}\">{name}</a>");
        let _ = writeln!(table, "<tr><td>{link}</td>{}</tr>", cells.concat());
    }
    table.push_str("</tbody></table></div>\n");
    table
}

/// What could not be compared.
pub(super) fn left_out(evaluated: &Evaluated) -> String {
    if evaluated.left_out.is_empty() {
        return String::new();
    }
    let items = evaluated.left_out.iter();
    let items = items.map(|(file, why)| format!("<li>{}: {}</li>\n", escaped(file), escaped(why)));
    format!(
        "<h2>Left out</h2>\n<ul>\n{}</ul>\n",
        items.collect::<String>()
    )
}

fn decibels(value: Option<f64>) -> String {
    value.map_or_else(|| "\u{2013}".to_owned(), |value| format!("{value:.2}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use synth_train::evaluation::{DynamicError, EnvelopeErrors, LoudAgainstSoft};

    fn evaluated() -> Evaluated {
        let errors = |db| SpectralErrors {
            harmonic_db: db,
            noise_db: db + 0.1,
            lsd_db: db + 0.2,
        };
        Evaluated {
            instrument: errors(3.0),
            below: errors(4.0),
            above: errors(5.0),
            ..Evaluated::default()
        }
    }

    #[test]
    fn the_better_neighbour_decides_who_is_closer() {
        let mut evaluated = evaluated();
        let page = tone(&evaluated);
        assert!(page.contains("closer to the recordings than the nearest recorded note is"));
        assert!(page.contains("<td class=\"n\">3.10</td>"));
        assert!(!page.contains("one take of a note"));
        evaluated.above.harmonic_db = 2.9;
        evaluated.take_spread_db = Some(3.47);
        let page = tone(&evaluated);
        assert!(page.contains("is closer to the recordings than the instrument"));
        assert!(page.contains("3.47") && page.contains("one take of a note"));
    }

    #[test]
    fn what_the_recordings_do_not_hold_has_no_row_and_limits_decide() {
        let mut evaluated = evaluated();
        let bare = playing(&evaluated);
        assert_eq!(
            bare.matches("<tr>").count(),
            2,
            "the head and half precision"
        );
        evaluated.f0_cents = Some(3.1);
        evaluated.envelope = EnvelopeErrors {
            onset_db: Some(2.0),
            onset_flat_db: Some(3.0),
            release_db: Some(3.0),
            release_fixed_db: Some(9.0),
            ..EnvelopeErrors::default()
        };
        evaluated.loud_against_soft = Some(LoudAgainstSoft {
            keyed_loudness: DynamicError {
                mean_db: 1.0,
                max_db: 2.9,
            },
            keyed_centroid: DynamicError {
                mean_db: 1.0,
                max_db: 3.1,
            },
            ..LoudAgainstSoft::default()
        });
        let page = playing(&evaluated);
        let verdicts: Vec<&str> = page
            .lines()
            .filter(|line| line.starts_with("<tr><td>"))
            .map(|line| if line.contains(">yes<") { "yes" } else { "no" })
            .collect();
        // Onset above 0.65 of flat, release below fixed, pitch, loudness, brightness, precision.
        assert_eq!(verdicts, ["no", "yes", "no", "yes", "no", "yes"]);
        assert!(page.contains("velocity: loudness") && !page.contains("made up"));
        evaluated.levelled = true;
        let page = playing(&evaluated);
        assert!(!page.contains("velocity: loudness") && page.contains("made up"));
    }
}
