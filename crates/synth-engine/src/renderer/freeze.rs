//! The columns of a block: what the network is asked at each voice's control frames.

use super::Renderer;
use crate::channel::{Channel, expression_db};
use crate::clock::Clock;
use crate::columns::{ColumnStore, Frozen};
use crate::voice::{Life, MotionPoint, Slot, Voice, WHEEL_SEMITONES};
use std::ops::Range;
use synth_model::{Features, attackness};

impl Renderer {
    /// Freezes the features of every control frame that falls in the block.
    pub(super) fn freeze_columns(&mut self, length: usize) {
        let (start, end) = (self.now, self.now + length as u64);
        let hop = u64::from(self.clock.hop);
        for set in self.instruments.sets_mut() {
            set.played.columns.iter_mut().for_each(ColumnStore::clear);
        }
        for Slot { voice, output } in self.pool.slots_mut() {
            output.from = 0;
            output.to = 0;
            if !voice.life.sounds_at(start) {
                continue;
            }
            let frames = control_frames(&voice.life, start..end, hop);
            output.first_frame = frames.start;
            output.frames_end = frames.end;
            let frames = frames.end.saturating_sub(frames.start) as usize;
            let (columns, _) = self.instruments.columns_mut(voice.note.instrument);
            output.first_column = columns.reserve(frames);
        }
        for Slot { voice, output } in self.pool.slots() {
            if !voice.life.sounds_at(start) {
                continue;
            }
            let (columns, instrument) = self.instruments.columns_mut(voice.note.instrument);
            let channel = &self.channels[usize::from(voice.note.channel)];
            for frame in control_frames(&voice.life, start..end, hop) {
                let sample = voice.life.onset + frame * hop;
                let motion = voice.motion_at_frame(&instrument.expression, &self.clock, frame);
                let at = (sample - start) as usize;
                let frozen = Frozen {
                    features: voice.features(motion, channel, &self.clock, at, sample),
                    motion,
                    tilt_db: voice.motion.tilt_db() + channel.tilt_db.at(at),
                };
                let column = output.first_column + (frame - output.first_frame) as usize;
                columns.write(column, &frozen, instrument);
            }
        }
    }
}

/// Control frames of a voice that fall in `block` (sample times), none of them after its end.
fn control_frames(life: &Life, block: Range<u64>, hop: u64) -> Range<u64> {
    let first = block.start.saturating_sub(life.onset).div_ceil(hop);
    let end = life.end.min(block.end).saturating_sub(life.onset);
    first..end.div_ceil(hop)
}

impl Voice {
    /// What the network is asked at control frame `frame`, which is sample `at` of the block.
    fn features(
        &self,
        point: MotionPoint,
        channel: &Channel,
        clock: &Clock,
        at: usize,
        sample: u64,
    ) -> Features {
        let semitones = channel.pitch_semitones.at(at)
            + self.glide.at(sample)
            + point.sway_semitones
            + channel.modulation.at(at) * WHEEL_SEMITONES * point.wheel_lfo;
        let swell = channel.expression.at(at) * self.pressure.at(sample);
        Features {
            f0_hz: self.f0_hz * (semitones / 12.0).exp2(),
            loudness_db: point.loudness_db + expression_db(swell) - self.release_db(clock, sample),
            velocity: self.note.velocity,
            z: attackness(clock.seconds_f32(sample - self.life.onset), 0.0),
        }
    }
}
