//! From rung to rung until one can be used.

use std::time::{Duration, Instant};

use ane_bridge::{Ane, AneError, AneKernel, IoSpec, Strides, TensorSpec};
use mil::Program;

use super::columns::Found;
use super::report::{Attempt, Outcome, Step};
use super::rung::Rung;
use super::self_test;
use crate::accelerator::Fold;
use crate::cpu::conv_chain::{ConvChain, ConvLayer};

/// Most rungs that are tried for one program. Each costs a compilation, and a process has only
/// [`COMPILE_LIMIT`](ane_bridge::COMPILE_LIMIT).
pub const MOST_RUNGS: usize = 8;

/// Evaluations after the self-test, before a kernel is handed out: the first ones after loading are
/// reported to take two to three times as long (maderix/ANE on an M5, omlx).
pub const WARM_UP_EVALUATIONS: usize = 10;

/// What a walk came to.
pub(super) struct Walk {
    pub(super) attempts: Vec<Attempt>,
    pub(super) found: Option<Found>,
    /// Why it ended before the last rung without having found one.
    pub(super) stopped: Option<String>,
}

/// Tries `rungs` in their order, at most [`MOST_RUNGS`] of them.
pub(super) fn walk(
    ane: &Ane,
    layers: &[ConvLayer],
    twin: &mut ConvChain,
    capacity: usize,
    rungs: &[Rung],
) -> Walk {
    let mut walk = Walk {
        attempts: Vec::new(),
        found: None,
        stopped: None,
    };
    for rung in rungs.iter().take(MOST_RUNGS) {
        let mut climber = Climber::new(ane, *rung);
        let tried = climber.climb(layers, twin, capacity);
        let (outcome, stop) = match tried {
            Ok(found) => {
                walk.found = Some(found);
                (Outcome::Passed, None)
            }
            Err(failure) => {
                let Failure { step, reason, stop } = failure;
                (Outcome::Failed { step, reason }, stop)
            }
        };
        walk.attempts.push(climber.attempt(outcome));
        walk.stopped = stop.map(str::to_owned);
        if walk.found.is_some() || walk.stopped.is_some() {
            break;
        }
    }
    walk
}

/// Why a rung cannot be used.
struct Failure {
    step: Step,
    reason: String,
    /// Why the others need not be tried.
    stop: Option<&'static str>,
}

impl Failure {
    fn new(step: Step, error: &AneError) -> Self {
        Self {
            step,
            reason: error.to_string(),
            stop: stop(error),
        }
    }
}

/// What no other form of the program would change.
fn stop(error: &AneError) -> Option<&'static str> {
    match error {
        AneError::Unsupported | AneError::Unavailable(_) => {
            Some("no other form was tried: there is no Neural Engine to try it on")
        }
        AneError::CompileLimit { .. } => {
            Some("no other form was tried: each would have to be compiled")
        }
        AneError::Folder { .. } | AneError::StrangeFolder { .. } => {
            Some("no other form was tried: each needs its files in the temporary folder")
        }
        _ => None,
    }
}

/// One rung being tried, and what is known of it so far.
struct Climber<'a> {
    ane: &'a Ane,
    rung: Rung,
    begun: Instant,
    compile: Option<Duration>,
    load: Option<Duration>,
    evaluate: Option<Duration>,
    strides: Option<[Strides; 2]>,
}

impl<'a> Climber<'a> {
    fn new(ane: &'a Ane, rung: Rung) -> Self {
        Self {
            ane,
            rung,
            begun: Instant::now(),
            compile: None,
            load: None,
            evaluate: None,
            strides: None,
        }
    }

    fn climb(
        &mut self,
        layers: &[ConvLayer],
        twin: &mut ConvChain,
        capacity: usize,
    ) -> Result<Found, Failure> {
        let rung = self.rung;
        let (program, weights) = rung.program(layers, capacity).map_err(|error| Failure {
            step: Step::Write,
            reason: error.to_string(),
            stop: None,
        })?;
        let form = rung.form();
        let input = Fold::new(&form, twin.inputs(), capacity);
        let output = Fold::new(&form, twin.outputs(), capacity);
        let text = program.to_text(rung.dialect);
        let prepared = io_spec(&program, &input, &output).and_then(|io| {
            self.ane
                .compile(text.as_bytes(), Some(weights.bytes()), &io)
        });
        let mut kernel = prepared.map_err(|error| Failure::new(Step::Prepare, &error))?;
        let preparation = kernel.preparation();
        (self.compile, self.load) = (preparation.compile, Some(preparation.load));
        let sides = kernel.input_strides(0).zip(kernel.output_strides(0));
        self.strides = sides.map(|(input, output)| [input, output]);
        let tested = self_test::pass(&mut kernel, &input, &output, twin);
        tested.map_err(|error| evaluation_failed(Step::SelfTest, &error, &kernel))?;
        let warm = warm_up(&mut kernel);
        self.evaluate =
            Some(warm.map_err(|error| evaluation_failed(Step::WarmUp, &error, &kernel))?);
        Ok(Found {
            kernel,
            rung,
            input,
            output,
        })
    }

    fn attempt(self, outcome: Outcome) -> Attempt {
        Attempt {
            rung: self.rung,
            outcome,
            compile: self.compile,
            load: self.load,
            evaluate: self.evaluate,
            strides: self.strides,
            took: self.begun.elapsed(),
        }
    }
}

fn evaluation_failed(step: Step, error: &AneError, kernel: &AneKernel) -> Failure {
    let hangs = "no other form was tried: the hardware may still be at work on this one, and another \
                 might hang as long";
    Failure {
        stop: kernel.is_abandoned().then_some(hangs),
        ..Failure::new(step, error)
    }
}

/// The program's tensors, by the names that its text has.
fn io_spec(program: &Program, input: &Fold, output: &Fold) -> Result<IoSpec, AneError> {
    let spec = |ids: &[mil::ValueId], fold: &Fold| {
        let value = ids.first().and_then(|&id| program.value(id));
        TensorSpec::new(value.map_or("", |value| &value.name), fold.shape())
    };
    IoSpec::new(
        [spec(program.inputs(), input)],
        [spec(program.outputs(), output)],
    )
}

/// Evaluates until it takes no longer than usual; the median.
fn warm_up(kernel: &mut AneKernel) -> Result<Duration, AneError> {
    let mut times = [Duration::ZERO; WARM_UP_EVALUATIONS];
    for time in &mut times {
        let begun = Instant::now();
        kernel.eval()?;
        *time = begun.elapsed();
    }
    times.sort_unstable();
    Ok(times[WARM_UP_EVALUATIONS / 2])
}
