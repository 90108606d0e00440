//! The `ane-bench` command: how fast networks, oscillators and the whole synthesizer are on this
//! machine, beside plain means of doing the same.
//!
//! Rows that this machine cannot run are printed with the reason and never guessed. Exit codes: 0 when
//! everything that can be measured was, 2 with one line on standard error otherwise.
#![forbid(unsafe_code)]

#[path = "../../accelerators.rs"]
mod accelerators;
mod additive;
mod additive_accuracy;
#[path = "../../fma_peak.rs"]
mod fma_peak;
mod inference;
mod json;
mod level;
#[path = "../../machine.rs"]
mod machine;
mod pipeline;
mod plain_network;
mod plain_oscillators;
mod polyphony;
#[path = "../../quantile.rs"]
mod quantile;
mod report;
mod startup;
mod stopwatch;
mod text;
mod workload;

use std::error::Error;
use std::io::{self, ErrorKind, Write};
use std::process::ExitCode;

use clap::Parser;

use report::Report;
use stopwatch::Effort;

/// Measures how fast this machine runs the network, the oscillators and the whole synthesizer.
///
/// Times are in microseconds: p5, p50 and p99 are quantiles of what a caller waits, cpu is the mean of
/// the calling thread's processor time. Candidates are measured in turns. A buffer is 512 samples at
/// 44.1 kHz, 11.6 ms.
#[derive(Debug, Parser)]
#[command(name = "ane-bench", version)]
struct Arguments {
    /// Print a JSON object.
    #[arg(long)]
    json: bool,
    /// Measure everything a few times only, to see that it runs: the figures are worth little.
    #[arg(long)]
    quick: bool,
}

fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) if error.use_stderr() => return complain(&first_paragraph(&error.to_string())),
        Err(error) => return print(error.to_string().trim_end()),
    };
    match measure(&arguments) {
        Ok(text) => print(&text),
        Err(error) => complain(&error.to_string()),
    }
}

fn measure(arguments: &Arguments) -> Result<String, Box<dyn Error>> {
    let effort = Effort::new(arguments.quick);
    let level = level::in_use()?;
    let (inference, rate) = inference::measure(effort)?;
    let (additive, oscillators) = additive::measure(effort)?;
    let tables = [
        inference,
        startup::measure(effort)?,
        additive,
        pipeline::measure(effort)?,
    ];
    let (voices, shared) = polyphony::measure(effort)?;
    let report = Report {
        quick: arguments.quick,
        machine: machine::described(),
        level,
        rate,
        oscillators,
        tables,
        voices,
        shared,
    };
    match arguments.json {
        true => Ok(json::print(&report)?),
        false => Ok(text::print(&report)),
    }
}

/// A closed pipe has seen enough.
fn print(text: &str) -> ExitCode {
    let mut stdout = io::stdout().lock();
    match writeln!(stdout, "{text}").and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => complain(&format!(
            "standard output: cannot be written ({error}); check where it goes"
        )),
        _ => ExitCode::SUCCESS,
    }
}

fn complain(line: &str) -> ExitCode {
    let _ = writeln!(io::stderr(), "ane-bench: {line}");
    ExitCode::from(2)
}

/// clap's message without its usage text, on one line.
fn first_paragraph(text: &str) -> String {
    let paragraph = text.split("\n\n").next().unwrap_or(text);
    let words: Vec<&str> = paragraph.split_whitespace().collect();
    let line = words.join(" ");
    let line = line.strip_prefix("error: ").unwrap_or(&line);
    format!("{line}; see ane-bench --help")
}
