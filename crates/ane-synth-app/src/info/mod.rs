//! `ane-synth info`: what is inside a file, in words or as JSON.

mod audio;
mod content;
mod general_midi;
mod instrument;
mod levels;
mod lines;
mod midi;
mod note_names;
mod shown;
mod source;

use std::io;
use std::path::{Path, PathBuf};

use serde::Serialize;
use synth_io::audio_file::AudioDecoder;
use synth_io::midi_file::{Song, SongError};
use synth_model::Instrument;

use crate::cli::InfoArguments;
use crate::error::AppError;
use crate::instruments;
use crate::job::DASH;
use crate::jobs::LIMIT_BYTES;
use crate::output;
use crate::printable;

use audio::AudioFacts;
use content::Content;
use instrument::InstrumentFacts;
use midi::MidiFacts;
use source::Source;

#[derive(Serialize)]
#[serde(untagged)]
enum Facts {
    Midi(Box<MidiFacts>),
    Instrument(Box<InstrumentFacts>),
    Audio(Box<AudioFacts>),
}

impl Facts {
    fn text(&self) -> String {
        match self {
            Self::Midi(facts) => facts.text(),
            Self::Instrument(facts) => facts.text(),
            Self::Audio(facts) => facts.text(),
        }
    }
}

/// What the array of several files holds for each.
#[derive(Serialize)]
#[serde(untagged)]
enum Answer {
    Facts(Facts),
    Failure {
        file: String,
        kind: &'static str,
        error: String,
    },
}

/// Tells about every file that can be told about; the errors come last, so that none is lost
/// between the facts.
pub(crate) fn tell(arguments: &InfoArguments) -> Result<(), AppError> {
    let is_dash = |file: &&PathBuf| file.as_path() == Path::new(DASH);
    if arguments.files.iter().filter(is_dash).count() > 1 {
        return Err(AppError::new("- can be read only once; name it once"));
    }
    let several = arguments.files.len() > 1;
    let mut answers = Vec::new();
    let mut failures = Vec::new();
    for file in &arguments.files {
        match look(file) {
            Ok(facts) if arguments.json => answers.push(Answer::Facts(facts)),
            Ok(facts) => output::say(&facts.text())?,
            Err(error) => {
                answers.push(Answer::Failure {
                    file: printable::json(file),
                    kind: "error",
                    error: error.to_string(),
                });
                failures.push(error);
            }
        }
    }
    if arguments.json && several {
        say_json(&answers)?;
    } else if arguments.json
        && let Some(Answer::Facts(facts)) = answers.first()
    {
        say_json(facts)?;
    }
    let Some(last) = failures.pop() else {
        return Ok(());
    };
    for failure in failures {
        output::complain(&failure.to_string());
    }
    Err(last)
}

fn say_json(value: &impl Serialize) -> Result<(), AppError> {
    let text = serde_json::to_string_pretty(value).map_err(AppError::new)?;
    output::say(&shown::json(&text))
}

fn look(file: &Path) -> Result<Facts, AppError> {
    let (source, name) = if file == Path::new(DASH) {
        let name = "standard input".to_owned();
        (Source::stream(Box::new(io::stdin())), name)
    } else {
        let all = instruments::built_in()?;
        if let Some(known) = all.iter().find(|known| file == Path::new(&known.id)) {
            let bytes = known.instrument.to_bytes();
            return Ok(instrument_facts(
                known.id.clone(),
                &bytes,
                &known.instrument,
            ));
        }
        (Source::open(file), printable::json(file))
    };
    let facts = source.and_then(|source| look_into(source, name.clone()));
    facts.map_err(|what| AppError::about_name(&shown::name(&name), what))
}

/// The error says what to do, but not which file.
fn look_into(source: Source<'_>, name: String) -> Result<Facts, String> {
    let beginning = source.beginning().to_vec();
    match Content::of(&beginning) {
        Content::Midi => {
            let bytes = source.whole(LIMIT_BYTES)?;
            let song = Song::from_bytes(&bytes, &midi::options()).map_err(in_words)?;
            midi_facts(name, &bytes, &song)
        }
        Content::Instrument => {
            let bytes = source.whole(LIMIT_BYTES)?;
            let instrument = Instrument::from_bytes(&bytes).map_err(in_words)?;
            Ok(instrument_facts(name, &bytes, &instrument))
        }
        Content::Audio => {
            let audio = source.audio()?;
            let decoder = AudioDecoder::from_source(audio.file).map_err(in_words)?;
            let facts = AudioFacts::read(name, audio.size_bytes, decoder).map_err(in_words)?;
            Ok(Facts::Audio(Box::new(facts)))
        }
        Content::Other => {
            let none_of_ours = || content::refusal(&beginning);
            let bytes = source.whole(LIMIT_BYTES).map_err(|_| none_of_ours())?;
            match Song::from_bytes(&bytes, &midi::options()) {
                Ok(song) => midi_facts(name, &bytes, &song),
                Err(SongError::NotMidi { .. } | SongError::Empty) => Err(none_of_ours()),
                Err(error) => Err(error.to_string()),
            }
        }
    }
}

fn in_words(error: impl std::error::Error) -> String {
    error.to_string()
}

fn midi_facts(name: String, bytes: &[u8], song: &Song) -> Result<Facts, String> {
    let facts = MidiFacts::of(name, bytes.len() as u64, song);
    let facts = facts.map_err(|error| error.to_string())?;
    Ok(Facts::Midi(Box::new(facts)))
}

fn instrument_facts(name: String, bytes: &[u8], instrument: &Instrument) -> Facts {
    let facts = InstrumentFacts::of(name, bytes.len() as u64, instrument);
    Facts::Instrument(Box::new(facts))
}
