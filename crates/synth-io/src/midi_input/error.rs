//! Why there is no MIDI input.

/// Names that a message lists; more would hide the rest of it.
const MOST_LISTED: usize = 20;

/// Why there is no MIDI input. The message says what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MidiInputError {
    /// The system knows no MIDI, or does not let this program at it.
    #[error("{0}")]
    NoSystem(String),
    /// MIDI is there and nothing that could play.
    #[error(
        "no MIDI instrument is connected; plug in a keyboard or start a program that plays, and look \
         again"
    )]
    NoPorts,
    /// The name of a port is empty.
    #[error("the name of a MIDI input is empty; give a port, a part of its name, all or none")]
    EmptyName,
    /// No port has this in its name.
    #[error("no MIDI input is called {wanted:?}; there are: {}", list(ports))]
    Unknown {
        /// What was asked for.
        wanted: String,
        /// The names of all ports.
        ports: Vec<String>,
    },
    /// Several ports have this in their names.
    #[error(
        "{wanted:?} may be any of these MIDI inputs, give more of the name: {}",
        list(ports)
    )]
    Ambiguous {
        /// What was asked for.
        wanted: String,
        /// The names that it may stand for.
        ports: Vec<String>,
    },
}

/// Names in quotes, so that nothing that a device calls itself reaches a terminal as it is.
fn list(names: &[String]) -> String {
    let mut quoted: Vec<String> = names
        .iter()
        .take(MOST_LISTED)
        .map(|name| format!("{name:?}"))
        .collect();
    if let more @ 1.. = names.len().saturating_sub(MOST_LISTED) {
        quoted.push(format!("and {more} more"));
    }
    quoted.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_one_line_of_bounded_length() {
        let ports: Vec<String> = (0..500).map(|n| format!("K\u{1b}[2J\n{n}")).collect();
        let error = MidiInputError::Unknown {
            wanted: "x\ny".to_owned(),
            ports,
        };
        let line = error.to_string();
        assert!(!line.contains(char::is_control), "{line}");
        assert!(line.ends_with("and 480 more") && line.len() < 700, "{line}");
    }
}
