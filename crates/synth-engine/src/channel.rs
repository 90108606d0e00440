//! What a channel remembers between notes: controllers, pedal and program.

use crate::control_curve::ControlCurve;
use std::f32::consts::FRAC_PI_4;

/// Pitch settles this fast after a bend message; shorter steps zip, longer ones lag.
const BEND_RAMP_S: f64 = 0.004;
/// A wide bend takes longer: 24 semitones within 4 ms are a sweep so fast that it clicks.
const BEND_RAMP_S_PER_SEMITONE: f64 = 0.000_5;
/// Gains and the modulation wheel settle this fast; on pure low tones half of it is heard as a click.
const GAIN_RAMP_S: f64 = 0.020;
/// Loudness offset that stands for expression 0 where a number of dB is wanted.
const SILENT_EXPRESSION_DB: f32 = -80.0;
/// General MIDI level 1: volume 100, expression 127, pan centre after a reset.
const DEFAULT_VOLUME: f32 = 100.0 / 127.0;

/// One channel's controls over the present block.
#[derive(Debug, Clone)]
pub(crate) struct Channel {
    pub(crate) bend_semitones: ControlCurve,
    pub(crate) modulation: ControlCurve,
    /// Gain of the expression, 0..=1.
    pub(crate) expression: ControlCurve,
    pub(crate) left_gain: ControlCurve,
    pub(crate) right_gain: ControlCurve,
    pub(crate) pedal_down: bool,
    pub(crate) instrument: usize,
    volume: f32,
    position: f32,
    bend_ramp: u32,
    bend_ramp_per_semitone: f32,
    gain_ramp: u32,
}

impl Channel {
    pub(crate) fn new(sample_rate_hz: u32, max_block: usize, instrument: usize) -> Self {
        let samples = |seconds: f64| (seconds * f64::from(sample_rate_hz)).round() as u32;
        let (left, right) = stereo_gain(DEFAULT_VOLUME, 0.0);
        Self {
            bend_semitones: ControlCurve::new(0.0, max_block),
            modulation: ControlCurve::new(0.0, max_block),
            expression: ControlCurve::new(1.0, max_block),
            left_gain: ControlCurve::new(left, max_block),
            right_gain: ControlCurve::new(right, max_block),
            pedal_down: false,
            instrument,
            volume: DEFAULT_VOLUME,
            position: 0.0,
            bend_ramp: samples(BEND_RAMP_S),
            bend_ramp_per_semitone: (BEND_RAMP_S_PER_SEMITONE * f64::from(sample_rate_hz)) as f32,
            gain_ramp: samples(GAIN_RAMP_S),
        }
    }

    /// Back to how the channel was made.
    pub(crate) fn reset(&mut self, instrument: usize) {
        self.volume = DEFAULT_VOLUME;
        self.position = 0.0;
        self.pedal_down = false;
        self.instrument = instrument;
        let (left, right) = stereo_gain(self.volume, self.position);
        self.bend_semitones.reset(0.0);
        self.modulation.reset(0.0);
        self.expression.reset(1.0);
        self.left_gain.reset(left);
        self.right_gain.reset(right);
    }

    pub(crate) fn begin_block(&mut self) {
        self.each_curve(ControlCurve::begin_block);
    }

    pub(crate) fn draw_to(&mut self, sample: usize) {
        self.each_curve(|curve| curve.draw_to(sample));
    }

    fn each_curve(&mut self, mut act: impl FnMut(&mut ControlCurve)) {
        act(&mut self.bend_semitones);
        act(&mut self.modulation);
        act(&mut self.expression);
        act(&mut self.left_gain);
        act(&mut self.right_gain);
    }

    /// `sounding` says whether a voice of the channel is heard at `sample`: a control set in
    /// silence is in place at once, so that a note and the set-up before it can share an instant.
    pub(crate) fn bend(&mut self, sample: usize, semitones: f32, sounding: bool) {
        self.bend_semitones.draw_to(sample);
        let way = (semitones - self.bend_semitones.value()).abs();
        let wide = (way * self.bend_ramp_per_semitone).round() as u32;
        let length = if sounding {
            self.bend_ramp.max(wide)
        } else {
            0
        };
        self.bend_semitones.set(sample, semitones, length);
    }

    pub(crate) fn modulate(&mut self, sample: usize, amount: f32, sounding: bool) {
        let length = if sounding { self.gain_ramp } else { 0 };
        self.modulation.set(sample, amount.clamp(0.0, 1.0), length);
    }

    pub(crate) fn express(&mut self, sample: usize, amount: f32, sounding: bool) {
        let length = if sounding { self.gain_ramp } else { 0 };
        let amount = amount.clamp(0.0, 1.0);
        self.expression.set(sample, amount * amount, length);
    }

    pub(crate) fn set_volume(&mut self, sample: usize, amount: f32, sounding: bool) {
        self.volume = amount.clamp(0.0, 1.0);
        self.place(sample, sounding);
    }

    pub(crate) fn pan(&mut self, sample: usize, position: f32, sounding: bool) {
        self.position = position.clamp(-1.0, 1.0);
        self.place(sample, sounding);
    }

    fn place(&mut self, sample: usize, sounding: bool) {
        let length = if sounding { self.gain_ramp } else { 0 };
        let (left, right) = stereo_gain(self.volume, self.position);
        self.left_gain.set(sample, left, length);
        self.right_gain.set(sample, right, length);
    }

    /// Level of the channel where its curves now stand, in dB; used to rank voices, not to play.
    pub(crate) fn level_db(&self) -> f32 {
        let power = self.left_gain.value().powi(2) + self.right_gain.value().powi(2);
        expression_db(self.expression.value()) + 10.0 * power.max(1e-12).log10()
    }
}

/// Loudness offset of an expression gain, dB.
pub(crate) fn expression_db(gain: f32) -> f32 {
    (20.0 * gain.log10()).max(SILENT_EXPRESSION_DB)
}

/// Volume squared (40 log10 dB, the General MIDI curve) and constant-power panning (MMA RP-036).
fn stereo_gain(volume: f32, position: f32) -> (f32, f32) {
    let angle = (position + 1.0) * FRAC_PI_4;
    let gain = volume * volume;
    // Hard right must leave the left channel exactly silent; cos(pi/2) in f32 does not.
    let left = if position >= 1.0 { 0.0 } else { angle.cos() };
    (gain * left, gain * angle.sin())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn panning_keeps_the_power_and_reaches_both_ends() {
        for step in -10..=10 {
            let (left, right) = stereo_gain(1.0, step as f32 / 10.0);
            assert!((left * left + right * right - 1.0).abs() < 1e-6);
        }
        assert_eq!(stereo_gain(1.0, 1.0).0, 0.0);
        assert_eq!(stereo_gain(1.0, -1.0).1, 0.0);
    }

    #[test]
    fn a_control_set_in_silence_is_in_place_at_once_and_ramps_under_a_note() {
        let mut channel = Channel::new(44_100, 64, 0);
        channel.begin_block();
        channel.bend(3, 2.0, false);
        channel.draw_to(10);
        assert_eq!(channel.bend_semitones.at(2), 0.0);
        assert_eq!(channel.bend_semitones.at(3), 2.0);
        channel.bend(10, 0.0, true);
        channel.draw_to(64);
        let glide = channel.bend_semitones.at(11);
        assert!(glide > 1.9 && glide < 2.0, "{glide}");
    }

    #[test]
    fn curves_do_not_depend_on_the_block() {
        let draw = |block: usize| {
            let mut channel = Channel::new(44_100, 600, 0);
            let mut curve = Vec::new();
            for start in (0..600).step_by(block) {
                channel.begin_block();
                let length = block.min(600 - start);
                for (at, semitones) in [(5, 1.5), (100, -0.3), (101, 0.7)] {
                    if (start..start + length).contains(&at) {
                        channel.bend(at - start, semitones, true);
                    }
                }
                channel.draw_to(length);
                curve.extend((0..length).map(|i| channel.bend_semitones.at(i).to_bits()));
            }
            curve
        };
        let whole = draw(600);
        for block in [1, 7, 64, 100, 599] {
            assert_eq!(draw(block), whole, "block {block}");
        }
    }
}
