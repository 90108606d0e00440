//! Notes that begin and end: polyphonic, one at a time, gliding.

use super::Renderer;
use crate::channel::Channel;
use crate::parameter::Parameter;
use crate::voice::{Admission, Damper, NoteSetting, NoteStart, Voice};

impl Renderer {
    pub(super) fn note_on(&mut self, index: u8, key: u8, velocity: f32, at: usize) -> Admission {
        let muted = self.config.silent_channels & (1 << index) != 0;
        if key > 127 || muted {
            return Admission::Done;
        }
        let velocity = match velocity.is_finite() {
            true => self.struck(velocity.clamp(0.0, 1.0)),
            false => 0.0,
        };
        let articulation = &self.channels[usize::from(index)].articulation;
        if articulation.rhythm {
            self.counters.rhythm_notes += 1;
            return Admission::Done;
        }
        // A key cannot glide from itself: struck again it starts another voice.
        let told = articulation
            .portamento_from
            .filter(|&from| !articulation.mono && from != key);
        let admission = match told {
            Some(from) if self.pool.holds_key(index, from) => self.go_over(index, from, key, at),
            _ if articulation.mono => self.take_over(index, key, velocity, at),
            _ => self.start_note(index, key, velocity, at),
        };
        let articulation = &mut self.channels[usize::from(index)].articulation;
        if admission == Admission::Done && articulation.mono {
            articulation.held.press(key, velocity);
        }
        admission
    }

    pub(super) fn note_off(&mut self, index: u8, key: u8, at: usize) -> Admission {
        if key > 127 {
            return Admission::Done;
        }
        let now = self.now + at as u64;
        let articulation = &self.channels[usize::from(index)].articulation;
        let damper = Damper::of(articulation);
        if articulation.mono {
            let sounds = self
                .pool
                .held_voice(index)
                .is_some_and(|v| v.note.key == key);
            // The key before it sounds again, unless the channel is for drums by now.
            let goes_back = sounds && !articulation.rhythm;
            let older = articulation.held.newest_but(key).filter(|_| goes_back);
            if let Some((older, velocity)) = older
                && self.take_over(index, older, velocity, at) == Admission::SplitBlock
            {
                return Admission::SplitBlock;
            }
            self.channels[usize::from(index)]
                .articulation
                .held
                .release(key);
        }
        self.pool.note_off(index, key, now, damper, &self.clock);
        Admission::Done
    }

    /// Mono mode: the channel's one voice goes over to another key, or makes room for a new one.
    fn take_over(&mut self, index: u8, key: u8, velocity: f32, at: usize) -> Admission {
        if at > 0 {
            return Admission::SplitBlock;
        }
        let legato = self.channels[usize::from(index)].articulation.legato;
        if let Some(from) = self
            .pool
            .held_voice(index)
            .map(|v| v.note.key)
            .filter(|_| legato)
        {
            return self.go_over(index, from, key, at);
        }
        let now = self.now;
        self.pool.all_sound_off(index, now);
        self.start_note(index, key, velocity, at)
    }

    /// The voice that key `from` holds goes on as another key's.
    fn go_over(&mut self, index: u8, from: u8, key: u8, at: usize) -> Admission {
        if at > 0 {
            return Admission::SplitBlock;
        }
        let now = self.now;
        let channel = &self.channels[usize::from(index)];
        let articulation = &channel.articulation;
        let transposition = self.parameter(Parameter::Transpose);
        let tuning = key_semitones(&self.key_semitones, channel, key) + transposition;
        let gliding = articulation.portamento || articulation.portamento_from.is_some();
        let own = match gliding {
            true => samples(articulation.portamento_s, &self.clock),
            false => 0,
        };
        if let Some(voice) = self.pool.held_by(index, from) {
            let least = channel.glide_ramp(voice.glide_to(key, tuning) - voice.glide.at(now));
            voice.move_to(key, tuning, now, own.max(least));
            voice.note.transposition = transposition;
        }
        self.began(index, key);
        Admission::Done
    }

    /// Sounding notes take the tunings as they now are.
    pub(super) fn retune(&mut self, at: usize) -> Admission {
        let now = self.now + at as u64;
        let (keys, channels) = (&self.key_semitones, &self.channels);
        let tuning = |voice: &Voice| {
            let channel = &channels[usize::from(voice.note.channel)];
            key_semitones(keys, channel, voice.note.key) + voice.note.transposition
        };
        let out_of_tune = |voice: &Voice| {
            voice.life.sounds_at(now) && tuning(voice) != voice.note.tuning_semitones
        };
        let mut voices = self.pool.slots_mut().iter_mut().map(|slot| &mut slot.voice);
        if at > 0 && voices.any(|voice| out_of_tune(voice)) {
            return Admission::SplitBlock;
        }
        for slot in self.pool.slots_mut() {
            let voice = &mut slot.voice;
            if out_of_tune(voice) {
                let (key, tuning) = (voice.note.key, tuning(voice));
                let way = voice.glide_to(key, tuning) - voice.glide.at(now);
                let channel = &channels[usize::from(voice.note.channel)];
                voice.move_to(key, tuning, now, channel.glide_ramp(way));
            }
        }
        Admission::Done
    }

    fn start_note(&mut self, index: u8, key: u8, velocity: f32, at: usize) -> Admission {
        let now = self.now + at as u64;
        // The ranking reads where the curves stand; they are drawn up to here first.
        self.channels
            .iter_mut()
            .for_each(|channel| channel.draw_to(at));
        let transposition = self.parameter(Parameter::Transpose);
        let Self {
            pool,
            channels,
            instruments,
            clock,
            config,
            ..
        } = self;
        let channel = &channels[usize::from(index)];
        let articulation = &channel.articulation;
        let instrument = instruments.refer(articulation.instrument);
        let tuning_semitones = key_semitones(&self.key_semitones, channel, key) + transposition;
        let glide = articulation.glide_from().and_then(|from| {
            let tuning = key_semitones(&self.key_semitones, channel, from) + transposition;
            let from = f32::from(from) + tuning - (f32::from(key) + tuning_semitones);
            let length = samples(articulation.portamento_s, clock);
            (from != 0.0 && length > 0).then(|| (from, length.max(channel.glide_ramp(from))))
        });
        let note = NoteStart {
            channel: index,
            key,
            velocity,
            instrument,
            serial: 0,
            onset: now,
            tuning_semitones,
            transposition,
            transposed_semitones: channel.tuning_semitones(),
            soft_depth: articulation.soft_depth,
            sound: articulation.sound.plus(&self.sound),
            glide,
        };
        let setting = NoteSetting {
            instrument: instruments.instrument(instrument),
            clock,
            seed: config.seed,
            steady: config.steady,
        };
        let admission = pool.note_on(note, self.now, &setting, |voice| {
            let expression = &instruments.instrument(voice.note.instrument).expression;
            voice.loudness_db(expression, clock, now)
                + channels[usize::from(voice.note.channel)].level_db()
        });
        if admission == Admission::Done {
            self.began(index, key);
        }
        admission
    }

    /// What later notes want to know of this one.
    fn began(&mut self, index: u8, key: u8) {
        let articulation = &mut self.channels[usize::from(index)].articulation;
        articulation.last_key = Some(key);
        articulation.portamento_from = None;
    }
}

/// How far off equal temperament a key of a channel is tuned.
fn key_semitones(key_semitones: &[f32; 128], channel: &Channel, key: u8) -> f32 {
    let class = usize::from(key % 12);
    key_semitones[usize::from(key)] + channel.articulation.pitch_class_semitones[class]
}

fn samples(seconds: f32, clock: &crate::clock::Clock) -> u32 {
    clock.samples(f64::from(seconds)) as u32
}
