//! Time that passes when a test says so.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::ThreadId;

/// Counts audio blocks. Clones are one clock.
#[derive(Debug, Clone, Default)]
pub struct VirtualClock(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
pub(super) struct State {
    now: u64,
    closed: bool,
    /// Who waits for which block.
    parked: Vec<(ThreadId, u64)>,
    pub(super) workers: Vec<(ThreadId, Phase)>,
}

/// What a worker's thread is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    /// Nothing, until it is told to go on.
    Resting,
    Going,
    Over,
    Panicked,
}

impl VirtualClock {
    /// A clock at block 0.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The present block.
    #[must_use]
    pub fn now(&self) -> u64 {
        self.state().now
    }

    /// Goes on to the next block and wakes who waits for it.
    pub fn advance(&self) {
        self.change(State::next_block);
    }

    /// Ends all waiting, now and for ever: a test that is over lets hanging threads end.
    pub fn close(&self) {
        self.change(|state| state.closed = true);
    }

    /// Waits until `block` has come; false if the clock was closed before.
    pub fn wait_until(&self, block: u64) -> bool {
        let me = std::thread::current().id();
        let mut state = self.state();
        if state.now < block && !state.closed {
            state.parked.push((me, block));
            self.0.changed.notify_all();
            state = self.wait_while(state, |state| state.now < block && !state.closed);
            state.parked.retain(|&(thread, _)| thread != me);
        }
        state.now >= block
    }

    /// Whether anybody waits for a block that has not come.
    #[must_use]
    pub fn is_waiting(&self) -> bool {
        let state = self.state();
        state.parked.iter().any(|&(thread, _)| state.waits(thread))
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        // Whoever panicked with it held has changed a number or a list, completely.
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn change(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.state());
        self.0.changed.notify_all();
    }

    pub(super) fn wait_while<'a>(
        &'a self,
        state: MutexGuard<'a, State>,
        condition: impl Fn(&State) -> bool,
    ) -> MutexGuard<'a, State> {
        let waiting = self.0.changed.wait_while(state, |state| condition(state));
        waiting.unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    pub(super) fn next_block(&mut self) {
        self.now += 1;
    }

    /// Whether this thread waits for a block that has not come.
    pub(super) fn waits(&self, thread: ThreadId) -> bool {
        let waits = |&(who, block): &(ThreadId, u64)| who == thread && block > self.now;
        !self.closed && self.parked.iter().any(waits)
    }

    pub(super) fn is_closed(&self) -> bool {
        self.closed
    }

    pub(super) fn phase_of(&self, thread: ThreadId) -> Option<Phase> {
        let mut workers = self.workers.iter();
        workers.find_map(|&(who, phase)| (who == thread).then_some(phase))
    }

    pub(super) fn set_phase(&mut self, thread: ThreadId, phase: Phase) {
        let mut workers = self.workers.iter_mut();
        if let Some(worker) = workers.find(|worker| worker.0 == thread) {
            worker.1 = phase;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::thread::{spawn, yield_now};

    #[test]
    fn who_waits_is_let_go_when_the_block_comes_and_not_before() {
        let clock = VirtualClock::new();
        assert!(clock.wait_until(0), "it is there");
        let sleeper = spawn({
            let clock = clock.clone();
            move || (clock.wait_until(2), clock.now())
        });
        while !clock.is_waiting() {
            yield_now();
        }
        clock.advance();
        assert!(clock.is_waiting() && !sleeper.is_finished());
        clock.advance();
        assert!(!clock.is_waiting(), "at once, whether it has woken or not");
        assert_eq!(sleeper.join().unwrap(), (true, 2));
    }

    #[test]
    fn closing_ends_all_waiting() {
        let clock = VirtualClock::new();
        let sleeper = spawn({
            let clock = clock.clone();
            move || clock.wait_until(u64::MAX)
        });
        while !clock.is_waiting() {
            yield_now();
        }
        clock.close();
        assert!(!sleeper.join().unwrap());
        assert!(!clock.wait_until(1));
        assert!(!clock.is_waiting());
    }
}
