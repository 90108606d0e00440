//! A voice's pitch at every sample of a stretch.

use super::render::{RenderScratch, VoiceTools};
use super::stretch::Stretch;
use super::{Voice, WHEEL_SEMITONES};
use crate::channel::Channel;
use crate::control_curve::ControlCurve;
use synth_dsp::{exponential, phase};

const OCTAVES_PER_SEMITONE: f32 = 1.0 / 12.0;

impl Voice {
    /// Phase and frequency at every sample: the instrument's own sway goes straight from answer to answer in
    /// frequency; bend, tuning, glide and the wheel's vibrato, in semitones, multiply it.
    #[inline(always)]
    pub(super) fn draw_pitch(
        &mut self,
        stretch: &Stretch,
        channel: &Channel,
        tools: &VoiceTools,
        scratch: &mut RenderScratch,
    ) {
        let length = stretch.length;
        let sways = [self.point_from, self.point_to].map(|point| point.sway_semitones);
        let [from, to] = sways.map(|sway| exponential::exp2(sway * OCTAVES_PER_SEMITONE));
        let sway = |i: u32| from + (to - from) * stretch.progress(i);
        match self.still_bend(stretch, channel) {
            Some(semitones) => {
                let bend = exponential::exp2(semitones * OCTAVES_PER_SEMITONE);
                for (i, ratio) in (0_u32..).zip(&mut scratch.ratio[..length]) {
                    *ratio = sway(i) * bend;
                }
            }
            None => {
                self.draw_bend(stretch, channel, tools, scratch);
                for (i, ratio) in (0_u32..).zip(&mut scratch.ratio[..length]) {
                    *ratio *= sway(i);
                }
            }
        }
        let ratio = &scratch.ratio[..length];
        for (freq_norm, ratio) in scratch.freq_norm.iter_mut().zip(ratio) {
            *freq_norm = self.base_freq_norm * ratio;
        }
        // Half a turn and more saturates: there every partial is above Nyquist.
        phase::fill_increments(self.base_increment, ratio, &mut scratch.increments);
        let mut phase = self.phase;
        let increments = &scratch.increments[..length];
        for (at, increment) in scratch.phases.iter_mut().zip(increments) {
            *at = phase;
            phase = phase.wrapping_add(*increment);
        }
        self.phase = phase;
    }

    /// Bend, tuning, glide and the wheel's vibrato, where they stay the same over the whole stretch.
    #[inline(always)]
    fn still_bend(&self, stretch: &Stretch, channel: &Channel) -> Option<f32> {
        let Stretch { at, length, .. } = *stretch;
        let is_moving = |curve: &ControlCurve| curve.moving(at, at + length).is_some();
        let is_swaying = is_moving(&channel.modulation) || channel.modulation.at(at) != 0.0;
        if is_moving(&channel.pitch_semitones) || is_swaying {
            return None;
        }
        let glide = self.glide.settled(stretch.sample)?;
        Some(channel.pitch_semitones.at(at) + glide)
    }

    /// The same as a ratio of frequencies at every sample; where it is still, what [`Voice::still_bend`] comes
    /// to, bit for bit.
    #[inline(always)]
    fn draw_bend(
        &self,
        stretch: &Stretch,
        channel: &Channel,
        tools: &VoiceTools,
        scratch: &mut RenderScratch,
    ) {
        let Stretch { at, length, .. } = *stretch;
        let (from, to) = (self.point_from.wheel_lfo, self.point_to.wheel_lfo);
        let offset = |i: u32, bend: f32, wheel: f32| {
            let lfo = from + (to - from) * stretch.progress(i);
            (bend + wheel * WHEEL_SEMITONES * lfo) * OCTAVES_PER_SEMITONE
        };
        // One thing after the other, so that each loop becomes vector code.
        let semitones = &mut scratch.semitones[..length];
        match channel.pitch_semitones.moving(at, at + length) {
            Some(bend) => semitones.copy_from_slice(bend),
            None => semitones.fill(channel.pitch_semitones.at(at)),
        }
        match self.glide.settled(stretch.sample) {
            Some(glide) => semitones.iter_mut().for_each(|bend| *bend += glide),
            None => (stretch.sample..)
                .zip(semitones.iter_mut())
                .for_each(|(sample, bend)| *bend += self.glide.at(sample)),
        }
        match channel.modulation.moving(at, at + length) {
            Some(wheel) => {
                for (i, (semitones, wheel)) in (0_u32..).zip(semitones.iter_mut().zip(wheel)) {
                    *semitones = offset(i, *semitones, *wheel);
                }
            }
            None => {
                let wheel = channel.modulation.at(at);
                for (i, semitones) in (0_u32..).zip(semitones.iter_mut()) {
                    *semitones = offset(i, *semitones, wheel);
                }
            }
        }
        let exponential = &tools.exponential;
        exponential.exp2_slice(&scratch.semitones[..length], &mut scratch.ratio[..length]);
    }
}
