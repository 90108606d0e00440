//! What `ane-synth play` takes.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use clap::{ArgAction, Args};
use synth_engine::{Parameter, RoomSettings};
use synth_io::midi_input::{Choice, Latency};

use crate::devices::DeviceChoice;
use crate::parameter_option::ParameterOptions;
use crate::room_option::{parse_amount, parse_size};
use crate::tui::Kept;

/// Volume at the start, unless another one is asked for: whoever turned the loudspeakers up for
/// something soft is not hurt by the first chord.
const START_VOLUME_DB: f32 = -6.0;
/// Voices where nobody asks for more or less.
const USUAL_POLYPHONY: u16 = 64;
/// What can be raised while playing, unless more is asked for at the start.
const MOST_POLYPHONY: usize = 256;

#[derive(Clone, Debug, Args)]
pub(crate) struct PlayArguments {
    /// Plain lines of text and nothing that moves, on a terminal too: for screen readers, and for whoever likes
    /// it so.
    #[arg(long)]
    pub(crate) plain: bool,
    /// The audio device: a system, a device or a part of its name, as ane-synth devices lists them; null
    /// plays to nobody in real time [default: JACK where its server runs and this program knows it, else
    /// the computer's default].
    #[arg(long, value_name = "NAME")]
    pub(crate) audio_device: Option<String>,
    /// Samples that are made at a time, 16 to 4096 [default: 512, where the device lets us choose; 256 for
    /// null].
    #[arg(long, value_name = "N", allow_negative_numbers = true,
          value_parser = clap::value_parser!(u16).range(16..=4096))]
    pub(crate) buffer: Option<u16>,
    /// Sample rate in Hz [default: the device's; 44100 for null].
    #[arg(long, value_name = "HZ", allow_negative_numbers = true,
          value_parser = clap::value_parser!(u32).range(8_000..=192_000))]
    pub(crate) sample_rate: Option<u32>,
    /// MIDI inputs to listen to: all, also those plugged in later, none, or one by a part of its name
    /// [default: all; none with the audio device null].
    #[arg(long, value_name = "PORT|all|none", value_parser = parse_midi)]
    pub(crate) midi: Option<Choice>,
    /// How long after its arrival a MIDI message sounds, 0 to 1000 milliseconds: an even delay keeps the
    /// rhythm, 0 is as soon as possible [default: one buffer].
    #[arg(long, value_name = "MS", allow_negative_numbers = true, value_parser = parse_latency)]
    pub(crate) midi_latency: Option<Latency>,
    /// Play with this instrument: a built-in one by name, or a .synth file. Given several times, each
    /// plays the programs nearest to its own, in its bank [default: the built-in instruments by General
    /// MIDI program].
    #[arg(long, value_name = "NAME|FILE", action = ArgAction::Append)]
    pub(crate) instrument: Vec<OsString>,
    /// Where the network runs.
    #[arg(long, value_enum, default_value = "auto")]
    pub(crate) device: DeviceChoice,
    /// Most voices at once, 1 to 4096 [default: 64].
    #[arg(long, value_name = "N", allow_negative_numbers = true,
          value_parser = clap::value_parser!(u16).range(1..=4096))]
    pub(crate) polyphony: Option<u16>,
    /// Seed of everything random (noise, drift, fluctuation).
    #[arg(
        long,
        value_name = "N",
        allow_negative_numbers = true,
        default_value_t = 0
    )]
    pub(crate) seed: u64,
    /// The room: off, or how much of it is heard, 0 to 1 [default: 0.4].
    #[arg(long, value_name = "off|AMOUNT", value_parser = parse_amount,
          allow_negative_numbers = true)]
    pub(crate) room: Option<f32>,
    /// Size of the room: 0 (small, 0.5 s of reverberation), 0.5 (1.2 s), 1 (a hall, 3 s) [default: 0.5].
    #[arg(long, value_name = "SIZE", value_parser = parse_size,
          allow_negative_numbers = true)]
    pub(crate) room_size: Option<f32>,
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
    /// Print a line about the load every 2 seconds, as on a terminal, and what was tried on the Neural
    /// Engine.
    #[arg(long)]
    pub(crate) verbose: bool,
    /// Print the summary as a JSON object; everything else goes to standard error.
    #[arg(long)]
    pub(crate) json: bool,
}

impl PlayArguments {
    pub(crate) fn room(&self) -> RoomSettings {
        let usual = RoomSettings::DEFAULT;
        let size = self.parameters.value(Parameter::RoomSize);
        let amount = self.parameters.value(Parameter::Room);
        RoomSettings {
            size: size.or(self.room_size).unwrap_or(usual.size),
            amount: amount.or(self.room).unwrap_or(usual.amount),
        }
    }

    /// Takes what was kept from the last time, as far as nothing else is asked for.
    pub(crate) fn take_kept(&mut self, kept: &Kept) {
        if self.instrument.is_empty() {
            let kept = kept.instrument.iter();
            self.instrument = kept.map(OsString::from).collect();
        }
        if self.audio_device.is_none() {
            self.audio_device.clone_from(&kept.audio_device);
        }
        for &(parameter, value) in &kept.parameters {
            let is_asked_for = match parameter {
                Parameter::Room => self.room.is_some(),
                Parameter::RoomSize => self.room_size.is_some(),
                Parameter::Polyphony => self.polyphony.is_some(),
                _ => false,
            };
            if !is_asked_for {
                self.parameters.set_first(parameter, value);
            }
        }
    }

    /// Parameters that are not as a renderer is made, before the first sample.
    pub(crate) fn first_parameters(&self) -> impl Iterator<Item = (Parameter, f32)> + '_ {
        let volume = (Parameter::Volume, START_VOLUME_DB);
        let is_set = self.parameters.value(Parameter::Volume).is_some();
        let asked = self.parameters.beyond_the_config();
        (!is_set).then_some(volume).into_iter().chain(asked)
    }

    /// Most voices at once.
    pub(crate) fn polyphony(&self) -> usize {
        // A float that is no number of voices saturates.
        let set = self.parameters.value(Parameter::Polyphony);
        let asked = self.polyphony.unwrap_or(USUAL_POLYPHONY);
        set.map_or(usize::from(asked), |voices| voices as usize)
    }

    /// What the polyphony may be raised to.
    pub(crate) fn most_polyphony(&self) -> usize {
        MOST_POLYPHONY.max(self.polyphony())
    }
}

fn parse_midi(text: &str) -> Result<Choice, String> {
    text.parse()
        .map_err(|error: synth_io::midi_input::MidiInputError| error.to_string())
}

fn parse_latency(text: &str) -> Result<Latency, String> {
    match text.parse::<f64>() {
        Ok(ms) if (0.0..=1000.0).contains(&ms) => {
            Ok(Latency::Fixed(Duration::from_secs_f64(ms / 1000.0)))
        }
        _ => Err("must be 0 to 1000 milliseconds".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        arguments: PlayArguments,
    }

    fn with_kept(words: &[&str]) -> PlayArguments {
        let words = [&["ane-synth"], words].concat();
        let mut arguments = Line::try_parse_from(words).unwrap().arguments;
        arguments.take_kept(&Kept {
            instrument: Some("flute".to_owned()),
            audio_device: Some("null".to_owned()),
            parameters: vec![
                (Parameter::Volume, -12.0),
                (Parameter::Room, 0.9),
                (Parameter::RoomSize, 0.8),
                (Parameter::Polyphony, 32.0),
                (Parameter::Brightness, 0.5),
            ],
            ..Kept::default()
        });
        arguments
    }

    #[test]
    fn what_was_kept_counts_where_nothing_else_is_asked_for() {
        let arguments = with_kept(&[]);
        assert_eq!(arguments.instrument, ["flute"]);
        assert_eq!(arguments.audio_device.as_deref(), Some("null"));
        let room = RoomSettings {
            size: 0.8,
            amount: 0.9,
        };
        assert_eq!((arguments.room(), arguments.polyphony()), (room, 32));
        let first: Vec<_> = arguments.first_parameters().collect();
        let kept = [(Parameter::Volume, -12.0), (Parameter::Brightness, 0.5)];
        assert_eq!(first, kept);
    }

    #[test]
    fn what_is_asked_for_wins() {
        let arguments = with_kept(&[
            "--instrument",
            "oboe",
            "--audio-device",
            "card",
            "--room",
            "off",
            "--room-size",
            "0",
            "--polyphony",
            "8",
            "--set",
            "volume=0",
            "--set",
            "brightness=-1",
        ]);
        assert_eq!(arguments.instrument, ["oboe"]);
        assert_eq!(arguments.audio_device.as_deref(), Some("card"));
        let room = RoomSettings {
            size: 0.0,
            amount: 0.0,
        };
        assert_eq!((arguments.room(), arguments.polyphony()), (room, 8));
        let first: Vec<_> = arguments.first_parameters().collect();
        let asked = [(Parameter::Volume, 0.0), (Parameter::Brightness, -1.0)];
        assert_eq!(first, asked);
    }
}
