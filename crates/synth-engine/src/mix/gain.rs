//! Gains of the whole mix: its volume and its noise.

use super::bus::Stereo;
use crate::clock::Clock;
use crate::parameter::{Parameter, SILENT_DB};
use synth_dsp::ramp::Ramp;

/// Gains over the present block.
pub(super) struct MixGains {
    volume: Ramp,
    noise: Ramp,
    volume_ramp: u32,
    noise_ramp: u32,
    /// The volume over the block, where it moves.
    moving: bool,
    drawn: Box<[f32]>,
    /// The noise's ramp at the block's start.
    noise_from: Ramp,
}

impl MixGains {
    pub(super) fn new(clock: Clock, max_block: usize) -> Self {
        let samples =
            |parameter: Parameter| clock.samples(f64::from(parameter.info().smoothing_s)) as u32;
        Self {
            volume: Ramp::new(1.0),
            noise: Ramp::new(1.0),
            volume_ramp: samples(Parameter::Volume),
            noise_ramp: samples(Parameter::Noise),
            moving: false,
            drawn: vec![1.0; max_block].into(),
            noise_from: Ramp::new(1.0),
        }
    }

    /// As made.
    pub(super) fn reset(&mut self) {
        self.volume = Ramp::new(1.0);
        self.noise = Ramp::new(1.0);
    }

    pub(super) fn set_volume(&mut self, volume_db: f32, sounds: bool) {
        let length = if sounds { self.volume_ramp } else { 0 };
        self.volume.set(gain(volume_db), length);
    }

    pub(super) fn set_noise(&mut self, noise_db: f32, sounds: bool) {
        let length = if sounds { self.noise_ramp } else { 0 };
        self.noise.set(gain(noise_db), length);
    }

    /// Moves on over a block.
    pub(super) fn draw(&mut self, length: usize) {
        self.moving = !self.volume.is_flat();
        if self.moving {
            self.volume.fill(&mut self.drawn[..length]);
        }
        self.noise_from = self.noise;
        self.noise.skip(length as u32);
    }

    /// Gain of the noise at a sample of the block.
    pub(super) fn noise_at(&self, at: usize) -> f32 {
        self.noise_from.ahead(at as u32 + 1)
    }

    pub(super) fn apply_volume(&self, out: &mut Stereo, length: usize) {
        let flat = self.volume.value();
        for side in [&mut out.left, &mut out.right] {
            let samples = &mut side[..length];
            if self.moving {
                samples
                    .iter_mut()
                    .zip(&*self.drawn)
                    .for_each(|(x, gain)| *x *= gain);
            } else if flat != 1.0 {
                samples.iter_mut().for_each(|x| *x *= flat);
            }
        }
    }
}

/// Gain of a level; the lowest is silence.
fn gain(db: f32) -> f32 {
    if db <= SILENT_DB {
        return 0.0;
    }
    10f32.powf(db / 20.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lowest_level_is_silence_and_none_changes_nothing() {
        assert_eq!(gain(SILENT_DB), 0.0);
        assert_eq!(gain(0.0), 1.0);
        assert!((gain(-20.0) - 0.1).abs() < 1e-7);
    }
}
