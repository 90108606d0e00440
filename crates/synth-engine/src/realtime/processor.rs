//! The side that sounds.

use super::crossing::Crossing;
use super::load::LoadControl;
use super::message::{ChangeId, EventTime, Garbage, Message};
use super::report::{BlockReport, Report};
use super::schedule::Schedule;
use crate::event::{Event, TimedEvent};
use crate::instrument_set::InstrumentSet;
use crate::renderer::{Renderer, Status};
use rtrb::{Consumer, Producer, PushError};
use std::time::Duration;

/// What a note's beginning may take, the voice included that it steals: on the machines that were measured
/// it takes a seventh to a quarter of that.
const NOTE_S: f32 = 100e-6;
/// Notes that may begin in a block, however short.
const LEAST_NOTES: usize = 4;

/// Tells the CPU time of the calling thread.
type ThreadClock = Box<dyn FnMut() -> Duration + Send>;

/// The side that sounds: it belongs into the audio callback.
pub struct AudioProcessor {
    renderer: Box<Renderer>,
    clock: Option<ThreadClock>,
    load: LoadControl,
    /// The level of shedding that the load asks for.
    wanted_level: u8,
    /// The control handle's ring first, then those of the senders.
    messages: Vec<Consumer<Message>>,
    reports: Producer<Report>,
    blocks: Producer<BlockReport>,
    garbage: Producer<Garbage>,
    schedule: Schedule,
    due: Vec<TimedEvent>,
    /// Instruments that wait for a crossfade to end.
    pending: Option<(ChangeId, Box<InstrumentSet>)>,
    /// A renderer that takes over once this one has faded out.
    next_renderer: Option<(ChangeId, Box<Renderer>)>,
    crossing: Crossing,
    now: u64,
    lost_reports: u64,
}

impl AudioProcessor {
    pub(super) fn new(
        renderer: Renderer,
        events: usize,
        messages: Vec<Consumer<Message>>,
        reports: Producer<Report>,
        blocks: Producer<BlockReport>,
        garbage: Producer<Garbage>,
    ) -> Self {
        Self {
            renderer: Box::new(renderer),
            clock: None,
            load: LoadControl::new(),
            wanted_level: 0,
            messages,
            reports,
            blocks,
            garbage,
            schedule: Schedule::new(events),
            // One more for what the load asks for.
            due: Vec::with_capacity(events + 1),
            pending: None,
            next_renderer: None,
            crossing: Crossing::None,
            now: 0,
            lost_reports: 0,
        }
    }

    /// Measures the load of each block with `clock`, which tells the CPU time of the calling thread,
    /// counted from anywhere, and leaves something out where it is too high ([`Event::Shedding`]); where
    /// more notes come at once than a block has time for, they begin over several. It is called
    /// twice a block, so it must not allocate, lock or wait. Without a clock nothing is ever left out or
    /// late.
    #[must_use]
    pub fn with_thread_clock(mut self, clock: impl FnMut() -> Duration + Send + 'static) -> Self {
        self.clock = Some(Box::new(clock));
        self
    }

    /// The sample rate in Hz of the next block.
    #[must_use]
    pub fn sample_rate_hz(&self) -> u32 {
        self.renderer.sample_rate_hz()
    }

    /// Samples since the first block.
    #[must_use]
    pub fn now(&self) -> u64 {
        self.now
    }

    /// The renderer that plays, to look at ([`Renderer::columns`]).
    #[must_use]
    pub fn renderer(&self) -> &Renderer {
        &self.renderer
    }

    /// Batches of columns sent to a device that may block and not yet taken back, and those of them that
    /// are back. For tests that want to know when a worker rests.
    #[must_use]
    pub fn awaited_answers(&self) -> (usize, usize) {
        self.renderer.traffic()
    }

    /// Renders the next block into `out`, as [`Renderer::process`] does.
    ///
    /// # Realtime safety
    /// RT-safe: no allocation, lock, wait or panic, and bounded time. The only system calls are those
    /// of the thread clock, if there is one.
    pub fn process(&mut self, out: &mut [&mut [f32]]) -> Status {
        let begun = self.clock.as_mut().map(|clock| clock());
        let frames = out.iter().map(|channel| channel.len()).min().unwrap_or(0);
        let end = self.now + frames as u64;
        self.take_messages();
        self.change_if_possible();
        self.due.clear();
        if self.wanted_level != self.renderer.shedding() && self.clock.is_some() {
            let level = self.wanted_level;
            let event = Event::Shedding { level };
            self.due.push(TimedEvent { offset: 0, event });
        }
        let due_before = end.max(self.now + 1);
        let most_notes = self.most_notes(frames);
        self.schedule
            .take_due(self.now, due_before, most_notes, &mut self.due);
        let status = self.renderer.process(&self.due, out);
        self.report_events(frames);
        if let Some(reason) = self.renderer.take_retirement() {
            let sample = self.now;
            self.report(Report::Retired { sample, reason });
        }
        self.cross(end, out);
        let load = match (begun, self.clock.as_mut()) {
            (Some(begun), Some(clock)) if frames > 0 => {
                let block_s = frames as f32 / self.renderer.sample_rate_hz() as f32;
                let load = clock().saturating_sub(begun).as_secs_f32() / block_s;
                self.wanted_level = self.load.next_level(load, block_s);
                load
            }
            _ => f32::NAN,
        };
        self.report_block(status, load, frames, out);
        self.now = end;
        status
    }

    /// Notes that may begin in a block: what comes at once beyond that, with all that follows it, waits for
    /// the next one, which is not heard where a gap would be.
    fn most_notes(&self, frames: usize) -> usize {
        match self.clock {
            None => usize::MAX,
            Some(_) => {
                let block_s = frames as f32 / self.renderer.sample_rate_hz() as f32;
                ((block_s / NOTE_S) as usize).max(LEAST_NOTES)
            }
        }
    }

    fn take_messages(&mut self) {
        for ring in 0..self.messages.len() {
            self.take_messages_of(ring);
        }
    }

    fn take_messages_of(&mut self, ring: usize) {
        while !self.schedule.is_full() {
            let Ok(message) = self.messages[ring].peek() else {
                return;
            };
            // What is exchanged needs a way back for what it replaces, and waits for a renderer that is
            // on its way in.
            let exchanges = !matches!(message, Message::Event(..));
            if exchanges && (self.garbage.slots() < 2 || self.next_renderer.is_some()) {
                return;
            }
            match self.messages[ring].pop() {
                Ok(Message::Event(time, event)) => {
                    let sample = match time {
                        EventTime::Now => self.now,
                        EventTime::At(sample) => sample.max(self.now),
                    };
                    self.schedule.add(sample, event);
                }
                Ok(Message::Instruments(id, set)) => {
                    let superseded = self.pending.replace((id, set));
                    self.set_aside(superseded);
                }
                Ok(Message::Renderer(id, renderer)) => {
                    let superseded = self.pending.take();
                    self.set_aside(superseded);
                    self.next_renderer = Some((id, renderer));
                    self.crossing = Crossing::out(self.renderer.sample_rate_hz());
                }
                Err(_) => return,
            }
        }
    }

    /// Puts instruments aside that others came before.
    fn set_aside(&mut self, superseded: Option<(ChangeId, Box<InstrumentSet>)>) {
        if let Some((change, set)) = superseded {
            self.put_aside(Garbage::Instruments(set));
            self.report(Report::Superseded { change });
        }
    }

    /// Goes over to the instruments that wait, where no crossfade is under way.
    fn change_if_possible(&mut self) {
        if self.garbage.slots() > 0
            && let Some(set) = self.renderer.take_left_instruments()
        {
            self.put_aside(Garbage::Instruments(set));
        }
        if !self.renderer.can_change_instruments() {
            return;
        }
        if let Some((change, set)) = self.pending.take() {
            self.renderer.change_instruments(set);
            let sample = self.now;
            self.report(Report::Changed { sample, change });
        }
    }

    /// Fades what is on its way out or in; where it is out, the next renderer takes over.
    fn cross(&mut self, end: u64, out: &mut [&mut [f32]]) {
        if !self.crossing.fade(out) || self.garbage.slots() == 0 {
            return;
        }
        let Some((change, mut next)) = self.next_renderer.take() else {
            self.crossing = Crossing::None;
            return;
        };
        next.adopt(&self.renderer);
        let old = std::mem::replace(&mut self.renderer, next);
        self.put_aside(Garbage::Renderer(old));
        let sample_rate_hz = self.renderer.sample_rate_hz();
        self.crossing = Crossing::into(sample_rate_hz);
        self.report(Report::Reopened {
            sample: end,
            change,
            sample_rate_hz,
        });
    }

    /// There is room: whoever calls this has looked.
    fn put_aside(&mut self, garbage: Garbage) {
        if let Err(PushError::Full(garbage)) = self.garbage.push(garbage) {
            // Never reached; leaking would still be better than freeing here.
            std::mem::forget(garbage);
        }
    }

    fn report_events(&mut self, frames: usize) {
        let last = frames.saturating_sub(1) as u64;
        for at in 0..self.due.len() {
            let TimedEvent { offset, event } = self.due[at];
            let sample = self.now + u64::from(offset).min(last);
            self.report(Report::Event { sample, event });
        }
    }

    fn report(&mut self, report: Report) {
        if self.reports.push(report).is_err() {
            self.lost_reports += 1;
        }
    }

    fn report_block(&mut self, status: Status, load: f32, frames: usize, out: &[&mut [f32]]) {
        let peak = |channel: usize| {
            let samples = out.get(channel).or(out.first());
            samples.map_or(0.0, |samples| {
                samples.iter().fold(0.0_f32, |peak, x| peak.max(x.abs()))
            })
        };
        // Nobody may be listening; then there is nothing to lose.
        let _ = self.blocks.push(BlockReport {
            sample: self.now,
            frames: frames as u32,
            sample_rate_hz: self.sample_rate_hz(),
            voices: status.voices as u32,
            peak: [peak(0), peak(1)],
            load,
            shedding: self.renderer.shedding(),
            counters: self.renderer.counters(),
            lost_reports: self.lost_reports,
        });
    }
}
