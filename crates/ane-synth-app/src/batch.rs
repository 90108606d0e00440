//! All pieces of a command, on all processors.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread::{self, Builder};
use std::time::Instant;

use serde::Serialize;

use crate::cpu_time::CpuClock;
use crate::error::AppError;
use crate::interrupt::Interrupt;
use crate::job::{Job, Output};
use crate::jobs::Batch;
use crate::made_folders;
use crate::progress::Console;
use crate::render::{Means, render};
use crate::studio::Studio;
use crate::summary::{Summary, minutes};

/// What became of a job; `None` before it was begun.
type Outcome<'a> = Option<Result<Summary<'a>, AppError>>;

/// Renders everything and tells about it.
pub(crate) fn run(batch: Batch, studio: &Studio<'_>) -> Result<(), AppError> {
    let to_stdout = |job: &Job| job.output == Output::Stdout;
    let console = Console::new(batch.jobs.iter().flatten().any(to_stdout));
    let interrupt = Interrupt::watch();
    for notice in &batch.notices {
        console.complain(notice);
    }
    let workshop = Workshop {
        studio,
        console: &console,
        interrupt: &interrupt,
        tell_each: batch.several && !studio.options.json,
        alone: batch.jobs.len() == 1,
        unsaid: Mutex::new(None),
    };
    let begun = Instant::now();
    let several = batch.several;
    let (names, jobs) = separate(batch);
    let outcomes = workshop.render_all(jobs);
    made_folders::remove_empty();
    if several {
        workshop.tell_all(&names, outcomes, begun.elapsed().as_secs_f64())
    } else {
        workshop.tell_one(outcomes)
    }
}

/// A job, or why there is none.
type Begun = Result<Job, AppError>;

/// The names of the inputs, for programs, and their jobs.
fn separate(batch: Batch) -> (Vec<String>, Vec<Begun>) {
    let jobs = batch.jobs.into_iter();
    jobs.map(|job| match job {
        Ok(job) => (job.input.json_name(), Ok(job)),
        Err((name, error)) => (name, Err(error)),
    })
    .unzip()
}

struct Workshop<'a> {
    studio: &'a Studio<'a>,
    console: &'a Console,
    interrupt: &'a Interrupt,
    /// Whether each piece is told about when it is done.
    tell_each: bool,
    /// Whether there is one piece, whose failure is that of the command.
    alone: bool,
    /// What went wrong with telling.
    unsaid: Mutex<Option<AppError>>,
}

/// The object that `--json` prints for a file that failed.
#[derive(Serialize)]
struct Failure<'a> {
    input: &'a str,
    error: String,
}

impl<'a> Workshop<'a> {
    /// Shares the jobs out among as many workers as are useful, and the threads among the workers.
    fn render_all(&self, jobs: Vec<Begun>) -> Vec<Outcome<'a>> {
        let threads = self.studio.options.thread_count();
        let workers = jobs.len().clamp(1, threads);
        let outcomes: Vec<Mutex<Outcome<'a>>> = jobs.iter().map(|_| Mutex::default()).collect();
        let jobs: Vec<Mutex<Option<Begun>>> =
            jobs.into_iter().map(|job| Mutex::new(Some(job))).collect();
        let next = AtomicUsize::new(0);
        let work = |worker: usize| {
            let own_threads = threads / workers + usize::from(worker < threads % workers);
            let means = Means {
                studio: self.studio,
                threads: own_threads,
                cpu_clock: match (workers, own_threads) {
                    (1, _) => Some(CpuClock::Process),
                    (_, 1) => Some(CpuClock::Thread),
                    _ => None,
                },
                console: self.console,
                interrupt: self.interrupt,
            };
            while self.interrupt.asked().is_none() {
                let turn = next.fetch_add(1, Ordering::Relaxed);
                let (Some(job), Some(outcome)) = (jobs.get(turn), outcomes.get(turn)) else {
                    return;
                };
                let job = job.lock().unwrap_or_else(PoisonError::into_inner).take();
                let result = job.map(|job| job.and_then(|job| render(&job, &means)));
                if let Some(result) = &result {
                    self.tell(result);
                }
                *outcome.lock().unwrap_or_else(PoisonError::into_inner) = result;
            }
        };
        thread::scope(|scope| {
            for worker in 1..workers {
                // Where there are no more threads the others do the work.
                let _ = Builder::new().spawn_scoped(scope, move || work(worker));
            }
            work(0);
        });
        let outcomes = outcomes.into_iter();
        outcomes
            .map(|outcome| outcome.into_inner().unwrap_or_else(PoisonError::into_inner))
            .collect()
    }

    /// Of several: a line as soon as one is done.
    fn tell(&self, result: &Result<Summary<'_>, AppError>) {
        match result {
            Ok(summary) if self.tell_each => self.say(&summary.line()),
            Err(error) if self.tell_each && !self.alone && !error.is_interruption() => {
                self.console.complain(&error.to_string());
            }
            _ => {}
        }
    }

    fn say(&self, text: &str) {
        if let Err(error) = self.console.say(text) {
            let mut unsaid = self.unsaid.lock().unwrap_or_else(PoisonError::into_inner);
            unsaid.get_or_insert(error);
        }
    }

    fn tell_one(&self, outcomes: Vec<Outcome<'_>>) -> Result<(), AppError> {
        let Some(outcome) = outcomes.into_iter().flatten().next() else {
            return self.interruption("nothing was written");
        };
        let summary = outcome?;
        let text = match self.studio.options.json {
            true => summary.json()?,
            false => summary.text(),
        };
        self.console.say(&text).map_err(|error| {
            let output = summary.output.name();
            AppError::new(format_args!("{error}; {output} is written all the same"))
        })
    }

    fn tell_all(
        &self,
        names: &[String],
        outcomes: Vec<Outcome<'_>>,
        wall_s: f64,
    ) -> Result<(), AppError> {
        let all = outcomes.len();
        let done: Vec<&Summary<'_>> = outcomes.iter().flatten().flatten().collect();
        let written = done.len();
        if self.studio.options.json {
            self.say(&json(names, &outcomes)?);
            for error in outcomes.iter().flatten().filter_map(|o| o.as_ref().err()) {
                if !self.alone && !error.is_interruption() {
                    self.console.complain(&error.to_string());
                }
            }
        } else if written > 1 {
            let audio_s: f64 = done.iter().map(|summary| summary.duration_s()).sum();
            self.say(&format!(
                "{written} files, {} of audio, {:.1} x real time ({wall_s:.2} s)",
                minutes(audio_s),
                audio_s / wall_s.max(1e-9)
            ));
        }
        self.interruption(&format!("{written} of {all} files were written"))?;
        let unsaid = self
            .unsaid
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        let failed = all - written;
        if self.alone && failed == 1 {
            return outcomes
                .into_iter()
                .flatten()
                .try_for_each(|outcome| outcome.map(drop));
        }
        match (failed, unsaid) {
            (0, None) => Ok(()),
            (0, Some(error)) => Err(AppError::new(format_args!(
                "{error}; the {written} files are written all the same"
            ))),
            (_, unsaid) => {
                if let Some(error) = unsaid {
                    self.console.complain(&error.to_string());
                }
                let what = format!("{failed} of {all} files could not be rendered");
                Err(AppError::new(what))
            }
        }
    }

    /// An error if somebody asked to stop.
    fn interruption(&self, what: &str) -> Result<(), AppError> {
        match self.interrupt.asked() {
            None => Ok(()),
            Some(code) => Err(AppError::interrupted(
                format_args!("interrupted; {what}"),
                code,
            )),
        }
    }
}

/// An array with an object for each input.
fn json(names: &[String], outcomes: &[Outcome<'_>]) -> Result<String, AppError> {
    let objects = names.iter().zip(outcomes).map(|(name, outcome)| {
        let failure = |error: String| {
            let failure = Failure { input: name, error };
            serde_json::to_string(&failure).map_err(AppError::new)
        };
        match outcome {
            Some(Ok(summary)) => summary.json(),
            Some(Err(error)) => failure(error.to_string()),
            None => failure("interrupted".to_owned()),
        }
    });
    let objects = objects.collect::<Result<Vec<_>, _>>()?;
    Ok(format!("[{}]", objects.join(",\n ")))
}
