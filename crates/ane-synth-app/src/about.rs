//! `ane-synth about`: what this program is, and whose work is inside it.

use crate::cli::AboutArguments;
use crate::error::AppError;
use crate::instruments::{self, NamedInstrument, kind};
use crate::output;
use crate::printable;

/// Whose recordings the instruments were made of, and the texts of their licences.
const NOTICE: &str = include_str!("../../../NOTICE");
/// The licence of the program.
const LICENCE: &str = include_str!("../../../LICENSE");

/// Tells about the program, or about the licences.
pub(crate) fn tell(arguments: &AboutArguments) -> Result<(), AppError> {
    let all = instruments::built_in()?;
    let each = if arguments.licences { whole } else { line };
    let instruments: Vec<String> = all.iter().map(each).collect();
    let instruments = instruments.join("\n");
    output::say(&match arguments.licences {
        true => format!(
            "{}\n\n{}\n\nThe instruments as their files say it:\n{instruments}",
            LICENCE.trim_end(),
            NOTICE.trim_end()
        ),
        false => format!(
            "ane-synth {}: a neural synthesizer; MIDI files in, WAV or FLAC files out, instruments \
             made of recordings\n\
             MIT licence, by the ane-synth developers; --licences prints it and those of the \
             instruments\n\
             instruments built in:\n{instruments}",
            env!("CARGO_PKG_VERSION")
        ),
    })
}

fn line(named: &NamedInstrument) -> String {
    let metadata = &named.instrument.metadata;
    let [title, source, licence] =
        [&metadata.name, &metadata.source, &metadata.licence].map(|text| printable::one_line(text));
    format!("  {}: {title}, {source} ({licence})", named.id)
}

/// With all that the file says of where it comes from and how good it is.
fn whole(named: &NamedInstrument) -> String {
    let metadata = &named.instrument.metadata;
    let mut lines = vec![format!(
        "\n{} ({}, {})",
        named.id,
        printable::one_line(&metadata.name),
        kind(metadata.synthetic)
    )];
    for (label, text) in [
        ("recordings", &metadata.source),
        ("by", &metadata.author),
        ("licence", &metadata.licence),
    ] {
        lines.push(format!("  {label:<11}  {}", printable::one_line(text)));
    }
    const TOLD: [(&str, &str); 3] = [
        ("harmonic_db", "partials"),
        ("noise_db", "noise"),
        ("lsd_db", "sound"),
    ];
    let figures: Vec<String> = TOLD
        .iter()
        .filter_map(|(key, word)| Some(format!("{word} {:.2} dB", metadata.held_out.get(*key)?)))
        .collect();
    if !figures.is_empty() {
        let figures = figures.join(", ");
        lines.push(format!("  {:<11}  {figures} off", "unseen notes"));
    }
    lines.join("\n")
}
