//! The command line.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::error::ErrorKind;
use clap::{Args, Parser, Subcommand, ValueEnum};
use synth_io::audio_file::SampleFormat;

use crate::block_size::BlockSize;
use crate::error::EXIT_BAD_INPUT;
use crate::output;

/// A neural synthesizer: renders MIDI files to WAV.
#[derive(Debug, Parser)]
#[command(name = "ane-synth", version, arg_required_else_help = true)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Render a MIDI file to a WAV file.
    Render(RenderArguments),
    /// List the instruments that are built in.
    Instruments(InstrumentsArguments),
    /// Render a short piece of our own.
    Demo(DemoArguments),
}

#[derive(Debug, Args)]
pub(crate) struct RenderArguments {
    /// The MIDI file (format 0 or 1).
    #[arg(value_name = "IN.mid")]
    pub(crate) input: PathBuf,
    /// The WAV file to write [default: the input's name, ending in .wav].
    #[arg(short, long, value_name = "OUT.wav")]
    pub(crate) output: Option<PathBuf>,
    /// End notes that the file never ends together with the piece, instead of refusing the file.
    #[arg(long)]
    pub(crate) end_notes: bool,
    #[command(flatten)]
    pub(crate) options: RenderOptions,
}

#[derive(Debug, Args)]
pub(crate) struct DemoArguments {
    /// The WAV file to write.
    #[arg(short, long, value_name = "OUT.wav", default_value = "demo.wav")]
    pub(crate) output: PathBuf,
    #[command(flatten)]
    pub(crate) options: RenderOptions,
}

#[derive(Debug, Args)]
pub(crate) struct InstrumentsArguments {
    /// Print a JSON array.
    #[arg(long)]
    pub(crate) json: bool,
}

/// How to render, for any piece.
#[derive(Debug, Args)]
pub(crate) struct RenderOptions {
    /// Play everything with one instrument: a built-in one by name, or a .synth file [default: the
    /// built-in instruments by General MIDI program].
    #[arg(long, value_name = "NAME|FILE")]
    pub(crate) instrument: Option<String>,
    /// Sample rate in Hz.
    #[arg(long, value_name = "HZ", allow_negative_numbers = true, default_value_t = 44_100,
          value_parser = clap::value_parser!(u32).range(8_000..=192_000))]
    pub(crate) sample_rate: u32,
    /// Samples rendered at a time, 1 to 65536, or random:SEED for sizes that vary; the sound does
    /// not depend on it.
    #[arg(
        long,
        value_name = "N|random:SEED",
        allow_negative_numbers = true,
        default_value = "4096"
    )]
    pub(crate) block: BlockSize,
    /// Sample format of the WAV file.
    #[arg(long, value_enum, default_value = "24")]
    pub(crate) bits: Bits,
    /// Where the network runs.
    #[arg(long, value_enum, default_value = "auto")]
    pub(crate) device: DeviceChoice,
    /// Most voices at once, 1 to 4096.
    #[arg(long, value_name = "N", allow_negative_numbers = true, default_value_t = 64,
          value_parser = clap::value_parser!(u16).range(1..=4096))]
    pub(crate) polyphony: u16,
    /// Seconds to go on after the end of the piece, 0 to 3600.
    #[arg(long, value_name = "SECONDS", default_value = "2", value_parser = parse_tail, allow_negative_numbers = true)]
    pub(crate) tail: Tail,
    /// Seed of everything random (noise, drift, fluctuation).
    #[arg(
        long,
        value_name = "N",
        allow_negative_numbers = true,
        default_value_t = 0
    )]
    pub(crate) seed: u64,
    /// Without vibrato, drift, fluctuation, noise and effects, for measuring.
    #[arg(long)]
    pub(crate) steady: bool,
    /// Threads to render with, 1 to 256 [default: one a processor]; the sound does not depend on
    /// it.
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = clap::value_parser!(u16).range(1..=256))]
    pub(crate) threads: Option<u16>,
    /// Print the summary as one JSON object.
    #[arg(long)]
    pub(crate) json: bool,
}

/// Sample formats by the names of the command line.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Bits {
    /// 16-bit integers.
    #[value(name = "16")]
    Int16,
    /// 24-bit integers.
    #[value(name = "24")]
    Int24,
    /// 32-bit floats.
    #[value(name = "32f")]
    Float32,
}

impl Bits {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Int16 => "16",
            Self::Int24 => "24",
            Self::Float32 => "32f",
        }
    }

    pub(crate) fn sample_format(self) -> SampleFormat {
        match self {
            Self::Int16 => SampleFormat::Int16,
            Self::Int24 => SampleFormat::Int24,
            Self::Float32 => SampleFormat::Float32,
        }
    }
}

/// Devices by the names of the command line.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum DeviceChoice {
    /// The best for rendering: the processor.
    Auto,
    /// The processor, fast.
    Cpu,
    /// The plain interpreter: slow, the yardstick for the others.
    Reference,
}

/// A length of time, exact, so that the length of the file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Tail {
    pub(crate) nanoseconds: u64,
}

fn parse_tail(text: &str) -> Result<Tail, String> {
    let seconds: f64 = text
        .parse()
        .map_err(|_| "not a number of seconds".to_owned())?;
    if !(0.0..=3600.0).contains(&seconds) {
        return Err("must lie within 0 to 3600 seconds".to_owned());
    }
    Ok(Tail {
        nanoseconds: (seconds * 1e9).round() as u64,
    })
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
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            let _ = writeln!(std::io::stderr().lock(), "{}", text.trim_end());
        }
        _ => output::complain(&one_line(&text)),
    }
    ExitCode::from(EXIT_BAD_INPUT)
}

/// clap's message without its usage text.
fn one_line(text: &str) -> String {
    let end = ["\n\nUsage:", "\n\nFor more information"]
        .iter()
        .filter_map(|mark| text.find(mark))
        .min()
        .unwrap_or(text.len());
    let words: Vec<&str> = text[..end].split_whitespace().collect();
    let line = words.join(" ");
    let line = line.strip_prefix("error: ").unwrap_or(&line);
    format!("{line}; see ane-synth --help")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(arguments: &[&str]) -> Result<RenderOptions, String> {
        let line = ["ane-synth", "demo"].iter().chain(arguments);
        match Cli::try_parse_from(line) {
            Ok(Cli {
                command: Command::Demo(demo),
            }) => Ok(demo.options),
            Ok(other) => Err(format!("{other:?}")),
            Err(error) => Err(one_line(&error.render().to_string())),
        }
    }

    #[test]
    fn the_definition_is_consistent() {
        use clap::CommandFactory;
        Cli::command().debug_assert();
    }

    #[test]
    fn the_defaults_are_the_documented_ones() {
        let options = options(&[]).unwrap();
        assert_eq!(options.sample_rate, 44_100);
        assert_eq!(options.polyphony, 64);
        assert_eq!(options.tail.nanoseconds, 2_000_000_000);
        assert!(matches!(options.bits, Bits::Int24));
    }

    #[test]
    fn values_out_of_range_are_one_line() {
        for arguments in [
            ["--sample-rate", "7999"],
            ["--sample-rate", "192001"],
            ["--polyphony", "0"],
            ["--polyphony", "-5"],
            ["--polyphony", "4097"],
            ["--tail", "-1"],
            ["--tail", "nan"],
            ["--tail", "1e9"],
            ["--block", "0"],
            ["--block", "random:"],
            ["--bits", "8"],
            ["--device", "gpu"],
            ["--threads", "0"],
            ["--seed", "x"],
            ["--no-such-flag", "1"],
        ] {
            let line = options(&arguments).unwrap_err();
            assert!(line.ends_with("; see ane-synth --help"), "{line}");
            assert!(!line.contains('\n') && !line.contains("Usage"), "{line}");
            assert!(line.contains(arguments[0]), "{line}");
        }
    }
}
