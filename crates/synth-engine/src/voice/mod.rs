//! One sounding note: its clock, its pitch, its level and its life, all counted from its own onset.

mod expression;
mod frames;
mod gain_curve;
mod holding;
mod note_start;
mod pitch_curve;
mod pool;
mod random;
mod release;
mod render;
mod sample_ramp;
mod schedule;
mod stretch;

pub(crate) use expression::{Motion, MotionPoint, WHEEL_SEMITONES};
pub(crate) use frames::VoiceFrames;
pub(crate) use holding::Damper;
pub(crate) use note_start::{NoteSetting, NoteStart};
pub(crate) use pool::{Admission, Slot, VoicePool, is_playing};
pub(crate) use random::mix;
pub(crate) use release::Release;
pub(crate) use render::{BlockView, RenderScratch, VoiceTools, first_hop_from};
use sample_ramp::SampleRamp;
pub(crate) use schedule::{ChannelPoint, Pace, Schedule};

use crate::clock::Clock;
use crate::renderer::TimeScale;
use synth_model::Expression;

/// A time that has not come.
pub(crate) const NEVER: u64 = u64::MAX;

/// Sample times of a voice's life; each is absolute on the renderer's sample counter.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Life {
    pub(crate) onset: u64,
    /// Where the release begins, or [`NEVER`].
    pub(crate) release: u64,
    /// Where a quick fade (stealing, all sound off) begins, or [`NEVER`].
    pub(crate) fade: u64,
    /// How long that fade takes.
    pub(crate) fade_samples: u32,
    /// Where the voice takes over from another one that fades, one of its own control frames, or
    /// [`NEVER`].
    pub(crate) entry: u64,
    /// The first sample that no longer sounds, or [`NEVER`].
    pub(crate) end: u64,
}

impl Life {
    /// A slot that has never sounded.
    const OVER: Self = Self {
        onset: 0,
        release: 0,
        fade: 0,
        fade_samples: 1,
        entry: NEVER,
        end: 0,
    };

    pub(crate) fn sounds_at(&self, sample: u64) -> bool {
        sample < self.end
    }
}

/// A voice in its slot: state that outlives the block.
#[derive(Debug, Clone)]
pub(crate) struct Voice {
    pub(crate) note: NoteStart,
    pub(crate) life: Life,
    /// The key is down (the pedals may hold the voice longer).
    pub(crate) held: bool,
    /// The sostenuto pedal holds it.
    pub(crate) sostenuto: bool,
    /// Own way in pitch since the onset, in semitones: portamento, and legato in mono mode.
    pub(crate) glide: SampleRamp,
    /// Gain of the pressure on its key.
    pub(crate) pressure: SampleRamp,
    pub(crate) f0_hz: f32,
    pub(crate) motion: Motion,
    pub(crate) release: Release,
    /// Own motion at the last control frame and at the next.
    pub(crate) point_from: MotionPoint,
    pub(crate) point_to: MotionPoint,
    pub(crate) phase: u64,
    pub(crate) base_increment: f64,
    pub(crate) base_freq_norm: f32,
    pub(crate) from: Box<[f32]>,
    pub(crate) to: Box<[f32]>,
    pub(crate) noise_power: Box<[f32]>,
    /// The same at the control frame before.
    pub(crate) noise_before: Box<[f32]>,
    /// Loudness that the network saw at the last control frame.
    pub(crate) clamped_loudness_db: f32,
    /// Partials of the last control frame that are rendered, and of it and the one before.
    pub(crate) audible: usize,
    pub(crate) sounding: usize,
    /// The control frame at which the way to the last answer began, and the hops that it takes.
    pub(crate) way_from: u64,
    pub(crate) way_hops: u64,
    pub(crate) schedule: Schedule,
    pub(crate) ahead: LookedAhead,
}

/// How far a voice's coming columns have been looked at.
#[derive(Debug, Clone, Copy)]
pub(crate) struct LookedAhead {
    /// The first control frame that has not been.
    pub(crate) frame: u64,
    /// As it will be there, if no event comes.
    pub(crate) schedule: Schedule,
}

impl LookedAhead {
    pub(crate) const NOTHING: Self = Self {
        frame: 0,
        schedule: Schedule::START,
    };
}

impl Voice {
    /// Takes everything over from another voice, without an allocation. Where that has more partials than
    /// this one has room for, the highest stay behind.
    pub(crate) fn copy_from(&mut self, other: &Self) {
        let copy = |to: &mut [f32], from: &[f32]| {
            to.fill(0.0);
            to.iter_mut().zip(from).for_each(|(to, from)| *to = *from);
        };
        copy(&mut self.from, &other.from);
        copy(&mut self.to, &other.to);
        copy(&mut self.noise_power, &other.noise_power);
        copy(&mut self.noise_before, &other.noise_before);
        self.note = other.note;
        self.life = other.life;
        self.held = other.held;
        self.sostenuto = other.sostenuto;
        self.glide = other.glide;
        self.pressure = other.pressure;
        self.f0_hz = other.f0_hz;
        self.motion = other.motion;
        self.release = other.release;
        self.point_from = other.point_from;
        self.point_to = other.point_to;
        self.phase = other.phase;
        self.base_increment = other.base_increment;
        self.base_freq_norm = other.base_freq_norm;
        self.clamped_loudness_db = other.clamped_loudness_db;
        self.audible = other.audible.min(self.to.len());
        self.sounding = other.sounding.min(self.to.len());
        self.way_from = other.way_from;
        self.way_hops = other.way_hops;
        self.schedule = other.schedule;
        self.ahead = other.ahead;
    }

    /// Takes everything over from a voice of another renderer, whose samples are of another length.
    pub(crate) fn adopt(&mut self, other: &Self, scale: &TimeScale) {
        self.copy_from(other);
        for moment in [
            &mut self.note.onset,
            &mut self.life.onset,
            &mut self.life.release,
            &mut self.life.end,
        ] {
            *moment = scale.moment(*moment);
        }
        self.life.entry = NEVER;
        self.glide.rescale(scale);
        self.pressure.rescale(scale);
        self.release.rescale(scale);
        let ratio = scale.frequency_ratio();
        self.base_increment *= ratio;
        self.base_freq_norm = (f64::from(self.base_freq_norm) * ratio) as f32;
        self.ask_anew();
    }

    /// Asks the network at the next control frame, whatever has been planned.
    pub(crate) fn ask_anew(&mut self) {
        self.schedule = Schedule::START;
        self.ahead = LookedAhead::NOTHING;
    }

    /// Where the voice's glide would have to go for it to sound as `key`.
    pub(crate) fn glide_to(&self, key: u8, tuning_semitones: f32) -> f32 {
        let here = f32::from(self.note.key) + self.note.tuning_semitones;
        self.glide.target() + (f32::from(key) + tuning_semitones) - here
    }

    /// Goes over to another key without beginning anew, from `now` on, where the block has been
    /// ended.
    pub(crate) fn move_to(&mut self, key: u8, tuning_semitones: f32, now: u64, samples: u32) {
        let target = self.glide_to(key, tuning_semitones);
        self.glide.head_for(target, now, samples);
        self.note.key = key;
        self.note.tuning_semitones = tuning_semitones;
    }

    /// Lets the note go at `now`, unless it is gone already; it takes `stretch` times as long to die
    /// away as it does of itself.
    pub(crate) fn begin_release(&mut self, now: u64, stretch: f32, clock: &Clock) {
        if self.life.release != NEVER {
            return;
        }
        self.life.release = now;
        self.release.begin(now, stretch, self.motion.sustain_db());
        self.end_with_release(clock);
    }

    /// A release under way takes another time from `now` on, where the block has been ended.
    pub(crate) fn stretch_release(&mut self, now: u64, stretch: f32, clock: &Clock) {
        let leg_s = clock.seconds_f32(now.saturating_sub(self.release.start()));
        self.release.change(now, leg_s, stretch);
        self.end_with_release(clock);
    }

    fn end_with_release(&mut self, clock: &Clock) {
        let duration = clock.samples(f64::from(self.release.duration_s()));
        let end = self.release.start() + duration;
        self.life.end = match self.life.fade {
            NEVER => end,
            _ => self.life.end.min(end),
        };
    }

    /// Attenuation of the release at an absolute sample, in dB.
    pub(crate) fn release_db(&self, clock: &Clock, sample: u64) -> f32 {
        if sample < self.life.release {
            return 0.0;
        }
        self.release
            .attenuation_db(clock.seconds_f32(sample.saturating_sub(self.release.start())))
    }

    /// The voice's own motion at its control frame `frame`.
    pub(crate) fn motion_at_frame(
        &mut self,
        expression: &Expression,
        clock: &Clock,
        frame: u64,
    ) -> MotionPoint {
        self.motion
            .at(expression, clock.seconds(frame * u64::from(clock.hop)))
    }

    /// Loudness at a sample without the channel's part, in dBA: ranks voices for stealing.
    pub(crate) fn loudness_db(&self, expression: &Expression, clock: &Clock, sample: u64) -> f32 {
        let frame = sample.saturating_sub(self.life.onset) / u64::from(clock.hop);
        let pressure_db = 20.0 * self.pressure.at(sample).log10();
        let age_s = clock.seconds(frame * u64::from(clock.hop));
        let mut motion = self.motion;
        motion.at(expression, age_s).loudness_db + pressure_db - self.release_db(clock, sample)
    }
}
