//! What is told about a recording.

use serde::Serialize;
use synth_io::audio_file::{AudioDecoder, AudioKind, DecodeError};

use super::levels::{LevelMeter, Levels, SILENCE_DBFS};
use super::lines::{Lines, count, size};
use super::shown;
use crate::summary::{level_db, minutes};

/// The object that `--json` prints.
#[derive(Serialize)]
pub(super) struct AudioFacts {
    file: String,
    /// "wav", "flac", "aiff", "mp3" or "ogg".
    kind: &'static str,
    size_bytes: u64,
    channels: usize,
    sample_rate_hz: u32,
    /// `null` where samples are not stored one by one: MP3, Vorbis.
    bits: Option<u32>,
    /// "integer", "float" or, where there are no bits, `null`.
    sample_type: Option<&'static str>,
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
    /// What is damaged.
    warnings: Vec<String>,
}

impl AudioFacts {
    /// Reads all of it, block by block.
    pub(super) fn read(
        file: String,
        size_bytes: u64,
        mut decoder: AudioDecoder,
    ) -> Result<Self, DecodeError> {
        let full_scale = match decoder.bits() {
            Some(bits) if !decoder.is_float() => 1.0 - 2_f64.powi(1 - bits.min(64) as i32),
            _ => 1.0,
        };
        let sample_rate_hz = decoder.sample_rate_hz();
        // No file has more than 64 channels here.
        let channels = decoder.channels() as u16;
        let mut meter = LevelMeter::new(channels, sample_rate_hz, full_scale as f32);
        while let Some(block) = decoder.read()? {
            meter.process(block);
        }
        let frames = decoder.frames();
        let seconds = |frames: u64| frames as f64 / f64::from(sample_rate_hz);
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
            kind: match decoder.kind() {
                AudioKind::Wav => "wav",
                AudioKind::Flac => "flac",
                AudioKind::Aiff => "aiff",
                AudioKind::Mp3 => "mp3",
                AudioKind::Ogg => "ogg",
            },
            size_bytes,
            channels: decoder.channels(),
            sample_rate_hz,
            bits: decoder.bits(),
            sample_type: decoder.bits().map(|_| match decoder.is_float() {
                true => "float",
                false => "integer",
            }),
            frames,
            missing_frames: decoder.missing_frames(),
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
            warnings: decoder.warnings(),
        })
    }

    /// For people.
    pub(super) fn text(&self) -> String {
        let mut lines = Lines::new(&format!(
            "{}: {} file, {}, {}",
            shown::name(&self.file),
            match self.kind {
                "ogg" => "Ogg".to_owned(),
                other => other.to_uppercase(),
            },
            minutes(self.duration_s),
            size(self.size_bytes)
        ));
        let channels = match self.channels {
            1 => "mono".to_owned(),
            2 => "stereo".to_owned(),
            many => format!("{many} channels"),
        };
        let khz = f64::from(self.sample_rate_hz) / 1000.0;
        let samples = match (self.bits, self.sample_type) {
            (Some(bits), Some(sample_type)) => format!("{bits}-bit {sample_type}s"),
            _ => "compressed with loss".to_owned(),
        };
        lines.add("format", format!("{khz} kHz, {samples}, {channels}"));
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
        for warning in &self.warnings {
            lines.add("warning", warning);
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
