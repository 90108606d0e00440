//! What the soak is asked for.

use std::path::PathBuf;
use std::time::Duration;

/// Longest soak: a week.
const MOST_MINUTES: f64 = 7.0 * 24.0 * 60.0;

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Options {
    /// The program, built with the feature `jack` and, unless it is as shipped, `audit-allocations`.
    pub(crate) synth: PathBuf,
    pub(crate) minutes: f64,
    pub(crate) seed: u64,
    /// Samples a cycle of the JACK server.
    pub(crate) period: u32,
    /// Whether the program was built to run under RealtimeSanitizer.
    pub(crate) sanitized: bool,
    /// Whether the program was built as it is shipped: then nothing counts what it allocates, and memory is
    /// judged by what the system lets it have.
    pub(crate) shipped: bool,
    /// Where what the process held is stored, a line a second.
    pub(crate) trace: Option<PathBuf>,
}

impl Options {
    pub(crate) fn parse(arguments: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut synth = None;
        let mut options = Self {
            synth: PathBuf::new(),
            minutes: 2.0,
            seed: 1,
            period: 256,
            sanitized: false,
            shipped: false,
            trace: None,
        };
        let mut arguments = arguments;
        while let Some(argument) = arguments.next() {
            let mut value = || {
                let missing = || format!("{argument} needs a value");
                arguments.next().ok_or_else(missing)
            };
            match argument.as_str() {
                "--synth" => synth = Some(PathBuf::from(value()?)),
                "--minutes" => options.minutes = number(&value()?)?,
                "--seed" => options.seed = number(&value()?)?,
                "--period" => options.period = number(&value()?)?,
                "--trace" => options.trace = Some(PathBuf::from(value()?)),
                "--sanitized" => options.sanitized = true,
                "--shipped" => options.shipped = true,
                other => {
                    return Err(format!(
                        "there is no option {other}; there are --synth, --minutes, --seed, --period, \
                         --sanitized, --shipped and --trace"
                    ));
                }
            }
        }
        options.synth = synth.ok_or("name the program: --synth PATH")?;
        if !(options.minutes > 0.0 && options.minutes <= MOST_MINUTES) {
            return Err(format!(
                "--minutes takes a number above 0, at most {MOST_MINUTES}"
            ));
        }
        if !(options.period.is_power_of_two() && (16..=4096).contains(&options.period)) {
            return Err("--period takes a power of two, 16 to 4096".to_owned());
        }
        Ok(options)
    }

    pub(crate) fn length(&self) -> Duration {
        Duration::from_secs_f64(60.0 * self.minutes)
    }
}

fn number<T: std::str::FromStr>(text: &str) -> Result<T, String> {
    text.parse()
        .map_err(|_| format!("{text} is no number that could be meant here"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Options, String> {
        Options::parse(line.split_whitespace().map(str::to_owned))
    }

    #[test]
    fn good_options_are_taken_and_bad_ones_refused() {
        let options = parse("--synth a --minutes 0.5 --seed 7 --period 64 --sanitized").unwrap();
        assert_eq!(
            (options.minutes, options.seed, options.period),
            (0.5, 7, 64)
        );
        assert!(options.sanitized && options.length() == Duration::from_secs(30));
        assert!(!options.shipped && parse("--synth a --shipped").unwrap().shipped);
        for bad in [
            "",
            "--synth",
            "--synth a --minutes 0",
            "--synth a --minutes NaN",
            "--synth a --seed -1",
            "--synth a --period 100",
            "--synth a --what",
        ] {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }
}
