//! What `ane-synth play` takes.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{ArgAction, Args};
use synth_engine::{Parameter, RoomSettings};

use crate::devices::DeviceChoice;
use crate::parameter_option::ParameterOptions;
use crate::room_option::{parse_amount, parse_size};

/// What can be raised while playing, unless more is asked for at the start.
const MOST_POLYPHONY: usize = 256;

#[derive(Debug, Args)]
pub(crate) struct PlayArguments {
    /// Plain lines of text and nothing that moves: the only interface so far.
    #[arg(long)]
    pub(crate) plain: bool,
    /// The audio device: null, which plays to nobody in real time, is the only one so far.
    #[arg(long, value_name = "NAME")]
    pub(crate) audio_device: Option<OsString>,
    /// Samples that are made at a time, 16 to 4096.
    #[arg(long, value_name = "N", allow_negative_numbers = true, default_value_t = 256,
          value_parser = clap::value_parser!(u16).range(16..=4096))]
    pub(crate) buffer: u16,
    /// Sample rate in Hz.
    #[arg(long, value_name = "HZ", allow_negative_numbers = true, default_value_t = 44_100,
          value_parser = clap::value_parser!(u32).range(8_000..=192_000))]
    pub(crate) sample_rate: u32,
    /// Play with this instrument: a built-in one by name, or a .synth file. Given several times, each
    /// plays the programs nearest to its own, in its bank [default: the built-in instruments by General
    /// MIDI program].
    #[arg(long, value_name = "NAME|FILE", action = ArgAction::Append)]
    pub(crate) instrument: Vec<OsString>,
    /// Where the network runs.
    #[arg(long, value_enum, default_value = "auto")]
    pub(crate) device: DeviceChoice,
    /// Most voices at once, 1 to 4096.
    #[arg(long, value_name = "N", allow_negative_numbers = true, default_value_t = 64,
          value_parser = clap::value_parser!(u16).range(1..=4096))]
    pub(crate) polyphony: u16,
    /// Seed of everything random (noise, drift, fluctuation).
    #[arg(
        long,
        value_name = "N",
        allow_negative_numbers = true,
        default_value_t = 0
    )]
    pub(crate) seed: u64,
    /// The room: off, or how much of it is heard, 0 to 1.
    #[arg(long, value_name = "off|AMOUNT", default_value = "0.4", value_parser = parse_amount,
          allow_negative_numbers = true)]
    pub(crate) room: f32,
    /// Size of the room: 0 (small, 0.5 s of reverberation), 0.5 (1.2 s), 1 (a hall, 3 s).
    #[arg(long, value_name = "SIZE", default_value = "0.5", value_parser = parse_size,
          allow_negative_numbers = true)]
    pub(crate) room_size: f32,
    #[command(flatten)]
    pub(crate) parameters: ParameterOptions,
    /// Store what is played in a WAV file of 32-bit floats, just as the audio device gets it. It gets its
    /// name at the end; a program that is killed leaves it under a hidden name beside that, unfinished.
    #[arg(long, value_name = "FILE")]
    pub(crate) record: Option<PathBuf>,
    /// Store what is played, and when, as lines of JSON: render --events makes the same samples of it,
    /// also of what a program that is killed has left, which is all but its last second.
    #[arg(long, value_name = "FILE")]
    pub(crate) event_log: Option<PathBuf>,
    /// Print a line about the load every 2 seconds, as on a terminal.
    #[arg(long)]
    pub(crate) verbose: bool,
    /// Print the summary as a JSON object; everything else goes to standard error.
    #[arg(long)]
    pub(crate) json: bool,
}

impl PlayArguments {
    pub(crate) fn room(&self) -> RoomSettings {
        RoomSettings {
            size: self
                .parameters
                .value(Parameter::RoomSize)
                .unwrap_or(self.room_size),
            amount: self.parameters.value(Parameter::Room).unwrap_or(self.room),
        }
    }

    /// Most voices at once.
    pub(crate) fn polyphony(&self) -> usize {
        // A float that is no number of voices saturates.
        let set = self.parameters.value(Parameter::Polyphony);
        set.map_or(usize::from(self.polyphony), |voices| voices as usize)
    }

    /// What the polyphony may be raised to.
    pub(crate) fn most_polyphony(&self) -> usize {
        MOST_POLYPHONY.max(self.polyphony())
    }
}
