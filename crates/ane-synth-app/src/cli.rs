//! The command line.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::error::ErrorKind;
use clap::{Args, Parser, Subcommand};

use crate::doctor::DoctorArguments;
use crate::error::EXIT_BAD_INPUT;
use crate::evaluate::EvaluateArguments;
use crate::export::ExportArguments;
use crate::output;
use crate::play::PlayArguments;
use crate::printable;
use crate::render_arguments::{DemoArguments, RenderArguments};
use crate::train::TrainArguments;

/// A neural synthesizer: plays live, and renders MIDI files to WAV or FLAC, with instruments made of
/// recordings. Without a command it plays.
#[derive(Debug, Parser)]
#[command(name = "ane-synth", version, args_conflicts_with_subcommands = true)]
pub(crate) struct Cli {
    /// Without one it plays, as play does.
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Render MIDI files to WAV or FLAC files.
    Render(RenderArguments),
    /// Play live, on the computer's audio device, by MIDI and by an interface on the terminal or lines of text.
    Play(PlayArguments),
    /// List the audio devices and the MIDI inputs that there are.
    Devices(DevicesArguments),
    /// Say what this machine is, how fast it is, and whether sound can be made on it.
    Doctor(DoctorArguments),
    /// List the instruments that are built in.
    Instruments(InstrumentsArguments),
    /// List what --set can set.
    Parameters(ParametersArguments),
    /// Render a short piece of our own.
    Demo(DemoArguments),
    /// Say what is inside MIDI files, instruments and recordings.
    Info(InfoArguments),
    /// Make an instrument of recordings.
    Train(TrainArguments),
    /// Compare an instrument with recordings that it has not learnt from.
    Evaluate(EvaluateArguments),
    /// Write an instrument's network as MIL text, as a weight file or as a model package for Core ML.
    Export(ExportArguments),
    /// Say what this program is and whose work is inside it.
    About(AboutArguments),
    /// Print a shell's completions for this command.
    Completions(CompletionsArguments),
    /// Print the manual page, or write one page a command.
    Man(ManArguments),
}

#[derive(Debug, Args)]
pub(crate) struct InstrumentsArguments {
    /// Print a JSON array.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct DevicesArguments {
    /// Print a JSON object.
    #[arg(long)]
    pub(crate) json: bool,
    /// Print what the audio libraries had to say as well.
    #[arg(long)]
    pub(crate) verbose: bool,
}

#[derive(Debug, Args)]
pub(crate) struct ParametersArguments {
    /// Print a JSON array of those that are numbers: all but the oscillators.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct InfoArguments {
    /// A MIDI file, a .synth file, the name of a built-in instrument or a recording (WAV, FLAC, AIFF,
    /// MP3 or Ogg Vorbis); - is standard input. What it is is found by its content, not by its name.
    #[arg(value_name = "FILE", required = true)]
    pub(crate) files: Vec<PathBuf>,
    /// Print JSON: an object for one file, an array for several.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct AboutArguments {
    /// Print the licences of the program and of the recordings that its instruments are made of.
    #[arg(long, visible_alias = "licenses")]
    pub(crate) licences: bool,
}

#[derive(Debug, Args)]
pub(crate) struct CompletionsArguments {
    /// The shell.
    #[arg(value_enum, value_name = "SHELL")]
    pub(crate) shell: clap_complete::Shell,
}

#[derive(Debug, Args)]
pub(crate) struct ManArguments {
    /// Write ane-synth.1 and a page for each command into this folder, which is made if need be,
    /// instead of printing ane-synth.1.
    #[arg(long, value_name = "DIR")]
    pub(crate) dir: Option<PathBuf>,
}

/// What happens without a command: it plays.
pub(crate) fn default_command() -> Result<Command, clap::Error> {
    let cli = Cli::try_parse_from(["ane-synth", "play"])?;
    cli.command
        .ok_or_else(|| clap::Error::new(ErrorKind::MissingSubcommand))
}

/// Help and version go to standard output; a command line that cannot be understood gives one
/// line on standard error.
pub(crate) fn answer_without_command(error: &clap::Error) -> ExitCode {
    let text = error.render().to_string();
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => match output::say(text.trim_end()) {
            Ok(()) => return ExitCode::SUCCESS,
            Err(error) => output::complain(&error.to_string()),
        },
        _ => output::complain(&one_line(&text)),
    }
    ExitCode::from(EXIT_BAD_INPUT)
}

/// clap's message without its usage text.
pub(crate) fn one_line(text: &str) -> String {
    let end = ["\n\nUsage:", "\n\nFor more information"]
        .iter()
        .filter_map(|mark| text.find(mark))
        .min()
        .unwrap_or(text.len());
    let line = printable::one_line(&text[..end]);
    let line = line.strip_prefix("error: ").unwrap_or(&line);
    format!("{line}; see ane-synth --help")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_definition_is_consistent() {
        use clap::CommandFactory;
        Cli::command().debug_assert();
    }
}
