//! What `ane-synth evaluate` takes.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::Args;

#[derive(Debug, Args)]
pub(crate) struct EvaluateArguments {
    /// A .synth file, or a built-in instrument by name.
    #[arg(value_name = "NAME.synth")]
    pub(crate) instrument: OsString,
    /// The folder of recordings to compare it with, looked through to the bottom. Every fourth pitch
    /// between the lowest and the highest is compared: what `ane-synth train --hold-out` leaves out.
    #[arg(value_name = "DIR")]
    pub(crate) recordings: PathBuf,
    /// Write a page with pictures and sounds of every note, and the sounds as WAV files, into this
    /// folder, which is made if it is missing.
    #[arg(long, value_name = "DIR")]
    pub(crate) report: Option<PathBuf>,
    /// Threads, 1 to 256 [default: one a processor]; the figures do not depend on it.
    #[arg(long, value_name = "N", allow_negative_numbers = true,
          value_parser = clap::value_parser!(u16).range(1..=256))]
    pub(crate) threads: Option<u16>,
    /// Print a JSON object.
    #[arg(long)]
    pub(crate) json: bool,
}

impl EvaluateArguments {
    /// Threads for everything.
    pub(crate) fn thread_count(&self) -> usize {
        match self.threads {
            Some(threads) => usize::from(threads),
            None => std::thread::available_parallelism().map_or(1, usize::from),
        }
    }
}
