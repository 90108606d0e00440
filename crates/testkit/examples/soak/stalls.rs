//! What the machine takes from a thread that it says the thread has used.
//!
//! The host of a virtual machine may stop a processor for milliseconds, and an interrupt runs on whatever
//! thread is there: both count as that thread's CPU time. So a thread does the same work over and over here,
//! and what it is said to have used beyond the least is none of anybody's own.

use std::hint::black_box;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use cpu_time::ThreadTime;

/// Steps of the work, about a millisecond of them.
const STEPS: u32 = 250_000;
/// How long it rests in between: together it uses a third of a processor that nobody else needs.
const REST: Duration = Duration::from_millis(2);
/// What is less is ordinary unevenness.
const NOTABLE: Duration = Duration::from_micros(300);

/// Stalls so far.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Stalls {
    pub(crate) count: u64,
    pub(crate) longest: Duration,
}

impl Stalls {
    fn take(&mut self, took: Duration, least: Duration) {
        let more = took.saturating_sub(least);
        if more >= NOTABLE {
            self.count += 1;
            self.longest = self.longest.max(more);
        }
    }

    /// How many of the overruns, given by how long each was over its deadline, there may have been without
    /// any fault of the program: not more than there were stalls here, nor longer ones.
    pub(crate) fn explain(&self, over: impl IntoIterator<Item = Duration>) -> u64 {
        let no_longer = over.into_iter().filter(|over| *over <= self.longest);
        (no_longer.count() as u64).min(self.count)
    }
}

/// Looks for stalls until it is told to stop.
pub(crate) struct StallWatch {
    stop: SyncSender<()>,
    thread: JoinHandle<Stalls>,
}

impl StallWatch {
    pub(crate) fn begin() -> Self {
        let (stop, stopped) = sync_channel(1);
        let thread = thread::spawn(move || watch(&stopped));
        Self { stop, thread }
    }

    pub(crate) fn end(self) -> Stalls {
        // It waits for nothing else.
        let _ = self.stop.try_send(());
        self.thread.join().unwrap_or_default()
    }
}

fn watch(stopped: &Receiver<()>) -> Stalls {
    let mut stalls = Stalls::default();
    let mut least = Duration::MAX;
    while stopped.recv_timeout(REST) == Err(RecvTimeoutError::Timeout) {
        let begun = ThreadTime::now();
        work();
        let took = begun.elapsed();
        least = least.min(took);
        stalls.take(took, least);
    }
    stalls
}

/// The same every time, and nothing but arithmetic.
fn work() {
    let mut x = black_box(1.0_f64);
    for _ in 0..STEPS {
        x = black_box(x * 0.999_999 + 1e-6);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: fn(u64) -> Duration = Duration::from_millis;

    #[test]
    fn overruns_are_explained_by_stalls_as_long_and_as_many() {
        let mut stalls = Stalls::default();
        stalls.take(Duration::from_micros(1299), MS(1));
        assert_eq!(stalls.explain([MS(0)]), 0);
        stalls.take(MS(3), MS(1));
        stalls.take(MS(5), MS(1));
        assert_eq!((stalls.count, stalls.longest), (2, MS(4)));
        assert_eq!(stalls.explain([]), 0);
        assert_eq!(stalls.explain([MS(4), MS(5)]), 1);
        assert_eq!(stalls.explain([MS(1), MS(2), MS(3)]), 2);
    }

    #[test]
    fn the_work_is_seen() {
        let watch = StallWatch::begin();
        thread::sleep(MS(50));
        assert!(watch.end().longest < Duration::from_secs(10));
    }
}
