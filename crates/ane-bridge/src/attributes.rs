//! What the runtime says about a loaded program's tensors (`modelAttributes`), read with suspicion.

use crate::error::{AneError, Direction};
use crate::sys::Value;

impl Value {
    fn get(&self, key: &str) -> Option<&Self> {
        match self {
            Self::Dictionary(entries) => entries.get(key),
            _ => None,
        }
    }

    fn list(&self) -> Option<&[Self]> {
        match self {
            Self::List(entries) => Some(entries),
            _ => None,
        }
    }

    fn integer(&self, key: &str) -> Option<i64> {
        match self.get(key) {
            Some(Self::Integer(value)) => Some(*value),
            _ => None,
        }
    }

    fn text(&self, key: &str) -> Option<&str> {
        match self.get(key) {
            Some(Self::Text(value)) => Some(value),
            _ => None,
        }
    }
}

/// The runtime's own record of a tensor. Sizes count values, strides bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct TensorStatus {
    pub(crate) name: String,
    pub(crate) type_name: Option<String>,
    /// Batches, channels, height, width.
    pub(crate) sizes: [Option<i64>; 4],
    pub(crate) depth: Option<i64>,
    pub(crate) row_stride: Option<i64>,
    pub(crate) plane_stride: Option<i64>,
    pub(crate) batch_stride: Option<i64>,
}

/// What is appended to an output's name.
const OUTPUT_SUFFIX: &str = "@output";

/// The records of one side, in the runtime's order.
pub(crate) fn tensors(
    attributes: &Value,
    direction: Direction,
) -> Result<Vec<TensorStatus>, AneError> {
    let key = match direction {
        Direction::Input => "LiveInputList",
        Direction::Output => "LiveOutputList",
    };
    let listed = attributes
        .get("NetworkStatusList")
        .and_then(Value::list)
        .and_then(<[Value]>::first)
        .and_then(|status| status.get(key))
        .and_then(Value::list);
    let Some(listed) = listed else {
        return Err(AneError::Layout {
            what: format!("the runtime does not say how the program's {direction}s lie in memory"),
        });
    };
    Ok(listed.iter().map(tensor).collect())
}

fn tensor(entry: &Value) -> TensorStatus {
    let name = entry.text("Name").unwrap_or_default();
    TensorStatus {
        name: name.strip_suffix(OUTPUT_SUFFIX).unwrap_or(name).to_owned(),
        type_name: entry.text("Type").map(str::to_owned),
        sizes: ["Batches", "Channels", "Height", "Width"].map(|key| entry.integer(key)),
        depth: entry.integer("Depth"),
        row_stride: entry.integer("RowStride"),
        plane_stride: entry.integer("PlaneStride"),
        batch_stride: entry.integer("BatchStride"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dictionary(entries: impl IntoIterator<Item = (&'static str, Value)>) -> Value {
        let entries = entries
            .into_iter()
            .map(|(key, value)| (key.to_owned(), value));
        Value::Dictionary(entries.collect())
    }

    fn inputs(list: Value) -> Value {
        let status = dictionary([("LiveInputList", list)]);
        dictionary([("NetworkStatusList", Value::List(vec![status]))])
    }

    #[test]
    fn what_is_not_there_or_of_another_kind_is_left_open() {
        let entry = dictionary([
            ("Name", Value::Text("x".to_owned())),
            ("Width", Value::Integer(64)),
            ("Height", Value::Text("1".to_owned())),
            ("RowStride", Value::Other),
            ("Type", Value::Integer(1)),
        ]);
        let found = tensors(
            &inputs(Value::List(vec![entry, Value::Other])),
            Direction::Input,
        );
        let known = TensorStatus {
            name: "x".to_owned(),
            sizes: [None, None, None, Some(64)],
            ..TensorStatus::default()
        };
        assert_eq!(found.unwrap(), [known, TensorStatus::default()]);
    }

    #[test]
    fn lists_that_are_none_are_refused() {
        for attributes in [
            Value::Other,
            Value::List(Vec::new()),
            dictionary([]),
            dictionary([("NetworkStatusList", Value::List(Vec::new()))]),
            dictionary([("NetworkStatusList", dictionary([]))]),
            dictionary([("NetworkStatusList", Value::List(vec![Value::Integer(1)]))]),
            inputs(Value::Integer(1)),
        ] {
            let found = tensors(&attributes, Direction::Input);
            assert!(
                matches!(found, Err(AneError::Layout { .. })),
                "{attributes:?}"
            );
        }
        let inputs = inputs(Value::List(Vec::new()));
        assert_eq!(tensors(&inputs, Direction::Input).unwrap(), []);
        let outputs = tensors(&inputs, Direction::Output).unwrap_err();
        assert!(outputs.to_string().contains("outputs lie"));
    }
}
