//! What is told about playing, while it lasts and afterwards.

use serde::Serialize;

use super::arguments::PlayArguments;
use super::meter::{Load, Meter};
use crate::error::AppError;
use crate::printable;

/// How it goes.
pub(super) struct Status<'a> {
    pub(super) meter: &'a Meter,
    /// Largest absolute sample since the status before.
    pub(super) recent_peak: f32,
    /// Periods whose samples came late.
    pub(super) missed: u64,
    pub(super) device: &'a str,
}

impl Status<'_> {
    pub(super) fn line(&self) -> String {
        let meter = self.meter;
        format!(
            "status: {} voices, peak {}, load {}, {} late, shedding level {}, columns {}, device {}",
            meter.voices,
            decibels(self.recent_peak),
            load(meter.load()),
            self.missed,
            meter.shedding,
            columns(meter),
            self.device
        )
    }
}

/// How it was.
pub(super) struct Summary<'a> {
    pub(super) arguments: &'a PlayArguments,
    pub(super) device: &'a str,
    pub(super) instruments: String,
    pub(super) meter: &'a Meter,
    pub(super) frames: u64,
    pub(super) notes: u64,
    /// Periods whose samples came late.
    pub(super) missed: u64,
    pub(super) lost_events: u64,
    /// Sample frames that are missing from the recording.
    pub(super) unrecorded: u64,
}

/// The object that `--json` prints.
#[derive(Serialize)]
struct Json<'a> {
    frames: u64,
    duration_s: f64,
    sample_rate_hz: u32,
    buffer: u16,
    audio_device: &'static str,
    device: &'a str,
    instruments: &'a str,
    seed: u64,
    notes: u64,
    most_voices: usize,
    stolen_voices: u64,
    /// `null` in silence.
    peak_dbfs: Option<f64>,
    /// Shares of the deadline in CPU time of the audio thread; `null` where the system does not tell.
    load_median: Option<f32>,
    load_p99: Option<f32>,
    load_most: Option<f32>,
    most_shedding: u8,
    late_periods: u64,
    lost_events: u64,
    non_finite: u64,
    columns: Columns,
    recording: Option<String>,
    unrecorded_frames: u64,
    event_log: Option<String>,
    lost_records: u64,
}

/// Network columns, by where they came from.
#[derive(Serialize)]
struct Columns {
    taken: u64,
    stale: u64,
    late: u64,
    failed: u64,
    cpu: u64,
}

impl Summary<'_> {
    fn duration_s(&self) -> f64 {
        self.frames as f64 / f64::from(self.arguments.sample_rate)
    }

    pub(super) fn text(&self) -> String {
        let meter = self.meter;
        let mut lines = vec![
            format!(
                "played {:.1} s, {} notes, at most {} voices, peak {}",
                self.duration_s(),
                self.notes,
                meter.counters.most_voices,
                decibels(meter.peak)
            ),
            format!(
                "load {}, {} late, shedding up to level {}, {} events lost",
                load(meter.load()),
                self.missed,
                meter.most_shedding,
                self.lost_events
            ),
            format!("columns {}, device {}", columns(meter), self.device),
        ];
        if let Some(path) = &self.arguments.record {
            lines.push(format!("recording: {}", printable::path(path)));
        }
        if let Some(path) = &self.arguments.event_log {
            lines.push(format!("event log: {}", printable::path(path)));
        }
        lines.join("\n")
    }

    pub(super) fn json(&self) -> Result<String, AppError> {
        let meter = self.meter;
        let load = meter.load();
        let counts = meter.counters.columns_from;
        let json = Json {
            frames: self.frames,
            duration_s: self.duration_s(),
            sample_rate_hz: self.arguments.sample_rate,
            buffer: self.arguments.buffer,
            audio_device: super::NULL,
            device: self.device,
            instruments: &self.instruments,
            seed: self.arguments.seed,
            notes: self.notes,
            most_voices: meter.counters.most_voices,
            stolen_voices: meter.counters.stolen,
            peak_dbfs: (meter.peak > 0.0).then(|| 20.0 * f64::from(meter.peak).log10()),
            load_median: load.map(|load| load.median),
            load_p99: load.map(|load| load.p99),
            load_most: load.map(|load| load.most),
            most_shedding: meter.most_shedding,
            late_periods: self.missed,
            lost_events: self.lost_events,
            non_finite: meter.counters.non_finite,
            columns: Columns {
                taken: counts.taken,
                stale: counts.stale,
                late: counts.late,
                failed: counts.failed,
                cpu: counts.cpu,
            },
            recording: self.arguments.record.as_deref().map(printable::json),
            unrecorded_frames: self.unrecorded,
            event_log: self.arguments.event_log.as_deref().map(printable::json),
            lost_records: meter.lost_reports,
        };
        serde_json::to_string_pretty(&json).map_err(AppError::new)
    }
}

fn decibels(peak: f32) -> String {
    match peak > 0.0 {
        true => format!("{:.1} dBFS", 20.0 * peak.log10()),
        false => "none (silence)".to_owned(),
    }
}

fn load(load: Option<Load>) -> String {
    match load {
        None => "unknown".to_owned(),
        Some(Load { median, p99, most }) => format!(
            "{:.1} % of the time there is (99 of 100 blocks below {:.1} %, most {:.1} %)",
            100.0 * median,
            100.0 * p99,
            100.0 * most
        ),
    }
}

fn columns(meter: &Meter) -> String {
    let counts = meter.counters.columns_from;
    format!(
        "{} taken, {} stale, {} late, {} failed, {} cpu",
        counts.taken, counts.stale, counts.late, counts.failed, counts.cpu
    )
}
