//! `NAME=VALUE`.

use super::table::{Curve, Parameter, ParameterInfo};
use std::str::FromStr;
use thiserror::Error;

/// A parameter and what it is to be, as somebody wrote it: `volume=-6`, `tuning=415 Hz`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ParameterSetting {
    /// The parameter.
    pub parameter: Parameter,
    /// Within its range.
    pub value: f32,
}

/// Why a setting cannot be understood.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ParameterSettingError {
    /// There is no equals sign.
    #[error("say NAME=VALUE, for example volume=-6")]
    NoValue,
    /// No parameter has the name.
    #[error("no parameter has this name; there are {}", names())]
    Unknown,
    /// The value is not a number of the parameter's unit, or out of its range.
    #[error("{name} takes {takes}")]
    Value {
        /// The parameter's name.
        name: &'static str,
        /// What it takes, in words.
        takes: String,
    },
}

fn names() -> String {
    let names: Vec<&str> = Parameter::table().iter().map(|info| info.name).collect();
    names.join(", ")
}

impl FromStr for ParameterSetting {
    type Err = ParameterSettingError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (name, value) = text.split_once('=').ok_or(ParameterSettingError::NoValue)?;
        let parameter = Parameter::named(name.trim()).ok_or(ParameterSettingError::Unknown)?;
        let info = parameter.info();
        let value = info.parse(value)?;
        Ok(Self { parameter, value })
    }
}

impl ParameterInfo {
    /// Reads a value of this parameter: a number, with the unit behind it or without.
    ///
    /// # Errors
    /// [`ParameterSettingError::Value`] where it is no number or out of range.
    pub fn parse(&self, text: &str) -> Result<f32, ParameterSettingError> {
        let text = text.trim();
        let unit_at = text.len().checked_sub(self.unit.len());
        let number = match unit_at.and_then(|at| text.split_at_checked(at)) {
            Some((number, unit)) if unit.eq_ignore_ascii_case(self.unit) => number.trim_end(),
            _ => text,
        };
        let (low, high) = self.range;
        match number.parse::<f32>() {
            Ok(value) if (low..=high).contains(&value) && self.nearest(value) == value => Ok(value),
            _ => Err(ParameterSettingError::Value {
                name: self.name,
                takes: self.takes(),
            }),
        }
    }

    /// What its values are, in words: "a number from -60 to 12 dB".
    #[must_use]
    pub fn takes(&self) -> String {
        let kind = match self.curve {
            Curve::Stepped => "a whole number",
            Curve::Linear | Curve::Logarithmic => "a number",
        };
        let (low, high) = self.range;
        format!("{kind} from {low} to {}", self.shown(high))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<ParameterSetting, String> {
        text.parse()
            .map_err(|error: ParameterSettingError| error.to_string())
    }

    #[test]
    fn names_and_values_with_and_without_a_unit() {
        for (text, parameter, value) in [
            ("volume=-6", Parameter::Volume, -6.0),
            ("VOLUME = -6.5dB", Parameter::Volume, -6.5),
            ("tuning=415 Hz", Parameter::Tuning, 415.0),
            ("transpose=-12 semitones", Parameter::Transpose, -12.0),
            ("room-size=1e-1", Parameter::RoomSize, 0.1),
            ("polyphony=4096", Parameter::Polyphony, 4096.0),
        ] {
            assert_eq!(
                read(text),
                Ok(ParameterSetting { parameter, value }),
                "{text}"
            );
        }
    }

    #[test]
    fn what_is_wrong_says_what_would_be_right() {
        assert!(read("volume").unwrap_err().contains("NAME=VALUE"));
        assert!(read("").unwrap_err().contains("NAME=VALUE"));
        let unknown = read("loudness=3").unwrap_err();
        assert!(unknown.contains("volume, tuning") && unknown.contains("polyphony"));
        for text in [
            "volume=",
            "volume=13",
            "volume=nan",
            "volume=3 Hz",
            "volume=é",
            "volume=--3",
        ] {
            let line = read(text).unwrap_err();
            assert_eq!(line, "volume takes a number from -60 to 12 dB", "{text}");
        }
        for text in ["polyphony=1.5", "polyphony=0", "polyphony=inf"] {
            let line = read(text).unwrap_err();
            assert_eq!(line, "polyphony takes a whole number from 1 to 4096 voices");
        }
    }
}
