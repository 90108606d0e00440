//! Other people's means beside ours, on the same weights, phases and notes: prints the tables of
//! docs/performance.md. `scripts/bench-peers.sh` gets what it needs and runs it.
//!
//! Every answer is compared with one computed in f64 before and after it is measured; a wrong one ends
//! the run. What is not on this machine is named as such.

mod arguments;
mod instruments;
mod machine;
mod network;
mod oscillators;
mod shared_library;
mod stopwatch;
mod table;
mod versions;

use std::error::Error;
use std::process::ExitCode;

use arguments::Arguments;
use stopwatch::Effort;

/// What ends the run.
type Failure = Box<dyn Error>;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("peers: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), Failure> {
    let arguments = Arguments::from_command_line()?;
    let effort = Effort::new(arguments.quick);
    let load = machine::load();
    let network = network::measure(&arguments, effort)?;
    let oscillators = oscillators::measure(effort)?;
    let instruments = instruments::measure(&arguments, effort)?;

    println!("{}", machine::description(&load));
    println!("{}", network.description());
    println!();
    println!("{}", versions::list(&network.foreign_versions)?);
    println!();
    for table in [network.table, oscillators, instruments] {
        println!("{table}");
    }
    Ok(())
}
