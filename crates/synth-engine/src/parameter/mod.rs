//! The parameters: what a player can set of the whole instrument, in one table.

mod table;

pub use table::{Curve, Parameter, ParameterInfo};
