//! The loop of a render: blocks of any length out of the renderer, a continuous stream into a file.

use synth_dsp::ramp;
use synth_dsp::true_peak::TruePeakMeter;
use synth_engine::{Event, Renderer, TimedEvent};

use crate::cli::RenderOptions;
use crate::error::AppError;
use crate::progress::Progress;

/// What still sounds at the end of the file is faded out over this time, so that it does not click.
const FADE_OUT_S: f64 = 0.01;

/// The highest magnitudes of a render, full scale 1.
pub(crate) struct Peaks {
    pub(crate) sample: f32,
    pub(crate) between_samples: f32,
}

/// Takes the two channels of each finished block.
pub(crate) type Sink<'a> = dyn FnMut(&[f32], &[f32]) -> Result<(), AppError> + 'a;

/// Renders `frames` sample frames block by block into `sink`, the renderer's latency trimmed off.
pub(crate) fn stream(
    renderer: &mut Renderer,
    events: &[(u64, Event)],
    frames: u64,
    options: &RenderOptions,
    sink: &mut Sink<'_>,
) -> Result<Peaks, AppError> {
    let latency = renderer.latency_samples() as u64;
    let total = frames + latency;
    let progress = Progress::new(total);
    let fade_out = FadeOut::new(frames, options.sample_rate);
    let mut peaks = [TruePeakMeter::new(), TruePeakMeter::new()];
    let mut left = vec![0.0; options.block.largest()];
    let mut right = left.clone();
    let mut block_events = Vec::new();
    let mut sizes = options.block.sizes();
    let (mut at, mut next_event) = (0_u64, 0);
    while at < total {
        let size = sizes
            .next()
            .map_or(total - at, |size| (size as u64).min(total - at)) as usize;
        block_events.clear();
        while let Some(&(index, event)) = events.get(next_event)
            && index < at + size as u64
        {
            block_events.push(TimedEvent {
                offset: (index - at) as u32,
                event,
            });
            next_event += 1;
        }
        let (left, right) = (&mut left[..size], &mut right[..size]);
        renderer.process(&block_events, &mut [&mut *left, &mut *right]);
        let first = latency.saturating_sub(at).min(size as u64) as usize;
        let (left, right) = (&mut left[first..], &mut right[first..]);
        let position = (at + first as u64).saturating_sub(latency);
        for (channel, peak) in [&mut *left, &mut *right].into_iter().zip(&mut peaks) {
            fade_out.process(position, channel);
            peak.process(channel);
        }
        sink(left, right)?;
        at += size as u64;
        progress.reached(at);
    }
    let sample = peaks[0].sample_peak().max(peaks[1].sample_peak());
    let [left, right] = peaks;
    Ok(Peaks {
        sample,
        between_samples: left.finish().max(right.finish()),
    })
}

/// A raised-cosine fade at the end of the file, by position alone.
struct FadeOut {
    frames: u64,
    length: u64,
}

impl FadeOut {
    fn new(frames: u64, sample_rate_hz: u32) -> Self {
        let length = (FADE_OUT_S * f64::from(sample_rate_hz)).round() as u64;
        Self {
            frames,
            length: length.min(frames),
        }
    }

    /// Fades `samples`, the first of which is sample frame `position` of the file.
    fn process(&self, position: u64, samples: &mut [f32]) {
        let begin = self.frames - self.length;
        let first = begin.saturating_sub(position).min(samples.len() as u64) as usize;
        for (sample, n) in samples[first..].iter_mut().zip(position.max(begin)..) {
            *sample *= ramp::fade_out((n - begin) as u32, self.length as u32);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fade_is_the_same_for_any_block_and_touches_only_the_end() {
        let fade = FadeOut::new(1000, 8000);
        let mut whole = vec![1.0; 1000];
        fade.process(0, &mut whole);
        assert!(whole[..920].iter().all(|&x| x == 1.0));
        assert!(whole[920] < 1.0 && whole[998] > 0.0 && whole[999] == 0.0);
        assert!(whole.is_sorted_by(|a, b| a >= b));
        let mut cut = vec![1.0; 1000];
        let mut position = 0;
        for block in cut.chunks_mut(37) {
            fade.process(position, block);
            position += block.len() as u64;
        }
        assert_eq!(whole, cut);
        // Shorter than the fade, and empty.
        FadeOut::new(3, 8000).process(0, &mut [1.0; 3]);
        FadeOut::new(0, 8000).process(0, &mut []);
    }
}
