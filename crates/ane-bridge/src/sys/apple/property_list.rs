//! Dictionaries, arrays, numbers and strings, as plain Rust.

use crate::sys::Value;
use objc2::runtime::AnyObject;
use objc2_foundation::{NSArray, NSDictionary, NSNumber, NSString};

/// What the runtime says about a model is four levels deep.
const MOST_LEVELS: usize = 8;

/// `object`, with [`Value::Other`] for what is of another kind.
pub(super) fn value(object: &AnyObject) -> Value {
    within(object, MOST_LEVELS)
}

fn within(object: &AnyObject, levels: usize) -> Value {
    let Some(levels) = levels.checked_sub(1) else {
        return Value::Other;
    };
    if let Some(number) = object.downcast_ref::<NSNumber>() {
        return Value::Integer(number.as_i64());
    }
    if let Some(text) = object.downcast_ref::<NSString>() {
        return Value::Text(text.to_string());
    }
    if let Some(list) = object.downcast_ref::<NSArray>() {
        let list = list.to_vec();
        return Value::List(list.iter().map(|entry| within(entry, levels)).collect());
    }
    if let Some(dictionary) = object.downcast_ref::<NSDictionary>() {
        let (keys, values) = dictionary.to_vecs();
        let entries = keys.iter().zip(&values).filter_map(|(key, value)| {
            let key = key.downcast_ref::<NSString>()?;
            Some((key.to_string(), within(value, levels)))
        });
        return Value::Dictionary(entries.collect());
    }
    Value::Other
}
