//! What happens to the sound between the renderer and the file: gain, limiter, the part of the
//! piece that was asked for, fades at its ends.

use std::ops::Range;

use synth_dsp::limiter::Limiter;
use synth_dsp::ramp;
use synth_dsp::simd::FlushDenormals;

/// What still sounds where the file ends, or already sounds where it begins in the middle of the
/// piece, is faded over this time, so that it does not click.
const FADE_S: f64 = 0.01;

/// What a chain does, whatever its gain.
#[derive(Clone, Debug)]
pub(crate) struct ChainPlan {
    pub(crate) sample_rate_hz: u32,
    pub(crate) limit: bool,
    /// Sample frames of the piece that the file has.
    pub(crate) window: Range<u64>,
}

impl ChainPlan {
    /// The same without the limiter, for what lies beside the mix.
    pub(crate) fn unlimited(&self) -> Self {
        Self {
            limit: false,
            ..self.clone()
        }
    }

    /// Sample frames of the file.
    pub(crate) fn frames(&self) -> u64 {
        self.window.end - self.window.start
    }

    /// Sample frames that must be rendered, from the beginning of the piece.
    pub(crate) fn frames_to_render(&self) -> u64 {
        self.window.end + Chain::new(self, 0.0).latency
    }
}

/// Sound on its way to the file, in blocks of any length: the same bits however they are cut.
pub(crate) struct Chain {
    gain: f32,
    limiter: Option<Limiter>,
    latency: u64,
    window: Range<u64>,
    fade_in: u64,
    fade_out: u64,
    /// Sample frames taken in so far.
    taken: u64,
}

impl Chain {
    pub(crate) fn new(plan: &ChainPlan, gain_db: f64) -> Self {
        let limiter = plan.limit.then(|| Limiter::look_ahead(plan.sample_rate_hz));
        let fade = (FADE_S * f64::from(plan.sample_rate_hz)).round() as u64;
        let fade = fade.min(plan.frames());
        Self {
            gain: 10.0_f64.powf(gain_db / 20.0) as f32,
            latency: limiter.as_ref().map_or(0, Limiter::latency_samples) as u64,
            limiter,
            fade_in: if plan.window.start > 0 { fade } else { 0 },
            fade_out: fade,
            window: plan.window.clone(),
            taken: 0,
        }
    }

    /// Takes the next block of the piece; what of it, or of what came before, belongs into the file.
    pub(crate) fn process<'a>(
        &mut self,
        left: &'a mut [f32],
        right: &'a mut [f32],
    ) -> (&'a [f32], &'a [f32]) {
        if self.gain != 1.0 {
            for sample in left.iter_mut().chain(right.iter_mut()) {
                *sample *= self.gain;
            }
        }
        if let Some(limiter) = &mut self.limiter {
            let _flush = FlushDenormals::new();
            limiter.process(left, right);
        }
        let length = left.len().min(right.len());
        let place = |edge: u64| {
            let ahead = (edge + self.latency).saturating_sub(self.taken);
            ahead.min(length as u64) as usize
        };
        let (first, end) = (place(self.window.start), place(self.window.end));
        let (left, right) = (&mut left[first..end], &mut right[first..end]);
        if first < end {
            let position = self.taken + first as u64 - self.latency;
            for channel in [&mut *left, &mut *right] {
                self.fade(position, channel);
            }
        }
        self.taken += length as u64;
        (left, right)
    }

    /// Fades `samples`, the first of which is sample frame `position` of the piece.
    fn fade(&self, position: u64, samples: &mut [f32]) {
        if position < self.window.start + self.fade_in {
            for (sample, n) in samples.iter_mut().zip(position - self.window.start..) {
                *sample *= ramp::fade_in(clamp(n), self.fade_in as u32);
            }
        }
        let begin = self.window.end - self.fade_out;
        let first = begin.saturating_sub(position).min(samples.len() as u64) as usize;
        for (sample, n) in samples[first..].iter_mut().zip(position.max(begin)..) {
            *sample *= ramp::fade_out(clamp(n - begin), self.fade_out as u32);
        }
    }
}

fn clamp(samples: u64) -> u32 {
    u32::try_from(samples).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(window: Range<u64>, limit: bool) -> ChainPlan {
        ChainPlan {
            sample_rate_hz: 8000,
            limit,
            window,
        }
    }

    /// The file that `plan` makes of a piece, taken in blocks of `step`.
    fn file(plan: &ChainPlan, piece: impl Fn(u64) -> f32, step: usize, gain_db: f64) -> Vec<f32> {
        let mut chain = Chain::new(plan, gain_db);
        let samples: Vec<f32> = (0..plan.frames_to_render()).map(piece).collect();
        let mut file = Vec::new();
        for block in samples.chunks(step) {
            let (mut left, mut right) = (block.to_vec(), block.to_vec());
            let (left, right) = chain.process(&mut left, &mut right);
            assert_eq!(left, right);
            file.extend_from_slice(left);
        }
        file
    }

    #[test]
    fn the_fade_touches_only_the_end() {
        let whole = file(&plan(0..1000, false), |_| 1.0, 1000, 0.0);
        assert!(whole[..920].iter().all(|&x| x == 1.0));
        assert!(whole[920] < 1.0 && whole[998] > 0.0 && whole[999] == 0.0);
        assert!(whole.is_sorted_by(|a, b| a >= b));
        // Shorter than the fade, and empty.
        assert_eq!(file(&plan(0..3, true), |_| 1.0, 7, 0.0).len(), 3);
        assert_eq!(file(&plan(0..0, true), |_| 1.0, 7, 0.0).len(), 0);
    }

    #[test]
    fn the_file_is_the_same_for_any_blocks() {
        let piece = |n: u64| ((n * n) as f32 * 0.01).sin() * 2.0;
        for limit in [false, true] {
            for window in [0..1500, 333..1500, 700..701] {
                let plan = plan(window.clone(), limit);
                let first = file(&plan, piece, 4096, -2.0);
                assert_eq!(first.len() as u64, window.end - window.start);
                for step in [1, 7, 64, 1000] {
                    assert_eq!(first, file(&plan, piece, step, -2.0), "{window:?} {step}");
                }
            }
        }
    }

    #[test]
    fn a_part_is_that_part_of_the_whole_but_for_its_fades() {
        let piece = |n: u64| (n as f32 * 0.3).sin() * 1.5;
        let whole = file(&plan(0..3000, true), piece, 512, 0.0);
        let part = file(&plan(1000..2000, true), piece, 512, 0.0);
        assert_eq!(part[80..920], whole[1080..1920]);
        assert!(part[0].abs() < 0.03 && part[999] == 0.0);
        let from_the_start = file(&plan(0..2000, true), piece, 512, 0.0);
        assert_eq!(from_the_start[..1920], whole[..1920]);
    }

    #[test]
    fn gain_comes_before_the_limiter() {
        let quiet = file(
            &plan(0..2000, true),
            |n| (n as f32 * 0.3).sin() * 0.1,
            512,
            6.0,
        );
        let peak = quiet[..1900]
            .iter()
            .fold(0.0_f32, |peak, x| peak.max(x.abs()));
        assert!((peak - 0.1995).abs() < 1e-3, "{peak}");
        let loud = file(&plan(0..2000, true), |n| (n as f32 * 0.3).sin(), 512, 6.0);
        assert!(loud.iter().all(|x| x.abs() < 0.892));
    }
}
