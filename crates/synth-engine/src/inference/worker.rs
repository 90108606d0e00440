//! The worker's end: runs jobs on the device and lets only checked answers back.

use super::check::AnswerCheck;
use super::job::{Fault, Job, Outcome};
use super::rings::Answering;
use crate::instruments::AheadKernel;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread::{Builder, JoinHandle, sleep, yield_now};
use std::time::Duration;
use synth_dsp::simd::FlushDenormals;
use synth_model::{Features, Instrument, Predictor, RunError};

/// How often an idle worker looks again at once before it begins to sleep.
const YIELDS: u32 = 16;
const SHORTEST_SLEEP: Duration = Duration::from_micros(100);
const LONGEST_SLEEP: Duration = Duration::from_millis(2);

/// An instrument's network on the device, and what its answers must pass.
pub(crate) struct WorkerKernel {
    kernel: Predictor,
    check: AnswerCheck,
    rows: usize,
}

impl WorkerKernel {
    pub(crate) fn new(ahead: AheadKernel, instrument: &Instrument) -> Self {
        let AheadKernel { kernel, check } = ahead;
        Self {
            kernel,
            check: AnswerCheck::new(check, instrument),
            rows: instrument.network.shape.outputs(),
        }
    }

    /// Most columns of a job: one less than the kernel takes, for there is a canary in each call. A
    /// kernel that takes but one column has no room for it.
    pub(crate) fn most_columns(&self) -> usize {
        self.kernel.max_columns().saturating_sub(1).max(1)
    }

    /// Rows of an answer.
    pub(crate) fn rows(&self) -> usize {
        self.rows
    }
}

/// Runs networks that may block, away from the audio thread.
///
/// The engine starts a thread for it. Tests drive it by hand with [`InferenceWorker::step`] to decide
/// when answers come.
pub struct InferenceWorker {
    /// `None` once a kernel has died: both rings are then abandoned, which is how the audio side knows.
    end: Option<Answering>,
    kernels: Vec<Option<WorkerKernel>>,
    call: Call,
}

impl InferenceWorker {
    pub(super) fn new(end: Answering, kernels: Vec<Option<WorkerKernel>>) -> Self {
        Self {
            end: Some(end),
            kernels,
            call: Call::default(),
        }
    }

    /// Takes the next job if there is one, runs it for as long as the device takes and sends it back.
    /// Whether there was a job.
    ///
    /// A kernel that panics ends the worker: this job is sent back as failed, and no other is taken.
    pub fn step(&mut self) -> bool {
        let Some(end) = &mut self.end else {
            return false;
        };
        let Some(mut job) = end.take() else {
            return false;
        };
        let kernel = self.kernels.get_mut(job.instrument as usize);
        job.outcome = match kernel.and_then(Option::as_mut) {
            Some(kernel) => self.call.run(kernel, &mut job),
            // As of a kernel that was prepared for no column at all.
            None => Outcome::Failed(Fault::Run(RunError::TooManyColumns {
                max: 0,
                got: job.columns,
            })),
        };
        let died = job.outcome == Outcome::Failed(Fault::Died);
        end.answer(job);
        if died {
            self.end = None;
        }
        true
    }

    /// Whether nobody wants answers any more, or a kernel has died: there will be no more jobs.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.end.as_ref().is_none_or(Answering::is_stopped)
    }

    /// Runs jobs until [`InferenceWorker::is_over`].
    pub fn run(mut self) {
        let _flush = FlushDenormals::new();
        let mut idle = 0;
        while !self.is_over() {
            if self.step() {
                idle = 0;
            } else {
                rest(idle);
                idle += 1;
            }
        }
    }
}

/// What a worker does when it finds nothing for the `idle`th time in a row.
///
/// It polls, because waking a sleeping thread is a system call and the audio side makes none. While
/// there is music a job comes with every block or so, and columns are asked for some 8 control frames
/// (12 ms) ahead: the longest sleep is a small part of that, and costs 500 wake-ups a second in
/// silence.
fn rest(idle: u32) {
    match idle.checked_sub(YIELDS) {
        None => yield_now(),
        Some(slept) => {
            let doubled = SHORTEST_SLEEP.saturating_mul(1 << slept.min(8));
            sleep(doubled.min(LONGEST_SLEEP));
        }
    }
}

/// Starts the worker's thread.
///
/// # Errors
/// Where the system gives no thread.
pub(crate) fn spawn(worker: InferenceWorker) -> io::Result<JoinHandle<()>> {
    Builder::new()
        .name("ane-synth inference".into())
        .spawn(move || worker.run())
}

/// Memory of one call of a kernel, kept from call to call.
#[derive(Default)]
struct Call {
    /// What is asked, column by column, the canary among them.
    asked: Vec<[f32; Features::COUNT]>,
    /// The same as the kernel wants it: `[feature][column]`.
    input: Vec<f32>,
    /// `[row][column]`.
    output: Vec<f32>,
    /// `[column][row]`.
    answers: Vec<f32>,
}

impl Call {
    fn run(&mut self, worker: &mut WorkerKernel, job: &mut Job) -> Outcome {
        let WorkerKernel {
            kernel,
            check,
            rows,
        } = worker;
        let (rows, columns) = (*rows, job.columns.min(job.features.len()));
        if columns == 0 {
            return Outcome::Answered;
        }
        self.asked.clear();
        self.asked.extend_from_slice(&job.features[..columns]);
        let has_room = columns < kernel.max_columns();
        let canary = has_room.then(|| check.canary(columns));
        if let Some(canary) = &canary {
            self.asked.insert(canary.place, canary.features);
        }
        let calling = AssertUnwindSafe(|| self.call(kernel, rows));
        let verdict = match catch_unwind(calling) {
            Ok(Ok(())) => check.check(&self.asked, &self.answers, canary.as_ref()),
            Ok(Err(error)) => Err(Fault::Run(error)),
            Err(_) => Err(Fault::Died),
        };
        if let Err(fault) = verdict {
            return Outcome::Failed(fault);
        }
        if let Some(canary) = canary {
            let first = canary.place * rows;
            self.answers.drain(first..first + rows);
        }
        let Some(place) = job.answers.get_mut(..columns * rows) else {
            return Outcome::Failed(Fault::Wrong);
        };
        place.copy_from_slice(&self.answers);
        job.rows = rows;
        Outcome::Answered
    }

    fn call(&mut self, kernel: &mut Predictor, rows: usize) -> Result<(), RunError> {
        let columns = self.asked.len();
        self.input.clear();
        for feature in 0..Features::COUNT {
            self.input
                .extend(self.asked.iter().map(|asked| asked[feature]));
        }
        // A kernel that leaves its output as it is must not pass with the answers of another call.
        self.output.clear();
        self.output.resize(columns * rows, f32::NAN);
        kernel.run(columns, &self.input, &mut self.output)?;
        self.answers.clear();
        for column in 0..columns {
            let answer = self.output.iter().skip(column).step_by(columns);
            self.answers.extend(answer);
        }
        Ok(())
    }
}
