//! The side that sounds.

use super::message::{ChangeId, EventTime, Garbage, Message};
use super::report::{BlockReport, Report};
use super::schedule::Schedule;
use crate::event::TimedEvent;
use crate::instrument_set::InstrumentSet;
use crate::renderer::{Renderer, Status};
use rtrb::{Consumer, Producer};
use std::time::Duration;

/// Tells the CPU time of the calling thread, counted from anywhere. It is called twice a block on the
/// audio thread, so it must not allocate, lock or wait.
pub(super) type ThreadClock = Box<dyn FnMut() -> Duration + Send>;

/// The side that sounds: it belongs into the audio callback.
pub struct AudioProcessor {
    renderer: Renderer,
    clock: Option<ThreadClock>,
    messages: Consumer<Message>,
    reports: Producer<Report>,
    blocks: Producer<BlockReport>,
    garbage: Producer<Garbage>,
    schedule: Schedule,
    due: Vec<TimedEvent>,
    /// Instruments that wait for a crossfade to end.
    pending: Option<(ChangeId, Box<InstrumentSet>)>,
    now: u64,
    lost_reports: u64,
}

impl AudioProcessor {
    pub(super) fn new(
        renderer: Renderer,
        events: usize,
        messages: Consumer<Message>,
        reports: Producer<Report>,
        blocks: Producer<BlockReport>,
        garbage: Producer<Garbage>,
    ) -> Self {
        Self {
            renderer,
            clock: None,
            messages,
            reports,
            blocks,
            garbage,
            schedule: Schedule::new(events),
            due: Vec::with_capacity(events),
            pending: None,
            now: 0,
            lost_reports: 0,
        }
    }

    /// Measures the load of each block with `clock`, which tells the CPU time of the calling thread,
    /// counted from anywhere. It is called twice a block, so it must not allocate, lock or wait.
    #[must_use]
    pub fn with_thread_clock(mut self, clock: impl FnMut() -> Duration + Send + 'static) -> Self {
        self.clock = Some(Box::new(clock));
        self
    }

    /// The sample rate in Hz.
    #[must_use]
    pub fn sample_rate_hz(&self) -> u32 {
        self.renderer.sample_rate_hz()
    }

    /// Samples since the first block.
    #[must_use]
    pub fn now(&self) -> u64 {
        self.now
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
        self.schedule
            .take_due(self.now, end.max(self.now + 1), &mut self.due);
        let status = self.renderer.process(&self.due, out);
        self.report_events(frames);
        let load = match (begun, self.clock.as_mut()) {
            (Some(begun), Some(clock)) if frames > 0 => {
                let spent_s = clock().saturating_sub(begun).as_secs_f32();
                spent_s * self.renderer.sample_rate_hz() as f32 / frames as f32
            }
            _ => f32::NAN,
        };
        self.report_block(status, load, frames, out);
        self.now = end;
        status
    }

    fn take_messages(&mut self) {
        while !self.schedule.is_full() {
            // What would become garbage needs a way back first.
            let Ok(message) = self.messages.peek() else {
                return;
            };
            if matches!(message, Message::Instruments(..)) && self.garbage.slots() < 2 {
                return;
            }
            match self.messages.pop() {
                Ok(Message::Event(time, event)) => {
                    let sample = match time {
                        EventTime::Now => self.now,
                        EventTime::At(sample) => sample.max(self.now),
                    };
                    self.schedule.add(sample, event);
                }
                Ok(Message::Instruments(id, set)) => {
                    if let Some((change, set)) = self.pending.replace((id, set)) {
                        self.put_aside(Garbage::Instruments(set));
                        self.report(Report::Superseded { change });
                    }
                }
                Err(_) => return,
            }
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

    /// There is room: whoever calls this has looked.
    fn put_aside(&mut self, garbage: Garbage) {
        if let Err(rtrb::PushError::Full(garbage)) = self.garbage.push(garbage) {
            // Never reached; leaking would still be better than freeing here.
            std::mem::forget(garbage);
        }
    }

    fn report_events(&mut self, frames: usize) {
        for at in 0..self.due.len() {
            let TimedEvent { offset, event } = self.due[at];
            let last = u64::try_from(frames.saturating_sub(1)).unwrap_or(0);
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
            voices: status.voices as u32,
            peak: [peak(0), peak(1)],
            load,
            counters: self.renderer.counters(),
            lost_reports: self.lost_reports,
        });
    }
}
