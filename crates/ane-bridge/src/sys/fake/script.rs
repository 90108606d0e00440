//! What a fake is to do, and what it was asked.

use super::sound_machine;
use crate::availability::Unavailable;
use crate::error::{ForeignError, Stage};
use crate::sys::Machine;
use half::f16;
use std::collections::HashSet;
use std::sync::{Mutex, Weak};
use std::time::Duration;

/// How evaluations answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Answer {
    /// As [`compute`](super::FakeAne::compute) says.
    #[default]
    Computed,
    /// YES, and zeros everywhere.
    Zeros,
    /// YES, and NaN everywhere.
    Nan,
    /// YES, and nothing is written.
    Nothing,
    /// YES, and the values lie as if rows were packed, whatever was said about strides.
    Packed,
    /// NO with the code of a time-out, and the request goes on.
    TimeOut,
    /// An exception.
    Exception,
}

/// What became of a late answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum LateAnswer {
    /// No evaluation had timed out.
    NoneDue,
    /// It was written to memory that was still there.
    Written,
    /// The memory had been given back: on hardware, a fault.
    MemoryGone,
}

/// One thing asked of the fake.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
#[allow(missing_docs)]
pub enum Call {
    Describe,
    Compile { qos: u32 },
    Load { qos: u32 },
    Bind { inputs: usize, outputs: usize },
    Evaluate { qos: u32 },
    Unload { qos: u32 },
    Pause(Duration),
}

/// Bytes that the processor and the engine share.
pub(super) type Bytes = Mutex<Vec<u8>>;
type Compute = Box<dyn FnMut(&str, Option<&[u8]>, &[Vec<f16>], &[usize]) -> Vec<Vec<f16>> + Send>;
type Matching = Box<dyn Fn(&str) -> bool + Send>;
type Rule = (Stage, Matching, Option<ForeignError>);

pub(super) struct State {
    pub(super) machine: Result<Machine, Unavailable>,
    pub(super) refusals: Vec<(Stage, Option<ForeignError>)>,
    pub(super) rules: Vec<Rule>,
    pub(super) losses: Vec<Stage>,
    pub(super) compute: Compute,
    pub(super) answer: Answer,
    pub(super) answer_rules: Vec<(Matching, Answer)>,
    pub(super) row_alignment: usize,
    pub(super) hides_attributes: bool,
    pub(super) attributes: Vec<(String, Option<i64>)>,
    pub(super) type_name: String,
    pub(super) most_surface_bytes: usize,
    pub(super) disk_left: Option<usize>,
    pub(super) unload_keeps_folder: bool,
    pub(super) named_folder: Option<Option<std::path::PathBuf>>,
    /// Identifiers of what is compiled.
    pub(super) cache: HashSet<String>,
    pub(super) caches: bool,
    pub(super) calls: Vec<Call>,
    pub(super) models: usize,
    pub(super) surfaces: usize,
    /// Outputs of requests that timed out.
    pub(super) late: Vec<Weak<Bytes>>,
}

impl Default for State {
    fn default() -> Self {
        Self {
            machine: Ok(sound_machine()),
            refusals: Vec::new(),
            rules: Vec::new(),
            losses: Vec::new(),
            compute: Box::new(in_a_circle),
            answer: Answer::default(),
            answer_rules: Vec::new(),
            row_alignment: 64,
            hides_attributes: false,
            attributes: Vec::new(),
            type_name: "Float16".to_owned(),
            most_surface_bytes: usize::MAX,
            disk_left: None,
            unload_keeps_folder: false,
            named_folder: None,
            cache: HashSet::new(),
            caches: true,
            calls: Vec::new(),
            models: 0,
            surfaces: 0,
            late: Vec::new(),
        }
    }
}

impl State {
    /// The scripted answer to `stage` for the program `text`.
    pub(super) fn scripted(
        &mut self,
        stage: Stage,
        text: &str,
    ) -> Result<(), Option<ForeignError>> {
        if let Some(at) = self.refusals.iter().position(|(s, _)| *s == stage) {
            return Err(self.refusals.remove(at).1);
        }
        let rule = self
            .rules
            .iter()
            .find(|(s, matching, _)| *s == stage && matching(text));
        rule.map_or(Ok(()), |(_, _, error)| Err(error.clone()))
    }

    /// How an evaluation of the program `text` is to answer.
    pub(super) fn answer_to(&self, text: &str) -> Answer {
        let rule = self
            .answer_rules
            .iter()
            .find(|(matching, _)| matching(text));
        rule.map_or(self.answer, |(_, answer)| *answer)
    }

    /// Whether another process takes the files before `stage`.
    pub(super) fn loses_files(&mut self, stage: Stage) -> bool {
        let at = self.losses.iter().position(|s| *s == stage);
        at.is_some_and(|at| {
            self.losses.remove(at);
            true
        })
    }

    pub(super) fn finish_late(&mut self) -> LateAnswer {
        let mut answer = LateAnswer::NoneDue;
        for bytes in self.late.drain(..) {
            let Some(bytes) = bytes.upgrade() else {
                return LateAnswer::MemoryGone;
            };
            bytes
                .lock()
                .unwrap_or_else(std::sync::PoisonError::into_inner)
                .fill(0x3c);
            answer = LateAnswer::Written;
        }
        answer
    }
}

fn in_a_circle(
    _text: &str,
    _weights: Option<&[u8]>,
    inputs: &[Vec<f16>],
    outputs: &[usize],
) -> Vec<Vec<f16>> {
    outputs
        .iter()
        .map(|&values| inputs[0].iter().copied().cycle().take(values).collect())
        .collect()
}
