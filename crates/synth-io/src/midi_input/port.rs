//! What an input port is called.

use std::fmt;

/// A port that was opened. Numbers are given once: a port that comes back has another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PortId(pub(super) u32);

impl PortId {
    /// For a source of messages that is no port of [`super::MidiInputs`], which gives out its own.
    #[must_use]
    pub const fn new(number: u32) -> Self {
        Self(number)
    }

    /// The number, from 0.
    #[must_use]
    pub fn number(self) -> u32 {
        self.0
    }
}

impl fmt::Display for PortId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A port that MIDI may come from: a keyboard, or a program that plays.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PortInfo {
    /// What the system knows it by.
    pub id: String,
    /// What people know it by. It comes from the device and may hold anything.
    pub name: String,
}

impl PortInfo {
    /// The name without the numbers that ALSA's sequencer gives a device anew each time it is plugged
    /// in ("Keys:Keys MIDI 1 20:0").
    pub(super) fn lasting_name(&self) -> &str {
        let is_number = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        match self.name.rsplit_once(' ') {
            Some((name, last))
                if last
                    .split_once(':')
                    .is_some_and(|(client, port)| is_number(client) && is_number(port)) =>
            {
                name
            }
            _ => &self.name,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lasting_name_has_no_numbers_of_the_sequencer() {
        for (name, lasting) in [
            ("Keys:Keys MIDI 1 20:0", "Keys:Keys MIDI 1"),
            ("Keys 128:12", "Keys"),
            ("Keys MIDI 1", "Keys MIDI 1"),
            ("system:midi_capture_1", "system:midi_capture_1"),
            ("20:0", "20:0"),
            ("a :0", "a :0"),
            ("", ""),
        ] {
            let info = PortInfo {
                id: String::new(),
                name: name.to_owned(),
            };
            assert_eq!(info.lasting_name(), lasting);
        }
    }
}
