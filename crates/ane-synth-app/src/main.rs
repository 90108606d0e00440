//! The `ane-synth` command: MIDI files in, WAV or FLAC files out, played by small neural networks; and
//! recordings in, instruments out.
//!
//! Exit codes: 0 when the job is done; 2 for anything the user can put right (a bad flag, a bad
//! file, a place that cannot be written) and 128 plus the signal's number when it was interrupted,
//! both with one line on standard error that says what.
#![forbid(unsafe_code)]

mod about;
mod accelerators;
mod batch;
mod block_size;
mod chain;
mod channel_set;
mod cli;
mod cpu_time;
mod demo;
mod device_list;
mod devices;
mod doctor;
mod error;
mod evaluate;
mod export;
mod file_format;
mod fma_peak;
mod folder;
mod generate;
mod info;
mod instruments;
mod interrupt;
mod job;
mod jobs;
mod levels;
mod listing;
mod loudness;
mod machine;
mod made_folders;
mod manual;
mod normalise;
mod oscillator_option;
mod output;
mod outputs;
mod parameter_option;
mod perform;
mod places;
mod play;
mod printable;
mod progress;
mod quantile;
mod read_song;
mod recordings;
mod relay;
mod render;
mod render_arguments;
mod replay;
mod report;
mod room_option;
mod score;
mod shelf;
#[cfg(test)]
mod stand_in_engine;
mod stems;
mod studio;
mod summary;
mod tail;
mod tempo_option;
mod time_range;
mod train;
mod transpose;
mod tui;

use std::process::ExitCode;

use clap::Parser;

use cli::{Cli, Command};
use error::AppError;

fn main() -> ExitCode {
    let command = match Cli::try_parse() {
        Ok(Cli {
            command: Some(command),
        }) => Ok(command),
        Ok(Cli { command: None }) => cli::default_command(),
        Err(error) => Err(error),
    };
    let command = match command {
        Ok(command) => command,
        Err(error) => return cli::answer_without_command(&error),
    };
    match run(command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            output::complain(&error.to_string());
            ExitCode::from(error.exit_code())
        }
    }
}

fn run(command: Command) -> Result<(), AppError> {
    match command {
        Command::Render(arguments) => jobs::render_inputs(&arguments),
        Command::Play(arguments) => play::play(&arguments),
        Command::Devices(arguments) => device_list::list(&arguments),
        Command::Doctor(arguments) => doctor::examine(&arguments),
        Command::Instruments(arguments) => listing::list(&arguments),
        Command::Parameters(arguments) => parameter_option::list(&arguments),
        Command::Demo(arguments) => demo::render_demo(&arguments),
        Command::Info(arguments) => info::tell(&arguments),
        Command::Train(arguments) => train::train_instrument(&arguments),
        Command::Evaluate(arguments) => evaluate::compare(&arguments),
        Command::Export(arguments) => export::export(&arguments),
        Command::About(arguments) => about::tell(&arguments),
        Command::Completions(arguments) => generate::print_completions(&arguments),
        Command::Man(arguments) => generate::manual_pages(&arguments),
    }
}
