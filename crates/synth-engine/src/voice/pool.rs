//! The voices: who gets a slot and who must go.

use super::render::{VoiceOutput, VoiceTools};
use super::{
    Life, LookedAhead, Motion, MotionPoint, NEVER, NoteSetting, NoteStart, Release, SampleRamp,
    Schedule, Voice,
};
use crate::clock::Clock;
use crate::event::CHANNELS;
use synth_dsp::filtered_noise::NOISE_BANDS;
use synth_dsp::ramp;
use synth_model::Instrument;

/// Stolen and cut-off voices fade over this time.
const FADE_S: f64 = 0.005;
/// Slots beyond the polyphony, for voices that are fading away.
const LEAST_SPARE_SLOTS: usize = 16;

/// A place for a voice: the voice and what it renders into.
#[derive(Debug, Clone)]
pub(crate) struct Slot {
    pub(crate) voice: Voice,
    pub(crate) output: VoiceOutput,
}

/// What became of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Admission {
    /// Done, or nothing to do.
    Done,
    /// Its slot still has samples of this block to play: end the block here and ask again.
    SplitBlock,
}

/// All voices. Slots are taken lowest index first and only by sample time, so that neither the
/// host's blocks nor the threads can change which voice stands where.
#[derive(Debug)]
pub(crate) struct VoicePool {
    slots: Vec<Slot>,
    /// Slots of the present polyphony, and those beyond where something still sounds.
    in_use: usize,
    polyphony: usize,
    most_polyphony: usize,
    fade_samples: u64,
    next_serial: u64,
    /// Held keys whose voice was stolen, oldest of their key: their note-off must not end another.
    pub(super) orphans: Vec<u32>,
    stolen: u64,
    most: usize,
}

impl VoicePool {
    pub(crate) fn slots_for(polyphony: usize) -> usize {
        polyphony + polyphony.max(LEAST_SPARE_SLOTS)
    }

    pub(crate) fn new(
        polyphony: usize,
        clock: &Clock,
        partials: usize,
        max_block: usize,
        any: &Instrument,
    ) -> Self {
        let voice = Voice {
            note: NoteStart::NONE,
            life: Life::OVER,
            held: false,
            sostenuto: false,
            glide: SampleRamp::flat(0.0),
            pressure: SampleRamp::flat(1.0),
            f0_hz: 440.0,
            motion: Motion::new(&any.expression, 440.0, &NoteStart::NONE, (0, 0), true),
            release: Release::new(1.0),
            point_from: MotionPoint::default(),
            point_to: MotionPoint::default(),
            phase: 0,
            base_increment: 0.0,
            base_freq_norm: 0.0,
            from: vec![0.0; partials].into(),
            to: vec![0.0; partials].into(),
            noise_power: vec![0.0; NOISE_BANDS].into(),
            noise_before: vec![0.0; NOISE_BANDS].into(),
            clamped_loudness_db: 0.0,
            audible: 0,
            sounding: 0,
            way_from: 0,
            way_hops: 1,
            schedule: Schedule::START,
            ahead: LookedAhead::NOTHING,
        };
        let output = VoiceOutput::new(max_block, clock.hop);
        Self {
            slots: vec![Slot { voice, output }; Self::slots_for(polyphony)],
            in_use: Self::slots_for(polyphony),
            polyphony,
            most_polyphony: polyphony,
            fade_samples: clock.samples(FADE_S),
            next_serial: 0,
            orphans: vec![0; CHANNELS * 128],
            stolen: 0,
            most: 0,
        }
    }

    /// The slots that may hold a voice.
    pub(crate) fn slots(&self) -> &[Slot] {
        &self.slots[..self.in_use]
    }

    pub(crate) fn slots_mut(&mut self) -> &mut [Slot] {
        &mut self.slots[..self.in_use]
    }

    /// Lets so many voices play from now on, at most as many as the pool was made for. Notes that
    /// begin steal as if the pool had been made for so many.
    pub(crate) fn limit(&mut self, polyphony: usize) {
        self.polyphony = polyphony.clamp(1, self.most_polyphony);
        self.in_use = self.in_use.max(Self::slots_for(self.polyphony));
    }

    /// Voices beyond the limit fade away from `now` on.
    pub(crate) fn keep_to_limit(&mut self, now: u64, loudness_db: impl Fn(&Voice) -> f32) {
        while self.playing(now) > self.polyphony {
            self.steal(now, &loudness_db);
        }
    }

    /// Before a block: slots beyond the limit's are no longer looked at once they are silent.
    pub(crate) fn settle(&mut self, start: u64) {
        let least = Self::slots_for(self.polyphony);
        let sounds = |slot: &Slot| slot.voice.life.sounds_at(start);
        while self.in_use > least && !sounds(&self.slots[self.in_use - 1]) {
            self.in_use -= 1;
        }
    }

    /// Silences and forgets every voice.
    pub(crate) fn reset(&mut self) {
        for slot in &mut self.slots {
            slot.voice.life = Life::OVER;
            slot.voice.held = false;
        }
        self.orphans.fill(0);
        self.next_serial = 0;
        self.stolen = 0;
        self.most = 0;
    }

    /// Takes over another pool's counts, not its voices.
    pub(crate) fn adopt(&mut self, other: &Self) {
        self.orphans.copy_from_slice(&other.orphans);
        self.next_serial = other.next_serial;
        self.stolen = other.stolen;
        self.most = other.most;
    }

    /// Most voices that may play now.
    pub(crate) fn polyphony(&self) -> usize {
        self.polyphony
    }

    pub(crate) fn stolen(&self) -> u64 {
        self.stolen
    }

    pub(crate) fn most(&self) -> usize {
        self.most
    }

    pub(crate) fn fade_samples(&self) -> u64 {
        self.fade_samples
    }

    /// Hands voice `from` over to another instrument, between blocks: at its first control frame from
    /// `now` on it begins to fade away while a copy, `begin` turning it into the other instrument's,
    /// fades in in a slot of its own. Before that frame the other instrument has not been asked. Where
    /// there is no slot `begin` turns the voice itself.
    pub(crate) fn hand_over(
        &mut self,
        from: usize,
        now: u64,
        tools: &VoiceTools,
        begin: impl FnOnce(&mut Voice),
    ) {
        let Some(to) = self.free_slot(now) else {
            begin(&mut self.slots[from].voice);
            return;
        };
        let Ok([old, new]) = self.slots.get_disjoint_mut([from, to]) else {
            return;
        };
        let onset = old.voice.life.onset;
        let hop = u64::from(tools.clock.hop);
        let entry = onset + now.saturating_sub(onset).next_multiple_of(hop);
        new.voice.copy_from(&old.voice);
        new.voice.life.entry = entry;
        // That frame's answer is there whatever the old voice skips.
        new.voice.ask_anew();
        begin(&mut new.voice);
        old.voice.held = false;
        old.voice.sostenuto = false;
        let crossfade = u64::from(tools.crossfade_samples);
        fade(&mut old.voice.life, entry, crossfade);
    }

    /// Voices that sound at a sample, fading ones left out.
    pub(crate) fn playing(&self, sample: u64) -> usize {
        self.slots
            .iter()
            .filter(|slot| is_playing(&slot.voice.life, sample))
            .count()
    }

    /// Whether a voice of the channel is heard at a sample.
    pub(crate) fn channel_sounds(&self, channel: u8, sample: u64) -> bool {
        self.slots.iter().any(|slot| {
            let voice = &slot.voice;
            voice.note.channel == channel
                && voice.life.sounds_at(sample)
                && voice.life.onset < sample
        })
    }

    /// Starts a note at `note.onset`, stealing if the polyphony is used up.
    ///
    /// `loudness_db` ranks the voices that could be stolen.
    pub(crate) fn note_on(
        &mut self,
        mut note: NoteStart,
        block_start: u64,
        start: &NoteSetting<'_>,
        loudness_db: impl Fn(&Voice) -> f32,
    ) -> Admission {
        let now = note.onset;
        let mut free = self.free_slot(now);
        let must_wait = free.is_none_or(|slot| self.slots[slot].voice.life.end > block_start);
        let never_sounded = free.is_some_and(|slot| {
            let life = &self.slots[slot].voice.life;
            life.end <= life.onset
        });
        if must_wait && !never_sounded && now > block_start {
            return Admission::SplitBlock;
        }
        while self.playing(now) >= self.polyphony {
            self.steal(now, &loudness_db);
        }
        if free.is_none() {
            free = self
                .free_slot(now)
                .or_else(|| self.cut_fading(now, &loudness_db));
        }
        let Some(slot) = free else {
            return Admission::Done;
        };
        note.serial = self.next_serial;
        self.next_serial += 1;
        start.begin(&mut self.slots[slot].voice, note);
        self.most = self.most.max(self.playing(now));
        Admission::Done
    }

    /// The free slot of lowest index.
    fn free_slot(&self, now: u64) -> Option<usize> {
        self.slots[..Self::slots_for(self.polyphony)]
            .iter()
            .position(|slot| !slot.voice.life.sounds_at(now))
    }

    /// Takes the quietest releasing voice, else the oldest.
    fn steal(&mut self, now: u64, loudness_db: &impl Fn(&Voice) -> f32) {
        let playing = || {
            self.slots
                .iter()
                .enumerate()
                .filter(|(_, s)| is_playing(&s.voice.life, now))
        };
        let quietest = playing()
            .filter(|(_, slot)| slot.voice.life.release <= now)
            .map(|(slot, s)| (slot, loudness_db(&s.voice)))
            .min_by(|(_, a), (_, b)| a.total_cmp(b))
            .map(|(slot, _)| slot);
        let oldest = || {
            playing()
                .min_by_key(|(_, s)| s.voice.note.serial)
                .map(|(slot, _)| slot)
        };
        let Some(victim) = quietest.or_else(oldest) else {
            return;
        };
        let voice = &mut self.slots[victim].voice;
        if voice.held {
            voice.held = false;
            let orphans = &mut self.orphans[key_index(voice.note.channel, voice.note.key)];
            *orphans = orphans.saturating_add(1);
        }
        fade(&mut voice.life, now, self.fade_samples);
        self.stolen += 1;
    }

    /// The last resort when even the spare slots are taken: ends the quietest fading voice. Those that
    /// have ended stand behind the present slots, and their instruments may be gone.
    fn cut_fading(&mut self, now: u64, loudness_db: &impl Fn(&Voice) -> f32) -> Option<usize> {
        let fading = self.slots[..Self::slots_for(self.polyphony)]
            .iter()
            .enumerate()
            .filter(|(_, s)| s.voice.life.sounds_at(now) && !is_playing(&s.voice.life, now));
        let (slot, _) = fading
            .map(|(slot, s)| (slot, loudness_db(&s.voice) + Self::fade_db(&s.voice, now)))
            .min_by(|(_, a), (_, b)| a.total_cmp(b))?;
        self.slots[slot].voice.life.end = now;
        Some(slot)
    }

    /// How far a fading voice has come, in dB.
    fn fade_db(voice: &Voice, now: u64) -> f32 {
        let faded = now.saturating_sub(voice.life.fade) as u32;
        20.0 * ramp::fade_out(faded, voice.life.fade_samples)
            .max(1e-6)
            .log10()
    }
}

pub(super) fn key_index(channel: u8, key: u8) -> usize {
    usize::from(channel) * 128 + usize::from(key)
}

pub(crate) fn is_playing(life: &Life, sample: u64) -> bool {
    life.sounds_at(sample) && life.fade == NEVER
}

/// Fades a voice from `now` on; one that has not sounded yet just never does.
pub(super) fn fade(life: &mut Life, now: u64, samples: u64) {
    if life.onset >= now {
        life.end = now;
    } else {
        life.fade = now;
        life.fade_samples = samples as u32;
        life.end = life.end.min(now + samples);
    }
}
