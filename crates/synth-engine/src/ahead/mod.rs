//! Columns asked ahead of time: what voices will ask if no event comes, sent to a device that may
//! block, and used only where it turns out to be what they do ask.

mod counts;
mod window;

pub use counts::ColumnCounts;
pub use retirement::Retirement;
mod retirement;

use crate::inference::{ColumnKey, Fault, Job, Link, Outcome};
use synth_model::Features;
use window::{Asked, Windows};

/// Columns of a voice that are asked beyond the block just rendered, at least.
pub(crate) const LEAST_AHEAD: usize = 8;
/// Full jobs of one instrument that may be under way. One that is not full waits until none is, so that
/// a slow device is asked for more at a time and not more often.
const UNDER_WAY: u32 = 2;
/// Jobs that fail in a row before the device is retired.
const MOST_FAILURES: u32 = 8;
/// A device that leaves jobs unanswered for so long is retired.
const LONGEST_SILENCE_S: f64 = 1.0;

/// The asking side of a set of instruments.
pub(crate) struct Ahead {
    link: Link,
    windows: Windows,
    /// By instrument: whether it runs on the device at all, and its jobs.
    instruments: Box<[Asking]>,
    silence_samples: u64,
    /// The sample at which a job last came back, or at which one was sent when none was under way.
    heard: u64,
    failures: u32,
    retired: Option<Retirement>,
    /// Whether the retirement has been told.
    told: bool,
}

#[derive(Debug, Default)]
struct Asking {
    on_device: bool,
    under_way: u32,
    job: Option<Box<Job>>,
}

/// The answers that came, each in the place of its voice and control frame.
#[derive(Debug, Default)]
pub(crate) struct Answers {
    width: usize,
    values: Box<[f32]>,
}

impl Answers {
    /// `rows` is the largest number of rows of an answer.
    pub(crate) fn new(slots: usize, rows: usize) -> Self {
        Self {
            width: rows,
            values: vec![0.0; slots * window::depth(slots) * rows].into(),
        }
    }

    fn put(&mut self, place: usize, answer: &[f32]) {
        let first = place * self.width;
        self.values[first..first + answer.len()].copy_from_slice(answer);
    }

    /// An answer of so many rows.
    pub(crate) fn answer(&self, place: usize, rows: usize) -> &[f32] {
        let first = place * self.width;
        &self.values[first..first + rows]
    }
}

/// Whose columns are asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Owner {
    /// The note's number.
    pub(crate) note: u64,
    /// The instrument's index in the set.
    pub(crate) instrument: u32,
}

impl Ahead {
    /// `on_device` says which instruments the link's worker has a kernel for; `rows` is the largest
    /// number of rows of an answer.
    pub(crate) fn new(link: Link, on_device: &[bool], slots: usize, sample_rate_hz: u32) -> Self {
        let asking = |&on_device: &bool| Asking {
            on_device,
            ..Asking::default()
        };
        Self {
            link,
            windows: Windows::new(slots),
            instruments: on_device.iter().map(asking).collect(),
            silence_samples: (LONGEST_SILENCE_S * f64::from(sample_rate_hz)) as u64,
            heard: 0,
            failures: 0,
            retired: None,
            told: false,
        }
    }

    /// Jobs sent and not yet taken back, and those of them that are back.
    pub(crate) fn traffic(&self) -> (usize, usize) {
        (self.link.outstanding(), self.link.arrived())
    }

    /// Why the device is no longer asked, once.
    pub(crate) fn take_retirement(&mut self) -> Option<Retirement> {
        if self.told {
            return None;
        }
        self.told = self.retired.is_some();
        self.retired
    }

    /// Takes the answers that have come, before a block is frozen.
    pub(crate) fn receive(&mut self, now: u64, answers: &mut Answers) {
        while let Some(job) = self.link.receive() {
            self.heard = now;
            if let Some(asking) = self.instruments.get_mut(job.instrument as usize) {
                asking.under_way = asking.under_way.saturating_sub(1);
            }
            self.file(&job, answers);
            self.link.give_back(job);
        }
        if self.retired.is_some() {
            return;
        }
        let silent =
            self.link.outstanding() > 0 && now.saturating_sub(self.heard) > self.silence_samples;
        if self.link.is_dead() {
            self.retired = Some(Retirement::Died);
        } else if silent {
            self.retired = Some(Retirement::Silent);
        }
    }

    fn file(&mut self, job: &Job, answers: &mut Answers) {
        let fault = match job.outcome {
            Outcome::Answered => None,
            Outcome::Failed(fault) => Some(fault),
            Outcome::Asked => Some(Fault::Died),
        };
        self.failures = if fault.is_some() {
            self.failures + 1
        } else {
            0
        };
        if let Some(fault) = fault
            && self.retired.is_none()
            && (self.failures >= MOST_FAILURES || fault == Fault::Died)
        {
            self.retired = Some(Retirement::of(fault));
        }
        let rows = job.rows;
        for (column, &key) in job.keys[..job.columns].iter().enumerate() {
            let Some(place) = self.windows.answered(key, fault.is_some()) else {
                continue;
            };
            answers.put(place, &job.answers[column * rows..(column + 1) * rows]);
        }
    }

    /// Settles where a column comes from: the place of its answer, or none where the CPU is to compute
    /// it.
    pub(crate) fn settle(
        &mut self,
        slot: usize,
        owner: Owner,
        frame: u64,
        features: &[f32; Features::COUNT],
        counts: &mut ColumnCounts,
    ) -> Option<u32> {
        let (place, asked) = self.windows.look_up(slot, owner, frame, features);
        match asked {
            Asked::Never => counts.cpu += 1,
            Asked::Late => counts.late += 1,
            Asked::Stale => counts.stale += 1,
            Asked::Failed => counts.failed += 1,
            Asked::Taken => {
                counts.taken += 1;
                return Some(place);
            }
        }
        None
    }

    /// Whether columns of this instrument are asked ahead.
    pub(crate) fn asks_for(&self, instrument: u32) -> bool {
        let asking = self.instruments.get(instrument as usize);
        self.retired.is_none() && asking.is_some_and(|asking| asking.on_device)
    }

    /// Control frames of a voice that can be asked and not yet needed.
    pub(crate) fn depth(&self) -> usize {
        self.windows.depth()
    }

    /// The first control frame from `from` on that a voice has not asked yet.
    pub(crate) fn next_frame(&mut self, slot: usize, owner: Owner, from: u64) -> u64 {
        self.windows.next_frame(slot, owner, from)
    }

    /// Asks a column; false where there is no room, and the frame is to be asked again later.
    pub(crate) fn ask(
        &mut self,
        slot: usize,
        owner: Owner,
        frame: u64,
        features: [f32; Features::COUNT],
        now: u64,
    ) -> bool {
        let asking = &mut self.instruments[owner.instrument as usize];
        if asking.job.is_none() {
            let Some(mut job) = self.link.take_free() else {
                return false;
            };
            job.instrument = owner.instrument;
            job.columns = 0;
            job.outcome = Outcome::Asked;
            asking.job = Some(job);
        }
        let Some(job) = &mut asking.job else {
            return false;
        };
        if job.columns == job.keys.len() {
            return false;
        }
        let generation = self.windows.ask(slot, frame, features);
        job.keys[job.columns] = ColumnKey {
            slot: slot as u32,
            generation,
            frame,
        };
        job.features[job.columns] = features;
        job.columns += 1;
        if job.columns == job.keys.len() && asking.under_way < UNDER_WAY {
            self.send(owner.instrument as usize, now);
        }
        true
    }

    /// Sends what has been asked.
    pub(crate) fn send_all(&mut self, now: u64) {
        for instrument in 0..self.instruments.len() {
            if self.instruments[instrument].under_way == 0 {
                self.send(instrument, now);
            }
        }
    }

    fn send(&mut self, instrument: usize, now: u64) {
        let asking = &mut self.instruments[instrument];
        if let Some(job) = asking.job.take() {
            if self.link.outstanding() == 0 {
                self.heard = now;
            }
            asking.under_way += 1;
            self.link.send(job);
        }
    }
}
