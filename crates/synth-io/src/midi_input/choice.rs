//! Which ports are listened to.

use std::str::FromStr;

use super::{MidiInputError, PortInfo};

/// Which ports are listened to.
///
/// ```
/// use synth_io::midi_input::Choice;
/// assert_eq!("all".parse(), Ok(Choice::All));
/// assert_eq!("Keystation".parse(), Ok(Choice::Named("Keystation".to_owned())));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Choice {
    /// Every one, also those that are plugged in later.
    All,
    /// None.
    None,
    /// The one that this is a part of the name of, in any case.
    Named(String),
}

impl FromStr for Choice {
    type Err = MidiInputError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.trim() {
            "" => Err(MidiInputError::EmptyName),
            all if all.eq_ignore_ascii_case("all") => Ok(Self::All),
            none if none.eq_ignore_ascii_case("none") => Ok(Self::None),
            name => Ok(Self::Named(name.to_owned())),
        }
    }
}

/// The one port that `wanted` names: as a whole, or else as a part of its name, in any case.
///
/// # Errors
/// [`MidiInputError::Unknown`] and [`MidiInputError::Ambiguous`], with the ports there are;
/// [`MidiInputError::NoPorts`] if there are none.
pub fn find_port<'a>(wanted: &str, ports: &'a [PortInfo]) -> Result<&'a PortInfo, MidiInputError> {
    if ports.is_empty() {
        return Err(MidiInputError::NoPorts);
    }
    let wanted_lower = wanted.to_lowercase();
    let names = |ports: &[&PortInfo]| ports.iter().map(|port| port.name.clone()).collect();
    let whole = |port: &&PortInfo| {
        port.name.to_lowercase() == wanted_lower
            || port.lasting_name().to_lowercase() == wanted_lower
            || port.id == wanted
    };
    let part = |port: &&PortInfo| port.name.to_lowercase().contains(&wanted_lower);
    let mut fitting: Vec<&PortInfo> = ports.iter().filter(whole).collect();
    if fitting.is_empty() {
        fitting = ports.iter().filter(part).collect();
    }
    match *fitting {
        [port] => Ok(port),
        [] => Err(MidiInputError::Unknown {
            wanted: wanted.to_owned(),
            ports: names(&ports.iter().collect::<Vec<_>>()),
        }),
        _ => Err(MidiInputError::Ambiguous {
            wanted: wanted.to_owned(),
            ports: names(&fitting),
        }),
    }
}

/// Which of the ports there are is meant, while they come and go.
#[derive(Debug)]
pub(super) struct Wanted {
    choice: Choice,
    /// What the named port was called at first, so that it is known again when it comes back.
    lasting_name: Option<String>,
}

impl Wanted {
    pub(super) fn new(choice: Choice) -> Self {
        Self {
            choice,
            lasting_name: None,
        }
    }

    pub(super) fn choice(&self) -> &Choice {
        &self.choice
    }

    /// The ports to listen to.
    ///
    /// # Errors
    /// Why the named one is not there.
    pub(super) fn among<'a>(
        &mut self,
        ports: &'a [PortInfo],
    ) -> Result<Vec<&'a PortInfo>, MidiInputError> {
        match &self.choice {
            Choice::All => Ok(ports.iter().collect()),
            Choice::None => Ok(Vec::new()),
            Choice::Named(wanted) => {
                let known = self.lasting_name.as_deref();
                let again = ports.iter().find(|port| Some(port.lasting_name()) == known);
                let port = match again {
                    Some(port) => port,
                    None => find_port(wanted, ports)?,
                };
                if known.is_none() {
                    self.lasting_name = Some(port.lasting_name().to_owned());
                }
                Ok(vec![port])
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ports(names: &[&str]) -> Vec<PortInfo> {
        let port = |(number, name): (usize, &&str)| PortInfo {
            id: format!("{number}"),
            name: (*name).to_owned(),
        };
        names.iter().enumerate().map(port).collect()
    }

    const NAMES: [&str; 4] = [
        "Midi Through:Midi Through Port-0 14:0",
        "Keystation 49:Keystation 49 MIDI 1 20:0",
        "Keystation 49:Keystation 49 MIDI 10 20:1",
        "Größe:Ö 24:0",
    ];

    #[test]
    fn words_choose_all_none_or_a_name() {
        for (text, choice) in [
            ("all", Choice::All),
            (" ALL ", Choice::All),
            ("None", Choice::None),
            ("allegro", Choice::Named("allegro".to_owned())),
        ] {
            assert_eq!(text.parse(), Ok(choice));
        }
        for empty in ["", "  "] {
            assert_eq!(empty.parse::<Choice>(), Err(MidiInputError::EmptyName));
        }
    }

    #[test]
    fn a_part_that_only_one_has_is_enough() {
        let ports = ports(&NAMES);
        for (wanted, place) in [("through", 0), ("midi 10", 2), ("GRÖSSE", 9), ("ö", 3)] {
            let found = find_port(wanted, &ports).ok();
            assert_eq!(found, ports.get(place), "{wanted}");
        }
    }

    #[test]
    fn a_whole_name_is_not_a_part_of_another() {
        let ports = ports(&NAMES);
        let whole = "keystation 49:keystation 49 midi 1";
        assert_eq!(find_port(whole, &ports), Ok(&ports[1]));
        assert_eq!(find_port(NAMES[1], &ports), Ok(&ports[1]));
    }

    #[test]
    fn what_is_unknown_or_ambiguous_is_refused_with_what_there_is() {
        let ports = ports(&NAMES);
        let unknown = find_port("piano", &ports).unwrap_err().to_string();
        assert!(unknown.contains("\"piano\"") && unknown.contains("Through Port-0"));
        let MidiInputError::Ambiguous { ports: fitting, .. } =
            find_port("keystation", &ports).unwrap_err()
        else {
            panic!("which one?");
        };
        assert_eq!(fitting, NAMES[1..3]);
        assert_eq!(find_port("x", &[]), Err(MidiInputError::NoPorts));
    }

    #[test]
    fn a_port_that_comes_back_with_another_number_is_known() {
        let mut wanted = Wanted::new(Choice::Named("midi 10".to_owned()));
        let first = ports(&NAMES);
        assert_eq!(wanted.among(&first), Ok(vec![&first[2]]));
        let without = ports(&NAMES[..2]);
        assert!(wanted.among(&without).is_err());
        let again = ports(&[
            "Other MIDI 10 30:0",
            "Keystation 49:Keystation 49 MIDI 10 31:1",
        ]);
        assert_eq!(wanted.among(&again), Ok(vec![&again[1]]));
        let another = ports(&["Other MIDI 10 30:0"]);
        assert_eq!(wanted.among(&another), Ok(vec![&another[0]]));
    }
}
