//! The report as a JSON object.

use serde::Serialize;

use crate::report::{Report, Row, Table};
use crate::workload::DEADLINE_US;

#[derive(Serialize)]
struct Json<'a> {
    version: &'a str,
    machine: &'a str,
    /// The instruction set in use.
    simd: &'a str,
    /// Whether everything was measured a few times only.
    quick: bool,
    /// Whether the program was built to be debugged, and is slower than it is.
    debug_build: bool,
    fma_peak_gflops: f64,
    network_peak_share: f64,
    oscillator_times_scalar: f64,
    oscillator_snr_db: f64,
    oscillator_flat_times_scalar: f64,
    oscillator_flat_snr_db: f64,
    rows: Vec<JsonRow<'a>>,
    voices: Vec<JsonVoices>,
    shared: Vec<JsonShared<'a>>,
}

/// Numbers are `null` where `why` says why.
#[derive(Serialize)]
struct JsonRow<'a> {
    table: &'a str,
    row: &'a str,
    p5_us: Option<f64>,
    p50_us: Option<f64>,
    p99_us: Option<f64>,
    cpu_us: Option<f64>,
    /// How many times faster than `baseline`, by the 5th percentiles.
    ratio: Option<f64>,
    baseline: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<&'a str>,
}

#[derive(Serialize)]
struct JsonVoices {
    voices: usize,
    us: f64,
    us_per_voice: f64,
    deadline_share: f64,
}

/// What all voices share, in the costs of `voices` once each.
#[derive(Serialize)]
struct JsonShared<'a> {
    part: &'a str,
    us: f64,
}

pub(crate) fn print(report: &Report) -> Result<String, serde_json::Error> {
    let (rate, oscillators) = (&report.rate, &report.oscillators);
    let voices = report.voices.iter().map(|cost| JsonVoices {
        voices: cost.voices,
        us: cost.us,
        us_per_voice: cost.us / cost.voices as f64,
        deadline_share: cost.us / DEADLINE_US,
    });
    let shared = report.shared.iter().map(|cost| JsonShared {
        part: cost.name,
        us: cost.us,
    });
    let rows = report.tables.iter();
    let rows = rows.flat_map(|table| table.rows.iter().map(move |row| json_row(table, row)));
    serde_json::to_string_pretty(&Json {
        version: env!("CARGO_PKG_VERSION"),
        machine: &report.machine,
        simd: report.level.name(),
        quick: report.quick,
        debug_build: cfg!(debug_assertions),
        fma_peak_gflops: rate.fma_peak_gflops,
        network_peak_share: rate.network_peak_share,
        oscillator_times_scalar: oscillators.times_scalar,
        oscillator_snr_db: oscillators.snr_db,
        oscillator_flat_times_scalar: oscillators.flat_times_scalar,
        oscillator_flat_snr_db: oscillators.flat_snr_db,
        rows: rows.collect(),
        voices: voices.collect(),
        shared: shared.collect(),
    })
}

fn json_row<'a>(table: &Table, row: &'a Row) -> JsonRow<'a> {
    let measured = row.result.as_ref().ok();
    let timing = measured.map(|measured| measured.timing);
    JsonRow {
        table: table.name,
        row: row.name,
        p5_us: timing.map(|timing| timing.p5_us),
        p50_us: timing.map(|timing| timing.p50_us),
        p99_us: timing.map(|timing| timing.p99_us),
        cpu_us: timing.map(|timing| timing.cpu_us),
        ratio: measured.map(|measured| measured.ratio),
        baseline: table.baseline,
        why: row.result.as_ref().err().map(String::as_str),
    }
}
