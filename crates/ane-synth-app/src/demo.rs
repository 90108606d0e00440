//! `ane-synth demo`: a piece of our own, inside the program.

use std::path::Path;

use synth_io::midi_file::{Song, UnendedNotes};

use crate::cli::DemoArguments;
use crate::error::AppError;
use crate::render::{self, Job};

/// Written by `examples/make_demo.rs`.
const PIECE: &[u8] = include_bytes!("../demo/evening_round.mid");
const NAME: &str = "evening_round.mid";

pub(crate) fn render_demo(arguments: &DemoArguments) -> Result<(), AppError> {
    let name = Path::new(NAME);
    let song = Song::from_bytes(PIECE).map_err(|error| AppError::about(name, error))?;
    render::render(Job {
        song,
        name,
        input: None,
        output: &arguments.output,
        unended: UnendedNotes::Refuse,
        options: &arguments.options,
    })
}
