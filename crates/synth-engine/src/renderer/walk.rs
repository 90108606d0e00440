//! The first pass over a block: its events, applied to channels and voices on their samples.

use super::Renderer;
use crate::channel::Channel;
use crate::event::{Event, TimedEvent};
use crate::voice::{Admission, NoteSetting, NoteStart, VoicePool};

impl Renderer {
    /// First pass: applies the events of the next `limit` samples (all that are left if `last`) and
    /// draws the control curves. Returns the samples to render, fewer than `limit` where a voice's
    /// slot is wanted while it still has samples to play, and the events used.
    pub(super) fn walk(
        &mut self,
        events: &[TimedEvent],
        done: usize,
        limit: usize,
        last: bool,
    ) -> (usize, usize) {
        self.channels.iter_mut().for_each(Channel::begin_block);
        let mut used = 0;
        let mut length = limit;
        let mut at = 0;
        for timed in events {
            let offset = (timed.offset as usize).saturating_sub(done);
            if offset >= limit && !last {
                break;
            }
            at = offset.clamp(at, limit - 1);
            if self.apply(&timed.event, at) == Admission::SplitBlock {
                length = at;
                break;
            }
            used += 1;
        }
        self.channels
            .iter_mut()
            .for_each(|channel| channel.draw_to(length));
        (length, used)
    }

    /// Applies the events of a block without samples.
    pub(super) fn apply_now(&mut self, events: &[TimedEvent]) {
        self.channels.iter_mut().for_each(Channel::begin_block);
        for timed in events {
            // Nothing has been rendered of a block that has no samples, so it is never split.
            self.apply(&timed.event, 0);
        }
    }

    fn apply(&mut self, event: &Event, at: usize) -> Admission {
        let index = event.channel();
        let Some(channel) = self.channels.get_mut(usize::from(index)) else {
            return Admission::Done;
        };
        if !is_sane(event) {
            return Admission::Done;
        }
        let now = self.now + at as u64;
        let sounding = |pool: &VoicePool| pool.channel_sounds(index, now);
        match *event {
            Event::NoteOn { key, velocity, .. } => {
                if key > 127 || self.config.silent_channels & (1 << index) != 0 {
                    return Admission::Done;
                }
                return self.note_on(index, key, velocity, at);
            }
            Event::NoteOff { key, .. } if key <= 127 => {
                self.pool
                    .note_off(index, key, now, channel.pedal_down, &self.clock);
            }
            Event::NoteOff { .. } => {}
            Event::PitchBend { semitones, .. } => {
                channel.bend(at, semitones.clamp(-128.0, 128.0), sounding(&self.pool));
            }
            Event::Modulation { amount, .. } => {
                channel.modulate(at, amount, sounding(&self.pool));
            }
            Event::Volume { amount, .. } => channel.set_volume(at, amount, sounding(&self.pool)),
            Event::Expression { amount, .. } => channel.express(at, amount, sounding(&self.pool)),
            Event::Pan { position, .. } => channel.pan(at, position, sounding(&self.pool)),
            Event::Sustain { down, .. } => {
                channel.pedal_down = down;
                if !down {
                    self.pool.pedal_up(index, now, &self.clock);
                }
            }
            Event::Program { program, .. } => {
                channel.instrument = self.programs.instrument(program);
            }
            Event::AllNotesOff { .. } => {
                self.pool
                    .all_notes_off(index, now, channel.pedal_down, &self.clock);
            }
            Event::AllSoundOff { .. } => self.pool.all_sound_off(index, now),
            Event::ResetControllers { .. } => {
                let sounding = sounding(&self.pool);
                channel.bend(at, 0.0, sounding);
                channel.modulate(at, 0.0, sounding);
                channel.express(at, 1.0, sounding);
                channel.pedal_down = false;
                self.pool.pedal_up(index, now, &self.clock);
            }
        }
        Admission::Done
    }

    fn note_on(&mut self, channel: u8, key: u8, velocity: f32, at: usize) -> Admission {
        let now = self.now + at as u64;
        // The ranking reads where the curves stand; they are drawn up to here first.
        self.channels
            .iter_mut()
            .for_each(|channel| channel.draw_to(at));
        let Self {
            pool,
            channels,
            instruments,
            clock,
            config,
            ..
        } = self;
        let instrument = channels[usize::from(channel)].instrument;
        let note = NoteStart {
            channel,
            key,
            velocity: if velocity.is_finite() {
                velocity.clamp(0.0, 1.0)
            } else {
                0.0
            },
            instrument,
            serial: 0,
            onset: now,
        };
        let setting = NoteSetting {
            instrument: &instruments[instrument].instrument,
            clock,
            seed: config.seed,
            steady: config.steady,
        };
        pool.note_on(note, self.now, &setting, |voice| {
            let expression = &instruments[voice.note.instrument].instrument.expression;
            voice.loudness_db(expression, clock, now)
                + channels[usize::from(voice.note.channel)].level_db()
        })
    }
}

/// Whether an event's number is one: controls that are not finite are ignored.
fn is_sane(event: &Event) -> bool {
    match *event {
        Event::PitchBend {
            semitones: value, ..
        }
        | Event::Modulation { amount: value, .. }
        | Event::Volume { amount: value, .. }
        | Event::Expression { amount: value, .. }
        | Event::Pan {
            position: value, ..
        } => value.is_finite(),
        _ => true,
    }
}
