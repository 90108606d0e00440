//! What `ane-synth train` takes.

use std::path::{Path, PathBuf};

use clap::Args;
use synth_train::FitSettings;
use synth_train::train::{About, TrainSettings};

use crate::error::AppError;
use crate::printable;

#[derive(Debug, Args)]
pub(crate) struct TrainArguments {
    /// A folder of recordings, looked through to the bottom for .wav, .flac, .aiff, .mp3 and .ogg:
    /// single notes, or phrases with silences between them. Names like Bb3-mf-2.wav help to find the
    /// pitch, the dynamic and the take, but the pitch is measured.
    #[arg(value_name = "DIR")]
    pub(crate) recordings: PathBuf,
    /// The instrument to write, a .synth file.
    #[arg(short, long, value_name = "NAME.synth")]
    pub(crate) output: PathBuf,
    /// Leave out every fourth pitch, which `ane-synth evaluate` then tries the instrument on.
    #[arg(long)]
    pub(crate) hold_out: bool,
    /// Seed of everything random; the same recordings and seed give the same file.
    #[arg(long, value_name = "N", allow_negative_numbers = true,
          default_value_t = FitSettings::default().seed)]
    pub(crate) seed: u64,
    /// Steps of the fit, 1 to 1000000.
    #[arg(long, value_name = "N", allow_negative_numbers = true,
          default_value_t = FitSettings::default().steps as u32,
          value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub(crate) steps: u32,
    /// Threads to analyse with, 1 to 256 [default: one a processor]; the file does not depend on it.
    #[arg(long, value_name = "N", allow_negative_numbers = true,
          value_parser = clap::value_parser!(u16).range(1..=256))]
    pub(crate) threads: Option<u16>,
    /// Name of the instrument [default: the output's].
    #[arg(long, value_name = "TEXT")]
    pub(crate) name: Option<String>,
    /// Who made the recordings and the instrument.
    #[arg(long, value_name = "TEXT", default_value = "unknown")]
    pub(crate) author: String,
    /// Under which licence others may use the instrument, best an SPDX expression (CC0-1.0).
    #[arg(
        long,
        value_name = "TEXT",
        default_value = "unknown (your own recordings)"
    )]
    pub(crate) licence: String,
    /// Where the recordings come from [default: the name of DIR].
    #[arg(long, value_name = "TEXT")]
    pub(crate) source: Option<String>,
    /// General MIDI programs that it plays beside other instruments, 0 to 127: 40 or 40,48-51.
    #[arg(long, value_name = "PROGRAMS", value_parser = parse_programs)]
    pub(crate) programs: Option<Programs>,
    /// The bank of those programs, 0 to 16383 (most significant byte * 128 + least significant).
    #[arg(long, value_name = "N", allow_negative_numbers = true, default_value_t = 0,
          value_parser = clap::value_parser!(u16).range(0..=16_383))]
    pub(crate) bank: u16,
    /// Write into the instrument the figures of this JSON file, as `ane-synth evaluate --json` prints
    /// them: those of the same recordings with --hold-out.
    #[arg(long, value_name = "FILE", conflicts_with = "hold_out")]
    pub(crate) held_out_figures: Option<PathBuf>,
    /// Print the summary as a JSON object.
    #[arg(long)]
    pub(crate) json: bool,
}

/// Numbers of programs, sorted, each once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Programs(Vec<u8>);

fn parse_programs(text: &str) -> Result<Programs, String> {
    let number = |text: &str| match text.trim().parse::<u8>() {
        Ok(program) if program <= 127 => Ok(program),
        Ok(_) => Err("programs are 0 to 127".to_owned()),
        Err(_) => Err("not programs like 40 or 40,48-51".to_owned()),
    };
    let mut programs = Vec::new();
    for part in text.split(',') {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        let (first, last) = (number(first)?, number(last)?);
        if first > last {
            return Err(format!("{first}-{last} counts backwards"));
        }
        programs.extend(first..=last);
    }
    programs.sort_unstable();
    programs.dedup();
    Ok(Programs(programs))
}

impl TrainArguments {
    /// Refuses what is no instrument's name.
    pub(crate) fn check(&self) -> Result<(), AppError> {
        let ending = self.output.extension();
        if ending.is_some_and(|ending| ending.eq_ignore_ascii_case("synth")) {
            return Ok(());
        }
        let what = "does not end in .synth; name the instrument to write, like sax.synth";
        Err(AppError::about(&self.output, what))
    }

    pub(crate) fn settings(&self) -> TrainSettings {
        let stem = |path: &Path| path.file_stem().map_or_else(String::new, printable::name);
        let folder = || {
            let real = std::fs::canonicalize(&self.recordings);
            let real = real.unwrap_or_else(|_| self.recordings.clone());
            match real.file_name() {
                Some(name) => format!("recordings {}", printable::name(name)),
                None => "recordings".to_owned(),
            }
        };
        TrainSettings {
            fit: FitSettings {
                seed: self.seed,
                steps: self.steps as usize,
                ..FitSettings::default()
            },
            hold_out: self.hold_out,
            threads: self.thread_count(),
            about: About {
                name: self.name.clone().unwrap_or_else(|| stem(&self.output)),
                author: self.author.clone(),
                licence: self.licence.clone(),
                source: self.source.clone().unwrap_or_else(folder),
                programs: self.programs.clone().map_or_else(Vec::new, |all| all.0),
                bank: self.bank,
            },
        }
    }

    /// Threads for the analysis.
    pub(crate) fn thread_count(&self) -> usize {
        match self.threads {
            Some(threads) => usize::from(threads),
            None => std::thread::available_parallelism().map_or(1, usize::from),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_are_numbers_and_runs_of_them() {
        let programs = |text: &str| parse_programs(text).map(|programs| programs.0);
        assert_eq!(programs("40"), Ok(vec![40]));
        assert_eq!(programs("48-50, 40,49"), Ok(vec![40, 48, 49, 50]));
        assert_eq!(programs("0-127").map(|all| all.len()), Ok(128));
        for text in ["", "128", "-1", "a", "1-", "5-4", "1,,2", "1-2-3"] {
            assert!(programs(text).is_err(), "{text}");
        }
    }
}
