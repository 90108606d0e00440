//! When a voice asks its network: at every control frame, or, where what it would ask hardly moves, at
//! every second or fourth.
//!
//! A column that is asked at frame `f` for `h` hops holds what the voice will be like at frame `f + h - 1`,
//! if no event comes, and the way to it takes those hops: so the answer lags the voice by one hop whatever
//! `h`. An event on the way ends it: at the next frame the voice asks again. All is decided from what the
//! network is asked, which is FP16 numbers, from the voice's age and from controls at control frames: so
//! neither blocks, threads nor devices make a difference.

use super::{MotionPoint, Voice, WHEEL_SEMITONES};
use crate::channel::expression_db;
use crate::clock::Clock;
use crate::columns::Frozen;
use synth_model::{Features, Instrument, attackness};

/// Binary logarithm of the most hops between two columns.
pub(crate) const MOST_HOPS_LOG2: u8 = 2;
/// A voice younger than this asks at every frame.
const ATTACK_S: f64 = 0.25;
/// The longest way to a column: a thirtieth of a vibrato's period, whose turning points have the same features
/// on both sides and others between. At low sample rates one hop is longer.
const LONGEST_S: f64 = 0.006;
/// How far each feature may move from one column to the next for the hops between them to be more than
/// one: 3.6 cents (f0 counts two octaves), 0.25 dB (loudness counts 20 dB), the velocity, which does not move,
/// and a hundredth of the attack. Chosen so that the shipped instruments' partials stay within 0.1 dB
/// (`ane-synth-app/tests/control_rate.rs`).
const HARDLY_MOVES: [f32; Features::COUNT] = [0.0015, 0.0125, 0.0, 0.01];

/// How often networks are asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Pace {
    /// More seldom where little moves.
    pub(crate) adaptive: bool,
    /// The load is to be shed: every second frame, whatever moves.
    pub(crate) halved: bool,
}

/// When a voice asks next, and what it asked last.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Schedule {
    next: u64,
    hops_log2: u8,
    asked: [f32; Features::COUNT],
    /// At the last frame that was looked at; NaN, which equals nothing, where none was.
    seen: Circumstances,
    /// The voice's own motion at frame `next`.
    motion: MotionPoint,
    motion_is_known: bool,
}

/// What events change of a voice's features.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Circumstances {
    channel: ChannelPoint,
    glide: f32,
    pressure: f32,
    is_released: bool,
}

/// A channel's controls at one sample.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct ChannelPoint {
    pub(crate) pitch_semitones: f32,
    pub(crate) modulation: f32,
    pub(crate) expression: f32,
    pub(crate) tilt_db: f32,
}

impl Schedule {
    /// Asks at the first frame that comes.
    pub(crate) const START: Self = Self {
        next: 0,
        hops_log2: 0,
        asked: [0.0; Features::COUNT],
        seen: Circumstances {
            channel: ChannelPoint {
                pitch_semitones: f32::NAN,
                modulation: 0.0,
                expression: 0.0,
                tilt_db: 0.0,
            },
            glide: 0.0,
            pressure: 0.0,
            is_released: false,
        },
        motion: MotionPoint {
            loudness_db: 0.0,
            sway_semitones: 0.0,
            wheel_lfo: 0.0,
            noise_db: 0.0,
        },
        motion_is_known: false,
    };
}

impl Voice {
    /// The column of control frame `frame`, if it has one; frames are to be asked for in their order.
    pub(crate) fn column_at(
        &mut self,
        instrument: &Instrument,
        clock: &Clock,
        frame: u64,
        channel: &ChannelPoint,
        pace: Pace,
    ) -> Option<Frozen> {
        let sample = self.life.onset + frame * u64::from(clock.hop);
        let now = Circumstances {
            channel: *channel,
            glide: self.glide.at(sample),
            pressure: self.pressure.at(sample),
            is_released: sample >= self.life.release,
        };
        let is_still = self.schedule.seen == now;
        self.schedule.seen = now;
        if frame < self.schedule.next && (is_still || pace.halved) {
            return None;
        }
        let expression = &instrument.expression;
        let begins = match self.schedule.motion_is_known && frame == self.schedule.next {
            true => self.schedule.motion,
            false => self.motion_at_frame(expression, clock, frame),
        };
        let aligned = frame.trailing_zeros().min(u32::from(MOST_HOPS_LOG2)) as u8;
        let least = if pace.halved { aligned.min(1) } else { 0 };
        let age_s = clock.seconds(frame * u64::from(clock.hop));
        let most = match pace.adaptive && is_still && age_s >= ATTACK_S {
            true => aligned.min(self.schedule.hops_log2 + 1).min(longest(clock)),
            false => 0,
        };
        let most = most.max(least);
        let mut hops_log2 = most;
        let (features, asked) = loop {
            let last = frame + (1 << hops_log2) - 1;
            let motion = match last == frame {
                true => begins,
                false => self.motion_at_frame(expression, clock, last),
            };
            let features = self.features(motion, &now, clock, last);
            let asked = features.normalised(&instrument.ranges);
            if hops_log2 <= least || hardly_moves(&self.schedule.asked, &asked) {
                break (features, asked);
            }
            hops_log2 -= 1;
        };
        let next = frame + (1 << hops_log2);
        let ends = self.motion_at_frame(expression, clock, next);
        self.schedule = Schedule {
            next,
            hops_log2,
            asked,
            seen: now,
            motion: ends,
            motion_is_known: true,
        };
        Some(Frozen {
            asked,
            features,
            hops_log2,
            begins,
            ends,
            tilt_db: self.motion.tilt_db() + channel.tilt_db,
        })
    }

    /// What the network is asked at a control frame.
    fn features(
        &self,
        point: MotionPoint,
        now: &Circumstances,
        clock: &Clock,
        frame: u64,
    ) -> Features {
        let age = frame * u64::from(clock.hop);
        let Circumstances {
            channel,
            glide,
            pressure,
            is_released,
        } = now;
        let semitones = channel.pitch_semitones
            + glide
            + point.sway_semitones
            + channel.modulation * WHEEL_SEMITONES * point.wheel_lfo;
        let swell = channel.expression * pressure;
        // A release that is still to come may or may not be known, as blocks fall.
        let release_db = match is_released {
            true => self.release_db(clock, self.life.onset + age),
            false => 0.0,
        };
        Features {
            f0_hz: self.f0_hz * (semitones / 12.0).exp2(),
            loudness_db: point.loudness_db + expression_db(swell) - release_db,
            velocity: self.note.velocity,
            z: attackness(clock.seconds_f32(age), 0.0),
        }
    }
}

/// Binary logarithm of the hops of the longest way.
fn longest(clock: &Clock) -> u8 {
    let is_short = |hops_log2: &u8| clock.seconds(u64::from(clock.hop) << hops_log2) <= LONGEST_S;
    let ways = (1..=MOST_HOPS_LOG2).take_while(is_short);
    ways.last().unwrap_or(0)
}

fn hardly_moves(from: &[f32; Features::COUNT], to: &[f32; Features::COUNT]) -> bool {
    let moves = from.iter().zip(to).zip(HARDLY_MOVES);
    moves.fold(true, |still, ((from, to), most)| {
        still & ((to - from).abs() <= most)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_way_is_longer_than_a_vibrato_allows() {
        let longest = |rate_hz| longest(&Clock::new(rate_hz));
        for (rate_hz, expected) in [
            (8000, 0),
            (11_025, 0),
            (22_050, 1),
            (32_000, 1),
            (44_100, 2),
            (48_000, 2),
            (88_200, 2),
            (96_000, 2),
            (192_000, 2),
        ] {
            assert_eq!(longest(rate_hz), expected, "{rate_hz}");
        }
    }
}
