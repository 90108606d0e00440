//! The realtime engine: a control side, an audio side and what runs between them.
//!
//! [`realtime`] splits a [`Renderer`] into a [`ControlHandle`], which belongs to whoever plays
//! (interface, MIDI, a console), and an [`AudioProcessor`], which belongs to the audio callback. They
//! share nothing but rings of fixed size: events, and things prepared on the control side, go one
//! way; reports, and what is no longer needed, come back.
//!
//! # Realtime safety
//! [`AudioProcessor::process`] never allocates, frees, locks, waits, logs or panics. What it takes
//! over was made on the control side, and what it puts aside is dropped there.

mod carried;
mod control;
mod crossing;
mod deferred;
mod load;
mod message;
mod outbox;
mod processor;
mod report;
mod schedule;

pub use carried::carried_voices;
pub use control::{ControlHandle, Prepared, Refusal};
pub use message::{ChangeId, EventTime};
pub use outbox::{Delivery, EventSender};
pub use processor::AudioProcessor;
pub use report::{BlockReport, Report};

use crate::inference::{InferenceWorker, spawn};
use crate::instrument_set::StartWorker;
use crate::renderer::Renderer;
use outbox::Outbox;
use rtrb::RingBuffer;

/// Sizes of the rings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Capacity {
    /// Events that may be under way to the audio side, and that it can keep for later; at least 1.
    pub events: usize,
    /// Reports that may be under way to the control side; at least 1.
    pub reports: usize,
    /// Ways for events of other threads than the control handle's
    /// ([`ControlHandle::take_sender`]), each with room for as many events.
    pub senders: usize,
}

impl Default for Capacity {
    /// 4096 of both, one sender.
    fn default() -> Self {
        Self {
            events: 4096,
            reports: 4096,
            senders: 1,
        }
    }
}

/// Things put aside that may be under way to the control side.
const GARBAGE: usize = 8;

/// Splits a renderer into the side that plays and the side that sounds. Networks on devices that may
/// block ([`crate::LoadedInstrument::ahead`]) run on a thread of their own.
#[must_use]
pub fn realtime(renderer: Renderer, capacity: Capacity) -> (ControlHandle, AudioProcessor) {
    // Where the system gives no thread the worker is dropped; the device is then retired at once.
    split(renderer, capacity, Box::new(|worker| spawn(worker).ok()))
}

/// As [`realtime`], but each [`InferenceWorker`] goes to `start_worker`, which decides when it runs. For
/// tests, and for hosts that have threads of their own.
#[must_use]
pub fn realtime_with_workers(
    renderer: Renderer,
    capacity: Capacity,
    mut start_worker: impl FnMut(InferenceWorker) + Send + 'static,
) -> (ControlHandle, AudioProcessor) {
    let start = move |worker| {
        start_worker(worker);
        None
    };
    split(renderer, capacity, Box::new(start))
}

fn split(
    mut renderer: Renderer,
    capacity: Capacity,
    mut start_worker: Box<StartWorker>,
) -> (ControlHandle, AudioProcessor) {
    renderer.start_worker(&mut start_worker);
    let (mut senders, messages): (Vec<_>, Vec<_>) = (0..=capacity.senders)
        .map(|_| RingBuffer::new(capacity.events.max(1)))
        .map(|(message_in, message_out)| (Outbox::new(message_in), message_out))
        .unzip();
    // The control handle's own comes first.
    let own = senders.swap_remove(0);
    let (report_in, report_out) = RingBuffer::new(capacity.reports.max(1));
    let (block_in, block_out) = RingBuffer::new(capacity.reports.max(1));
    let (garbage_in, garbage_out) = RingBuffer::new(GARBAGE);
    let control = ControlHandle::new(
        &renderer,
        own,
        senders.into_iter().map(EventSender::new).collect(),
        report_out,
        block_out,
        garbage_out,
        start_worker,
    );
    let audio = AudioProcessor::new(
        renderer,
        capacity.events.max(1),
        messages,
        report_in,
        block_in,
        garbage_in,
    );
    (control, audio)
}
