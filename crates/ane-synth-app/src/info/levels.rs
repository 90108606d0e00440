//! What is measured of audio while it streams by.

use synth_dsp::true_peak::TruePeakMeter;

use crate::loudness::LoudnessMeter;

/// Quieter than this counts as silence at a file's ends: above the dither of 16 bits (some -90 dBFS),
/// below what is heard behind music.
pub(super) const SILENCE_DBFS: f64 = -80.0;
const SILENCE: f32 = 1e-4;

/// So many samples in a row at full scale look clipped; music that only touches full scale stays
/// there for one or two.
pub(super) const CLIPPED_RUN_SAMPLES: u32 = 3;

/// The K-weighting of ITU-R BS.1770 is meant for rates from 8 kHz on. The meter keeps three seconds,
/// so that rate times channels bounds what it takes: 74 MB.
const LOUDNESS_RATES_HZ: std::ops::RangeInclusive<u32> = 8_000..=384_000;
const MOST_LOUDNESS_SAMPLES_A_SECOND: u64 = 384_000 * 8;

/// Shortest audio that loudness range says anything about: one short-term block, EBU Tech 3342.
const SHORTEST_LOUDNESS_RANGE_S: f64 = 3.0;

/// Measures of a stream of any number of channels.
pub(super) struct LevelMeter {
    sample_rate_hz: u32,
    full_scale: f32,
    frames: u64,
    channels: Vec<Channel>,
    /// The present block, what is not finite made silent.
    block: Vec<Vec<f32>>,
    /// Where the rate and the number of channels allow it.
    loudness: Option<LoudnessMeter>,
}

/// What was measured; magnitudes re full scale 1.
#[derive(Debug)]
pub(super) struct Levels {
    pub(super) peak: f32,
    pub(super) true_peak: f32,
    /// LUFS (ITU-R BS.1770-4); `None` in silence, when shorter than 0.4 s, and at odd rates.
    pub(super) integrated_loudness_lufs: Option<f64>,
    /// LU (EBU Tech 3342); `None` when shorter than 3 s, and at odd rates.
    pub(super) loudness_range_lu: Option<f64>,
    /// Mean of each channel.
    pub(super) dc_offsets: Vec<f64>,
    pub(super) clipped_runs: u64,
    /// Samples in those runs.
    pub(super) clipped_samples: u64,
    /// NaN and infinities; they count as silence in everything else.
    pub(super) non_finite_samples: u64,
    /// Until the first and after the last sample that is no silence; all of a silent file is head.
    pub(super) silent_head_frames: u64,
    pub(super) silent_tail_frames: u64,
}

impl LevelMeter {
    /// `full_scale` is the highest sample that the format holds, 1 for floats.
    pub(super) fn new(channels: u16, sample_rate_hz: u32, full_scale: f32) -> Self {
        let samples_a_second = u64::from(channels) * u64::from(sample_rate_hz);
        let can_hear = LOUDNESS_RATES_HZ.contains(&sample_rate_hz)
            && samples_a_second <= MOST_LOUDNESS_SAMPLES_A_SECOND;
        let meter = || LoudnessMeter::with_range(channels, sample_rate_hz).ok();
        Self {
            sample_rate_hz,
            full_scale,
            frames: 0,
            channels: vec![Channel::default(); channels.into()],
            block: vec![Vec::new(); channels.into()],
            loudness: if can_hear { meter() } else { None },
        }
    }

    /// Takes the next samples of all channels, all of one length.
    pub(super) fn process(&mut self, block: &[Vec<f32>]) {
        let places = self.channels.iter_mut().zip(&mut self.block);
        for ((channel, copy), samples) in places.zip(block) {
            copy.clone_from(samples);
            channel.process(self.frames, copy, self.full_scale);
        }
        let planes: Vec<&[f32]> = self.block.iter().map(Vec::as_slice).collect();
        if let Some(meter) = &mut self.loudness
            && meter.process(&planes).is_err()
        {
            self.loudness = None;
        }
        self.frames += block.first().map_or(0, Vec::len) as u64;
    }

    pub(super) fn finish(self) -> Levels {
        let Self {
            frames, channels, ..
        } = self;
        let duration_s = frames as f64 / f64::from(self.sample_rate_hz.max(1));
        let loudness = self.loudness.as_ref();
        let integrated = loudness.and_then(|meter| meter.integrated_lufs().ok().flatten());
        let range = loudness.and_then(LoudnessMeter::range_lu);
        let sum = |of: fn(&Channel) -> u64| channels.iter().map(of).sum();
        let heard = channels.iter().filter_map(|channel| channel.heard);
        let first = heard.clone().map(|(first, _)| first).min();
        let last = heard.map(|(_, last)| last).max();
        let mut levels = Levels {
            peak: 0.0,
            true_peak: 0.0,
            integrated_loudness_lufs: integrated,
            loudness_range_lu: range.filter(|_| duration_s >= SHORTEST_LOUDNESS_RANGE_S),
            dc_offsets: channels
                .iter()
                .map(|channel| channel.sum / frames.max(1) as f64)
                .collect(),
            clipped_runs: sum(|channel| channel.clipped_runs),
            clipped_samples: sum(|channel| channel.clipped_samples),
            non_finite_samples: sum(|channel| channel.non_finite),
            silent_head_frames: first.unwrap_or(frames),
            silent_tail_frames: last.map_or(0, |last| frames - 1 - last),
        };
        for Channel { peak, .. } in channels {
            levels.peak = levels.peak.max(peak.sample_peak());
            levels.true_peak = levels.true_peak.max(peak.finish());
        }
        levels
    }
}

#[derive(Clone, Default)]
struct Channel {
    peak: TruePeakMeter,
    sum: f64,
    non_finite: u64,
    /// The present run at full scale; its samples are above zero or below.
    run: u32,
    run_is_positive: bool,
    clipped_runs: u64,
    clipped_samples: u64,
    /// Frames of the first and the last sample that is no silence.
    heard: Option<(u64, u64)>,
}

impl Channel {
    fn process(&mut self, first_frame: u64, samples: &mut [f32], full_scale: f32) {
        for (sample, frame) in samples.iter_mut().zip(first_frame..) {
            if !sample.is_finite() {
                self.non_finite += 1;
                *sample = 0.0;
            }
            self.sum += f64::from(*sample);
            if sample.abs() > SILENCE {
                let first = self.heard.map_or(frame, |(first, _)| first);
                self.heard = Some((first, frame));
            }
            self.watch_full_scale(*sample, full_scale);
        }
        self.peak.process(samples);
    }

    fn watch_full_scale(&mut self, sample: f32, full_scale: f32) {
        if sample.abs() < full_scale {
            self.run = 0;
            return;
        }
        let is_positive = sample > 0.0;
        if self.run > 0 && self.run_is_positive != is_positive {
            self.run = 0;
        }
        self.run_is_positive = is_positive;
        self.run = self.run.saturating_add(1);
        if self.run == CLIPPED_RUN_SAMPLES {
            self.clipped_runs += 1;
            self.clipped_samples += u64::from(CLIPPED_RUN_SAMPLES);
        } else if self.run > CLIPPED_RUN_SAMPLES {
            self.clipped_samples += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::f64::consts::TAU;

    use super::*;

    fn sine(f0_hz: f64, amplitude: f64, seconds: f64, rate_hz: u32) -> Vec<f32> {
        let frames = (seconds * f64::from(rate_hz)) as usize;
        let phase = |n: usize| TAU * f0_hz * n as f64 / f64::from(rate_hz);
        (0..frames)
            .map(|n| (amplitude * phase(n).sin()) as f32)
            .collect()
    }

    fn measure(channels: &[Vec<f32>], rate_hz: u32, block: usize) -> Levels {
        let mut meter = LevelMeter::new(channels.len() as u16, rate_hz, 1.0);
        let frames = channels[0].len();
        for start in (0..frames).step_by(block) {
            let end = (start + block).min(frames);
            let cut: Vec<_> = channels.iter().map(|c| c[start..end].to_vec()).collect();
            meter.process(&cut);
        }
        meter.finish()
    }

    /// EBU Tech 3341, case 1: a stereo sine of 1 kHz at -23 dBFS for 20 s is -23.0 LUFS +- 0.1.
    #[test]
    fn loudness_is_that_of_the_ebu_s_first_test_signal() {
        for rate_hz in [44_100, 48_000, 96_000] {
            let channel = sine(1000.0, 10_f64.powf(-23.0 / 20.0), 20.0, rate_hz);
            let levels = measure(&[channel.clone(), channel], rate_hz, 4096);
            let lufs = levels.integrated_loudness_lufs.unwrap();
            assert!((lufs + 23.0).abs() < 0.1, "{rate_hz}: {lufs}");
            let peak_dbfs = 20.0 * levels.peak.log10();
            assert!((peak_dbfs + 23.0).abs() < 0.01, "{rate_hz}: {peak_dbfs}");
        }
    }

    /// EBU Tech 3342, case 1: 20 s at -20 dBFS, then 20 s at -30 dBFS, is 10 LU +- 1.
    #[test]
    fn loudness_range_is_that_of_the_ebu_s_first_test_signal() {
        let mut channel = sine(1000.0, 0.1, 20.0, 48_000);
        channel.extend(sine(1000.0, 10_f64.powf(-1.5), 20.0, 48_000));
        let levels = measure(&[channel.clone(), channel], 48_000, 1000);
        let range_lu = levels.loudness_range_lu.unwrap();
        assert!((range_lu - 10.0).abs() < 1.0, "{range_lu}");
    }

    #[test]
    fn runs_at_full_scale_are_counted_across_blocks() {
        let mut samples = vec![0.0_f32; 100];
        samples[10..12].fill(1.0);
        samples[30..35].fill(-1.5);
        // A change of sign is no run.
        samples[50..54].copy_from_slice(&[1.0, 1.0, -1.0, -1.0]);
        samples[70..73].fill(1.0);
        for block in [1, 7, 100] {
            let levels = measure(std::slice::from_ref(&samples), 44_100, block);
            assert_eq!((levels.clipped_runs, levels.clipped_samples), (2, 8));
        }
    }

    #[test]
    fn ends_offsets_and_broken_samples_are_found() {
        let mut left = vec![0.0_f32; 1000];
        let mut right = left.clone();
        left[200..700].fill(0.25);
        right[100] = f32::NAN;
        right[150] = 5e-5;
        right[800] = f32::NEG_INFINITY;
        right[150 + 100] = -0.5;
        let levels = measure(&[left, right], 8_000, 33);
        assert_eq!(levels.non_finite_samples, 2);
        assert_eq!(levels.silent_head_frames, 200);
        assert_eq!(levels.silent_tail_frames, 300);
        assert!((levels.dc_offsets[0] - 0.125).abs() < 1e-9);
        assert!((levels.dc_offsets[1] + 0.0005).abs() < 1e-6);
        assert_eq!(levels.peak, 0.5);
        assert!(levels.true_peak >= 0.5);
    }

    #[test]
    fn silence_nothing_and_odd_rates_have_no_loudness() {
        for (frames, rate_hz) in [(0, 44_100), (10, 44_100), (48_000, 48_000)] {
            let levels = measure(&[vec![0.0; frames]], rate_hz, 999);
            assert_eq!(levels.integrated_loudness_lufs, None);
            assert_eq!(levels.silent_head_frames, frames as u64);
            assert_eq!(levels.silent_tail_frames, 0);
            assert_eq!(levels.true_peak, 0.0);
        }
        for rate_hz in [0, 1, 7_999, u32::MAX] {
            let levels = measure(&[vec![0.5; 9000]], rate_hz, 999);
            assert_eq!(levels.integrated_loudness_lufs, None);
        }
        assert!(LevelMeter::new(u16::MAX, 44_100, 1.0).loudness.is_none());
    }
}
