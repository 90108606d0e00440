//! A voice's own motion: attack, fluctuation, vibrato and drift as functions of its age.

use super::random::Stream;
use std::f64::consts::TAU;
use synth_model::{Expression, TablePosition};

/// The modulation wheel's full depth.
pub(crate) const WHEEL_SEMITONES: f32 = 0.5;
/// Rate of the wheel's vibrato on an instrument that has none of its own.
const DEFAULT_VIBRATO_HZ: f32 = 5.5;
/// Players do not share a clock: each voice's vibrato rate differs by up to this share.
const VIBRATO_SPREAD: f32 = 0.04;

/// What a voice does of itself at one control frame.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct MotionPoint {
    /// Loudness in dBA before controllers and release.
    pub(crate) loudness_db: f32,
    /// Vibrato and drift of the instrument, in semitones.
    pub(crate) sway_semitones: f32,
    /// Vibrato oscillator for the modulation wheel, -1..=1.
    pub(crate) wheel_lfo: f32,
}

/// The tables of one note, read at its pitch and velocity.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Motion {
    sustain_db: f32,
    attack: TablePosition,
    attack_end_s: f64,
    attack_step_s: f64,
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
    steady: bool,
}

impl Motion {
    pub(crate) fn new(
        expression: &Expression,
        f0_hz: f32,
        velocity: f32,
        seed: u64,
        voice: u64,
        steady: bool,
    ) -> Self {
        let read = |table: &synth_model::CurveTable, n| table.at(table.locate(f0_hz, velocity), n);
        let own_rate = read(&expression.vibrato, 0);
        let rate = if own_rate > 0.0 {
            own_rate
        } else {
            DEFAULT_VIBRATO_HZ
        };
        let pitch_stream = Stream::new(seed, voice, 1);
        let entries = expression.attack_db.length().saturating_sub(1);
        let attack_step_s = f64::from(expression.attack_step_s);
        Self {
            sustain_db: read(&expression.sustain_db, 0),
            attack: expression.attack_db.locate(f0_hz, velocity),
            attack_end_s: attack_step_s * entries as f64,
            attack_step_s,
            vibrato_hz: rate * (1.0 + VIBRATO_SPREAD * pitch_stream.uniform(u64::MAX)),
            vibrato_semitones: read(&expression.vibrato, 1) / 100.0,
            vibrato_delay_s: read(&expression.vibrato, 2),
            vibrato_fade_s: read(&expression.vibrato, 3),
            fluctuation_db: read(&expression.fluctuation, 0),
            fluctuation_hz: read(&expression.fluctuation, 1),
            drift_semitones: read(&expression.drift, 0) / 100.0,
            drift_hz: read(&expression.drift, 1),
            loudness_stream: Stream::new(seed, voice, 0),
            pitch_stream,
            steady,
        }
    }

    /// The motion `age_s` seconds after the onset.
    pub(crate) fn at(&self, expression: &Expression, age_s: f64) -> MotionPoint {
        let mut loudness_db = self.sustain_db;
        let last = self.attack_end_s;
        let entry = (age_s.min(last) / self.attack_step_s) as f32;
        loudness_db += expression.attack_db.at_fractional(self.attack, entry);
        if self.steady {
            return MotionPoint {
                loudness_db,
                ..MotionPoint::default()
            };
        }
        loudness_db +=
            self.fluctuation_db * self.loudness_stream.slow_noise(age_s, self.fluctuation_hz);
        let wheel_lfo = (TAU * (age_s * f64::from(self.vibrato_hz)).fract()).sin() as f32;
        let since_delay = age_s as f32 - self.vibrato_delay_s;
        let fade = (since_delay / self.vibrato_fade_s.max(1e-3)).clamp(0.0, 1.0);
        let sway_semitones = self.vibrato_semitones * fade * wheel_lfo
            + self.drift_semitones * self.pitch_stream.slow_noise(age_s, self.drift_hz);
        MotionPoint {
            loudness_db,
            sway_semitones,
            wheel_lfo,
        }
    }
}
