//! What stands between a system's MIDI thread and the program.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use super::{Discarded, MidiAssembler, PortId};

/// A handler is waited for no longer than this when its port is closed.
const PATIENCE: Duration = Duration::from_secs(1);

/// Hears what arrives.
pub trait MidiHandler: Send + Sync {
    /// One whole message of `port`: status first, running status written out; system exclusive from
    /// F0 to F7, at most [`super::LONGEST_EXCLUSIVE`] bytes; real-time bytes alone. It arrived at
    /// `arrived`, which for JACK, whose messages come in advance, may lie up to a period ahead.
    ///
    /// It is called on a thread of the MIDI system, one for each port (one for all of JACK's), from
    /// before the port is reported as [`super::PortChange::Opened`] until it is reported as
    /// [`super::PortChange::Vanished`]. JACK's is a realtime thread: do not allocate, lock, wait or
    /// panic.
    fn message(&self, port: PortId, arrived: Instant, bytes: &[u8]);
}

/// What came through a port since it was opened.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Traffic {
    /// Messages handed on.
    pub messages: u64,
    /// What was left out.
    pub discarded: Discarded,
}

const OPEN: u8 = 0;
const BUSY: u8 = 1;
const CLOSED: u8 = 2;

/// The door that a port's messages come through, to be closed from another thread: whatever a system
/// still has under way then, nothing comes through any more.
#[derive(Debug, Default)]
pub(super) struct Gate {
    state: AtomicU8,
    messages: AtomicU64,
    oversized: AtomicU64,
    truncated: AtomicU64,
    stray_bytes: AtomicU64,
}

struct Inside<'a>(&'a Gate);

impl Drop for Inside<'_> {
    fn drop(&mut self) {
        self.0.state.store(OPEN, Ordering::Release);
    }
}

impl Gate {
    /// `None` once it is closed.
    fn enter(&self) -> Option<Inside<'_>> {
        let entered = self
            .state
            .compare_exchange(OPEN, BUSY, Ordering::Acquire, Ordering::Relaxed);
        entered.ok().map(|_| Inside(self))
    }

    /// When it returns, nobody is inside and nobody enters any more; a handler that hangs is not waited
    /// for.
    pub(super) fn close(&self) {
        let begun = Instant::now();
        while begun.elapsed() < PATIENCE {
            let closed =
                self.state
                    .compare_exchange(OPEN, CLOSED, Ordering::AcqRel, Ordering::Acquire);
            if matches!(closed, Ok(_) | Err(CLOSED)) {
                return;
            }
            thread::yield_now();
        }
    }

    pub(super) fn traffic(&self) -> Traffic {
        Traffic {
            messages: self.messages.load(Ordering::Relaxed),
            discarded: Discarded {
                oversized: self.oversized.load(Ordering::Relaxed),
                truncated: self.truncated.load(Ordering::Relaxed),
                stray_bytes: self.stray_bytes.load(Ordering::Relaxed),
            },
        }
    }

    fn count(&self, messages: u64, discarded: Discarded) {
        self.messages.fetch_add(messages, Ordering::Relaxed);
        self.oversized.store(discarded.oversized, Ordering::Relaxed);
        self.truncated.store(discarded.truncated, Ordering::Relaxed);
        self.stray_bytes
            .store(discarded.stray_bytes, Ordering::Relaxed);
    }
}

/// Takes the bytes of one port, as the system gives them, and hands messages to the handler.
///
/// # Realtime safety
/// RT-safe but for [`Receiver::new`], if the handler is.
pub(super) struct Receiver {
    port: PortId,
    assembler: MidiAssembler,
    handler: Arc<dyn MidiHandler>,
    gate: Arc<Gate>,
}

impl Receiver {
    pub(super) fn new(port: PortId, handler: Arc<dyn MidiHandler>) -> Self {
        Self {
            port,
            assembler: MidiAssembler::new(),
            handler,
            gate: Arc::default(),
        }
    }

    pub(super) fn port(&self) -> PortId {
        self.port
    }

    pub(super) fn gate(&self) -> &Arc<Gate> {
        &self.gate
    }

    pub(super) fn take(&mut self, arrived: Instant, bytes: &[u8]) {
        let Some(_inside) = self.gate.enter() else {
            return;
        };
        let (port, handler) = (self.port, &*self.handler);
        let mut messages = 0;
        self.assembler.push(bytes, &mut |message| {
            messages += 1;
            handler.message(port, arrived, message);
        });
        self.gate.count(messages, self.assembler.discarded());
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    #[derive(Default)]
    struct Recorder(Mutex<Vec<(PortId, Instant, Vec<u8>)>>);

    impl MidiHandler for Recorder {
        fn message(&self, port: PortId, arrived: Instant, bytes: &[u8]) {
            let mut heard = self.0.lock().unwrap();
            heard.push((port, arrived, bytes.to_vec()));
        }
    }

    struct Counter(AtomicU64);

    impl MidiHandler for Counter {
        fn message(&self, _: PortId, _: Instant, _: &[u8]) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    #[test]
    fn messages_have_their_port_and_their_time() {
        let heard = Arc::new(Recorder::default());
        let mut receiver = Receiver::new(PortId(7), heard.clone());
        let now = Instant::now();
        let later = now + Duration::from_secs(1);
        receiver.take(now, &[0x90, 60]);
        receiver.take(later, &[1, 61, 2, 0xf0]);
        receiver.take(later, &[]);
        receiver.take(later, &[0xb0, 5]);
        let heard = heard.0.lock().unwrap();
        let expected = [vec![0x90, 60, 1], vec![0x90, 61, 2]].map(|m| (PortId(7), later, m));
        assert_eq!(*heard, expected);
        let traffic = receiver.gate().traffic();
        assert_eq!((traffic.messages, traffic.discarded.truncated), (2, 1));
    }

    #[test]
    fn a_flood_allocates_nothing() {
        let counter = Arc::new(Counter(AtomicU64::new(0)));
        let mut receiver = Receiver::new(PortId(0), counter.clone());
        let now = Instant::now();
        testkit::no_alloc(|| {
            for _ in 0..100_000 {
                receiver.take(now, &[0xf8, 0x90, 1, 2, 3, 4, 0xfe]);
            }
        });
        assert_eq!(counter.0.load(Ordering::Relaxed), 400_000);
    }

    #[test]
    fn nothing_comes_through_a_closed_gate() {
        for _ in 0..200 {
            let counter = Arc::new(Counter(AtomicU64::new(0)));
            let mut receiver = Receiver::new(PortId(0), counter.clone());
            let gate = receiver.gate().clone();
            let sender = thread::spawn(move || {
                while receiver.gate().state.load(Ordering::Relaxed) != CLOSED {
                    receiver.take(Instant::now(), &[0xf8]);
                }
                receiver
            });
            while counter.0.load(Ordering::Relaxed) == 0 {
                thread::yield_now();
            }
            gate.close();
            let heard = counter.0.load(Ordering::Relaxed);
            let mut receiver = sender.join().unwrap();
            receiver.take(Instant::now(), &[0xf8]);
            gate.close();
            assert_eq!(counter.0.load(Ordering::Relaxed), heard);
        }
    }
}
