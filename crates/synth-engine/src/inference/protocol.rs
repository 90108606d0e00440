//! Who may hold a job, and how it gets from hand to hand.
//!
//! Jobs are made once and are always in one of four places: in the audio side's list of free ones, in
//! the ring to the worker, in the worker's hand, in the ring back. Both rings have room for all jobs
//! there are, so neither side ever finds one full. A flag tells the worker to stop; that the worker is
//! gone shows in its ring being abandoned.
//!
//! The protocol is written once over [`Rings`]: the engine runs it over [`rtrb`], the model in
//! `protocol_model.rs` over rings whose every interleaving is tried.

/// Where jobs go into a ring.
pub(super) trait Entry<J> {
    /// Gives the job back where the ring is full.
    fn push(&mut self, job: J) -> Result<(), J>;
}

/// Where jobs come out of a ring.
pub(super) trait Exit<J> {
    fn pop(&mut self) -> Option<J>;
    /// Jobs that can be had.
    fn waiting(&self) -> usize;
    /// Whether the entry is gone. Jobs that it left can still be had.
    fn is_abandoned(&self) -> bool;
}

/// Raised once, never lowered.
pub(super) trait StopFlag {
    fn raise(&self);
    fn is_raised(&self) -> bool;
}

/// What a protocol runs over.
pub(super) trait Rings<J> {
    type Entry: Entry<J>;
    type Exit: Exit<J>;
    type Stop: StopFlag;
}

/// The end that asks.
///
/// # Realtime safety
/// RT-safe but for making and dropping it.
pub(super) struct AskingEnd<J, R: Rings<J>> {
    asked: R::Entry,
    answered: R::Exit,
    stop: R::Stop,
    free: Vec<J>,
    outstanding: usize,
}

impl<J, R: Rings<J>> AskingEnd<J, R> {
    /// Both rings must have room for all of `jobs`.
    pub(super) fn new(asked: R::Entry, answered: R::Exit, stop: R::Stop, jobs: Vec<J>) -> Self {
        Self {
            asked,
            answered,
            stop,
            free: jobs,
            outstanding: 0,
        }
    }

    pub(super) fn take_free(&mut self) -> Option<J> {
        self.free.pop()
    }

    /// The list has had every job in it before, so this does not allocate.
    pub(super) fn give_back(&mut self, job: J) {
        self.free.push(job);
    }

    pub(super) fn send(&mut self, job: J) {
        match self.asked.push(job) {
            Ok(()) => self.outstanding += 1,
            // Never, as there is room for all.
            Err(job) => self.free.push(job),
        }
    }

    pub(super) fn receive(&mut self) -> Option<J> {
        let job = self.answered.pop()?;
        self.outstanding -= 1;
        Some(job)
    }

    /// Jobs sent and not yet received.
    pub(super) fn outstanding(&self) -> usize {
        self.outstanding
    }

    /// Jobs that came back and can be received.
    pub(super) fn arrived(&self) -> usize {
        self.answered.waiting()
    }

    /// Whether the worker is gone. What it had answered can still be received.
    pub(super) fn is_dead(&self) -> bool {
        self.answered.is_abandoned()
    }

    pub(super) fn stop(&self) {
        self.stop.raise();
    }
}

impl<J, R: Rings<J>> Drop for AskingEnd<J, R> {
    fn drop(&mut self) {
        self.stop.raise();
    }
}

/// The end that answers.
pub(super) struct AnsweringEnd<J, R: Rings<J>> {
    asked: R::Exit,
    answered: R::Entry,
    stop: R::Stop,
}

impl<J, R: Rings<J>> AnsweringEnd<J, R> {
    pub(super) fn new(asked: R::Exit, answered: R::Entry, stop: R::Stop) -> Self {
        Self {
            asked,
            answered,
            stop,
        }
    }

    /// The next job, unless there is none or nobody wants an answer any more.
    pub(super) fn take(&mut self) -> Option<J> {
        if self.is_stopped() {
            return None;
        }
        self.asked.pop()
    }

    pub(super) fn answer(&mut self, job: J) {
        // There is room for all jobs; one that found none would be nobody's and end here.
        let _ = self.answered.push(job);
    }

    pub(super) fn is_stopped(&self) -> bool {
        self.stop.is_raised()
    }
}
