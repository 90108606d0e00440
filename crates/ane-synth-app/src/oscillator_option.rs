//! `--set oscillators=NAME`: what sums the partials. Named like a parameter, but chosen once, when an engine
//! is made.

use synth_engine::Oscillators;

/// What it is called beside the parameters.
pub(crate) const NAME: &str = "oscillators";

/// What may be chosen, in words; accelerate is not yet run on hardware.
const TAKES: &str =
    "clenshaw, or accelerate: Apple's vDSP, on macOS only and not yet run on hardware";

/// What `NAME=VALUE` chooses; nothing where it is about something else.
pub(crate) fn parse(setting: &str) -> Option<Result<Oscillators, String>> {
    let (name, value) = setting.split_once('=')?;
    is_meant(name).then(|| read(value))
}

/// Whether this is its name.
pub(crate) fn is_meant(name: &str) -> bool {
    name.trim().eq_ignore_ascii_case(NAME)
}

fn read(value: &str) -> Result<Oscillators, String> {
    let oscillators: Oscillators = value.parse().map_err(|_| format!("{NAME} takes {TAKES}"))?;
    match missing(oscillators) {
        None => Ok(oscillators),
        Some(why) => Err(format!(
            "{why}; leave the setting out, or say {NAME}={}",
            Oscillators::default()
        )),
    }
}

/// Why these cannot be used here, if so.
pub(crate) fn missing(oscillators: Oscillators) -> Option<&'static str> {
    (!oscillators.is_available()).then_some("Accelerate is Apple's and on macOS only")
}

/// As a log names them, which leaves out the default ones.
pub(crate) fn for_log(oscillators: Oscillators) -> Option<Oscillators> {
    (oscillators != Oscillators::default()).then_some(oscillators)
}

/// A line about those that are not the default ones.
pub(crate) fn remark(oscillators: Oscillators) -> Option<String> {
    match oscillators {
        Oscillators::Clenshaw => None,
        Oscillators::Accelerate => Some(format!(
            "{NAME}: {oscillators} (Apple's vDSP; not yet run on hardware)"
        )),
    }
}

/// The line of a list of settings.
pub(crate) fn line(oscillators: Oscillators) -> String {
    // In columns, as parameters are shown.
    format!("{NAME:<14} {oscillators:<12} What sums the partials; chosen at the start. ({TAKES})")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_of_other_things_are_left_alone() {
        for other in ["volume=-6", "oscillators", "oscillator=clenshaw", "", "="] {
            assert_eq!(parse(other), None, "{other}");
        }
        for clenshaw in ["oscillators=clenshaw", "Oscillators = CLENSHAW "] {
            assert_eq!(parse(clenshaw), Some(Ok(Oscillators::Clenshaw)));
        }
    }

    #[test]
    fn what_is_not_to_be_had_is_told_with_the_reason_and_a_way_out() {
        let unknown = parse("oscillators=vdsp").unwrap().unwrap_err();
        assert!(unknown.starts_with("oscillators takes clenshaw, or accelerate"));
        let accelerate = parse("oscillators=accelerate").unwrap();
        match Oscillators::Accelerate.is_available() {
            true => assert_eq!(accelerate, Ok(Oscillators::Accelerate)),
            false => assert_eq!(
                accelerate.unwrap_err(),
                "Accelerate is Apple's and on macOS only; leave the setting out, or say \
                 oscillators=clenshaw"
            ),
        }
    }
}
