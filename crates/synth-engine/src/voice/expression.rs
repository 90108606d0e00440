//! A voice's own motion: attack, onset, fluctuation, vibrato and drift as functions of its age.

use super::NoteStart;
use super::random::{Nodes, SlowNodes, Stream};
use std::f64::consts::TAU;
use synth_model::{Expression, TablePosition};

/// The modulation wheel's full depth.
pub(crate) const WHEEL_SEMITONES: f32 = 0.5;
/// Rate of the wheel's vibrato on an instrument that has none of its own.
const DEFAULT_VIBRATO_HZ: f32 = 5.5;
/// Players do not share a clock: each voice's vibrato rate differs by up to this share.
const VIBRATO_SPREAD: f32 = 0.04;
/// Nor does a player keep an even one: the rate wanders with this standard deviation, as a share...
const VIBRATO_WANDER: f32 = 0.03;
/// ...anew every so many cycles. Both are chosen: heard as alive, too little to take from the depth.
const WANDER_CYCLES: f32 = 2.5;
/// Standard deviation of the slope of value noise of unit variance: sqrt(12 / 5 * 35 / 26).
const VALUE_NOISE_SLOPE: f32 = 1.797_4;
/// The attack controller makes attacks up to this many times longer or shorter.
const ATTACK_RANGE: f64 = 8.0;
/// The vibrato rate controller makes it up to this many times faster or slower.
const RATE_RANGE: f32 = 2.0;
/// What the vibrato depth controller adds at most; downwards it takes the instrument's own away.
const ADDED_DEPTH_CENTS: f32 = 50.0;
/// What the vibrato delay controller adds at most; downwards it takes the instrument's own away.
const ADDED_DELAY_S: f32 = 2.0;

/// What a voice does of itself at one control frame.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct MotionPoint {
    /// Loudness in dBA before controllers and release.
    pub(crate) loudness_db: f32,
    /// Onset, vibrato and drift of the instrument, in semitones.
    pub(crate) sway_semitones: f32,
    /// Vibrato oscillator for the modulation wheel, -1..=1.
    pub(crate) wheel_lfo: f32,
    /// Gain on the power of the noise, in dB.
    pub(crate) noise_db: f32,
}

impl MotionPoint {
    /// A point so far on the straight way to another.
    pub(crate) fn towards(&self, other: &Self, progress: f32) -> Self {
        let between = |from: f32, to: f32| from + (to - from) * progress;
        Self {
            loudness_db: between(self.loudness_db, other.loudness_db),
            sway_semitones: between(self.sway_semitones, other.sway_semitones),
            wheel_lfo: between(self.wheel_lfo, other.wheel_lfo),
            noise_db: between(self.noise_db, other.noise_db),
        }
    }
}

/// The tables of one note, read at its pitch and velocity.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Motion {
    sustain_db: f32,
    attack: TablePosition,
    onset_noise: TablePosition,
    onset_pitch: TablePosition,
    attack_step_s: f64,
    tilt_db: f32,
    /// A note this many times older is no further in its attack.
    attack_stretch: f64,
    vibrato_hz: f32,
    vibrato_semitones: f32,
    vibrato_delay_s: f32,
    vibrato_fade_s: f32,
    fluctuation_db: f32,
    fluctuation_hz: f32,
    drift_semitones: f32,
    drift_hz: f32,
    loudness_stream: Stream,
    pitch_stream: Stream,
    rate_stream: Stream,
    steady: bool,
    /// Where the streams of loudness, pitch and rate stand.
    nodes: [SlowNodes; 2],
    rate_nodes: Nodes,
}

impl Motion {
    /// `random` is the renderer's seed and the voice's number.
    pub(crate) fn new(
        expression: &Expression,
        f0_hz: f32,
        note: &NoteStart,
        random: (u64, u64),
        steady: bool,
    ) -> Self {
        let (seed, voice) = random;
        let velocity = note.velocity;
        let sound = &note.sound;
        let read = |table: &synth_model::CurveTable, n| table.at(table.locate(f0_hz, velocity), n);
        let own_rate = read(&expression.vibrato, 0);
        let rate = if own_rate > 0.0 {
            own_rate
        } else {
            DEFAULT_VIBRATO_HZ
        };
        let pitch_stream = Stream::new(seed, voice, 1);
        let rate = rate * RATE_RANGE.powf(sound.vibrato_rate);
        let added = |own: f32, amount: f32, most: f32| {
            own * (1.0 + amount.min(0.0)) + most * amount.max(0.0)
        };
        let depth_cents = read(&expression.vibrato, 1);
        let delay_s = read(&expression.vibrato, 2);
        Self {
            sustain_db: read(&expression.sustain_db, 0),
            attack: expression.attack_db.locate(f0_hz, velocity),
            onset_noise: expression.onset_noise_db.locate(f0_hz, velocity),
            onset_pitch: expression.onset_cents.locate(f0_hz, velocity),
            attack_step_s: f64::from(expression.attack_step_s),
            tilt_db: expression.tilt_db_at(f0_hz, velocity),
            attack_stretch: ATTACK_RANGE.powf(f64::from(sound.attack_time)),
            vibrato_hz: rate * (1.0 + VIBRATO_SPREAD * pitch_stream.uniform(u64::MAX)),
            vibrato_semitones: added(depth_cents, sound.vibrato_depth, ADDED_DEPTH_CENTS) / 100.0,
            vibrato_delay_s: added(delay_s, sound.vibrato_delay, ADDED_DELAY_S),
            vibrato_fade_s: read(&expression.vibrato, 3),
            fluctuation_db: read(&expression.fluctuation, 0),
            fluctuation_hz: read(&expression.fluctuation, 1),
            drift_semitones: read(&expression.drift, 0) / 100.0,
            drift_hz: read(&expression.drift, 1),
            loudness_stream: Stream::new(seed, voice, 0),
            pitch_stream,
            rate_stream: Stream::new(seed, voice, 2),
            steady,
            nodes: [SlowNodes::default(); 2],
            rate_nodes: Nodes::default(),
        }
    }

    /// Tilt of the partials, dB per octave above the fundamental.
    pub(crate) fn tilt_db(&self) -> f32 {
        self.tilt_db
    }

    /// Loudness in dBA that the note is held at, before fluctuation, controllers and release.
    pub(crate) fn sustain_db(&self) -> f32 {
        self.sustain_db
    }

    /// Takes something off the loudness.
    pub(crate) fn soften(&mut self, by_db: f32) {
        self.sustain_db -= by_db;
    }

    /// The motion `age_s` seconds after the onset.
    pub(crate) fn at(&mut self, expression: &Expression, age_s: f64) -> MotionPoint {
        // Beyond a curve's end its last value holds.
        let entry = (age_s / self.attack_stretch / self.attack_step_s) as f32;
        let mut loudness_db = self.sustain_db;
        loudness_db += expression.attack_db.at_fractional(self.attack, entry);
        if self.steady {
            return MotionPoint {
                loudness_db,
                ..MotionPoint::default()
            };
        }
        let [loudness_nodes, pitch_nodes] = &mut self.nodes;
        let fluctuation =
            self.loudness_stream
                .slow_noise(age_s, self.fluctuation_hz, loudness_nodes);
        loudness_db += self.fluctuation_db * fluctuation;
        let cycles = age_s * f64::from(self.vibrato_hz);
        let wander = self
            .rate_stream
            .value_noise(cycles / f64::from(WANDER_CYCLES), &mut self.rate_nodes);
        // A wandering rate as a wandering phase, whose slope is the rate's deviation.
        let ahead_cycles = wander * (VIBRATO_WANDER * WANDER_CYCLES / VALUE_NOISE_SLOPE);
        let wheel_lfo = (TAU * (cycles.fract() + f64::from(ahead_cycles))).sin() as f32;
        let since_delay = age_s as f32 - self.vibrato_delay_s;
        let fade = (since_delay / self.vibrato_fade_s.max(1e-3)).clamp(0.0, 1.0);
        let onset_cents = expression
            .onset_cents
            .at_fractional(self.onset_pitch, entry);
        let sway_semitones = onset_cents / 100.0
            + self.vibrato_semitones * fade * wheel_lfo
            + self.drift_semitones
                * self
                    .pitch_stream
                    .slow_noise(age_s, self.drift_hz, pitch_nodes);
        MotionPoint {
            loudness_db,
            sway_semitones,
            wheel_lfo,
            noise_db: expression
                .onset_noise_db
                .at_fractional(self.onset_noise, entry),
        }
    }
}
