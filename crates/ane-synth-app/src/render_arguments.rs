//! What `ane-synth render` and `ane-synth demo` take.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use clap::{ArgAction, Args};
use synth_engine::{Parameter, RoomSettings};

use crate::block_size::BlockSize;
use crate::channel_set::ChannelSet;
use crate::devices::DeviceChoice;
use crate::file_format::{Bits, Format};
use crate::parameter_option::ParameterOptions;
use crate::room_option::{parse_amount, parse_size, reverberation_s};
use crate::tail::{Tail, parse_tail};
use crate::tempo_option::TempoOption;
use crate::time_range::{Moment, TimeRange};

/// Long enough for a release.
const DEFAULT_TAIL_S: f64 = 2.0;
/// In so many reverberation times the room, which stands some 18 dB behind the notes, falls by 78 dB.
const TAIL_T60S: f64 = 1.3;

/// What an event log says itself, or makes no sense with one.
const REPLAY_DECIDES: [&str; 20] = [
    "inputs",
    "strict",
    "max_length",
    "instrument",
    "sample_rate",
    "normalise",
    "stems",
    "no_limiter",
    "room",
    "room_size",
    "from",
    "to",
    "transpose",
    "tempo",
    "mute",
    "solo",
    "polyphony",
    "tail",
    "seed",
    "steady",
];

#[derive(Debug, Args)]
pub(crate) struct RenderArguments {
    /// MIDI files, folders with some (looked through to the bottom for .mid, .midi, .smf, .kar and
    /// .rmi), or - for standard input.
    #[arg(value_name = "INPUT", required_unless_present = "events")]
    pub(crate) inputs: Vec<PathBuf>,
    /// Instead of a piece, replay what ane-synth play --event-log has stored in FILE, sample for sample:
    /// what it says cannot be asked for otherwise, except by --set oscillators. The file that is written holds
    /// 32-bit floats unless --bits or FLAC says otherwise [default of OUT: beside FILE].
    #[arg(long, value_name = "FILE", conflicts_with_all = REPLAY_DECIDES)]
    pub(crate) events: Option<PathBuf>,
    /// The file to write, or - for standard output; with several inputs or a folder, the folder to
    /// write to, made if it is missing [default: beside each input, under its name].
    #[arg(short, long, value_name = "OUT")]
    pub(crate) output: Option<PathBuf>,
    /// Refuse a file of which a part is damaged or unclear, instead of rendering the rest.
    #[arg(long)]
    pub(crate) strict: bool,
    /// Refuse pieces that last longer, in hours.
    #[arg(long, value_name = "HOURS", default_value = "4", value_parser = parse_hours,
          allow_negative_numbers = true)]
    pub(crate) max_length: Duration,
    #[command(flatten)]
    pub(crate) options: RenderOptions,
}

#[derive(Debug, Args)]
pub(crate) struct DemoArguments {
    /// The file to write, or - for standard output [default: demo.wav or demo.flac].
    #[arg(short, long, value_name = "OUT")]
    pub(crate) output: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) options: RenderOptions,
}

/// How to render, for any piece.
#[derive(Debug, Args)]
pub(crate) struct RenderOptions {
    /// Play everything with one instrument: a built-in one by name, or a .synth file. Given several
    /// times, each plays the programs nearest to its own, in its bank [default: the built-in
    /// instruments by General MIDI program].
    #[arg(long, value_name = "NAME|FILE", action = ArgAction::Append)]
    pub(crate) instrument: Vec<OsString>,
    /// Sample rate in Hz.
    #[arg(long, value_name = "HZ", allow_negative_numbers = true, default_value_t = 44_100,
          value_parser = clap::value_parser!(u32).range(8_000..=192_000))]
    pub(crate) sample_rate: u32,
    /// Kind of the file [default: by OUT's ending, else wav].
    #[arg(long, value_enum)]
    pub(crate) format: Option<Format>,
    /// Sample format of the file; FLAC has no 32f [default: 24].
    #[arg(long, value_enum)]
    pub(crate) bits: Option<Bits>,
    /// Raise or lower the level so that the file has this loudness, -70 to 0 (EBU R 128; -23 in
    /// broadcasts, -14 on many streaming services).
    #[arg(long, visible_alias = "normalize", value_name = "LUFS", value_parser = parse_loudness,
          allow_negative_numbers = true)]
    pub(crate) normalise: Option<f64>,
    /// Write a file for each channel that plays too (OUT-ch01.wav ...), as loud as in the mix and
    /// without the limiter; the breath and bow noise is then drawn for each channel, so that the
    /// mix differs a little from one without --stems.
    #[arg(long)]
    pub(crate) stems: bool,
    /// Without the limiter that keeps peaks below -1 dBFS.
    #[arg(long)]
    pub(crate) no_limiter: bool,
    /// The room that the piece is played in: off, or how much of it is heard, 0 to 1. MIDI's reverb
    /// send level (controller 91) says how much of it each channel has.
    #[arg(long, value_name = "off|AMOUNT", default_value = "0.4", value_parser = parse_amount,
          allow_negative_numbers = true)]
    pub(crate) room: f32,
    /// Size of the room: 0 (small, 0.5 s of reverberation), 0.5 (1.2 s), 1 (a hall, 3 s).
    #[arg(long, value_name = "SIZE", default_value = "0.5", value_parser = parse_size,
          allow_negative_numbers = true)]
    pub(crate) room_size: f32,
    #[command(flatten)]
    pub(crate) parameters: ParameterOptions,
    /// Begin the file at this time of the piece: seconds, m:ss or h:mm:ss.
    #[arg(long, value_name = "TIME", allow_negative_numbers = true)]
    pub(crate) from: Option<Moment>,
    /// End the file at this time of the piece, without a tail: seconds, m:ss or h:mm:ss.
    #[arg(long, value_name = "TIME", allow_negative_numbers = true)]
    pub(crate) to: Option<Moment>,
    /// Move all notes but drums by so many semitones, -48 to 48.
    #[arg(long, value_name = "SEMITONES", default_value_t = 0, allow_negative_numbers = true,
          value_parser = clap::value_parser!(i8).range(-48..=48))]
    pub(crate) transpose: i8,
    /// Play at another tempo: a factor (1.5), a percentage (150%) or quarter notes a minute
    /// (120bpm).
    #[arg(long, value_name = "TEMPO", allow_negative_numbers = true)]
    pub(crate) tempo: Option<TempoOption>,
    /// Channels to leave out, 1 to 16: 2 or 1,3-5.
    #[arg(long, value_name = "CHANNELS", action = ArgAction::Append)]
    pub(crate) mute: Vec<ChannelSet>,
    /// Channels to play alone, 1 to 16: 2 or 1,3-5.
    #[arg(long, value_name = "CHANNELS", action = ArgAction::Append)]
    pub(crate) solo: Vec<ChannelSet>,
    /// Samples rendered at a time, 1 to 65536, or random:SEED for sizes that vary; the sound does
    /// not depend on it.
    #[arg(
        long,
        value_name = "N|random:SEED",
        allow_negative_numbers = true,
        default_value = "4096"
    )]
    pub(crate) block: BlockSize,
    /// Where the network runs.
    #[arg(long, value_enum, default_value = "auto")]
    pub(crate) device: DeviceChoice,
    /// Most voices at once, 1 to 4096.
    #[arg(long, value_name = "N", allow_negative_numbers = true, default_value_t = 64,
          value_parser = clap::value_parser!(u16).range(1..=4096))]
    pub(crate) polyphony: u16,
    /// Seconds to go on after the end of the piece, 0 to 3600 [default: 2, or more where a large room
    /// rings longer].
    #[arg(long, value_name = "SECONDS", value_parser = parse_tail, allow_negative_numbers = true)]
    pub(crate) tail: Option<Tail>,
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
    /// Threads to render with, 1 to 256 [default: one a processor]; several files share them. The
    /// sound does not depend on it.
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = clap::value_parser!(u16).range(1..=256))]
    pub(crate) threads: Option<u16>,
    /// Print the summary as JSON: an object, or an array of them for several inputs or a folder.
    #[arg(long)]
    pub(crate) json: bool,
}

impl RenderOptions {
    /// Sample format of a piece's file.
    pub(crate) fn bits(&self) -> Bits {
        self.bits.unwrap_or(Bits::Int24)
    }

    /// The part of the piece to write.
    pub(crate) fn time_range(&self) -> TimeRange {
        TimeRange {
            from: self.from,
            to: self.to,
        }
    }

    /// The channels that are not to be heard.
    pub(crate) fn silenced(&self) -> ChannelSet {
        let muted = ChannelSet::union(&self.mute);
        match self.solo.is_empty() {
            true => muted,
            false => ChannelSet::from_bits(muted.bits() | !ChannelSet::union(&self.solo).bits()),
        }
    }

    /// The room, which is off in steady renders.
    pub(crate) fn room(&self) -> RoomSettings {
        match self.steady {
            true => RoomSettings::OFF,
            false => RoomSettings {
                size: self
                    .parameters
                    .value(Parameter::RoomSize)
                    .unwrap_or(self.room_size),
                amount: self.parameters.value(Parameter::Room).unwrap_or(self.room),
            },
        }
    }

    /// Most voices at once.
    pub(crate) fn polyphony(&self) -> u16 {
        // Its range is that of --polyphony; a float that is no number of voices saturates.
        let set = self.parameters.value(Parameter::Polyphony);
        set.map_or(self.polyphony, |voices| voices as u16)
    }

    /// How long to go on after the end of the piece.
    pub(crate) fn tail(&self) -> Tail {
        self.tail.unwrap_or_else(|| {
            let RoomSettings { size, amount } = self.room();
            match amount > 0.0 {
                true => Tail::seconds(DEFAULT_TAIL_S.max(TAIL_T60S * reverberation_s(size))),
                false => Tail::seconds(DEFAULT_TAIL_S),
            }
        })
    }

    /// Threads for everything together. The Neural Engine computes one thing at a time, by
    /// either way to it, and every thread's kernels would take a place of the few that it has.
    pub(crate) fn thread_count(&self) -> usize {
        match self.threads {
            _ if matches!(self.device, DeviceChoice::Ane | DeviceChoice::CoreMl) => 1,
            Some(threads) => usize::from(threads),
            None => std::thread::available_parallelism().map_or(1, usize::from),
        }
    }
}

fn parse_hours(text: &str) -> Result<Duration, String> {
    const LONGEST_HOURS: f64 = 10_000.0;
    match text.parse::<f64>() {
        Ok(hours) if hours > 0.0 && hours <= LONGEST_HOURS => {
            Ok(Duration::from_secs_f64(hours * 3600.0))
        }
        Ok(_) => Err(format!("must lie above 0, up to {LONGEST_HOURS} hours")),
        Err(_) => Err("not a number of hours".to_owned()),
    }
}

fn parse_loudness(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(lufs) if (-70.0..=0.0).contains(&lufs) => Ok(lufs),
        Ok(_) => Err("must lie within -70 to 0 LUFS".to_owned()),
        Err(_) => Err("not a number of LUFS".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::{Cli, Command, one_line};
    use clap::Parser;

    fn options(arguments: &[&str]) -> Result<RenderOptions, String> {
        let line = ["ane-synth", "demo"].iter().chain(arguments);
        match Cli::try_parse_from(line) {
            Ok(Cli {
                command: Some(Command::Demo(demo)),
            }) => Ok(demo.options),
            Ok(other) => Err(format!("{other:?}")),
            Err(error) => Err(one_line(&error.render().to_string())),
        }
    }

    #[test]
    fn the_defaults_are_the_documented_ones() {
        let options = options(&[]).unwrap();
        assert_eq!(options.sample_rate, 44_100);
        assert_eq!(options.polyphony, 64);
        assert_eq!(options.tail().nanoseconds, 2_000_000_000);
        assert_eq!(options.room(), RoomSettings::default());
        assert_eq!(options.bits(), Bits::Int24);
        assert_eq!(options.silenced(), ChannelSet::default());
        assert_eq!(options.transpose, 0);
    }

    #[test]
    fn solo_picks_and_mute_takes_out() {
        let silenced = |arguments: &[&str]| options(arguments).unwrap().silenced().bits();
        assert_eq!(silenced(&["--mute", "1,2", "--mute=16"]), 0x8003);
        assert_eq!(silenced(&["--solo", "1", "--solo", "3"]), !0b101);
        assert_eq!(silenced(&["--solo", "1-3", "--mute", "2"]), !0b101);
    }

    #[test]
    fn parameters_stand_above_the_options_of_their_own() {
        let set = options(&[
            "--room",
            "0.9",
            "--set",
            "room=0.1",
            "--set",
            "Room-Size=0.7",
            "--set",
            "polyphony=8",
            "--set=volume=-6 dB",
            "--set",
            "volume=-12",
        ])
        .unwrap();
        assert_eq!(
            set.room(),
            RoomSettings {
                size: 0.7,
                amount: 0.1
            }
        );
        assert_eq!(set.polyphony(), 8);
        let beyond: Vec<_> = set.parameters.beyond_the_config().collect();
        assert_eq!(beyond, [(Parameter::Volume, -12.0)]);
    }

    #[test]
    fn a_large_room_rings_out_unless_told_otherwise() {
        let tail = |arguments: &[&str]| options(arguments).unwrap().tail().nanoseconds;
        assert_eq!(tail(&["--room-size", "0.2"]), 2_000_000_000);
        assert!(tail(&["--room-size", "1"]) > 3_500_000_000);
        assert_eq!(tail(&["--room-size", "1", "--tail", "1"]), 1_000_000_000);
        assert_eq!(tail(&["--room-size", "1", "--room", "off"]), 2_000_000_000);
        assert_eq!(tail(&["--room-size", "1", "--steady"]), 2_000_000_000);
        assert_eq!(options(&["--room", "OFF"]).unwrap().room().amount, 0.0);
    }

    #[test]
    fn no_length_at_all_is_not_said_to_be_in_range() {
        let refusal = parse_hours("0").unwrap_err();
        assert_eq!(refusal, "must lie above 0, up to 10000 hours");
    }

    #[test]
    fn values_out_of_range_are_one_line() {
        for arguments in [
            ["--sample-rate", "7999"],
            ["--sample-rate", "192001"],
            ["--polyphony", "0"],
            ["--polyphony", "-5"],
            ["--polyphony", "4097"],
            ["--room", "on"],
            ["--room", "-0.1"],
            ["--room", "nan"],
            ["--room-size", "1.1"],
            ["--room-size", "off"],
            ["--tail", "-1"],
            ["--tail", "nan"],
            ["--tail", "1e9"],
            ["--block", "0"],
            ["--block", "random:"],
            ["--bits", "8"],
            ["--format", "mp3"],
            ["--device", "gpu"],
            ["--threads", "0"],
            ["--seed", "x"],
            ["--normalise", "-71"],
            ["--normalise", "1"],
            ["--normalise", "nan"],
            ["--from", "-1"],
            ["--to", "1:99"],
            ["--transpose", "49"],
            ["--transpose", "1.5"],
            ["--tempo", "120"],
            ["--tempo", "-1"],
            ["--mute", "17"],
            ["--set", "volume"],
            ["--set", "volume=13"],
            ["--set", "loudness=1"],
            ["--solo", "0"],
            ["--no-such-flag", "1"],
        ] {
            let line = options(&arguments).unwrap_err();
            assert!(line.ends_with("; see ane-synth --help"), "{line}");
            assert!(!line.contains('\n') && !line.contains("Usage"), "{line}");
            assert!(line.contains(arguments[0]), "{line}");
        }
    }
}
