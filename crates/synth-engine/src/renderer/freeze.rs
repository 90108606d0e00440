//! The columns of a block: what the network is asked at each voice's control frames, and what it will
//! be asked next.

use super::Renderer;
use super::parameters::SHED_FRAMES;
use crate::ahead::{Ahead, LEAST_AHEAD, Owner};
use crate::channel::{Channel, expression_db};
use crate::clock::Clock;
use crate::columns::Frozen;
use crate::instrument_set::Freezing;
use crate::voice::{Life, MotionPoint, Slot, Voice, VoiceFrames, WHEEL_SEMITONES};
use std::ops::Range;
use synth_model::{Features, Instrument, attackness};

impl Renderer {
    /// Freezes the features of every control frame that falls in the block.
    pub(super) fn freeze_columns(&mut self, length: usize) {
        let (start, end) = (self.now, self.now + length as u64);
        let hop = u64::from(self.clock.hop);
        let doubled = self.shedding >= SHED_FRAMES;
        self.instruments.begin_columns(start);
        let mut counts = self.counters.columns_from;
        for (slot, Slot { voice, output }) in self.pool.slots_mut().iter_mut().enumerate() {
            output.from = 0;
            output.to = 0;
            output.frames = VoiceFrames::default();
            if !voice.life.sounds_at(start) {
                continue;
            }
            let place = voice.note.instrument;
            let Freezing {
                room,
                share,
                instrument,
                mut ahead,
            } = self.instruments.freezing(place);
            let channel = &self.channels[usize::from(voice.note.channel)];
            let owner = Owner {
                note: voice.note.serial,
                instrument: place.index,
            };
            let frames = control_frames(&voice.life, start..end, hop);
            let first = room.count();
            output.frames = VoiceFrames::new(&frames, first, voice.half_way, doubled);
            for frame in frames {
                if !output.frames.has_column(frame) {
                    continue;
                }
                let sample = voice.life.onset + frame * hop;
                let at = (sample - start) as usize;
                let point = ChannelPoint::at(channel, at);
                let frozen = voice.freeze(instrument, &self.clock, frame, &point);
                let answered = match &mut ahead {
                    Some(ahead) => ahead.settle(slot, owner, frame, &frozen.asked, &mut counts),
                    None => {
                        counts.cpu += 1;
                        None
                    }
                };
                room.add(&frozen, answered, (place, instrument), share);
            }
        }
        self.counters.columns_from = counts;
        self.instruments.lay_out_columns();
        self.ask_ahead(length);
    }

    /// Asks what voices will ask after the block if no event comes.
    fn ask_ahead(&mut self, length: usize) {
        let Some(depth) = self.instruments.current().ahead.as_ref().map(Ahead::depth) else {
            return;
        };
        let (start, end) = (self.now, self.now + length as u64);
        let hop = u64::from(self.clock.hop);
        let doubled = self.shedding >= SHED_FRAMES;
        // The window fills twice as fast as it moves on: asking for all of it at once, for all voices,
        // would make one block much slower than the others.
        let most_at_once = 2 * (length.div_ceil(hop as usize) as u64);
        let frames_ahead = LEAST_AHEAD.max(self.host_block.div_ceil(hop as usize));
        let frames_ahead = frames_ahead.min(depth) as u64;
        for (slot, Slot { voice, .. }) in self.pool.slots_mut().iter_mut().enumerate() {
            if !voice.life.sounds_at(end) {
                continue;
            }
            let Freezing {
                instrument,
                ahead: Some(ahead),
                ..
            } = self.instruments.freezing(voice.note.instrument)
            else {
                continue;
            };
            let channel = &self.channels[usize::from(voice.note.channel)];
            let owner = Owner {
                note: voice.note.serial,
                instrument: voice.note.instrument.index,
            };
            if !ahead.asks_for(owner.instrument) {
                continue;
            }
            let until = voice.life.end.min(end + frames_ahead * hop);
            let frames = control_frames(&voice.life, end..until, hop);
            let first = ahead.next_frame(slot, owner, frames.start);
            let last = frames.end.min(first + most_at_once);
            for frame in first..last {
                // Where columns are doubled, odd frames ask nothing.
                if doubled && frame % 2 == 1 {
                    continue;
                }
                let sample = voice.life.onset + frame * hop;
                let point = ChannelPoint::ahead(channel, (sample - start) as usize);
                let frozen = voice.freeze(instrument, &self.clock, frame, &point);
                if !ahead.ask(slot, owner, frame, frozen.asked, end) {
                    break;
                }
            }
        }
        self.instruments.send_asked(end);
    }
}

/// Control frames of a voice that fall in `block` (sample times), none of them after its end.
fn control_frames(life: &Life, block: Range<u64>, hop: u64) -> Range<u64> {
    let first = block.start.saturating_sub(life.onset).div_ceil(hop);
    let end = life.end.min(block.end).saturating_sub(life.onset);
    first..end.div_ceil(hop)
}

/// A channel's controls at one sample.
struct ChannelPoint {
    pitch_semitones: f32,
    modulation: f32,
    expression: f32,
    tilt_db: f32,
}

impl ChannelPoint {
    /// At a sample of the block.
    fn at(channel: &Channel, at: usize) -> Self {
        Self {
            pitch_semitones: channel.pitch_semitones.at(at),
            modulation: channel.modulation.at(at),
            expression: channel.expression.at(at),
            tilt_db: channel.tilt_db.at(at),
        }
    }

    /// At a sample after the block, if no event comes.
    fn ahead(channel: &Channel, at: usize) -> Self {
        Self {
            pitch_semitones: channel.pitch_semitones.ahead(at),
            modulation: channel.modulation.ahead(at),
            expression: channel.expression.ahead(at),
            tilt_db: channel.tilt_db.ahead(at),
        }
    }
}

impl Voice {
    /// What is settled of the column at control frame `frame`.
    fn freeze(
        &self,
        instrument: &Instrument,
        clock: &Clock,
        frame: u64,
        channel: &ChannelPoint,
    ) -> Frozen {
        let sample = self.life.onset + frame * u64::from(clock.hop);
        let motion = self.motion_at_frame(&instrument.expression, clock, frame);
        let features = self.features(motion, channel, clock, sample);
        Frozen {
            asked: features.normalised(&instrument.ranges),
            features,
            motion,
            tilt_db: self.motion.tilt_db() + channel.tilt_db,
        }
    }

    /// What the network is asked at a sample.
    fn features(
        &self,
        point: MotionPoint,
        channel: &ChannelPoint,
        clock: &Clock,
        sample: u64,
    ) -> Features {
        let semitones = channel.pitch_semitones
            + self.glide.at(sample)
            + point.sway_semitones
            + channel.modulation * WHEEL_SEMITONES * point.wheel_lfo;
        let swell = channel.expression * self.pressure.at(sample);
        Features {
            f0_hz: self.f0_hz * (semitones / 12.0).exp2(),
            loudness_db: point.loudness_db + expression_db(swell) - self.release_db(clock, sample),
            velocity: self.note.velocity,
            z: attackness(clock.seconds_f32(sample - self.life.onset), 0.0),
        }
    }
}
