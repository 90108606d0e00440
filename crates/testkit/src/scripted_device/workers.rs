//! Threads kept in step with the blocks.

use super::clock::{Phase, State, VirtualClock};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{JoinHandle, current, panicking, spawn};

/// Threads that wait for devices in place of the audio side. They run only within [`Workers::rest`],
/// so that what they have done after a block does not depend on how fast the machine is. Clones are
/// the same workers; with the last one the clock is closed and the threads end.
#[derive(Debug, Clone)]
pub struct Workers(Arc<Threads>);

#[derive(Debug)]
struct Threads {
    clock: VirtualClock,
    handles: Mutex<Vec<JoinHandle<()>>>,
}

impl Workers {
    /// No workers yet. The clock is the one of the devices that they wait for.
    #[must_use]
    pub fn new(clock: VirtualClock) -> Self {
        let handles = Mutex::default();
        Self(Arc::new(Threads { clock, handles }))
    }

    /// Starts a thread that calls `work` once within each [`Workers::rest`], unless it has not returned
    /// from the call before: it is to do all there is to do and to tell whether it is over for ever; it
    /// is then dropped.
    pub fn start(&self, work: impl FnMut() -> bool + Send + 'static) {
        let clock = self.0.clock.clone();
        let handle = spawn({
            let clock = clock.clone();
            move || live(&clock, work)
        });
        let worker = (handle.thread().id(), Phase::Resting);
        clock.change(|state| state.workers.push(worker));
        let handles = self.0.handles.lock();
        handles.unwrap_or_else(PoisonError::into_inner).push(handle);
    }

    /// Goes on to the next block, lets all workers go on and waits until each of them has nothing to do,
    /// waits for a later block or is over.
    ///
    /// # Panics
    /// Where a worker has panicked.
    pub fn rest(&self) {
        let clock = &self.0.clock;
        clock.change(|state| {
            state.next_block();
            for (_, phase) in &mut state.workers {
                if *phase == Phase::Resting {
                    *phase = Phase::Going;
                }
            }
        });
        let state = clock.wait_while(clock.state(), |state| {
            let goes = |&(who, phase)| phase == Phase::Going && !state.waits(who);
            state.workers.iter().any(goes)
        });
        let panicked = count(&state, &[Phase::Panicked]) > 0;
        drop(state);
        assert!(!panicked, "a worker has panicked");
    }

    /// Workers that are not over.
    #[must_use]
    pub fn alive(&self) -> usize {
        count(&self.0.clock.state(), &[Phase::Resting, Phase::Going])
    }
}

fn count(state: &State, phases: &[Phase]) -> usize {
    let workers = state.workers.iter();
    workers.filter(|(_, it)| phases.contains(it)).count()
}

impl Drop for Threads {
    fn drop(&mut self) {
        self.clock.close();
        let handles = self.handles.get_mut();
        let handles = handles.unwrap_or_else(PoisonError::into_inner);
        for handle in handles.drain(..) {
            // Its panic has been told.
            let _ = handle.join();
        }
    }
}

/// A worker's thread.
fn live(clock: &VirtualClock, work: impl FnMut() -> bool) {
    let _end = End(clock);
    let mut work = work;
    let me = current().id();
    loop {
        let state = clock.wait_while(clock.state(), |state| {
            !state.is_closed() && state.phase_of(me) != Some(Phase::Going)
        });
        if state.is_closed() {
            return;
        }
        drop(state);
        if work() {
            return;
        }
        clock.change(|state| state.set_phase(me, Phase::Resting));
    }
}

/// Says that the thread is over when it is, however that comes.
struct End<'a>(&'a VirtualClock);

impl Drop for End<'_> {
    fn drop(&mut self) {
        let phase = match panicking() {
            true => Phase::Panicked,
            false => Phase::Over,
        };
        self.0
            .change(|state| state.set_phase(current().id(), phase));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU32, Ordering};

    #[test]
    fn each_works_once_a_block_and_is_dropped_when_it_is_over() {
        let workers = Workers::new(VirtualClock::new());
        let worked = Arc::new(AtomicU32::new(0));
        let seen = worked.clone();
        workers.start(move || seen.fetch_add(1, Ordering::Relaxed) + 1 == 3);
        for block in 1..=5 {
            assert_eq!(worked.load(Ordering::Relaxed), (block - 1).min(3));
            workers.rest();
            assert_eq!(worked.load(Ordering::Relaxed), block.min(3));
            assert_eq!(workers.alive(), usize::from(block < 3));
        }
        drop(workers);
        assert_eq!(Arc::strong_count(&worked), 1);
    }

    #[test]
    fn one_that_waits_for_a_later_block_does_not_keep_the_others() {
        let clock = VirtualClock::new();
        let workers = Workers::new(clock.clone());
        let done = Arc::new(AtomicU32::new(0));
        workers.start({
            let (clock, done) = (clock.clone(), done.clone());
            move || {
                clock.wait_until(clock.now() + 2);
                done.fetch_add(1, Ordering::Relaxed);
                false
            }
        });
        workers.start({
            let clock = clock.clone();
            move || !clock.wait_until(u64::MAX)
        });
        let after: Vec<u32> = (0..7)
            .map(|_| {
                workers.rest();
                done.load(Ordering::Relaxed)
            })
            .collect();
        assert_eq!(after, [0, 0, 1, 1, 1, 2, 2]);
        assert!(clock.is_waiting());
        // The hanging one is let go.
        drop(workers);
    }

    #[test]
    fn a_panic_is_told() {
        let workers = Workers::new(VirtualClock::new());
        workers.start(|| panic!("meant"));
        let rest = std::panic::AssertUnwindSafe(|| workers.rest());
        assert!(std::panic::catch_unwind(rest).is_err());
        assert_eq!(workers.alive(), 0);
    }
}
