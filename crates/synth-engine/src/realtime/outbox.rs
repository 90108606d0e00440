//! A way to the audio side: a ring, and what waits for room in it.

use super::deferred::{Deferred, ends_notes};
use super::message::{EventTime, Message};
use crate::event::Event;
use rtrb::{Producer, PushError};

/// What became of an event that was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delivery {
    /// It is on its way.
    Sent,
    /// The ring is full; the event ends notes, so it is kept and goes first as soon as there is room:
    /// with the next call of any kind.
    Deferred,
    /// The ring is full and the event is gone.
    Lost,
}

/// One side's end of a ring of messages.
pub(super) struct Outbox {
    messages: Producer<Message>,
    deferred: Deferred,
    lost: u64,
}

impl Outbox {
    pub(super) fn new(messages: Producer<Message>) -> Self {
        Self {
            messages,
            deferred: Deferred::default(),
            lost: 0,
        }
    }

    pub(super) fn send(&mut self, time: EventTime, event: Event) -> Delivery {
        self.flush();
        let event = if self.deferred.is_empty() {
            match self.messages.push(Message::Event(time, event)) {
                Ok(()) => return Delivery::Sent,
                Err(PushError::Full(_)) => event,
            }
        } else {
            event
        };
        if ends_notes(&event) {
            self.deferred.push(time, event);
            return Delivery::Deferred;
        }
        self.lost += 1;
        Delivery::Lost
    }

    /// Sends what is no event, or gives it back where there is no room.
    pub(super) fn push(&mut self, message: Message) -> Result<(), Message> {
        let pushed = self.messages.push(message);
        pushed.map_err(|PushError::Full(message)| message)
    }

    /// Sends what waits, as far as there is room.
    pub(super) fn flush(&mut self) {
        while let Some((time, event)) = self.deferred.first() {
            if self.messages.push(Message::Event(time, event)).is_err() {
                break;
            }
            self.deferred.remove_first();
        }
    }

    pub(super) fn lost(&self) -> u64 {
        self.lost
    }

    /// Whether the audio side is gone.
    pub(super) fn is_abandoned(&self) -> bool {
        self.messages.is_abandoned()
    }
}

/// Sends events from another thread than the control handle's: from MIDI input's, which must not wait
/// while instruments are prepared. [`super::ControlHandle::take_sender`] gives it out.
///
/// Events of one sender arrive in the order in which they are sent; those of two senders for one
/// sample, in any.
///
/// # Realtime safety
/// [`EventSender::send`] does not block. It may allocate where the ring is full.
pub struct EventSender(Outbox);

impl std::fmt::Debug for EventSender {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("EventSender").finish_non_exhaustive()
    }
}

impl EventSender {
    pub(super) fn new(outbox: Outbox) -> Self {
        Self(outbox)
    }

    /// Sends an event.
    pub fn send(&mut self, time: EventTime, event: Event) -> Delivery {
        self.0.send(time, event)
    }

    /// Sends what waits for room ([`Delivery::Deferred`]); to be called now and then, or a note might
    /// sound until the next event.
    pub fn flush(&mut self) {
        self.0.flush();
    }

    /// Events lost since the start because the ring was full.
    #[must_use]
    pub fn lost_events(&self) -> u64 {
        self.0.lost()
    }
}
