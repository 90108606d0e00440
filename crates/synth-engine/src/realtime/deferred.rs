//! What must not be lost when the ring is full: everything that ends notes.

use super::message::EventTime;
use crate::event::Event;
use std::collections::VecDeque;

/// More than there are keys; when even this is full the oldest go.
const MOST: usize = 4096;

/// Events that found no room in the ring and wait on the control side, in order.
#[derive(Debug, Default)]
pub(super) struct Deferred {
    waiting: VecDeque<(EventTime, Event)>,
}

impl Deferred {
    pub(super) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    pub(super) fn push(&mut self, time: EventTime, event: Event) {
        if self.waiting.len() == MOST {
            self.waiting.pop_front();
        }
        self.waiting.push_back((time, event));
    }

    pub(super) fn first(&self) -> Option<(EventTime, Event)> {
        self.waiting.front().copied()
    }

    pub(super) fn remove_first(&mut self) {
        self.waiting.pop_front();
    }
}

/// Whether a note might sound for ever without this event.
pub(super) fn ends_notes(event: &Event) -> bool {
    match *event {
        Event::NoteOff { .. }
        | Event::AllNotesOff { .. }
        | Event::AllSoundOff { .. }
        | Event::ResetControllers { .. }
        | Event::Mono { .. }
        | Event::Poly { .. }
        | Event::Reset => true,
        Event::Sustain { depth, .. } => depth < 0.5,
        Event::Sostenuto { down, .. } => !down,
        _ => false,
    }
}
