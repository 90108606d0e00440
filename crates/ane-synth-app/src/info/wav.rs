//! What is told about a WAV file.

use serde::Serialize;
use synth_io::audio_file::{AudioError, AudioReader};

use super::levels::{LevelMeter, Levels, SILENCE_DBFS};
use super::lines::{Lines, count, size};
use super::shown;
use crate::summary::{level_db, minutes};

/// The object that `--json` prints.
#[derive(Serialize)]
pub(super) struct WavFacts {
    file: String,
    kind: &'static str,
    size_bytes: u64,
    channels: u16,
    sample_rate_hz: u32,
    bits: u16,
    /// "integer" or "float".
    sample_type: &'static str,
    frames: u64,
    /// Frames that the header promises and that are not there.
    missing_frames: u64,
    duration_s: f64,
    /// `null` in silence.
    peak_dbfs: Option<f64>,
    true_peak_dbtp: Option<f64>,
    /// `null` in silence, in less than 0.4 s and at unusual rates.
    integrated_loudness_lufs: Option<f64>,
    /// `null` in less than 3 s and at unusual rates.
    loudness_range_lu: Option<f64>,
    /// Of each channel, re full scale 1.
    dc_offsets: Vec<f64>,
    /// Three samples and more in a row at full scale.
    clipped_runs: u64,
    clipped_samples: u64,
    /// NaN and infinities.
    non_finite_samples: u64,
    silence_threshold_dbfs: f64,
    silent_head_s: f64,
    silent_tail_s: f64,
}

impl WavFacts {
    /// Reads all of it, block by block.
    pub(super) fn read(
        file: String,
        size_bytes: u64,
        mut reader: AudioReader,
    ) -> Result<Self, AudioError> {
        let spec = reader.spec();
        let full_scale = match spec.float {
            true => 1.0,
            false => 1.0 - 2_f64.powi(1 - i32::from(spec.bits)),
        };
        let mut meter = LevelMeter::new(spec.channels, spec.sample_rate_hz, full_scale as f32);
        while let Some(block) = reader.read()? {
            meter.process(block);
        }
        let frames = reader.frames();
        let seconds = |frames: u64| frames as f64 / f64::from(spec.sample_rate_hz.max(1));
        let Levels {
            peak,
            true_peak,
            integrated_loudness_lufs,
            loudness_range_lu,
            dc_offsets,
            clipped_runs,
            clipped_samples,
            non_finite_samples,
            silent_head_frames,
            silent_tail_frames,
        } = meter.finish();
        Ok(Self {
            file,
            kind: "wav",
            size_bytes,
            channels: spec.channels,
            sample_rate_hz: spec.sample_rate_hz,
            bits: spec.bits,
            sample_type: if spec.float { "float" } else { "integer" },
            frames,
            missing_frames: reader.missing_frames(),
            duration_s: seconds(frames),
            peak_dbfs: level_db(peak),
            true_peak_dbtp: level_db(true_peak),
            integrated_loudness_lufs,
            loudness_range_lu,
            dc_offsets,
            clipped_runs,
            clipped_samples,
            non_finite_samples,
            silence_threshold_dbfs: SILENCE_DBFS,
            silent_head_s: seconds(silent_head_frames),
            silent_tail_s: seconds(silent_tail_frames),
        })
    }

    /// For people.
    pub(super) fn text(&self) -> String {
        let mut lines = Lines::new(&format!(
            "{}: WAV file, {}, {}",
            shown::name(&self.file),
            minutes(self.duration_s),
            size(self.size_bytes)
        ));
        let channels = match self.channels {
            1 => "mono".to_owned(),
            2 => "stereo".to_owned(),
            many => format!("{many} channels"),
        };
        let khz = f64::from(self.sample_rate_hz) / 1000.0;
        lines.add(
            "format",
            format!(
                "{khz} kHz, {}-bit {}s, {channels}",
                self.bits, self.sample_type
            ),
        );
        lines.add("frames", self.frames.to_string());
        lines.add(
            "peak",
            format!(
                "{}, true peak {}",
                decibels(self.peak_dbfs, "dBFS"),
                decibels(self.true_peak_dbtp, "dBTP")
            ),
        );
        lines.add("loudness", self.loudness());
        lines.add("DC offset", self.dc_offset());
        lines.add("silence", self.silence());
        if self.clipped_runs > 0 {
            lines.add(
                "clipped",
                format!(
                    "{} in {} at full scale",
                    count(self.clipped_samples, "sample"),
                    count(self.clipped_runs, "run")
                ),
            );
        }
        if self.non_finite_samples > 0 {
            lines.add(
                "warning",
                format!(
                    "{} NaN or infinite, taken for silence",
                    count(self.non_finite_samples, "sample")
                ),
            );
        }
        if self.missing_frames > 0 {
            lines.add(
                "warning",
                format!(
                    "cut short: the header promises {} more",
                    count(self.missing_frames, "frame")
                ),
            );
        }
        lines.finish()
    }

    fn loudness(&self) -> String {
        let range = self
            .loudness_range_lu
            .map(|lu| format!(", range {lu:.1} LU"));
        match self.integrated_loudness_lufs {
            Some(lufs) => format!("{lufs:.1} LUFS{}", range.unwrap_or_default()),
            None if self.peak_dbfs.is_none() => "silence".to_owned(),
            None => "too quiet, too short or at too unusual a rate to tell".to_owned(),
        }
    }

    fn dc_offset(&self) -> String {
        let largest = self.dc_offsets.iter().copied().map(f64::abs);
        match level_db(largest.fold(0.0, f64::max) as f32) {
            Some(level) => format!("{level:.1} dBFS"),
            None => "none".to_owned(),
        }
    }

    fn silence(&self) -> String {
        if self.frames == 0 {
            return "there are no samples".to_owned();
        }
        format!(
            "{:.3} s at the head, {:.3} s at the tail (below {SILENCE_DBFS:.0} dBFS)",
            self.silent_head_s, self.silent_tail_s
        )
    }
}

fn decibels(level: Option<f64>, unit: &str) -> String {
    match level {
        Some(level) => format!("{level:.2} {unit}"),
        None => "silence".to_owned(),
    }
}
