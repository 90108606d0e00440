//! A value for each parameter.

use super::table::Parameter;

/// A value for each parameter, always within its range.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ParameterValues {
    values: [f32; Parameter::COUNT],
}

impl Default for ParameterValues {
    /// What they are at the start.
    fn default() -> Self {
        let table = Parameter::table();
        Self {
            values: std::array::from_fn(|at| table[at].default),
        }
    }
}

impl ParameterValues {
    /// A parameter's value.
    ///
    /// # Realtime safety
    /// RT-safe: constant time.
    #[must_use]
    pub fn get(&self, parameter: Parameter) -> f32 {
        self.values[parameter as usize]
    }

    /// Sets a parameter to the value in its range that is nearest; the value it now has.
    ///
    /// # Realtime safety
    /// RT-safe: constant time.
    pub fn set(&mut self, parameter: Parameter, value: f32) -> f32 {
        let value = parameter.info().nearest(value);
        self.values[parameter as usize] = value;
        value
    }

    /// Every parameter and its value, in the order of the table.
    pub fn iter(&self) -> impl Iterator<Item = (Parameter, f32)> + '_ {
        let parameters = Parameter::table().iter().map(|info| info.parameter);
        parameters.zip(self.values)
    }
}
