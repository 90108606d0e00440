//! The audio side's end of the way to the worker.

use super::job::Job;
use super::rings::{Asking, rings};
use super::worker::{InferenceWorker, WorkerKernel};
use std::thread::{JoinHandle, sleep};
use std::time::{Duration, Instant};

/// Most columns of a job: what a device takes at once is not worth waiting for beyond this.
pub(crate) const MOST_COLUMNS: usize = 1024;
/// How long [`Link`] waits for its worker's thread when it is dropped. A healthy device answers in a
/// few milliseconds; one that hangs may never, and several may hang that were tried one after another.
const PATIENCE: Duration = Duration::from_millis(50);
const LOOK_AGAIN_AFTER: Duration = Duration::from_millis(1);

/// Asks a worker for columns and gets them back, never waiting for it.
///
/// Dropping it stops the worker and waits for its thread, for at most 50 ms: a device may hang for
/// ever, and its thread is then left to itself, with what it holds.
///
/// # Realtime safety
/// RT-safe but for making it, [`Link::watch`] and dropping it.
pub(crate) struct Link {
    end: Asking,
    thread: Option<JoinHandle<()>>,
}

/// A link with `jobs` jobs and the worker at its other end. `kernels` stand by instrument index;
/// `None` is an instrument that is not on this device and that no job may ask for. Jobs have room for
/// as many columns as every kernel takes. Without any kernel there are no jobs.
pub(crate) fn link(kernels: Vec<Option<WorkerKernel>>, jobs: usize) -> (Link, InferenceWorker) {
    let there = || kernels.iter().flatten();
    let fewest = there().map(WorkerKernel::most_columns).min();
    let columns = fewest.unwrap_or(0).min(MOST_COLUMNS);
    let rows = there().map(WorkerKernel::rows).max().unwrap_or(0);
    let jobs = if columns == 0 { 0 } else { jobs };
    let make = || Box::new(Job::new(columns, rows));
    let (end, other) = rings((0..jobs).map(|_| make()).collect());
    let link = Link { end, thread: None };
    (link, InferenceWorker::new(other, kernels))
}

impl Link {
    /// A job to fill; none while all are under way.
    pub(crate) fn take_free(&mut self) -> Option<Box<Job>> {
        self.end.take_free()
    }

    /// Takes a job back that was received, or never sent.
    pub(crate) fn give_back(&mut self, job: Box<Job>) {
        self.end.give_back(job);
    }

    /// Sends a job to the worker; there is always room.
    pub(crate) fn send(&mut self, job: Box<Job>) {
        self.end.send(job);
    }

    /// The next job that came back, in the order in which they were sent.
    pub(crate) fn receive(&mut self) -> Option<Box<Job>> {
        self.end.receive()
    }

    /// Jobs sent and not yet received.
    pub(crate) fn outstanding(&self) -> usize {
        self.end.outstanding()
    }

    /// Jobs that came back and wait to be received.
    pub(crate) fn arrived(&self) -> usize {
        self.end.arrived()
    }

    /// Whether the worker is gone. What it had answered can still be received, the other jobs are lost.
    pub(crate) fn is_dead(&self) -> bool {
        self.end.is_dead()
    }

    /// Waits for this thread, the worker's, when the link is dropped.
    pub(crate) fn watch(&mut self, thread: JoinHandle<()>) {
        self.thread = Some(thread);
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        self.end.stop();
        let Some(thread) = self.thread.take() else {
            return;
        };
        let begun = Instant::now();
        while !thread.is_finished() {
            if begun.elapsed() >= PATIENCE {
                return;
            }
            sleep(LOOK_AGAIN_AFTER);
        }
        // A worker that panicked has ended, which is all that is asked of it here.
        let _ = thread.join();
    }
}
