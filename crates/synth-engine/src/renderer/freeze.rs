//! The columns of a block: what the network is asked at each voice's control frames, and what it will
//! be asked next.

use super::Renderer;
use super::parameters::SHED_FRAMES;
use crate::ahead::{Ahead, LEAST_AHEAD, Owner};
use crate::channel::Channel;
use crate::config::ControlRate;
use crate::instrument_set::Freezing;
use crate::voice::{ChannelPoint, Life, LookedAhead, Pace, Slot, VoiceFrames};
use std::ops::Range;

impl Renderer {
    /// Freezes the features of every control frame that falls in the block.
    pub(super) fn freeze_columns(&mut self, length: usize) {
        let (start, end) = (self.now, self.now + length as u64);
        let hop = u64::from(self.clock.hop);
        let pace = self.pace();
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
            output.frames = VoiceFrames::new(frames.start, room.count());
            for frame in frames {
                let sample = voice.life.onset + frame * hop;
                let point = at(channel, (sample - start) as usize);
                let column = voice.column_at(instrument, &self.clock, frame, &point, pace);
                let Some(frozen) = column else {
                    continue;
                };
                output.frames.add(frame, frozen.hops_log2);
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

    fn pace(&self) -> Pace {
        Pace {
            adaptive: self.config.control_rate == ControlRate::Adaptive,
            halved: self.shedding >= SHED_FRAMES,
        }
    }

    /// Asks what voices will ask after the block if no event comes.
    fn ask_ahead(&mut self, length: usize) {
        let Some(depth) = self.instruments.current().ahead.as_ref().map(Ahead::depth) else {
            return;
        };
        let (start, end) = (self.now, self.now + length as u64);
        let hop = u64::from(self.clock.hop);
        let pace = self.pace();
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
            let next = ahead.next_frame(slot, owner, frames.start);
            let schedule = voice.schedule;
            // Where nothing has changed it goes on after the last frame that was looked at.
            let goes_on = next > frames.start && voice.ahead.frame >= frames.start;
            let mut looked = match goes_on {
                true => voice.ahead,
                false => LookedAhead {
                    frame: frames.start,
                    schedule,
                },
            };
            let last = frames.end.min(next.max(looked.frame) + most_at_once);
            while looked.frame < last {
                voice.schedule = looked.schedule;
                let frame = looked.frame;
                let sample = voice.life.onset + frame * hop;
                let point = ahead_at(channel, (sample - start) as usize);
                let column = voice.column_at(instrument, &self.clock, frame, &point, pace);
                if let Some(frozen) = column
                    && frame >= next
                    && !ahead.ask(slot, owner, frame, frozen.asked, end)
                {
                    break;
                }
                looked = LookedAhead {
                    frame: frame + 1,
                    schedule: voice.schedule,
                };
            }
            voice.ahead = looked;
            voice.schedule = schedule;
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

/// A channel's controls at a sample of the block.
fn at(channel: &Channel, at: usize) -> ChannelPoint {
    ChannelPoint {
        pitch_semitones: channel.pitch_semitones.at(at),
        modulation: channel.modulation.at(at),
        expression: channel.expression.at(at),
        tilt_db: channel.tilt_db.at(at),
    }
}

/// The same at a sample after the block, if no event comes.
fn ahead_at(channel: &Channel, at: usize) -> ChannelPoint {
    ChannelPoint {
        pitch_semitones: channel.pitch_semitones.ahead(at),
        modulation: channel.modulation.ahead(at),
        expression: channel.expression.ahead(at),
        tilt_db: channel.tilt_db.ahead(at),
    }
}
