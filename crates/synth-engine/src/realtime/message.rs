//! What goes from one side to the other.

use crate::event::Event;
use crate::instrument_set::InstrumentSet;
use crate::renderer::Renderer;

/// When an event takes effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EventTime {
    /// At the first sample of the next block.
    Now,
    /// At this sample, counted from the processor's first; where that is over, as [`EventTime::Now`].
    /// The audio side keeps as many events for later as [`super::Capacity`] says; while that many wait,
    /// everything sent after them waits too, so send what is more than a second or so away later.
    At(u64),
}

/// Names a change, so that its report can be told from another's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ChangeId(pub(super) u64);

/// From the control side to the audio side.
pub(super) enum Message {
    Event(EventTime, Event),
    Instruments(ChangeId, Box<InstrumentSet>),
    Renderer(ChangeId, Box<Renderer>),
}

/// From the audio side to the control side, where it is dropped.
#[expect(dead_code, reason = "it is only there to be dropped")]
pub(super) enum Garbage {
    Instruments(Box<InstrumentSet>),
    Renderer(Box<Renderer>),
}
