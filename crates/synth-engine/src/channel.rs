//! A channel: its controls as curves over the block, and its manner of playing.

use crate::articulation::Articulation;
use crate::channel_programs::RHYTHM_CHANNEL;
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
/// General MIDI level 2, "reverb send level": 40 after a reset.
const DEFAULT_ROOM_SEND: f32 = 40.0 / 127.0;
/// How much full pressure swells a note.
const PRESSURE_DB: f32 = 6.0;
/// How much full brightness either way tilts the partials, dB per octave above the fundamental. (What
/// the network makes of another loudness is not brighter for every instrument that was recorded.)
const BRIGHTNESS_DB: f32 = 4.0;
/// Most that bend and tuning together move a pitch.
const MAX_SEMITONES: f32 = 128.0;
/// The modulation depth range (RPN 5) may make the wheel up to this many times deeper.
const MAX_MODULATION: f32 = 12.0;

/// What the parameters of the whole instrument add to every channel.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Overall {
    /// Added to the channel's tuning.
    pub(crate) semitones: f32,
    /// Added to the channel's brightness, -1..=1.
    pub(crate) brightness: f32,
}

/// One channel's controls over the present block.
#[derive(Debug, Clone)]
pub(crate) struct Channel {
    /// Bend and tuning together.
    pub(crate) pitch_semitones: ControlCurve,
    pub(crate) modulation: ControlCurve,
    /// Gain of expression and pressure together.
    pub(crate) expression: ControlCurve,
    /// Tilt of the partials on top of the instrument's own, dB per octave above the fundamental.
    pub(crate) tilt_db: ControlCurve,
    pub(crate) left_gain: ControlCurve,
    pub(crate) right_gain: ControlCurve,
    /// Gain of what goes into the room.
    pub(crate) room_send: ControlCurve,
    pub(crate) articulation: Articulation,
    number: usize,
    bend: f32,
    tuning: f32,
    master_tuning: f32,
    brightness: f32,
    overall: Overall,
    expression_amount: f32,
    pressure: f32,
    volume: f32,
    master_volume: f32,
    position: f32,
    bend_ramp: u32,
    bend_ramp_per_semitone: f32,
    gain_ramp: u32,
}

impl Channel {
    /// `number` from 0; `instrument` is what it plays before any program change.
    pub(crate) fn new(
        number: usize,
        sample_rate_hz: u32,
        max_block: usize,
        instrument: usize,
    ) -> Self {
        let samples = |seconds: f64| (seconds * f64::from(sample_rate_hz)).round() as u32;
        let (left, right) = stereo_gain(DEFAULT_VOLUME, 0.0);
        Self {
            pitch_semitones: ControlCurve::new(0.0, max_block),
            modulation: ControlCurve::new(0.0, max_block),
            expression: ControlCurve::new(1.0, max_block),
            tilt_db: ControlCurve::new(0.0, max_block),
            left_gain: ControlCurve::new(left, max_block),
            right_gain: ControlCurve::new(right, max_block),
            room_send: ControlCurve::new(DEFAULT_ROOM_SEND, max_block),
            articulation: Articulation::new(instrument, number == RHYTHM_CHANNEL),
            number,
            bend: 0.0,
            tuning: 0.0,
            master_tuning: 0.0,
            brightness: 0.0,
            overall: Overall::default(),
            expression_amount: 1.0,
            pressure: 0.0,
            volume: DEFAULT_VOLUME,
            master_volume: 1.0,
            position: 0.0,
            bend_ramp: samples(BEND_RAMP_S),
            bend_ramp_per_semitone: (BEND_RAMP_S_PER_SEMITONE * f64::from(sample_rate_hz)) as f32,
            gain_ramp: samples(GAIN_RAMP_S),
        }
    }

    /// Back to how the channel was made, the parameters of the whole instrument at rest.
    pub(crate) fn reset(&mut self, instrument: usize) {
        self.forget(instrument);
        self.overall = Overall::default();
        let (left, right) = stereo_gain(self.volume, self.position);
        self.pitch_semitones.reset(0.0);
        self.modulation.reset(0.0);
        self.expression.reset(1.0);
        self.tilt_db.reset(0.0);
        self.left_gain.reset(left);
        self.right_gain.reset(right);
        self.room_send.reset(DEFAULT_ROOM_SEND);
    }

    /// Back to how the channel was made but for the parameters of the whole instrument, from `sample` on; curves under a sounding voice get there
    /// without a click.
    pub(crate) fn return_to_rest(&mut self, sample: usize, instrument: usize, sounding: bool) {
        self.forget(instrument);
        self.settle_pitch(sample, sounding);
        self.modulate(sample, 0.0, sounding);
        self.swell(sample, sounding);
        self.brighten(sample, 0.0, sounding);
        self.place(sample, sounding);
        self.send_to_room(sample, DEFAULT_ROOM_SEND, sounding);
    }

    /// Takes over another channel's settings, for another renderer; its controls are where they were
    /// going. `instrument` is what its program plays there.
    pub(crate) fn adopt(&mut self, other: &Self, instrument: usize) {
        self.articulation = other.articulation.clone();
        self.articulation.instrument = instrument;
        self.bend = other.bend;
        self.tuning = other.tuning;
        self.master_tuning = other.master_tuning;
        self.brightness = other.brightness;
        self.overall = other.overall;
        self.expression_amount = other.expression_amount;
        self.pressure = other.pressure;
        self.volume = other.volume;
        self.master_volume = other.master_volume;
        self.position = other.position;
        self.pitch_semitones.reset(other.pitch_semitones.target());
        self.modulation.reset(other.modulation.target());
        self.expression.reset(other.expression.target());
        self.tilt_db.reset(other.tilt_db.target());
        self.left_gain.reset(other.left_gain.target());
        self.right_gain.reset(other.right_gain.target());
        self.room_send.reset(other.room_send.target());
    }

    /// Every setting as made; the curves stay where they are.
    fn forget(&mut self, instrument: usize) {
        self.articulation = Articulation::new(instrument, self.number == RHYTHM_CHANNEL);
        self.bend = 0.0;
        self.tuning = 0.0;
        self.master_tuning = 0.0;
        self.brightness = 0.0;
        self.expression_amount = 1.0;
        self.pressure = 0.0;
        self.volume = DEFAULT_VOLUME;
        self.master_volume = 1.0;
        self.position = 0.0;
    }

    /// What reset-all-controllers takes back (MMA RP-015).
    pub(crate) fn reset_controllers(&mut self, sample: usize, sounding: bool) {
        self.articulation.reset_controllers();
        self.bend(sample, 0.0, sounding);
        self.modulate(sample, 0.0, sounding);
        self.pressure = 0.0;
        self.express(sample, 1.0, sounding);
    }

    pub(crate) fn begin_block(&mut self) {
        self.each_curve(ControlCurve::begin_block);
    }

    pub(crate) fn draw_to(&mut self, sample: usize) {
        self.each_curve(|curve| curve.draw_to(sample));
    }

    fn each_curve(&mut self, mut act: impl FnMut(&mut ControlCurve)) {
        act(&mut self.pitch_semitones);
        act(&mut self.modulation);
        act(&mut self.expression);
        act(&mut self.tilt_db);
        act(&mut self.left_gain);
        act(&mut self.right_gain);
        act(&mut self.room_send);
    }

    /// `sounding` says whether a voice of the channel is heard at `sample`: a control set in
    /// silence is in place at once, so that a note and the set-up before it can share an instant.
    pub(crate) fn bend(&mut self, sample: usize, semitones: f32, sounding: bool) {
        self.bend = semitones;
        self.settle_pitch(sample, sounding);
    }

    pub(crate) fn tune(&mut self, sample: usize, semitones: f32, sounding: bool) {
        self.tuning = semitones;
        self.settle_pitch(sample, sounding);
    }

    pub(crate) fn tune_master(&mut self, sample: usize, semitones: f32, sounding: bool) {
        self.master_tuning = semitones;
        self.settle_pitch(sample, sounding);
    }

    fn settle_pitch(&mut self, sample: usize, sounding: bool) {
        let semitones = self.bend + self.tuning + self.master_tuning + self.overall.semitones;
        let semitones = semitones.clamp(-MAX_SEMITONES, MAX_SEMITONES);
        self.pitch_semitones.draw_to(sample);
        let way = (semitones - self.pitch_semitones.value()).abs();
        let wide = (way * self.bend_ramp_per_semitone).round() as u32;
        let length = if sounding {
            self.bend_ramp.max(wide)
        } else {
            0
        };
        self.pitch_semitones.set(sample, semitones, length);
    }

    /// What the parameters of the whole instrument are from now on.
    pub(crate) fn set_overall(&mut self, sample: usize, overall: Overall, sounding: bool) {
        let old = std::mem::replace(&mut self.overall, overall);
        if overall.semitones != old.semitones {
            self.settle_pitch(sample, sounding);
        }
        if overall.brightness != old.brightness {
            self.tilt(sample, sounding);
        }
    }

    /// What the tunings of the channel and of everything make, without the bend.
    pub(crate) fn tuning_semitones(&self) -> f32 {
        let tuning = self.tuning + self.master_tuning + self.overall.semitones;
        tuning.clamp(-MAX_SEMITONES, MAX_SEMITONES)
    }

    /// Samples in which a control under a sounding voice gets where it is going.
    pub(crate) fn gain_ramp(&self) -> u32 {
        self.gain_ramp
    }

    /// Least samples for a voice's glide over so many semitones.
    pub(crate) fn glide_ramp(&self, semitones: f32) -> u32 {
        let wide = (semitones.abs() * self.bend_ramp_per_semitone).round() as u32;
        self.bend_ramp.max(wide)
    }

    fn ramp(&self, sounding: bool) -> u32 {
        if sounding { self.gain_ramp } else { 0 }
    }

    pub(crate) fn modulate(&mut self, sample: usize, amount: f32, sounding: bool) {
        let length = self.ramp(sounding);
        let amount = amount.clamp(0.0, MAX_MODULATION);
        self.modulation.set(sample, amount, length);
    }

    pub(crate) fn express(&mut self, sample: usize, amount: f32, sounding: bool) {
        self.expression_amount = amount.clamp(0.0, 1.0);
        self.swell(sample, sounding);
    }

    pub(crate) fn press(&mut self, sample: usize, amount: f32, sounding: bool) {
        self.pressure = amount.clamp(0.0, 1.0);
        self.swell(sample, sounding);
    }

    fn swell(&mut self, sample: usize, sounding: bool) {
        let length = self.ramp(sounding);
        let gain = self.expression_amount * self.expression_amount * pressure_gain(self.pressure);
        self.expression.set(sample, gain, length);
    }

    pub(crate) fn brighten(&mut self, sample: usize, amount: f32, sounding: bool) {
        self.brightness = amount.clamp(-1.0, 1.0);
        self.tilt(sample, sounding);
    }

    fn tilt(&mut self, sample: usize, sounding: bool) {
        let length = self.ramp(sounding);
        let brightness = (self.brightness + self.overall.brightness).clamp(-1.0, 1.0);
        self.tilt_db.set(sample, BRIGHTNESS_DB * brightness, length);
    }

    pub(crate) fn set_volume(&mut self, sample: usize, amount: f32, sounding: bool) {
        self.volume = amount.clamp(0.0, 1.0);
        self.place(sample, sounding);
    }

    pub(crate) fn set_master_volume(&mut self, sample: usize, amount: f32, sounding: bool) {
        self.master_volume = amount.clamp(0.0, 1.0);
        self.place(sample, sounding);
    }

    pub(crate) fn pan(&mut self, sample: usize, position: f32, sounding: bool) {
        self.position = position.clamp(-1.0, 1.0);
        self.place(sample, sounding);
    }

    pub(crate) fn send_to_room(&mut self, sample: usize, amount: f32, sounding: bool) {
        let length = self.ramp(sounding);
        self.room_send.set(sample, amount.clamp(0.0, 1.0), length);
    }

    fn place(&mut self, sample: usize, sounding: bool) {
        let length = self.ramp(sounding);
        let (left, right) = stereo_gain(self.volume * self.master_volume, self.position);
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

/// Gain of pressure, 0..=1.
pub(crate) fn pressure_gain(amount: f32) -> f32 {
    if amount == 0.0 {
        return 1.0;
    }
    10f32.powf(PRESSURE_DB * amount / 20.0)
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
        let mut channel = Channel::new(0, 44_100, 64, 0);
        channel.begin_block();
        channel.bend(3, 2.0, false);
        channel.draw_to(10);
        assert_eq!(channel.pitch_semitones.at(2), 0.0);
        assert_eq!(channel.pitch_semitones.at(3), 2.0);
        channel.bend(10, 0.0, true);
        channel.draw_to(64);
        let glide = channel.pitch_semitones.at(11);
        assert!(glide > 1.9 && glide < 2.0, "{glide}");
    }

    #[test]
    fn curves_do_not_depend_on_the_block() {
        let draw = |block: usize| {
            let mut channel = Channel::new(0, 44_100, 600, 0);
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
                curve.extend((0..length).map(|i| channel.pitch_semitones.at(i).to_bits()));
            }
            curve
        };
        let whole = draw(600);
        for block in [1, 7, 64, 100, 599] {
            assert_eq!(draw(block), whole, "block {block}");
        }
    }
}
