//! The parameters: what a player can set of the whole instrument, in one table.
//!
//! Everything that shows, sets, stores or moves a parameter reads [`Parameter::info`]: the command line,
//! consoles, knobs, learnt controllers, presets.

mod parse;
mod table;
mod values;

pub use parse::{ParameterSetting, ParameterSettingError};
pub(crate) use table::SILENT_DB;
pub use table::{Curve, Parameter, ParameterInfo};
pub use values::ParameterValues;
