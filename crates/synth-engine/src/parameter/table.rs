//! Names, ranges, units, defaults, smoothing and curves of all parameters.

use crate::config::{POLYPHONY, RoomSettings};

/// What a player can set of everything that sounds, besides what MIDI sets of single channels. A
/// parameter acts on top of the channels' own controls.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "kebab-case")
)]
pub enum Parameter {
    /// Gain of everything.
    Volume,
    /// Frequency of A4.
    Tuning,
    /// Moves the notes to come.
    Transpose,
    /// Tilt of the partials.
    Brightness,
    /// Level of the noise beside the partials.
    Noise,
    /// How fast notes set in.
    Attack,
    /// How fast released notes die away.
    Release,
    /// Depth of the instruments' own vibrato.
    VibratoDepth,
    /// Rate of the instruments' own vibrato.
    VibratoRate,
    /// How late the instruments' own vibrato sets in.
    VibratoDelay,
    /// How hard a key must be struck.
    VelocityCurve,
    /// How much of the room is heard.
    Room,
    /// How large the room is.
    RoomSize,
    /// Most voices at once.
    Polyphony,
}

/// How a knob's way maps to the parameter's range.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Curve {
    /// Equal ways change the value by equal amounts.
    Linear,
    /// Equal ways change the value by equal ratios.
    Logarithmic,
    /// Whole numbers only, equal ways changing them by equal amounts.
    Stepped,
}

/// What is to be known of a parameter.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ParameterInfo {
    /// The parameter.
    pub parameter: Parameter,
    /// What it is called, in lower case with hyphens.
    pub name: &'static str,
    /// What it does, in a sentence.
    pub description: &'static str,
    /// Unit of its values; empty where they have none.
    pub unit: &'static str,
    /// Lowest and highest value.
    pub range: (f32, f32),
    /// Value at the start.
    pub default: f32,
    /// Seconds in which a new value is reached under sounding notes; 0 where it is taken at once or only
    /// notes to come take notice of it.
    pub smoothing_s: f32,
    /// How a knob's way maps to the range.
    pub curve: Curve,
}

/// The lowest volume and noise, which stand for none at all.
pub(crate) const SILENT_DB: f32 = -60.0;

/// As the channels' gains and the room's amount.
const GAIN_S: f32 = 0.020;
/// As the channels' bends.
const PITCH_S: f32 = 0.004;

/// A parameter from -1 to 1 at rest in the middle.
const fn around_zero(
    parameter: Parameter,
    name: &'static str,
    description: &'static str,
    smoothing_s: f32,
) -> ParameterInfo {
    ParameterInfo {
        parameter,
        name,
        description,
        unit: "",
        range: (-1.0, 1.0),
        default: 0.0,
        smoothing_s,
        curve: Curve::Linear,
    }
}

/// In the order of [`Parameter`].
static TABLE: [ParameterInfo; Parameter::COUNT] = [
    ParameterInfo {
        parameter: Parameter::Volume,
        name: "volume",
        description: "Gain of everything, the room included; -60 dB is silence.",
        unit: "dB",
        range: (SILENT_DB, 12.0),
        default: 0.0,
        smoothing_s: GAIN_S,
        curve: Curve::Linear,
    },
    ParameterInfo {
        parameter: Parameter::Tuning,
        name: "tuning",
        description: "Frequency of A4, the A above middle C.",
        unit: "Hz",
        range: (380.0, 500.0),
        default: 440.0,
        smoothing_s: PITCH_S,
        curve: Curve::Logarithmic,
    },
    ParameterInfo {
        parameter: Parameter::Transpose,
        name: "transpose",
        description: "Moves notes to come.",
        unit: "semitones",
        range: (-24.0, 24.0),
        default: 0.0,
        smoothing_s: 0.0,
        curve: Curve::Stepped,
    },
    around_zero(
        Parameter::Brightness,
        "brightness",
        "Tilt of the partials, up to 4 dB per octave either way; the level stays.",
        GAIN_S,
    ),
    ParameterInfo {
        parameter: Parameter::Noise,
        name: "noise",
        description: "Level of breath, bow and other noise beside the partials; -60 dB is none.",
        unit: "dB",
        range: (SILENT_DB, 12.0),
        default: 0.0,
        smoothing_s: GAIN_S,
        curve: Curve::Linear,
    },
    around_zero(
        Parameter::Attack,
        "attack",
        "How long notes to come take to set in, up to 8 times shorter or longer.",
        0.0,
    ),
    around_zero(
        Parameter::Release,
        "release",
        "How long notes to come take to die away once released, up to 8 times shorter or longer.",
        0.0,
    ),
    around_zero(
        Parameter::VibratoDepth,
        "vibrato-depth",
        "The instruments' own vibrato in notes to come: -1 takes it away, 1 adds 50 cents.",
        0.0,
    ),
    around_zero(
        Parameter::VibratoRate,
        "vibrato-rate",
        "Rate of the instruments' own vibrato in notes to come, up to half or twice as fast.",
        0.0,
    ),
    around_zero(
        Parameter::VibratoDelay,
        "vibrato-delay",
        "How late vibrato sets in, in notes to come: -1 at once, 1 adds 2 seconds.",
        0.0,
    ),
    around_zero(
        Parameter::VelocityCurve,
        "velocity-curve",
        "The touch of the keyboard: above 0 soft strokes sound harder, below 0 softer.",
        0.0,
    ),
    ParameterInfo {
        parameter: Parameter::Room,
        name: "room",
        description: "How much of the room is heard; 0 is none.",
        unit: "",
        range: (0.0, 1.0),
        default: RoomSettings::DEFAULT.amount,
        smoothing_s: GAIN_S,
        curve: Curve::Linear,
    },
    ParameterInfo {
        parameter: Parameter::RoomSize,
        name: "room-size",
        description: "Size of the room: 0 (0.5 s of reverberation), 0.5 (1.2 s), 1 (a hall, 3 s).",
        unit: "",
        range: (0.0, 1.0),
        default: RoomSettings::DEFAULT.size,
        smoothing_s: 0.100,
        curve: Curve::Linear,
    },
    ParameterInfo {
        parameter: Parameter::Polyphony,
        name: "polyphony",
        description: "Most voices at once, up to what the engine was made for.",
        unit: "voices",
        range: (*POLYPHONY.start() as f32, *POLYPHONY.end() as f32),
        default: 64.0,
        smoothing_s: 0.0,
        curve: Curve::Stepped,
    },
];

impl Parameter {
    /// How many there are.
    pub const COUNT: usize = 14;

    /// The table of all parameters, in the order of the enum.
    #[must_use]
    pub fn table() -> &'static [ParameterInfo] {
        &TABLE
    }

    /// What is to be known of it.
    #[must_use]
    pub fn info(self) -> &'static ParameterInfo {
        &TABLE[self as usize]
    }

    /// The parameter of this name, in whatever case.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        let named = |info: &&ParameterInfo| info.name.eq_ignore_ascii_case(name);
        TABLE.iter().find(named).map(|info| info.parameter)
    }
}

impl ParameterInfo {
    /// The value within the range that is nearest to `value`, a whole number where the curve is
    /// stepped; what is no number gives the default.
    ///
    /// # Realtime safety
    /// RT-safe: constant time.
    #[must_use]
    pub fn nearest(&self, value: f32) -> f32 {
        if value.is_nan() {
            return self.default;
        }
        let value = value.clamp(self.range.0, self.range.1);
        match self.curve {
            Curve::Stepped => value.round(),
            Curve::Linear | Curve::Logarithmic => value,
        }
    }

    /// The value where a knob stands at `way`, 0 (lowest) ..= 1 (highest).
    #[must_use]
    pub fn at(&self, way: f32) -> f32 {
        let way = if way.is_nan() {
            0.0
        } else {
            way.clamp(0.0, 1.0)
        };
        let (low, high) = self.range;
        self.nearest(match self.curve {
            Curve::Linear | Curve::Stepped => low + (high - low) * way,
            Curve::Logarithmic => low * (high / low).powf(way),
        })
    }

    /// Where a knob stands, 0..=1, when the value is `value`.
    #[must_use]
    pub fn way(&self, value: f32) -> f32 {
        let (low, high) = self.range;
        let value = self.nearest(value);
        match self.curve {
            Curve::Linear | Curve::Stepped => (value - low) / (high - low),
            Curve::Logarithmic => (value / low).ln() / (high / low).ln(),
        }
    }

    /// A value for people, with its unit.
    #[must_use]
    pub fn shown(&self, value: f32) -> String {
        let value = (1e4 * f64::from(value)).round() / 1e4;
        match self.unit {
            "" => value.to_string(),
            unit => format!("{value} {unit}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_in_order_and_holds_together() {
        for (at, info) in TABLE.iter().enumerate() {
            assert_eq!(info.parameter as usize, at, "{}", info.name);
            assert_eq!(info.parameter.info(), info);
            assert!(info.range.0 < info.range.1 && info.smoothing_s >= 0.0);
            assert_eq!(info.nearest(info.default), info.default, "{}", info.name);
            assert!(info.description.ends_with('.'));
            let is_plain = |c: char| c.is_ascii_lowercase() || c == '-';
            assert!(info.name.chars().all(is_plain), "{}", info.name);
            assert_eq!(Parameter::named(info.name), Some(info.parameter));
            assert_eq!(
                Parameter::named(&info.name.to_uppercase()),
                Some(info.parameter)
            );
            let others = TABLE.iter().filter(|other| other.name == info.name);
            assert_eq!(others.count(), 1);
        }
        assert_eq!(Parameter::named("loudness"), None);
    }

    #[test]
    fn a_knob_goes_from_end_to_end_and_back() {
        for info in &TABLE {
            assert_eq!(info.at(0.0), info.range.0, "{}", info.name);
            assert!((info.at(1.0) - info.range.1).abs() < 1e-3, "{}", info.name);
            for step in 0..=100 {
                let value = info.at(step as f32 / 100.0);
                let again = info.at(info.way(value));
                assert!(
                    (again - value).abs() <= 1e-4 * value.abs().max(1.0),
                    "{}",
                    info.name
                );
            }
            let values: Vec<f32> = (0..=100).map(|n| info.at(n as f32 / 100.0)).collect();
            assert!(values.is_sorted(), "{}", info.name);
        }
    }

    #[test]
    fn values_are_brought_into_range() {
        let polyphony = Parameter::Polyphony.info();
        assert_eq!(polyphony.nearest(0.0), 1.0);
        assert_eq!(polyphony.nearest(7.6), 8.0);
        assert_eq!(polyphony.nearest(f32::INFINITY), 4096.0);
        assert_eq!(polyphony.nearest(f32::NAN), 64.0);
        assert_eq!(Parameter::Volume.info().shown(-6.5), "-6.5 dB");
        assert_eq!(Parameter::Room.info().shown(0.4), "0.4");
    }
}
