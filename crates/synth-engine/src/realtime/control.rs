//! The side that plays.

use super::message::{ChangeId, EventTime, Garbage, Message};
use super::outbox::{Delivery, EventSender, Outbox};
use super::report::{BlockReport, Report};
use crate::event::Event;
use crate::instrument_set::{Fit, InstrumentSet, StartWorker};
use crate::instruments::LoadedInstrument;
use crate::program_map::ProgramMap;
use crate::renderer::Renderer;
use crate::{Parameter, RendererError};
use rtrb::Consumer;
use std::fmt;
use thiserror::Error;

/// Instruments made ready to be handed over.
pub struct Prepared(Box<InstrumentSet>);

impl fmt::Debug for Prepared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Prepared").finish_non_exhaustive()
    }
}

/// Why something was not handed over.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum Refusal {
    /// The ring is full.
    #[error("too much is under way to the engine; try again in a moment")]
    QueueFull(Prepared),
    /// The ring is full.
    #[error("too much is under way to the engine; try again in a moment")]
    RendererQueueFull(Box<Renderer>),
    /// The instruments were prepared before [`ControlHandle::change_renderer`].
    #[error("the instruments were prepared for a renderer that is gone; prepare them again")]
    OtherRenderer,
}

/// The side that plays: sends events and prepared instruments, reads reports. It may allocate and is
/// not for the audio thread; call [`ControlHandle::reports`] or [`ControlHandle::blocks`] many times a
/// second, for what the audio side has put aside is dropped there.
///
/// When it is dropped the engine goes on playing what it plays.
pub struct ControlHandle {
    fit: Fit,
    messages: Outbox,
    senders: Vec<EventSender>,
    reports: Consumer<Report>,
    blocks: Consumer<BlockReport>,
    garbage: Consumer<Garbage>,
    next_change: u64,
    start_worker: Box<StartWorker>,
}

impl ControlHandle {
    pub(super) fn new(
        renderer: &Renderer,
        messages: Outbox,
        senders: Vec<EventSender>,
        reports: Consumer<Report>,
        blocks: Consumer<BlockReport>,
        garbage: Consumer<Garbage>,
        start_worker: Box<StartWorker>,
    ) -> Self {
        Self {
            fit: renderer.fit(),
            messages,
            senders,
            reports,
            blocks,
            garbage,
            next_change: 0,
            start_worker,
        }
    }

    /// Sends an event. Events arrive in the order in which they are sent.
    pub fn send(&mut self, time: EventTime, event: Event) -> Delivery {
        self.tidy();
        self.messages.send(time, event)
    }

    /// A way for events of another thread; there are as many as [`super::Capacity::senders`] says.
    pub fn take_sender(&mut self) -> Option<EventSender> {
        self.senders.pop()
    }

    /// Sets a parameter.
    pub fn set(&mut self, parameter: Parameter, value: f32) -> Delivery {
        self.send(EventTime::Now, Event::Parameter { parameter, value })
    }

    /// Events lost since the start because the ring was full; senders count their own.
    #[must_use]
    pub fn lost_events(&self) -> u64 {
        self.messages.lost()
    }

    /// Makes instruments, on whatever device their networks were prepared, ready for
    /// [`ControlHandle::change_instruments`].
    ///
    /// # Errors
    /// [`RendererError`] where they do not fit this engine.
    pub fn prepare(
        &mut self,
        loaded: Vec<LoadedInstrument>,
        programs: ProgramMap,
    ) -> Result<Prepared, RendererError> {
        let mut set = InstrumentSet::new(&self.fit, loaded, programs)?;
        set.start_worker(&mut self.start_worker);
        Ok(Prepared(Box::new(set)))
    }

    /// Hands instruments over: from the next block on, notes begin on them and sounding ones go over to
    /// them in short crossfades, some after the others. Instruments that were there before (the same `Arc`)
    /// go on as they are, so another device is another set of the same instruments.
    ///
    /// Where a crossfade is still under way the change waits for its end; of changes that wait, the
    /// last one counts.
    ///
    /// # Errors
    /// [`Refusal`] says why, and gives them back where they are still of use.
    pub fn change_instruments(&mut self, prepared: Prepared) -> Result<ChangeId, Refusal> {
        self.tidy();
        if prepared.0.fit != self.fit {
            return Err(Refusal::OtherRenderer);
        }
        let message = Message::Instruments(ChangeId(self.next_change), prepared.0);
        self.hand_over(message)
    }

    /// Hands another renderer over, made for another sample rate or for more voices. The sound fades out
    /// within 5 ms; then the new renderer goes on with the channels, parameters and notes of the old
    /// one (not with its room's reverberation), and fades in. Whoever drives the audio side learns the
    /// new rate from [`super::AudioProcessor::sample_rate_hz`] after the block in which that happened:
    /// the rest of that block is silent.
    ///
    /// # Errors
    /// [`Refusal::RendererQueueFull`] gives it back.
    pub fn change_renderer(&mut self, mut renderer: Renderer) -> Result<ChangeId, Refusal> {
        self.tidy();
        let fit = renderer.fit();
        renderer.start_worker(&mut self.start_worker);
        let message = Message::Renderer(ChangeId(self.next_change), Box::new(renderer));
        let id = self.hand_over(message)?;
        self.fit = fit;
        Ok(id)
    }

    fn hand_over(&mut self, message: Message) -> Result<ChangeId, Refusal> {
        let id = ChangeId(self.next_change);
        self.messages
            .push(message)
            .map_err(|refused| match refused {
                Message::Renderer(_, renderer) => Refusal::RendererQueueFull(renderer),
                Message::Instruments(_, set) => Refusal::QueueFull(Prepared(set)),
                Message::Event(..) => unreachable!("events are sent elsewhere"),
            })?;
        self.next_change += 1;
        Ok(id)
    }

    /// What took effect since the last call, in order.
    pub fn reports(&mut self) -> impl Iterator<Item = Report> {
        self.tidy();
        std::iter::from_fn(|| self.reports.pop().ok())
    }

    /// The blocks since the last call, in order. Where nobody asks for long the newest are left out.
    pub fn blocks(&mut self) -> impl Iterator<Item = BlockReport> {
        self.tidy();
        std::iter::from_fn(|| self.blocks.pop().ok())
    }

    /// Whether the audio side is gone.
    #[must_use]
    pub fn is_alone(&self) -> bool {
        self.messages.is_abandoned()
    }

    /// Drops what came back and sends what waits.
    fn tidy(&mut self) {
        while self.garbage.pop().is_ok() {}
        self.messages.flush();
    }
}
