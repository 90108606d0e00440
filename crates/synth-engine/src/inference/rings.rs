//! The rings that the engine uses.

use super::job::Job;
use super::protocol::{AnsweringEnd, AskingEnd, Entry, Exit, Rings, StopFlag};
use rtrb::{Consumer, Producer, PushError, RingBuffer};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Rings of [`rtrb`].
pub(super) struct Rtrb;

impl<J> Rings<J> for Rtrb {
    type Entry = Producer<J>;
    type Exit = Consumer<J>;
    type Stop = SharedFlag;
}

impl<J> Entry<J> for Producer<J> {
    fn push(&mut self, job: J) -> Result<(), J> {
        Producer::push(self, job).map_err(|PushError::Full(job)| job)
    }
}

impl<J> Exit<J> for Consumer<J> {
    fn pop(&mut self) -> Option<J> {
        Consumer::pop(self).ok()
    }

    fn waiting(&self) -> usize {
        self.slots()
    }

    fn is_abandoned(&self) -> bool {
        Consumer::is_abandoned(self)
    }
}

/// One flag, seen from both sides.
#[derive(Clone, Default)]
pub(super) struct SharedFlag(Arc<AtomicBool>);

impl StopFlag for SharedFlag {
    fn raise(&self) {
        self.0.store(true, Ordering::Release);
    }

    fn is_raised(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }
}

pub(super) type Asking<J = Box<Job>> = AskingEnd<J, Rtrb>;
pub(super) type Answering<J = Box<Job>> = AnsweringEnd<J, Rtrb>;

/// Both ends of a protocol with these jobs.
pub(super) fn rings<J>(jobs: Vec<J>) -> (Asking<J>, Answering<J>) {
    let room = jobs.len().max(1);
    let (ask, asked) = RingBuffer::new(room);
    let (answer, answered) = RingBuffer::new(room);
    let stop = SharedFlag::default();
    let asking = AskingEnd::new(ask, answered, stop.clone(), jobs);
    (asking, AnsweringEnd::new(asked, answer, stop))
}
