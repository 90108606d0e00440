//! Names, ranges, units, defaults, smoothing and curves of all parameters.

/// What a player can set of everything that sounds, besides what MIDI sets of single channels.
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
    /// Tilt of the partials on top of the channels' own.
    Brightness,
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
    /// Whole numbers only.
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
    /// Seconds in which a new value is reached under sounding notes; 0 where it is taken at once or
    /// only notes to come take notice of it.
    pub smoothing_s: f32,
    /// How a knob's way maps to the range.
    pub curve: Curve,
}
