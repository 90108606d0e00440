//! A line of JSON as one of our types, and nothing in it that the type does not know.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

/// Longest piece of a message, in characters.
const LONGEST_MESSAGE: usize = 160;

/// A line's JSON object.
pub(super) fn object(line: &[u8]) -> Result<Map<String, Value>, String> {
    match serde_json::from_slice(line) {
        Ok(Value::Object(object)) => Ok(object),
        Ok(_) => Err("is no JSON object".to_owned()),
        Err(error) => {
            // The line it counts is always the first.
            let what = error.to_string().replace(" at line 1 column", " at column");
            Err(format!("is no JSON ({})", shown(&what)))
        }
    }
}

/// An object as a `T`, every key of which it knows and every number of which it can hold.
pub(super) fn exactly<T>(object: Map<String, Value>) -> Result<T, String>
where
    T: DeserializeOwned + Serialize,
{
    let read = Value::Object(object);
    let value: T = T::deserialize(&read).map_err(|error| shown(&error.to_string()))?;
    let known = serde_json::to_value(&value).map_err(|error| shown(&error.to_string()))?;
    match difference(&read, &known) {
        None => Ok(value),
        Some(what) => Err(what),
    }
}

/// What of `read` is missing from `known`, which was made from it.
fn difference(read: &Value, known: &Value) -> Option<String> {
    match (read, known) {
        (Value::Object(read), Value::Object(known)) => {
            read.iter().find_map(|(key, read)| match known.get(key) {
                None => Some(format!("the key {} is not known", quoted(key))),
                Some(Value::Null) if !read.is_null() => {
                    Some(format!("the number of {} is too large", quoted(key)))
                }
                Some(known) => difference(read, known),
            })
        }
        (Value::Array(read), Value::Array(known)) => {
            let mut pairs = read.iter().zip(known);
            pairs.find_map(|(read, known)| difference(read, known))
        }
        _ => None,
    }
}

/// Text of a log in a message.
pub(super) fn quoted(text: &str) -> String {
    format!("`{}`", shown(text))
}

/// Text that fits into a line.
fn shown(text: &str) -> String {
    let mut shown = String::new();
    for character in text.chars().take(LONGEST_MESSAGE) {
        match character.is_control() {
            true => shown.extend(character.escape_default()),
            false => shown.push(character),
        }
    }
    if text.chars().nth(LONGEST_MESSAGE).is_some() {
        shown.push_str("...");
    }
    shown
}
