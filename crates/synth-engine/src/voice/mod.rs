//! One sounding note: its clock, its pitch, its level and its life, all counted from its own onset.

mod expression;
mod pool;
mod random;
mod release;
mod render;

pub(crate) use expression::{Motion, MotionPoint, WHEEL_SEMITONES};
pub(crate) use pool::{Admission, NoteSetting, Slot, VoicePool};
pub(crate) use release::Release;
pub(crate) use render::{BlockView, RenderScratch, VoiceTools, first_hop_from};

use crate::clock::Clock;
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
    /// The first sample that no longer sounds, or [`NEVER`].
    pub(crate) end: u64,
}

impl Life {
    /// A slot that has never sounded.
    const OVER: Self = Self {
        onset: 0,
        release: 0,
        fade: 0,
        end: 0,
    };

    pub(crate) fn sounds_at(&self, sample: u64) -> bool {
        sample < self.end
    }
}

/// What a note is started with.
#[derive(Debug, Clone, Copy)]
pub(crate) struct NoteStart {
    pub(crate) channel: u8,
    pub(crate) key: u8,
    pub(crate) velocity: f32,
    pub(crate) instrument: usize,
    /// Notes are numbered from the renderer's start; the number also names the random streams.
    pub(crate) serial: u64,
    pub(crate) onset: u64,
}

/// A voice in its slot: state that outlives the block.
#[derive(Debug, Clone)]
pub(crate) struct Voice {
    pub(crate) note: NoteStart,
    pub(crate) life: Life,
    /// The key is down (the pedal may hold the voice longer).
    pub(crate) held: bool,
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
    /// Loudness that the network saw at the last control frame.
    pub(crate) clamped_loudness_db: f32,
}

impl Voice {
    /// Lets the note go at `now`, unless it is gone already.
    pub(crate) fn begin_release(&mut self, now: u64, clock: &Clock) {
        if self.life.release != NEVER {
            return;
        }
        self.life.release = now;
        let end = now + clock.samples(f64::from(self.release.duration_s()));
        self.life.end = self.life.end.min(end);
    }

    /// Attenuation of the release at an absolute sample, in dB.
    pub(crate) fn release_db(&self, clock: &Clock, sample: u64) -> f32 {
        if sample < self.life.release {
            return 0.0;
        }
        self.release
            .attenuation_db(clock.seconds_f32(sample - self.life.release))
    }

    /// The voice's own motion at its control frame `frame`.
    pub(crate) fn motion_at_frame(
        &self,
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
        self.motion_at_frame(expression, clock, frame).loudness_db - self.release_db(clock, sample)
    }
}
