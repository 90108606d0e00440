//! `ane-synth demo`: a piece of our own, inside the program.

use std::path::Path;
use std::time::Duration;

use crate::batch;
use crate::error::AppError;
use crate::job::Input;
use crate::jobs;
use crate::render_arguments::DemoArguments;
use crate::studio::{Limits, Studio};

/// Written by `examples/make_demo.rs`.
const PIECE: &[u8] = include_bytes!("../demo/evening_round.mid");
const NAME: &str = "evening_round.mid";

/// It is half a minute long; how slowly it is played is the user's choice.
const LIMITS: Limits = Limits {
    longest: Duration::from_secs(4 * 3600),
    strict: false,
};

pub(crate) fn render_demo(arguments: &DemoArguments) -> Result<(), AppError> {
    let options = &arguments.options;
    let input = Input::Bytes {
        name: NAME,
        bytes: PIECE.into(),
    };
    let default_output = |ending: &str| Path::new("demo").with_extension(ending);
    let batch = jobs::single(input, arguments.output.as_deref(), default_output, options)?;
    batch::run(batch, &Studio::new(options, LIMITS)?)
}
