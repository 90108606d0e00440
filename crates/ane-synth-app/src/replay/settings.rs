//! What `--set` may say about a replay: the log knows every parameter, but what summed the partials may not be
//! had here.

use synth_engine::Oscillators;
use synth_io::event_log::LogHeader;

use crate::error::AppError;
use crate::oscillator_option::{self, NAME};
use crate::parameter_option::ParameterOptions;

/// Refuses what the log says itself.
pub(super) fn check(options: &ParameterOptions) -> Result<(), AppError> {
    match options.parameters().next() {
        None => Ok(()),
        Some(setting) => Err(AppError::new(format_args!(
            "--set {} cannot be used with --events, whose log says what it was set to; leave it out",
            setting.parameter.info().name
        ))),
    }
}

/// What sums the partials: what is asked for, else what did so when it was played.
pub(super) fn oscillators(
    header: &LogHeader,
    asked: Option<Oscillators>,
) -> Result<Oscillators, AppError> {
    if let Some(asked) = asked {
        return Ok(asked);
    }
    let played = header.oscillators.unwrap_or_default();
    match oscillator_option::missing(played) {
        None => Ok(played),
        Some(why) => Err(AppError::new(format_args!(
            "was played with the oscillators {played}, and {why}; --set {NAME}={} replays it with a \
             difference of rounding",
            Oscillators::default()
        ))),
    }
}

/// A notice where other oscillators summed the partials when it was played.
pub(super) fn otherwise(header: &LogHeader, oscillators: Oscillators) -> Option<String> {
    let played = header.oscillators.unwrap_or_default();
    (played != oscillators).then(|| {
        format!(
            "was played with the oscillators {played} and is replayed with {oscillators}, whose sums are \
             rounded otherwise; the samples may differ a little"
        )
    })
}
