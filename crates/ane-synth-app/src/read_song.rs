//! A piece as it is to be played, from a file or from bytes.

use std::fmt::Display;
use std::time::Duration;

use synth_io::midi_file::{Song, SongError, SongOptions};

use crate::error::AppError;
use crate::job::Input;
use crate::jobs::LIMIT_BYTES;
use crate::studio::Studio;

/// Longer than any piece whose time can be told.
const ANY_LENGTH: Duration = Duration::from_secs(u32::MAX as u64);

/// Reads a song and sets its tempo.
///
/// # Errors
/// What makes it no song, one that lasts too long and, if so asked, one of which a part is lost.
pub(crate) fn read_song(input: &Input, studio: &Studio<'_>) -> Result<Song, AppError> {
    let name = input.name();
    let about = |error: &dyn Display| AppError::about_name(&name, error);
    let read;
    let bytes = match input {
        Input::Bytes { bytes, .. } => &**bytes,
        Input::File(path) => {
            read = synth_io::read_file(path, LIMIT_BYTES).map_err(|error| about(&error))?;
            &read
        }
    };
    let limits = studio.limits;
    // How long it lasts is known only at the tempo it is played at.
    let longest = match studio.options.tempo {
        None => limits.longest,
        Some(_) => ANY_LENGTH,
    };
    let mut song =
        Song::from_bytes(bytes, &SongOptions { longest }).map_err(|error| match error {
            SongError::TooLong {
                length,
                limit,
                cause,
            } => about(&too_long(&format!("{length}{cause}"), &limit)),
            error => about(&error),
        })?;
    if let Some(tempo) = studio.options.tempo {
        let scaled = song.scale_tempo(tempo.for_song());
        scaled.map_err(|error| about(&format!("--tempo: {error}")))?;
        let (length_s, longest_s) = (song.end().seconds(), limits.longest.as_secs_f64());
        if length_s > longest_s + 1.0 {
            let hours = |seconds: f64| format!("{:.2} hours", seconds / 3600.0);
            return Err(about(&too_long(&hours(length_s), &hours(longest_s))));
        }
    }
    match song.warnings() {
        [first, others @ ..] if limits.strict => {
            let more = match others.len() {
                0 => String::new(),
                more => format!("; and {more} more"),
            };
            let what = format!("{first}{more}; without --strict the rest is rendered");
            Err(about(&what))
        }
        _ => Ok(song),
    }
}

fn too_long(length: &str, limit: &str) -> String {
    format!(
        "the piece would last {length}, and the longest that is rendered is {limit}; get an intact \
         copy or, if it is meant to be that long, say --max-length HOURS"
    )
}
