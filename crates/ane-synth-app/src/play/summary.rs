//! What is told about playing, while it lasts and afterwards.

use serde::Serialize;

use synth_engine::RendererConfig;
use synth_io::audio_device::Priority;

use super::arguments::PlayArguments;
use super::audit;
use super::heavy_blocks::HeavyBlock;
use super::live::Live;
use super::meter::{Load, Meter};
use super::midi_intake::IntakeCounts;
use crate::error::AppError;
use crate::printable;

/// How it goes.
pub(super) struct Status<'a> {
    pub(super) meter: &'a Meter,
    /// Largest absolute sample since the status before.
    pub(super) recent_peak: f32,
    pub(super) live: &'a Live,
    pub(super) device: &'a str,
}

impl Status<'_> {
    pub(super) fn line(&self) -> String {
        let meter = self.meter;
        let output = &self.live.output;
        let heard = match output.is_heard() {
            true => "",
            false => "unheard, ",
        };
        let offset = self.live.intake.mapper().clock().clock_offset_ppm();
        let offset = match offset {
            Some(ppm) => format!("{ppm:+.0} ppm"),
            None => "not known yet".to_owned(),
        };
        let heap = match audit::heap_bytes() {
            Some(bytes) => format!(", heap {bytes} bytes"),
            None => String::new(),
        };
        format!(
            "status: {heard}{} voices, peak {}, load {}, {} overruns, {} late, {} xruns, shedding level {}, \
             columns {}, device {}, {} MIDI inputs, {} messages, audio clock {offset}{heap}",
            meter.voices,
            decibels(self.recent_peak),
            load(meter.load()),
            meter.overruns,
            output.missed(),
            output.xruns(),
            meter.shedding,
            columns(meter),
            self.device,
            self.live.ports(),
            self.live.intake.counts().messages,
        )
    }
}

/// What the world of a session has to tell at its end.
pub(super) struct Told {
    /// Periods whose samples came late where nobody was played to.
    missed: u64,
    xruns: u64,
    priority: Priority,
    midi: IntakeCounts,
    clock_offset_ppm: Option<f64>,
    /// Sample frames that the recording and the log are about.
    kept_frames: Option<u64>,
}

impl Told {
    pub(super) fn of(live: &Live, priority: Priority, kept_frames: Option<u64>) -> Self {
        Self {
            missed: live.output.missed(),
            xruns: live.output.xruns(),
            priority,
            midi: live.intake.counts(),
            clock_offset_ppm: live.intake.mapper().clock().clock_offset_ppm(),
            kept_frames,
        }
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
    pub(super) told: Told,
    pub(super) config: &'a RendererConfig,
    pub(super) buffer: usize,
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
    buffer: usize,
    /// As it was asked for; `null` for the default.
    audio_device: Option<&'a str>,
    device: &'a str,
    instruments: &'a str,
    seed: u64,
    notes: u64,
    most_voices: usize,
    stolen_voices: u64,
    /// `null` in silence.
    peak_dbfs: Option<f64>,
    /// Blocks whose load is known.
    blocks: u64,
    /// Shares of the deadline in CPU time of the audio thread; `null` where the system does not tell.
    load_median: Option<f32>,
    load_p99: Option<f32>,
    load_p999: Option<f32>,
    load_most: Option<f32>,
    heaviest_blocks: Vec<HeavyBlock>,
    most_shedding: u8,
    /// Blocks that took longer than they last, in CPU time of the audio thread.
    overruns: u64,
    /// Periods that came late where nobody was played to.
    late_periods: u64,
    /// Gaps that the audio system told of, whoever was to blame.
    xruns: u64,
    priority: Priority,
    midi_messages: u64,
    midi_lost: u64,
    midi_too_long: u64,
    /// By how many millionths the audio device runs faster than its rate, by the system's clock.
    clock_offset_ppm: Option<f64>,
    /// What was allocated or freed on realtime threads; `null` in a build that does not count it.
    allocations: Option<u64>,
    lost_events: u64,
    non_finite: u64,
    silenced_samples: u64,
    columns: Columns,
    recording: Option<String>,
    /// Sample frames that the recording and the event log are about.
    kept_frames: Option<u64>,
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
        self.frames as f64 / f64::from(self.config.sample_rate_hz)
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
                "load {}, {} late, {} xruns, shedding up to level {}, {} events lost",
                load(meter.load()),
                self.told.missed,
                self.told.xruns,
                meter.most_shedding,
                self.lost_events + self.told.midi.lost
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
            sample_rate_hz: self.config.sample_rate_hz,
            buffer: self.buffer,
            audio_device: self.arguments.audio_device.as_deref(),
            device: self.device,
            instruments: &self.instruments,
            seed: self.arguments.seed,
            notes: self.notes,
            most_voices: meter.counters.most_voices,
            stolen_voices: meter.counters.stolen,
            peak_dbfs: (meter.peak > 0.0).then(|| 20.0 * f64::from(meter.peak).log10()),
            blocks: meter.blocks,
            load_median: load.map(|load| load.median),
            load_p99: load.map(|load| load.p99),
            load_p999: load.map(|load| load.p999),
            load_most: load.map(|load| load.most),
            heaviest_blocks: meter.heavy.told(),
            most_shedding: meter.most_shedding,
            overruns: meter.overruns,
            late_periods: self.told.missed,
            xruns: self.told.xruns,
            priority: self.told.priority,
            midi_messages: self.told.midi.messages,
            midi_lost: self.told.midi.lost,
            midi_too_long: self.told.midi.too_long,
            clock_offset_ppm: self.told.clock_offset_ppm,
            allocations: audit::allocations(),
            lost_events: self.lost_events,
            non_finite: meter.counters.non_finite,
            silenced_samples: meter.counters.silenced_samples,
            columns: Columns {
                taken: counts.taken,
                stale: counts.stale,
                late: counts.late,
                failed: counts.failed,
                cpu: counts.cpu,
            },
            recording: self.arguments.record.as_deref().map(printable::json),
            kept_frames: self.told.kept_frames,
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
        Some(Load {
            median, p99, most, ..
        }) => format!(
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
