//! The regression gate: how many instructions the hot kernels take, counted by callgrind and held against
//! a baseline. `scripts/bench-gate.sh` builds and runs it.
//!
//! Exit codes: 0 when no kernel takes too many; 1 when one does, with a line for each on standard error; 2
//! when that could not be found out; 3 when it decides nothing, for want of the baseline's compiler.
#![forbid(unsafe_code)]

mod baseline;
mod callgrind;
mod calls;
mod comparison;
mod dump;
mod failure;
mod kernels;
mod level;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use baseline::Baseline;
use failure::Failure;

#[derive(Parser)]
#[command(about = "Counts the instructions of the hot kernels")]
struct Cli {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// Hold the kernels against the baseline.
    Check {
        /// The recorded counts
        baseline: PathBuf,
        /// The compiler that this program was built with
        #[arg(long)]
        compiler: String,
        /// Call every kernel so many per cent more often than it should be, to see that the gate shuts
        #[arg(long, value_name = "PERCENT", default_value_t = 0)]
        plant: u32,
        /// Write what was counted into this file
        #[arg(long, value_name = "FILE")]
        keep: Option<PathBuf>,
    },
    /// Write the baseline.
    Record {
        /// The file to write
        baseline: PathBuf,
        /// The compiler that this program was built with
        #[arg(long)]
        compiler: String,
    },
    /// What is run under callgrind.
    #[command(hide = true)]
    Calls {
        level: String,
        kernel: String,
        #[arg(long, default_value_t = 0)]
        plant: u32,
    },
}

fn main() -> ExitCode {
    let done = match Cli::parse().verb {
        Verb::Check {
            baseline,
            compiler,
            plant,
            keep,
        } => check(&baseline, &compiler, plant, keep.as_deref()),
        Verb::Record { baseline, compiler } => record(&baseline, &compiler),
        Verb::Calls {
            level,
            kernel,
            plant,
        } => calls::run(&level, &kernel, plant).map_err(|error| Failure::Cannot(error.to_string())),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            for line in failure.to_string().lines() {
                eprintln!("bench-gate: {line}");
            }
            ExitCode::from(failure.exit_code())
        }
    }
}

fn check(path: &Path, compiler: &str, plant: u32, keep: Option<&Path>) -> Result<(), Failure> {
    let wrong = |why: String| Failure::Cannot(format!("{}: {why}", path.display()));
    let text = fs::read_to_string(path).map_err(|error| wrong(error.to_string()))?;
    let recorded: Baseline = text.parse().map_err(wrong)?;
    let now = count(compiler, plant)?;
    if let Some(keep) = keep {
        write(keep, &now)?;
    }
    let comparison = comparison::compare(&recorded, &now.counts, &level::available());
    print!("{}", comparison.table);
    for remark in &comparison.remarks {
        eprintln!("bench-gate: {remark}");
    }
    if recorded.compiler != compiler {
        for failure in &comparison.failures {
            eprintln!("bench-gate: {failure}");
        }
        return Err(Failure::NotExact(format!(
            "the baseline is {}'s and this is {compiler}, which may count otherwise by itself",
            recorded.compiler
        )));
    }
    if comparison.failures.is_empty() {
        return Ok(());
    }
    Err(Failure::Regression(comparison.failures))
}

fn record(path: &Path, compiler: &str) -> Result<(), Failure> {
    if let Some(lacking) = level::GATED
        .iter()
        .find(|name| !level::available().contains(name))
    {
        return Err(Failure::Cannot(format!(
            "this machine lacks the level {lacking}; record the baseline on one that has it"
        )));
    }
    let now = count(compiler, 0)?;
    write(path, &now)
}

fn write(path: &Path, counted: &Baseline) -> Result<(), Failure> {
    fs::write(path, counted.to_string())
        .map_err(|error| Failure::Cannot(format!("{}: {error}", path.display())))
}

/// What the kernels cost now, at every level of this machine that is counted.
fn count(compiler: &str, plant: u32) -> Result<Baseline, Failure> {
    if cfg!(debug_assertions) {
        return Err(Failure::Cannot(
            "built for debugging, the kernels count otherwise; use scripts/bench-gate.sh".into(),
        ));
    }
    Ok(Baseline {
        compiler: compiler.to_owned(),
        counts: callgrind::count(plant)?,
    })
}
