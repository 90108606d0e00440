//! `ane-synth doctor`: what this machine is, what it can do, and whether sound can be made on it.

mod accelerated;
mod instruments;
mod latency;
mod live;
mod networks;
mod privacy;
mod text;

use std::path::PathBuf;

use clap::Args;
use mil_runtime::cpu::Level;
use serde::Serialize;

use crate::error::AppError;
use crate::fma_peak::FmaPeak;
use crate::machine;
use crate::output;
use crate::quantile::micros;

/// Runs of the multiply-adds, of which the fastest counts.
const PEAK_RUNS: usize = 200;

#[derive(Debug, Args)]
pub(crate) struct DoctorArguments {
    /// Print a JSON object.
    #[arg(long)]
    pub(crate) json: bool,
    /// Measure everything a few times only.
    #[arg(long)]
    pub(crate) quick: bool,
    /// Also write the JSON object to this file, to attach to a report. It names no person, device or place.
    #[arg(short = 'o', long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
}

/// Everything that is told. It may be attached to a public report: no names of devices or ports, no
/// paths.
#[derive(Serialize)]
struct Findings {
    version: &'static str,
    machine: String,
    /// The instruction set in use.
    simd: &'static str,
    fma_peak_gflops: f64,
    quick: bool,
    debug_build: bool,
    /// Where networks can run: the processor, the Neural Engine, CoreML.
    networks: Vec<networks::Network>,
    audio: live::Audio,
    midi: live::Midi,
    instruments: Vec<instruments::Found>,
    /// Whether files can be rendered.
    renders: bool,
    /// Whether it can be heard live.
    plays: bool,
}

pub(crate) fn examine(arguments: &DoctorArguments) -> Result<(), AppError> {
    let findings = find(arguments)?;
    let json = serde_json::to_string_pretty(&findings).map_err(AppError::new)?;
    let json = privacy::without_own_folders(&json);
    if let Some(path) = &arguments.output {
        std::fs::write(path, format!("{json}\n")).map_err(|error| {
            let what = format!("cannot be written ({error}); name another --output");
            AppError::about(path, what)
        })?;
    }
    match arguments.json {
        true => output::say(&json)?,
        false => {
            let text = text::lines(&findings).join("\n");
            output::say(&privacy::without_own_folders(&text))?;
        }
    }
    match findings.renders {
        true => Ok(()),
        false => Err(AppError::new(
            "no sound can be made on this machine; please report it with what is printed above",
        )),
    }
}

fn find(arguments: &DoctorArguments) -> Result<Findings, AppError> {
    let networks = networks::measure(arguments.quick)?;
    let instruments = instruments::try_each()?;
    let audio = live::audio();
    let computes = networks.iter().any(|network| {
        network
            .measured
            .as_ref()
            .is_some_and(networks::Measured::is_right)
    });
    let renders = computes && instruments.iter().any(|found| found.sounds);
    Ok(Findings {
        version: env!("CARGO_PKG_VERSION"),
        machine: machine::described(),
        simd: Level::detect().name(),
        fma_peak_gflops: fma_peak_gflops()?,
        quick: arguments.quick,
        debug_build: cfg!(debug_assertions),
        networks,
        plays: renders && audio.played_on.is_some(),
        audio,
        midi: live::midi(),
        instruments,
        renders,
    })
}

fn fma_peak_gflops() -> Result<f64, AppError> {
    let peak = FmaPeak::new().map_err(AppError::new)?;
    let run_us = || {
        let begun = std::time::Instant::now();
        peak.run();
        micros(begun.elapsed())
    };
    let best_us = (0..PEAK_RUNS)
        .map(|_| run_us())
        .fold(f64::INFINITY, f64::min);
    Ok(peak.gflops(best_us))
}
