//! Exchanging the instruments while voices sound.

use super::Renderer;
use crate::instrument_set::{Fit, InstrumentRef, InstrumentSet, StartWorker};
use crate::voice::{NEVER, NoteSetting, is_playing};

/// While voices fade over they take the processor twice: only this share of the polyphony does so at a
/// time...
const AT_A_TIME: usize = 4;
/// ...and at least so many voices.
const LEAST_AT_A_TIME: usize = 8;

impl Renderer {
    /// What instruments must fit to be exchanged.
    pub(crate) fn fit(&self) -> Fit {
        self.fit
    }

    /// Gives the networks that may block to a worker.
    pub(crate) fn start_worker(&mut self, start: &mut StartWorker) {
        self.instruments.current_mut().start_worker(start);
    }

    /// Whether no other exchange is under way.
    pub(crate) fn can_change_instruments(&self) -> bool {
        !self.instruments.is_leaving()
    }

    /// Takes out the instruments that were left, once no voice plays them any more.
    ///
    /// # Realtime safety
    /// RT-safe; what comes back is to be dropped elsewhere.
    pub(crate) fn take_left_instruments(&mut self) -> Option<Box<InstrumentSet>> {
        if !self.instruments.is_leaving() {
            return None;
        }
        let current = self.instruments.refer(0).set;
        let plays = |place: InstrumentRef, sounds: bool| sounds && place.set != current;
        let mut voices = self.pool.slots().iter().map(|slot| &slot.voice);
        let now = self.now;
        if voices.any(|voice| plays(voice.note.instrument, voice.life.sounds_at(now))) {
            return None;
        }
        self.instruments.leave()
    }

    /// Goes over to other instruments, between blocks and only where
    /// [`Renderer::can_change_instruments`]. Voices whose very instrument is among them stay as they
    /// are; the others fade over to what their channel's program now plays, some after the others.
    ///
    /// # Realtime safety
    /// RT-safe.
    pub(crate) fn change_instruments(&mut self, set: Box<InstrumentSet>) {
        self.instruments.enter(set);
        let programs = &self.instruments.current().programs;
        for channel in &mut self.channels {
            let articulation = &mut channel.articulation;
            let (bank, program) = articulation.program;
            articulation.instrument = programs.instrument(bank, program);
        }
        let now = self.now;
        for slot in 0..self.pool.slots().len() {
            let voice = &self.pool.slots()[slot].voice;
            let place = voice.note.instrument;
            if !voice.life.sounds_at(now) || place.set == self.instruments.refer(0).set {
                continue;
            }
            let own = &self.instruments.prepared(place).instrument;
            let same = self.instruments.current().find(own, place.index as usize);
            if let Some(index) = same {
                let same = self.instruments.refer(index);
                self.pool.slots_mut()[slot].voice.note.instrument = same;
            }
        }
        self.next_handover = now;
    }

    /// Begins to fade the next voices over, where their time has come. Samples until the next ones' time:
    /// the block ends there, so that who fades over when does not depend on blocks.
    ///
    /// # Realtime safety
    /// RT-safe.
    pub(super) fn hand_over_next(&mut self) -> u64 {
        let now = self.now;
        if now < self.next_handover {
            return self.next_handover - now;
        }
        self.next_handover = NEVER;
        let most = (self.pool.polyphony() / AT_A_TIME).max(LEAST_AT_A_TIME);
        let mut handed = 0;
        for slot in 0..self.pool.slots().len() {
            let voice = &self.pool.slots()[slot].voice;
            let is_old = voice.note.instrument.set != self.instruments.refer(0).set;
            if !is_old || !is_playing(&voice.life, now) {
                continue;
            }
            if handed == most {
                self.next_handover = now + u64::from(self.tools.crossfade_samples).max(1);
                break;
            }
            // A copy that enters another slot is none of the old ones.
            self.fade_over(slot);
            handed += 1;
        }
        self.next_handover - now
    }

    /// Fades a voice over to its channel's instrument.
    fn fade_over(&mut self, slot: usize) {
        let now = self.now;
        let channel = usize::from(self.pool.slots()[slot].voice.note.channel);
        let place = self.channels[channel].articulation.instrument;
        let place = self.instruments.refer(place);
        let setting = NoteSetting {
            instrument: self.instruments.instrument(place),
            clock: &self.clock,
            seed: self.config.seed,
            steady: self.config.steady,
        };
        self.pool.hand_over(slot, now, &self.tools, |voice| {
            setting.take_over(voice, place, now);
        });
    }
}
