//! A voice's level at every sample of a stretch.

use super::render::{RenderScratch, VoiceTools};
use super::stretch::Stretch;
use super::{NEVER, Voice};
use crate::channel::Channel;
use synth_dsp::{exponential, ramp};

/// On a way over at most so many dB the level goes straight in amplitude, which differs from straight in dB by
/// less than 0.004 dB.
const STRAIGHT_DB: f32 = 0.5;

impl Voice {
    /// Level and gates at every sample.
    #[inline(always)]
    pub(super) fn draw_gain(
        &self,
        stretch: &Stretch,
        channel: &Channel,
        tools: &VoiceTools,
        scratch: &mut RenderScratch,
    ) {
        let Stretch {
            sample, at, length, ..
        } = *stretch;
        let gain = &mut scratch.gain[..length];
        let (from, to) = (self.point_from.loudness_db, self.point_to.loudness_db);
        if (to - from).abs() <= STRAIGHT_DB {
            let [from, to] = [from, to].map(exponential::db_to_gain);
            for (i, gain) in (0_u32..).zip(&mut *gain) {
                *gain = from + (to - from) * stretch.progress(i);
            }
        } else {
            for (i, level_db) in (0_u32..).zip(&mut scratch.level_db[..length]) {
                *level_db = from + (to - from) * stretch.progress(i);
            }
            let levels_db = &scratch.level_db[..length];
            tools.exponential.db_to_gain_slice(levels_db, gain);
        }

        let expression = &channel.expression;
        let pressure = self.pressure.settled(sample);
        match (expression.moving(at, at + length), pressure) {
            // Both in one pass, in the order that they have where they move.
            (None, Some(pressure)) => {
                let expression = expression.at(at);
                gain.iter_mut()
                    .for_each(|gain| *gain = *gain * expression * pressure);
            }
            (moving, pressure) => {
                match moving {
                    Some(curve) => gain.iter_mut().zip(curve).for_each(|(gain, x)| *gain *= x),
                    None => {
                        let expression = expression.at(at);
                        gain.iter_mut().for_each(|gain| *gain *= expression);
                    }
                }
                match pressure {
                    Some(pressure) => gain.iter_mut().for_each(|gain| *gain *= pressure),
                    None => (sample..)
                        .zip(gain.iter_mut())
                        .for_each(|(sample, gain)| *gain *= self.pressure.at(sample)),
                }
            }
        }

        let age = sample - self.life.onset;
        for (gain, age) in gain.iter_mut().zip(age..u64::from(tools.fade_in_samples)) {
            *gain *= ramp::fade_in(age as u32, tools.fade_in_samples);
        }
        let end = stretch.end();
        if self.life.release < end {
            let skip = self.life.release.saturating_sub(sample) as usize;
            let attenuation_db = &mut scratch.level_db[skip..length];
            let released = (sample + skip as u64).saturating_sub(self.release.start());
            for (released, attenuation_db) in (released..).zip(attenuation_db.iter_mut()) {
                let time_s = tools.clock.seconds_f32(released);
                *attenuation_db = -self.release.attenuation_db(time_s);
            }
            let landing = self.release;
            let release = &mut scratch.release[skip..length];
            tools.exponential.db_to_gain_slice(attenuation_db, release);
            for (gain, release) in gain[skip..].iter_mut().zip(release) {
                *gain *= landing.land(*release);
            }
        }
        match self.life.entry {
            NEVER => {}
            entry if sample < entry => gain.fill(0.0),
            entry => {
                let fading_in = sample - entry..u64::from(tools.crossfade_samples);
                for (gain, entered) in gain.iter_mut().zip(fading_in) {
                    *gain *= 1.0 - ramp::fade_out(entered as u32, tools.crossfade_samples);
                }
            }
        }
        if self.life.fade != NEVER && self.life.fade < end {
            let skip = self.life.fade.saturating_sub(sample) as usize;
            let faded = (sample + skip as u64) - self.life.fade;
            for (gain, faded) in gain[skip..].iter_mut().zip(faded as u32..) {
                *gain *= ramp::fade_out(faded, self.life.fade_samples);
            }
        }
    }
}
