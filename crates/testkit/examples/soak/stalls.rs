//! What the machine takes from a thread that it says the thread has used.
//!
//! The host of a virtual machine may stop a processor for milliseconds, and an interrupt runs on whatever
//! thread is there: both count as that thread's CPU time. So a thread does the same work over and over here,
//! and what it is said to have used beyond what it usually does is none of anybody's own.

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

/// Stalls that are kept, the longest first: an overrun is to be explained by one of its own.
const KEPT: usize = 1024;

/// Stalls so far.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Stalls {
    pub(crate) count: u64,
    longest: Vec<Duration>,
}

impl Stalls {
    pub(crate) fn take(&mut self, took: Duration, usual: Duration) {
        let more = took.saturating_sub(usual);
        if more < NOTABLE {
            return;
        }
        self.count += 1;
        let place = self.longest.partition_point(|longer| *longer >= more);
        self.longest.insert(place, more);
        self.longest.truncate(KEPT);
    }

    pub(crate) fn longest(&self) -> Duration {
        self.longest.first().copied().unwrap_or_default()
    }

    /// How many of the overruns, given by how long each was over its deadline, there may have been without
    /// any fault of the program: as many as have each a stall of its own that is as long.
    pub(crate) fn explain(&self, over: impl IntoIterator<Item = Duration>) -> u64 {
        let mut over: Vec<Duration> = over.into_iter().collect();
        over.sort_unstable();
        let mut explained = 0;
        // The longest stalls are spent on the longest overruns that they cover.
        let mut stalls = self.longest.iter().peekable();
        for over in over.into_iter().rev() {
            if stalls.next_if(|stall| **stall >= over).is_some() {
                explained += 1;
            }
        }
        explained
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
    let mut usual = Usual::default();
    while stopped.recv_timeout(REST) == Err(RecvTimeoutError::Timeout) {
        let begun = ThreadTime::now();
        work();
        let took = begun.elapsed();
        stalls.take(took, usual.of(took));
    }
    stalls
}

/// What the work takes as a rule, as fast as the machine is at the moment: the median of the last times.
#[derive(Debug, Default)]
struct Usual {
    times: [Duration; 31],
    count: usize,
}

impl Usual {
    fn of(&mut self, took: Duration) -> Duration {
        self.times[self.count % self.times.len()] = took;
        self.count += 1;
        let mut times = self.times;
        let times = &mut times[..self.count.min(self.times.len())];
        times.sort_unstable();
        times[times.len() / 2]
    }
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
    fn overruns_are_explained_by_stalls_of_their_own() {
        let mut stalls = Stalls::default();
        stalls.take(Duration::from_micros(1299), MS(1));
        assert_eq!((stalls.count, stalls.explain([MS(0)])), (0, 0));
        stalls.take(MS(3), MS(1));
        stalls.take(MS(5), MS(1));
        assert_eq!((stalls.count, stalls.longest()), (2, MS(4)));
        assert_eq!(stalls.explain([]), 0);
        assert_eq!(stalls.explain([MS(5), MS(4)]), 1);
        assert_eq!(stalls.explain([MS(3), MS(4)]), 1, "one covers both");
        assert_eq!(stalls.explain([MS(1), MS(2), MS(3)]), 2);
        for _ in 0..2 * KEPT {
            stalls.take(MS(2), MS(1));
        }
        assert_eq!(stalls.longest.len(), KEPT);
        assert_eq!(stalls.explain([MS(4), MS(2), MS(1)]), 3);
    }

    #[test]
    fn a_machine_that_slows_down_does_not_stall() {
        let (mut usual, mut stalls) = (Usual::default(), Stalls::default());
        for k in 0..200 {
            let took = if k < 100 { MS(1) } else { MS(2) };
            stalls.take(took, usual.of(took));
        }
        assert_eq!(
            stalls.count, 15,
            "until most of the last times are the new one"
        );
    }

    #[test]
    fn the_work_is_seen() {
        let watch = StallWatch::begin();
        thread::sleep(MS(50));
        assert!(watch.end().longest() < Duration::from_secs(10));
    }
}
