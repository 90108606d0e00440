//! Who made an instrument, from what, and how well it fits.

use std::collections::BTreeMap;

use thiserror::Error;

use crate::tensor_file::{MAX_HEADER_BYTES, MAX_TENSOR_LIST_BYTES, json_object};

/// What an instrument file says about itself.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Metadata {
    /// Name shown to the player; not empty.
    pub name: String,
    /// Who made the instrument.
    pub author: String,
    /// Licence of the instrument, an SPDX expression where there is one; not empty.
    pub licence: String,
    /// Where the recordings or the model come from.
    pub source: String,
    /// True when it was trained on formulas, not on recordings.
    pub synthetic: bool,
    /// Sample rate of the training data, Hz.
    pub sample_rate_hz: u32,
    /// Samples between two control frames of the training data.
    pub hop: u32,
    /// General MIDI programs the instrument is meant for, 0..=127.
    pub programs: Vec<u8>,
    /// Bank those programs are in, as MIDI counts (most significant byte * 128 + least significant
    /// byte), 0..=16383; 0, General MIDI's own, where a file names none.
    pub bank: u16,
    /// Figures on notes the network was not trained on, by metric name.
    pub held_out: BTreeMap<String, f64>,
    /// Training settings, the seed among them.
    pub training: BTreeMap<String, String>,
    /// Everything this version does not know; kept when the file is written again. No key may be
    /// one the file format itself uses.
    pub unknown: BTreeMap<String, String>,
}

/// Prefix of held-out figures in a file.
const HELD_OUT: &str = "held_out.";
/// Prefix of training settings in a file.
const TRAINING: &str = "training.";

/// Keys of a file that are no unknown metadata.
const KNOWN_KEYS: [&str; 11] = [
    "format_version",
    "attack_step_s",
    "name",
    "author",
    "licence",
    "source",
    "synthetic",
    "sample_rate_hz",
    "hop",
    "programs",
    "bank",
];
/// Banks are numbers of two seven-bit bytes.
const MAX_BANK: u16 = 16_383;
/// Beginnings of such keys.
const KNOWN_PREFIXES: [&str; 4] = [HELD_OUT, TRAINING, "shape.", "ranges."];

impl Metadata {
    /// Most bytes the fields may take as the JSON text they are stored as: a file's header has room
    /// for them and for its list of tensors, whatever the instrument.
    pub const MAX_BYTES: usize = (MAX_HEADER_BYTES - MAX_TENSOR_LIST_BYTES) as usize;

    /// Checks the fields that must be there, their ranges, and that a file holds them as they are.
    ///
    /// # Errors
    /// [`MetadataError`] names the field.
    pub fn check(&self) -> Result<(), MetadataError> {
        for (field, text) in [("name", &self.name), ("licence", &self.licence)] {
            if text.trim().is_empty() {
                return Err(MetadataError::Missing(field));
            }
        }
        if !(8_000..=384_000).contains(&self.sample_rate_hz) {
            return Err(MetadataError::SampleRate(self.sample_rate_hz));
        }
        if !(1..=65_536).contains(&self.hop) {
            return Err(MetadataError::Hop(self.hop));
        }
        if let Some(&program) = self.programs.iter().find(|&&program| program > 127) {
            return Err(MetadataError::Program(program.into()));
        }
        if self.bank > MAX_BANK {
            return Err(MetadataError::Bank(self.bank));
        }
        if let Some((metric, _)) = self.held_out.iter().find(|(_, value)| !value.is_finite()) {
            return Err(MetadataError::Figure(shortened(metric)));
        }
        let known = |key: &&String| {
            KNOWN_KEYS.contains(&key.as_str())
                || KNOWN_PREFIXES.iter().any(|&prefix| key.starts_with(prefix))
        };
        if let Some(key) = self.unknown.keys().find(known) {
            return Err(MetadataError::Reserved(shortened(key)));
        }
        let mut keys = BTreeMap::new();
        self.write(&mut keys);
        let bytes = json_object(keys).to_string().len();
        if bytes > Self::MAX_BYTES {
            return Err(MetadataError::TooLong(bytes));
        }
        Ok(())
    }

    /// Writes the fields as file keys.
    pub(crate) fn write(&self, keys: &mut BTreeMap<String, String>) {
        keys.extend(self.unknown.clone());
        for (metric, value) in &self.held_out {
            keys.insert(format!("{HELD_OUT}{metric}"), value.to_string());
        }
        for (setting, value) in &self.training {
            keys.insert(format!("{TRAINING}{setting}"), value.clone());
        }
        let programs: Vec<String> = self.programs.iter().map(u8::to_string).collect();
        for (key, value) in [
            ("name", self.name.clone()),
            ("author", self.author.clone()),
            ("licence", self.licence.clone()),
            ("source", self.source.clone()),
            ("synthetic", self.synthetic.to_string()),
            ("sample_rate_hz", self.sample_rate_hz.to_string()),
            ("hop", self.hop.to_string()),
            ("programs", programs.join(",")),
        ] {
            keys.insert(key.to_owned(), value);
        }
        if self.bank != 0 {
            keys.insert("bank".to_owned(), self.bank.to_string());
        }
    }

    /// Takes the fields out of a file's keys; whatever is left over is kept as unknown.
    pub(crate) fn read(mut keys: BTreeMap<String, String>) -> Result<Self, MetadataError> {
        let mut take =
            |field: &'static str| keys.remove(field).ok_or(MetadataError::Missing(field));
        let mut metadata = Self {
            name: take("name")?,
            author: take("author")?,
            licence: take("licence")?,
            source: take("source")?,
            synthetic: parse("synthetic", &take("synthetic")?)?,
            sample_rate_hz: parse("sample_rate_hz", &take("sample_rate_hz")?)?,
            hop: parse("hop", &take("hop")?)?,
            programs: parse_programs(&take("programs")?)?,
            bank: match take("bank") {
                Ok(bank) => parse("bank", &bank)?,
                Err(_) => 0,
            },
            ..Self::default()
        };
        for (key, value) in keys {
            if let Some(metric) = key.strip_prefix(HELD_OUT) {
                let figure = value
                    .parse()
                    .map_err(|_| MetadataError::Figure(shortened(metric)))?;
                metadata.held_out.insert(metric.to_owned(), figure);
            } else if let Some(setting) = key.strip_prefix(TRAINING) {
                metadata.training.insert(setting.to_owned(), value);
            } else {
                metadata.unknown.insert(key, value);
            }
        }
        metadata.check()?;
        Ok(metadata)
    }
}

/// Reads one value of a file's metadata.
pub(crate) fn parse<T: std::str::FromStr>(
    field: &'static str,
    text: &str,
) -> Result<T, MetadataError> {
    text.parse().map_err(|_| MetadataError::Value {
        field,
        value: shortened(text),
    })
}

fn parse_programs(text: &str) -> Result<Vec<u8>, MetadataError> {
    if text.is_empty() {
        return Ok(Vec::new());
    }
    text.split(',')
        .map(|program| parse("programs", program))
        .collect()
}

/// So much of a file's text as an error message may carry.
fn shortened(text: &str) -> String {
    text.chars().take(40).collect()
}

/// Why metadata cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum MetadataError {
    /// A field is absent or empty.
    #[error("the metadata lack {0:?}; the file was not written whole")]
    Missing(&'static str),
    /// A field cannot be read.
    #[error("the metadata field {field:?} cannot be read from {value:?}")]
    Value {
        /// Key of the field.
        field: &'static str,
        /// The beginning of its text.
        value: String,
    },
    /// A sample rate outside 8 to 384 kHz.
    #[error("the sample rate is {0} Hz, it must lie within 8000 to 384000 Hz")]
    SampleRate(u32),
    /// A hop of zero or absurdly long.
    #[error("the hop is {0} samples, it must lie within 1 to 65536")]
    Hop(u32),
    /// A program number beyond General MIDI.
    #[error("program {0} is no General MIDI program; they go from 0 to 127")]
    Program(u32),
    /// A bank number of more than two seven-bit bytes.
    #[error("bank {0} is no MIDI bank; they go from 0 to 16383")]
    Bank(u16),
    /// A held-out figure that is no finite number.
    #[error("the held-out figure {0:?} is not a finite number")]
    Figure(String),
    /// A key among the unknown ones that is the file format's own.
    #[error("the unknown metadata have the key {0:?}, which belongs to the file format; rename it")]
    Reserved(String),
    /// Texts that do not fit a file's header.
    #[error("the metadata take {0} bytes, a file holds {max}; shorten the texts", max = Metadata::MAX_BYTES)]
    TooLong(usize),
}

#[cfg(test)]
mod tests {
    use super::*;

    fn example() -> Metadata {
        Metadata {
            name: "Test".to_owned(),
            author: "nobody".to_owned(),
            licence: "MIT".to_owned(),
            source: "a formula".to_owned(),
            synthetic: true,
            sample_rate_hz: 44_100,
            hop: 64,
            programs: vec![40, 41, 127],
            bank: 129,
            held_out: [("harmonic_error_db".to_owned(), 0.1 + 0.2)].into(),
            training: [("seed".to_owned(), "7".to_owned())].into(),
            unknown: [("colour".to_owned(), "blue, with \u{1F3BB}".to_owned())].into(),
        }
    }

    #[test]
    fn keys_hold_everything() {
        let empty = Metadata {
            programs: vec![],
            bank: 0,
            unknown: BTreeMap::new(),
            ..example()
        };
        for metadata in [example(), empty] {
            let mut keys = BTreeMap::new();
            metadata.write(&mut keys);
            assert_eq!(Metadata::read(keys).unwrap(), metadata);
        }
    }

    #[test]
    fn keys_of_the_file_format_are_refused_among_the_unknown() {
        for key in [
            "format_version",
            "attack_step_s",
            "name",
            "author",
            "licence",
            "source",
            "synthetic",
            "sample_rate_hz",
            "hop",
            "programs",
            "bank",
            "held_out.lsd_db",
            "training.",
            "shape.head",
            "shape.colour",
            "ranges.f0_lo_hz",
        ] {
            let mut metadata = example();
            metadata.unknown.insert(key.to_owned(), "7".to_owned());
            let error = metadata.check().unwrap_err();
            assert_eq!(error, MetadataError::Reserved(key.to_owned()));
            assert!(error.to_string().contains(key), "{error}");
        }
        for key in ["", "Name", "hops", "shape", "the.shape.", "held_out"] {
            let mut metadata = example();
            metadata.unknown.insert(key.to_owned(), "7".to_owned());
            assert_eq!(metadata.check(), Ok(()), "{key:?}");
        }
    }

    #[test]
    fn incomplete_or_implausible_metadata_are_refused() {
        let with = |key: &str, text: &str| {
            let mut keys = BTreeMap::new();
            example().write(&mut keys);
            keys.insert(key.to_owned(), text.to_owned());
            Metadata::read(keys).unwrap_err()
        };
        assert_eq!(with("name", "  "), MetadataError::Missing("name"));
        assert_eq!(with("licence", ""), MetadataError::Missing("licence"));
        assert!(matches!(
            with("hop", "-3"),
            MetadataError::Value { field: "hop", .. }
        ));
        assert_eq!(with("hop", "0"), MetadataError::Hop(0));
        assert_eq!(with("sample_rate_hz", "44"), MetadataError::SampleRate(44));
        assert_eq!(with("programs", "1,128"), MetadataError::Program(128));
        assert_eq!(with("bank", "16384"), MetadataError::Bank(16_384));
        assert!(matches!(with("bank", "x"), MetadataError::Value { .. }));
        assert!(matches!(
            with("programs", "1,,2"),
            MetadataError::Value { .. }
        ));
        assert!(matches!(
            with("synthetic", "perhaps"),
            MetadataError::Value { .. }
        ));
        assert_eq!(
            with("held_out.lsd_db", "inf"),
            MetadataError::Figure("lsd_db".to_owned())
        );
        let mut keys = BTreeMap::new();
        example().write(&mut keys);
        keys.remove("author");
        assert_eq!(Metadata::read(keys), Err(MetadataError::Missing("author")));
    }
}
