//! What became of each rung, for people.

use std::fmt;
use std::time::Duration;

use ane_bridge::{AneInfo, Strides};

use super::rung::Rung;

/// Where a rung failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Step {
    /// Writing the program in this form.
    Write,
    /// Compiling or loading it, or being told where its values lie.
    Prepare,
    /// The self-test.
    SelfTest,
    /// The evaluations after it.
    WarmUp,
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Write => "not written",
            Self::Prepare => "not prepared",
            Self::SelfTest => "failed its self-test",
            Self::WarmUp => "failed after its self-test",
        })
    }
}

/// How a rung ended.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Outcome {
    /// Compiled, loaded, tested and warm.
    Passed,
    /// It cannot be used.
    Failed {
        /// Where it failed.
        step: Step,
        /// Why, in the system's own words where there are any.
        reason: String,
    },
}

/// A rung that was tried.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Attempt {
    /// Which.
    pub rung: Rung,
    /// How it ended.
    pub outcome: Outcome,
    /// How long the system compiled; `None` where it had the program in its cache, or where it did not
    /// get so far.
    pub compile: Option<Duration>,
    /// How long it loaded; `None` where it did not get so far.
    pub load: Option<Duration>,
    /// Median of the evaluations after the self-test, one upon the other: what a dispatch takes when the
    /// hardware is awake, not at the pace of music. `None` where there were none.
    pub evaluate: Option<Duration>,
    /// Where the hardware has the values of the input and of the output; `None` where it did not get so
    /// far.
    pub strides: Option<[Strides; 2]>,
    /// From the first to the last of it.
    pub took: Duration,
}

impl Attempt {
    /// Whether the system had the program compiled already.
    #[must_use]
    pub fn is_from_cache(&self) -> bool {
        self.load.is_some() && self.compile.is_none()
    }

    /// Why it failed; `None` where it passed.
    #[must_use]
    pub fn reason(&self) -> Option<&str> {
        match &self.outcome {
            Outcome::Passed => None,
            Outcome::Failed { reason, .. } => Some(reason),
        }
    }
}

impl fmt::Display for Attempt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.rung)?;
        match &self.outcome {
            Outcome::Passed => f.write_str("passed")?,
            Outcome::Failed { step, reason } => write!(f, "{step}: {reason}")?,
        }
        let milliseconds = |time: Duration| 1e3 * time.as_secs_f64();
        match (self.compile, self.load) {
            (Some(compile), Some(load)) => write!(
                f,
                " (compiled in {:.1} ms, loaded in {:.1} ms",
                milliseconds(compile),
                milliseconds(load)
            )?,
            (None, Some(load)) => write!(
                f,
                " (from the system's cache, loaded in {:.1} ms",
                milliseconds(load)
            )?,
            (_, None) => return Ok(()),
        }
        if let Some(evaluate) = self.evaluate {
            write!(f, ", evaluated in {:.0} us", 1e6 * evaluate.as_secs_f64())?;
        }
        if let Some([input, output]) = self.strides {
            let (input, output) = (input.plane, output.plane);
            write!(f, ", channels {input} and {output} bytes apart")?;
        }
        f.write_str(")")
    }
}

/// What became of the ladder for one program.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LadderReport {
    /// The hardware and the build of the system.
    pub hardware: AneInfo,
    /// Channels from the input through every layer.
    pub channels: Vec<usize>,
    /// Columns of one dispatch.
    pub capacity: usize,
    /// The rung that had passed before on this hardware and build, and so was tried first.
    pub remembered: Option<Rung>,
    /// The rungs that were tried, in order.
    pub attempts: Vec<Attempt>,
    /// Why no further rung was tried although none had passed.
    pub stopped: Option<String>,
    /// What went wrong beside the ladder: the file in which the rung is remembered.
    pub notes: Vec<String>,
    /// Programs that this process may still compile.
    pub compiles_left: u32,
}

impl LadderReport {
    /// The attempt that passed.
    #[must_use]
    pub fn passed(&self) -> Option<&Attempt> {
        let mut attempts = self.attempts.iter();
        attempts.find(|attempt| attempt.outcome == Outcome::Passed)
    }

    /// In one line: what passed, or every reason once, with the rungs that had it.
    #[must_use]
    pub fn summary(&self) -> String {
        if let Some(passed) = self.passed() {
            return passed.rung.to_string();
        }
        let mut reasons: Vec<(&str, Vec<String>)> = Vec::new();
        for attempt in &self.attempts {
            let reason = attempt.reason().unwrap_or_default();
            let rung = attempt.rung.to_string();
            match reasons.iter_mut().find(|(known, _)| *known == reason) {
                Some((_, rungs)) => rungs.push(rung),
                None => reasons.push((reason, vec![rung])),
            }
        }
        let mut parts: Vec<String> = match reasons.as_slice() {
            [(reason, rungs)] if rungs.len() > 1 => {
                vec![format!("all {} forms: {reason}", rungs.len())]
            }
            all => {
                let part = |(reason, rungs): &(&str, Vec<String>)| {
                    format!("({}) {reason}", rungs.join("; "))
                };
                all.iter().map(part).collect()
            }
        };
        parts.extend(self.stopped.clone());
        parts.join("; ")
    }
}

/// In lines: the hardware, every attempt, what else there is to know.
impl fmt::Display for LadderReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unknown = || "unknown".to_owned();
        let told = |text: &Option<String>| text.clone().unwrap_or_else(unknown);
        let channels: Vec<String> = self.channels.iter().map(ToString::to_string).collect();
        writeln!(
            f,
            "Neural Engine {}, {} cores, system build {}",
            told(&self.hardware.architecture),
            self.hardware.cores.map_or_else(unknown, |n| n.to_string()),
            told(&self.hardware.build)
        )?;
        writeln!(
            f,
            "network {}, {} columns a dispatch",
            channels.join("->"),
            self.capacity
        )?;
        if let Some(remembered) = self.remembered {
            writeln!(f, "what passed before: {remembered}")?;
        }
        for attempt in &self.attempts {
            writeln!(f, "{attempt}")?;
        }
        for line in self.stopped.iter().chain(&self.notes) {
            writeln!(f, "{line}")?;
        }
        write!(
            f,
            "programs that this process may still compile: {}",
            self.compiles_left
        )
    }
}
