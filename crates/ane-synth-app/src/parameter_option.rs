//! Parameters on the command line: `--set NAME=VALUE`, and `ane-synth parameters`, which lists them.
//! With them goes what an engine is made with ([`oscillator_option`]).

use std::str::FromStr;

use clap::{ArgAction, Args};
use serde::Serialize;
use synth_engine::{
    Curve, Event, Oscillators, Parameter, ParameterInfo, ParameterSetting, ParameterSettingError,
    Renderer, TimedEvent,
};

use crate::cli::ParametersArguments;
use crate::error::AppError;
use crate::oscillator_option;
use crate::output;

/// Settings that were asked for.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct ParameterOptions {
    /// Set a parameter of the whole instrument, for example volume=-6 or tuning=415; ane-synth
    /// parameters lists them. Can be given several times; the last one of a name counts.
    /// oscillators=accelerate has Apple's vDSP sum the partials, on macOS only (not yet run on hardware).
    #[arg(long = "set", value_name = "NAME=VALUE", action = ArgAction::Append)]
    settings: Vec<Setting>,
}

/// What one `--set` says.
#[derive(Clone, Copy, Debug)]
enum Setting {
    Parameter(ParameterSetting),
    Oscillators(Oscillators),
}

impl FromStr for Setting {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match oscillator_option::parse(text) {
            Some(oscillators) => oscillators.map(Self::Oscillators),
            None => text
                .parse()
                .map(Self::Parameter)
                .map_err(|error| told(&error)),
        }
    }
}

/// An error, whose list of names is that of all settings.
pub(crate) fn told(error: &ParameterSettingError) -> String {
    match error {
        ParameterSettingError::Unknown => format!("{error}, {}", oscillator_option::NAME),
        _ => error.to_string(),
    }
}

impl ParameterOptions {
    /// What a parameter is set to, if it is.
    pub(crate) fn value(&self, parameter: Parameter) -> Option<f32> {
        let mut last_first = self.parameters().rev();
        let setting = last_first.find(|setting| setting.parameter == parameter)?;
        Some(setting.value)
    }

    /// Sets a parameter before everything that was asked for.
    pub(crate) fn set_first(&mut self, parameter: Parameter, value: f32) {
        let setting = ParameterSetting { parameter, value };
        self.settings.insert(0, Setting::Parameter(setting));
    }

    /// Parameters that are set to something, in the order in which that was said.
    pub(crate) fn parameters(&self) -> impl DoubleEndedIterator<Item = ParameterSetting> + '_ {
        self.settings.iter().filter_map(|setting| match setting {
            Setting::Parameter(setting) => Some(*setting),
            Setting::Oscillators(_) => None,
        })
    }

    /// The oscillators that were asked for, if any were.
    pub(crate) fn oscillators(&self) -> Option<Oscillators> {
        let mut last_first = self.settings.iter().rev();
        last_first.find_map(|setting| match setting {
            Setting::Oscillators(oscillators) => Some(*oscillators),
            Setting::Parameter(_) => None,
        })
    }

    /// What a renderer is not made with already (its room and its polyphony).
    pub(crate) fn beyond_the_config(&self) -> impl Iterator<Item = (Parameter, f32)> + '_ {
        let table = Parameter::table().iter().map(|info| info.parameter);
        table
            .filter(|parameter| !is_of_the_config(*parameter))
            .filter_map(|parameter| Some((parameter, self.value(parameter)?)))
    }
}

fn is_of_the_config(parameter: Parameter) -> bool {
    matches!(
        parameter,
        Parameter::Room | Parameter::RoomSize | Parameter::Polyphony
    )
}

/// Sets parameters before the first sample.
pub(crate) fn set(renderer: &mut Renderer, values: impl Iterator<Item = (Parameter, f32)>) {
    let events: Vec<TimedEvent> = values
        .map(|(parameter, value)| TimedEvent {
            offset: 0,
            event: Event::Parameter { parameter, value },
        })
        .collect();
    renderer.process(&events, &mut []);
}

/// What is told about a parameter.
#[derive(Serialize)]
struct Entry {
    name: &'static str,
    description: &'static str,
    unit: &'static str,
    lowest: f32,
    highest: f32,
    default: f32,
    smoothing_s: f32,
    /// "linear", "logarithmic" or "stepped": how a knob's way maps to the range.
    curve: &'static str,
}

impl Entry {
    fn of(info: &ParameterInfo) -> Self {
        Self {
            name: info.name,
            description: info.description,
            unit: info.unit,
            lowest: info.range.0,
            highest: info.range.1,
            default: info.default,
            smoothing_s: info.smoothing_s,
            curve: match info.curve {
                Curve::Linear => "linear",
                Curve::Logarithmic => "logarithmic",
                Curve::Stepped => "stepped",
            },
        }
    }
}

/// A line about a parameter and its value.
pub(crate) fn line(info: &ParameterInfo, value: f32) -> String {
    format!(
        "{:<14} {:<12} {} ({})",
        info.name,
        info.shown(value),
        info.description,
        info.takes()
    )
}

/// `ane-synth parameters`.
pub(crate) fn list(arguments: &ParametersArguments) -> Result<(), AppError> {
    let table = Parameter::table();
    if arguments.json {
        let entries: Vec<Entry> = table.iter().map(Entry::of).collect();
        return output::say(&serde_json::to_string_pretty(&entries).map_err(AppError::new)?);
    }
    let parameters = table.iter().map(|info| line(info, info.default));
    let oscillators = oscillator_option::line(Oscillators::default());
    let lines: Vec<String> = parameters.chain([oscillators]).collect();
    output::say(&lines.join("\n"))
}
