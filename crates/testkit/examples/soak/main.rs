//! Plays `ane-synth play` for minutes through a JACK server of its own: random notes and controllers,
//! other instruments, devices and sample rates, a server that goes away and comes back. At the end it
//! prints a table and fails where something is not as it must be.
//!
//! scripts/soak.sh builds what it needs and runs it:
//!
//! ```text
//! soak --synth PATH [--minutes N] [--seed N] [--period N] [--sanitized] [--shipped] [--trace FILE]
//! ```
#![forbid(unsafe_code)]

mod chance;
mod footprint;
mod hearing;
mod memory;
mod options;
mod overruns;
mod report;
mod score;
mod self_check;
mod stage;
mod stalls;
mod synth;
mod table;
mod tour;

use std::io::Read;
use std::process::{Command, ExitCode, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use testkit::jack;

use options::Options;

/// Marks the process that does it all, in the environment that its JACK clients need.
const INSIDE: &str = "ANE_SYNTH_SOAK_INSIDE";
/// How long beginning and ending may take together.
const AROUND: Duration = Duration::from_secs(300);
const POLL: Duration = Duration::from_millis(50);

fn main() -> ExitCode {
    let options = match Options::parse(std::env::args().skip(1)) {
        Ok(options) => options,
        Err(what) => return fail(&what),
    };
    let done = match std::env::var_os(INSIDE) {
        None => look_after(&options),
        Some(_) => {
            end_with_the_other();
            run(&options)
        }
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(what) => fail(&what),
    }
}

fn fail(what: &str) -> ExitCode {
    eprintln!("soak: {what}");
    ExitCode::FAILURE
}

/// Runs this program again, where JACK clients find the server that it will start, and ends it if it takes
/// too long.
fn look_after(options: &Options) -> Result<(), String> {
    let itself = std::env::current_exe().map_err(|error| error.to_string())?;
    let mut child = Command::new(itself)
        .args(std::env::args_os().skip(1))
        .envs(jack::own_environment())
        .env(INSIDE, "1")
        .stdin(Stdio::piped())
        .spawn()
        .map_err(|error| format!("it cannot start itself: {error}"))?;
    let begun = Instant::now();
    let most = options.length() + AROUND;
    loop {
        match child.try_wait() {
            Ok(None) => {}
            Ok(Some(status)) if status.success() => return Ok(()),
            Ok(Some(status)) => return Err(format!("failed ({status}); see above")),
            Err(error) => return Err(error.to_string()),
        }
        if begun.elapsed() > most {
            // Its server and the synthesizer end with it: their standard inputs do.
            let _ = child.kill();
            let _ = child.wait();
            return Err(format!(
                "hangs: it has not ended after {} s",
                most.as_secs()
            ));
        }
        thread::sleep(POLL);
    }
}

/// Whoever started this is gone when standard input ends.
fn end_with_the_other() {
    thread::spawn(|| {
        let mut nothing = [0];
        while std::io::stdin().read(&mut nothing).is_ok_and(|n| n > 0) {}
        std::process::exit(1);
    });
}

fn run(options: &Options) -> Result<(), String> {
    if !options.shipped {
        self_check::bites(options)?;
    }
    let outcome = tour::soak(options)?;
    let table = report::table(options, &outcome);
    print!("{table}\n{}", report::heaviest_blocks(&outcome));
    match table.breaches() {
        0 => Ok(()),
        1 => Err("1 breach".to_owned()),
        many => Err(format!("{many} breaches")),
    }
}
