//! What an engine was made with.

use std::collections::BTreeMap;

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use synth_engine::{Oscillators, POLYPHONY, Parameter, SAMPLE_RATES_HZ, UnknownOscillators};

use super::parse::quoted;

/// The first line of a log, but for the format's name and version.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LogHeader {
    /// Name and version of the program that wrote the log.
    pub program: String,
    /// Sample rate in Hz, within [`SAMPLE_RATES_HZ`].
    pub sample_rate_hz: u32,
    /// Channels of the output: 2.
    pub channels: u16,
    /// Seed of every random stream.
    pub seed: u64,
    /// Most voices at once, within [`POLYPHONY`].
    pub polyphony: usize,
    /// What [`Parameter::Polyphony`] may raise that to, at least `polyphony`.
    pub most_polyphony: usize,
    /// The room.
    pub room: LogRoom,
    /// Name of the device that the networks ran on.
    pub device: String,
    /// The instruments; which of them plays which program follows from the instruments themselves.
    pub instruments: Vec<LogInstrument>,
    /// Values that parameters had before the first sample, in their units.
    pub parameters: BTreeMap<Parameter, f32>,
    /// What summed the partials; none in a log that does not say it, which means the default ones.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        serialize_with = "write_oscillators",
        deserialize_with = "read_oscillators"
    )]
    pub oscillators: Option<Oscillators>,
}

/// The room that everything was played in, as in [`synth_engine::RoomSettings`].
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct LogRoom {
    /// 0 (small) to 1 (a hall).
    pub size: f32,
    /// How much of it is heard, 0 to 1.
    pub amount: f32,
}

/// An instrument and how to tell that it is still the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogInstrument {
    /// What it is called.
    pub name: String,
    /// The file that it was read from, as an absolute path; none for one that is built in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// SHA-256 (FIPS 180-4) of the instrument's bytes, 64 hexadecimal digits in lower case.
    pub sha256: String,
}

impl LogHeader {
    /// What is wrong with it.
    pub(super) fn fault(&self) -> Option<String> {
        if !SAMPLE_RATES_HZ.contains(&self.sample_rate_hz) {
            let rate = self.sample_rate_hz;
            return Some(format!("a sample rate of {rate} Hz is not supported"));
        }
        if self.channels != 2 {
            let channels = self.channels;
            return Some(format!("{channels} channels are not supported, only 2"));
        }
        let in_range = |polyphony| POLYPHONY.contains(polyphony);
        if ![self.polyphony, self.most_polyphony].iter().all(in_range)
            || self.most_polyphony < self.polyphony
        {
            let (now, most) = (self.polyphony, self.most_polyphony);
            return Some(format!("a polyphony of {now} of {most} is not supported"));
        }
        let LogRoom { size, amount } = self.room;
        if ![size, amount].iter().all(|x| (0.0..=1.0).contains(x)) {
            let what = format!("a room of size {size} and amount {amount} is not supported");
            return Some(what);
        }
        let out_of_range = |(parameter, value): (&Parameter, &f32)| {
            let info = parameter.info();
            let is_fit = (info.range.0..=info.range.1).contains(value);
            (!is_fit).then(|| format!("{} takes {}, not {value}", info.name, info.takes()))
        };
        if let Some(what) = self.parameters.iter().find_map(out_of_range) {
            return Some(what);
        }
        instruments_fault(&self.instruments)
    }
}

fn write_oscillators<S: Serializer>(
    oscillators: &Option<Oscillators>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    oscillators.map(Oscillators::name).serialize(serializer)
}

fn read_oscillators<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Oscillators>, D::Error> {
    let name = String::deserialize(deserializer)?;
    let oscillators = name.parse().map_err(|error: UnknownOscillators| {
        let name = quoted(&name);
        D::Error::custom(format_args!("the oscillators {name}: {error}"))
    });
    oscillators.map(Some)
}

/// What is wrong with instruments.
pub(super) fn instruments_fault(instruments: &[LogInstrument]) -> Option<String> {
    if instruments.is_empty() {
        return Some("no instrument is named".to_owned());
    }
    let is_digest = |digest: &str| {
        let is_digit = |byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        digest.len() == 64 && digest.bytes().all(is_digit)
    };
    let wrong = instruments.iter().position(|i| !is_digest(&i.sha256))?;
    let number = wrong + 1;
    Some(format!(
        "the sha256 of instrument {number} is not 64 hexadecimal digits in lower case"
    ))
}
