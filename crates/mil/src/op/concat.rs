//! `concat`.

use crate::{TensorType, ValueId};

/// Joins tensors that agree in every dimension but `axis`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Concat {
    /// The tensors, at least one, in order.
    pub values: Vec<ValueId>,
    /// The dimension they are joined along, 0 outermost.
    pub axis: usize,
}

impl Concat {
    pub(super) fn infer(&self, values: &[&TensorType]) -> Result<TensorType, String> {
        let [first, rest @ ..] = values else {
            return Err("it needs at least one tensor".into());
        };
        if !first.data_type.is_float() || self.axis >= first.shape.len() {
            return Err(format!(
                "axis {} does not exist in a float tensor {first}",
                self.axis
            ));
        }
        let mut joined = (*first).clone();
        for value in rest {
            let mut fitting = (*value).clone();
            if let Some(dim) = fitting.shape.get_mut(self.axis) {
                *dim = first.shape[self.axis];
            }
            if fitting != **first {
                return Err(format!(
                    "{value} and {first} differ outside axis {}",
                    self.axis
                ));
            }
            joined.shape[self.axis] =
                joined.shape[self.axis].saturating_add(value.shape[self.axis]);
        }
        Ok(joined)
    }
}
