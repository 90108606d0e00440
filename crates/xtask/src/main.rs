//! Developer verbs: `cargo run -p xtask -- VERB`. The scripts call them.
//!
//! Exit codes: 0 when the job is done; 2 with one line on standard error that says what to put right.
#![forbid(unsafe_code)]

mod gather;
mod licences;
mod linked;
mod riff;
mod sample_files;
mod soundfont;
mod sources;
mod terminal_film;
mod terminal_picture;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(about = "Developer verbs of ane-synth")]
struct Cli {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// Write the recordings inside a soundfont as WAV files, as they were recorded: not tuned, not
    /// looped.
    SoundfontSamples {
        /// The soundfont (SF2)
        file: PathBuf,
        /// Only samples whose name begins so
        #[arg(long, value_name = "PREFIX", default_value = "")]
        samples: String,
        /// Folder to write to; made where it is missing
        #[arg(long, value_name = "FOLDER")]
        out: PathBuf,
    },
    /// List the shipped instruments, one name a line.
    Instruments {
        /// The list of instruments and their sources
        #[arg(long, value_name = "FILE")]
        sources: PathBuf,
    },
    /// Gather the recordings of a shipped instrument, then print what its training is told, one a
    /// line: folder of the recordings, name, authors, licence, source, programs, bank.
    Gather {
        /// Name of the instrument in the list
        instrument: String,
        /// The list of instruments and their sources
        #[arg(long, value_name = "FILE")]
        sources: PathBuf,
        /// Folder of the recordings that are handed over with the project
        #[arg(long, value_name = "FOLDER")]
        shared: PathBuf,
        /// Folder that scripts/fetch-recordings.sh fetched into
        #[arg(long, value_name = "FOLDER")]
        cache: PathBuf,
    },
    /// Print the licence texts of the packages that are linked into the programs.
    Licences {
        /// A target that the programs are built for; may be given several times
        #[arg(long = "target", value_name = "TRIPLE", required = true)]
        targets: Vec<String>,
        /// Folder of the texts that packages lack
        #[arg(long, value_name = "FOLDER")]
        texts: PathBuf,
    },
    /// Turn what a terminal shows, as tmux capture-pane -e writes it to standard input, into a picture in SVG on
    /// standard output.
    TerminalPicture,
    /// The same of several captures with form feeds between them: a film.
    TerminalFilm {
        /// How long each is seen
        #[arg(long, value_name = "SECONDS", default_value_t = 0.5)]
        seconds: f32,
    },
}

fn standard_input() -> Result<String, String> {
    std::io::read_to_string(std::io::stdin())
        .map_err(|error| format!("standard input cannot be read: {error}"))
}

fn main() -> ExitCode {
    let done = match Cli::parse().verb {
        Verb::SoundfontSamples { file, samples, out } => {
            sample_files::extract(&file, &samples, &out).map(|written| {
                println!("{written} files in {}", out.display());
            })
        }
        Verb::Instruments { sources } => sources::Sources::read(&sources).map(|list| {
            for instrument in &list.instruments {
                println!("{}", instrument.file);
            }
        }),
        Verb::Gather {
            instrument,
            sources,
            shared,
            cache,
        } => sources::Sources::read(&sources)
            .and_then(|list| gather::gather(list.find(&instrument)?, &shared, &cache))
            .map(|lines| print!("{lines}")),
        Verb::Licences { targets, texts } => linked::linked(&targets)
            .and_then(|packages| licences::texts(&packages, &texts))
            .map(|page| print!("{page}")),
        Verb::TerminalPicture => {
            standard_input().map(|capture| print!("{}", terminal_picture::svg(&capture)))
        }
        Verb::TerminalFilm { seconds } => standard_input()
            .and_then(|captures| terminal_film::svg(&captures, seconds))
            .map(|film| print!("{film}")),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(line) => {
            eprintln!("xtask: {line}");
            ExitCode::from(2)
        }
    }
}
