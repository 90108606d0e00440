//! The first pass over a block: its events, applied to channels and voices on their samples.

use super::Renderer;
use crate::articulation::release_stretch;
use crate::channel::Channel;
use crate::event::{Event, SoundControl, TimedEvent};
use crate::voice::{Admission, Damper, VoiceFrames, VoicePool};

impl Renderer {
    /// First pass: applies the events of the next `limit` samples (all that are left if `last`) and
    /// draws the control curves. Returns the samples to render, fewer than `limit` where something
    /// of a voice is wanted while it still has samples to play, and the events used.
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
        for slot in self.pool.slots_mut() {
            slot.output.frames = VoiceFrames::default();
        }
        for timed in events {
            // Nothing has been rendered of a block that has no samples, so it is never split.
            self.apply(&timed.event, 0);
        }
    }

    /// Applies an event at sample `at` of the block, or asks for the block to end there: then nothing
    /// has been changed and the event is to come again.
    fn apply(&mut self, event: &Event, at: usize) -> Admission {
        if !is_sane(event) {
            return Admission::Done;
        }
        if let Event::Parameter { parameter, value } = *event {
            return self.set_parameter(parameter, value, at);
        }
        if let Event::Shedding { level } = *event {
            return self.shed(level, at);
        }
        match event.channel() {
            None if *event == Event::Retune => self.retune(at),
            None => {
                self.apply_to_all(event, at);
                Admission::Done
            }
            Some(index) if usize::from(index) < self.channels.len() => {
                self.apply_to_channel(event, index, at)
            }
            Some(_) => Admission::Done,
        }
    }

    fn apply_to_all(&mut self, event: &Event, at: usize) {
        let now = self.now + at as u64;
        if let Event::KeyTuning { key, semitones } = *event {
            if let Some(tuning) = self.key_semitones.get_mut(usize::from(key)) {
                *tuning = semitones.clamp(-128.0, 128.0);
            }
            return;
        }
        for (index, channel) in (0u8..).zip(&mut self.channels) {
            let sounding = self.pool.channel_sounds(index, now);
            match *event {
                Event::MasterVolume { amount } => channel.set_master_volume(at, amount, sounding),
                Event::MasterTuning { semitones } => channel.tune_master(at, semitones, sounding),
                Event::Reset => {
                    self.pool.all_sound_off(index, now);
                    let first = self.instruments.current().programs.instrument(0, 0);
                    channel.return_to_rest(at, first, sounding);
                }
                _ => {}
            }
        }
        if *event == Event::Reset {
            self.key_semitones.fill(0.0);
        }
    }

    fn apply_to_channel(&mut self, event: &Event, index: u8, at: usize) -> Admission {
        let now = self.now + at as u64;
        let channel = &mut self.channels[usize::from(index)];
        let sounding = |pool: &VoicePool| pool.channel_sounds(index, now);
        match *event {
            Event::NoteOn { key, velocity, .. } => return self.note_on(index, key, velocity, at),
            Event::NoteOff { key, .. } => return self.note_off(index, key, at),
            Event::PitchBend { semitones, .. } => {
                channel.bend(at, semitones, sounding(&self.pool));
            }
            Event::ChannelTuning { semitones, .. } => {
                channel.tune(at, semitones, sounding(&self.pool));
            }
            Event::Modulation { amount, .. } => {
                channel.modulate(at, amount, sounding(&self.pool));
            }
            Event::ChannelPressure { amount, .. } => {
                channel.press(at, amount, sounding(&self.pool));
            }
            Event::KeyPressure { key, amount, .. } => {
                return self.key_pressure(index, Some(key), amount, at);
            }
            Event::Volume { amount, .. } => channel.set_volume(at, amount, sounding(&self.pool)),
            Event::Expression { amount, .. } => channel.express(at, amount, sounding(&self.pool)),
            Event::Pan { position, .. } => channel.pan(at, position, sounding(&self.pool)),
            Event::RoomSend { amount, .. } => {
                channel.send_to_room(at, amount, sounding(&self.pool));
            }
            Event::Sound {
                control, amount, ..
            } => {
                if control == SoundControl::Brightness {
                    channel.brighten(at, amount, sounding(&self.pool));
                }
                channel.articulation.sound.set(control, amount);
            }
            Event::Sustain { depth, .. } => return self.sustain(index, depth, at),
            Event::Sostenuto { down, .. } => self.sostenuto(index, down, now),
            Event::AllNotesOff { .. } => self.all_notes_off(index, now),
            Event::AllSoundOff { .. } => {
                channel.articulation.held.clear();
                self.pool.all_sound_off(index, now);
            }
            Event::Mono { .. } => {
                self.all_notes_off(index, now);
                self.channels[usize::from(index)].articulation.mono = true;
            }
            Event::Poly { .. } => {
                self.all_notes_off(index, now);
                self.channels[usize::from(index)].articulation.mono = false;
            }
            Event::ResetControllers { .. } => return self.reset_controllers(index, at),
            _ => self.articulate(event, index),
        }
        Admission::Done
    }

    /// Settings that only notes to come take notice of.
    fn articulate(&mut self, event: &Event, index: u8) {
        let articulation = &mut self.channels[usize::from(index)].articulation;
        match *event {
            Event::PitchClassTuning {
                pitch_class,
                semitones,
                ..
            } => {
                let classes = &mut articulation.pitch_class_semitones;
                if let Some(tuning) = classes.get_mut(usize::from(pitch_class)) {
                    *tuning = semitones.clamp(-128.0, 128.0);
                }
            }
            Event::SoftPedal { depth, .. } => articulation.soft_depth = depth.clamp(0.0, 1.0),
            Event::Portamento { on, .. } => articulation.portamento = on,
            Event::PortamentoTime { seconds, .. } => articulation.set_portamento_time(seconds),
            Event::PortamentoFrom { key, .. } => {
                articulation.portamento_from = (key <= 127).then_some(key);
            }
            Event::Legato { on, .. } => articulation.legato = on,
            Event::Rhythm { on, .. } => articulation.rhythm = on,
            Event::Program { bank, program, .. } => {
                let programs = &self.instruments.current().programs;
                articulation.program = (bank, program);
                articulation.instrument = programs.instrument(bank, program);
            }
            _ => {}
        }
    }

    fn key_pressure(&mut self, index: u8, key: Option<u8>, amount: f32, at: usize) -> Admission {
        let now = self.now + at as u64;
        if !self.pool.pressure_matters(index, key, amount, now) {
            return Admission::Done;
        }
        if at > 0 {
            return Admission::SplitBlock;
        }
        let samples = self.channels[usize::from(index)].gain_ramp();
        self.pool.press(index, key, amount, now, samples);
        Admission::Done
    }

    fn sustain(&mut self, index: u8, depth: f32, at: usize) -> Admission {
        let now = self.now + at as u64;
        let pedal_depth = depth.clamp(0.0, 1.0);
        let stretch = release_stretch(pedal_depth);
        let damps = self.pool.damping_matters(index, now, stretch);
        if damps && at > 0 {
            return Admission::SplitBlock;
        }
        let articulation = &mut self.channels[usize::from(index)].articulation;
        let was_down = articulation.pedal_down();
        articulation.pedal_depth = pedal_depth;
        let damper = Damper::of(articulation);
        if damps {
            self.pool.damp(index, now, stretch, &self.clock);
        }
        if was_down && !damper.pedal_down {
            self.pool.pedal_up(index, now, damper, &self.clock);
        }
        Admission::Done
    }

    fn sostenuto(&mut self, index: u8, down: bool, now: u64) {
        let articulation = &mut self.channels[usize::from(index)].articulation;
        let was_down = std::mem::replace(&mut articulation.sostenuto_down, down);
        let damper = Damper::of(articulation);
        match (was_down, down) {
            (false, true) => self.pool.sostenuto_down(index, now),
            (true, false) => self.pool.sostenuto_up(index, now, damper, &self.clock),
            _ => {}
        }
    }

    fn all_notes_off(&mut self, index: u8, now: u64) {
        let articulation = &mut self.channels[usize::from(index)].articulation;
        articulation.held.clear();
        let damper = Damper::of(articulation);
        self.pool.all_notes_off(index, now, damper, &self.clock);
    }

    fn reset_controllers(&mut self, index: u8, at: usize) -> Admission {
        if self.key_pressure(index, None, 0.0, at) == Admission::SplitBlock
            || self.sustain(index, 0.0, at) == Admission::SplitBlock
        {
            return Admission::SplitBlock;
        }
        let now = self.now + at as u64;
        self.sostenuto(index, false, now);
        let sounding = self.pool.channel_sounds(index, now);
        self.channels[usize::from(index)].reset_controllers(at, sounding);
        Admission::Done
    }
}

/// Whether an event's number is one: controls that are not finite are ignored.
fn is_sane(event: &Event) -> bool {
    match *event {
        Event::PitchBend {
            semitones: value, ..
        }
        | Event::ChannelTuning {
            semitones: value, ..
        }
        | Event::MasterTuning { semitones: value }
        | Event::KeyTuning {
            semitones: value, ..
        }
        | Event::PitchClassTuning {
            semitones: value, ..
        }
        | Event::Modulation { amount: value, .. }
        | Event::ChannelPressure { amount: value, .. }
        | Event::KeyPressure { amount: value, .. }
        | Event::Volume { amount: value, .. }
        | Event::MasterVolume { amount: value }
        | Event::Expression { amount: value, .. }
        | Event::RoomSend { amount: value, .. }
        | Event::Sustain { depth: value, .. }
        | Event::SoftPedal { depth: value, .. }
        | Event::PortamentoTime { seconds: value, .. }
        | Event::Sound { amount: value, .. }
        | Event::Parameter { value, .. }
        | Event::Pan {
            position: value, ..
        } => value.is_finite(),
        _ => true,
    }
}
