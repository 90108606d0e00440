//! Which of the devices that there are is meant by a few words.

use super::error::AudioDeviceError;

/// A device as it can be named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Named {
    /// The system that it is reached through, as that calls itself.
    pub(super) host: String,
    /// For people.
    pub(super) name: String,
    /// What the host knows it by.
    pub(super) id: String,
    pub(super) is_default: bool,
}

/// What was asked for: a host, a device, or one of one.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Wanted<'a> {
    /// A host's name.
    pub(super) host: Option<&'a str>,
    /// A device's name or identifier, or part of one.
    pub(super) device: Option<&'a str>,
}

/// Takes `asked` apart; `hosts` are the names of all that this program knows. A word that is no host's
/// name belongs to the device, colon or not.
pub(super) fn parse<'a>(asked: &'a str, hosts: &[String]) -> Wanted<'a> {
    let is_host = |word: &str| hosts.iter().any(|host| same(host, word));
    if is_host(asked) {
        return Wanted {
            host: Some(asked),
            device: None,
        };
    }
    match asked.split_once(':') {
        Some((host, device)) if is_host(host) => Wanted {
            host: Some(host),
            device: Some(device).filter(|device| !device.is_empty()),
        },
        _ => Wanted {
            host: None,
            device: Some(asked),
        },
    }
}

/// Finds the device called `wanted` among `devices`, of which each has its place in the list. An
/// identifier comes before a name, a whole one before a part; large and small letters are the same.
///
/// # Errors
/// [`AudioDeviceError::Unknown`] and [`AudioDeviceError::Ambiguous`], with the devices there are.
pub(super) fn find(wanted: &str, devices: &[Named]) -> Result<usize, AudioDeviceError> {
    let ways: [&dyn Fn(&Named) -> bool; 3] = [
        &|device| same(&device.id, wanted),
        &|device| same(&device.name, wanted),
        &|device| contains(&device.id, wanted) || contains(&device.name, wanted),
    ];
    for fits in ways {
        let fitting: Vec<usize> = (0..devices.len())
            .filter(|at| fits(&devices[*at]))
            .collect();
        match fitting[..] {
            [] => {}
            [one] => return Ok(one),
            _ => {
                return Err(AudioDeviceError::Ambiguous {
                    asked: wanted.to_owned(),
                    fitting: listed(fitting.iter().map(|at| &devices[*at])),
                });
            }
        }
    }
    Err(AudioDeviceError::Unknown {
        asked: wanted.to_owned(),
        known: listed(devices.iter()),
    })
}

/// Devices as they can be asked for.
pub(super) fn listed<'a>(devices: impl Iterator<Item = &'a Named>) -> String {
    let listed: Vec<String> = devices
        .map(|device| {
            let (host, id, name) = (device.host.to_lowercase(), &device.id, &device.name);
            match same(id, name) {
                true => format!("{host}:{id}"),
                false => format!("{host}:{id} ({name})"),
            }
        })
        .collect();
    match listed.is_empty() {
        true => "none".to_owned(),
        false => listed.join(", "),
    }
}

/// Without regard to large and small letters.
pub(super) fn same(one: &str, other: &str) -> bool {
    one.to_lowercase() == other.to_lowercase()
}

fn contains(whole: &str, part: &str) -> bool {
    whole.to_lowercase().contains(&part.to_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn device(host: &str, id: &str, name: &str) -> Named {
        Named {
            host: host.to_owned(),
            name: name.to_owned(),
            id: id.to_owned(),
            is_default: false,
        }
    }

    fn studio() -> Vec<Named> {
        vec![
            device("JACK", "output", "JACK Output"),
            device("ALSA", "default", "Default Audio Device"),
            device("ALSA", "hw:CARD=PCH,DEV=0", "HDA Intel PCH, ALC892 Analog"),
            device(
                "ALSA",
                "plughw:CARD=PCH,DEV=0",
                "HDA Intel PCH, ALC892 Analog",
            ),
            device("ALSA", "hw:CARD=USB,DEV=0", "Scarlett 2i2 USB"),
            device("ALSA", "null", "null"),
        ]
    }

    fn found(wanted: &str) -> String {
        match find(wanted, &studio()) {
            Ok(at) => studio()[at].id.clone(),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn a_device_is_found_by_identifier_name_or_part() {
        assert_eq!(found("hw:CARD=PCH,DEV=0"), "hw:CARD=PCH,DEV=0");
        assert_eq!(found("HW:card=pch,dev=0"), "hw:CARD=PCH,DEV=0");
        assert_eq!(found("Scarlett 2i2 USB"), "hw:CARD=USB,DEV=0");
        assert_eq!(found("scarlett"), "hw:CARD=USB,DEV=0");
        assert_eq!(found("plughw"), "plughw:CARD=PCH,DEV=0");
        // Whole before part: "output" is in "JACK Output" too, "default" in its own name.
        assert_eq!(found("output"), "output");
        assert_eq!(found("DEFAULT"), "default");
        assert_eq!(found("null"), "null");
    }

    #[test]
    fn an_ambiguous_name_is_refused_with_those_that_fit() {
        let refusal = found("ALC892");
        assert!(refusal.contains("alsa:hw:CARD=PCH,DEV=0 (HDA"), "{refusal}");
        assert!(refusal.contains("alsa:plughw:CARD=PCH,DEV=0"), "{refusal}");
        assert!(!refusal.contains("Scarlett"), "{refusal}");
        // So is a whole name that two devices have.
        let refusal = found("HDA Intel PCH, ALC892 Analog");
        assert!(refusal.contains("plughw"), "{refusal}");
    }

    #[test]
    fn an_unknown_name_is_refused_with_all_there_are() {
        let refusal = found("Focusrite");
        for part in ["Focusrite", "jack:output", "Scarlett", "alsa:null"] {
            assert!(refusal.contains(part), "{refusal}");
        }
        assert!(!refusal.contains("null (null)"), "{refusal}");
        let nobody = find("x", &[]).unwrap_err().to_string();
        assert!(nobody.contains("none"), "{nobody}");
    }

    #[test]
    fn hosts_are_told_from_devices() {
        let hosts = ["JACK".to_owned(), "ALSA".to_owned()];
        let wanted = |host, device| Wanted { host, device };
        assert_eq!(parse("jack", &hosts), wanted(Some("jack"), None));
        assert_eq!(parse("Alsa:", &hosts), wanted(Some("Alsa"), None));
        assert_eq!(
            parse("alsa:hw:CARD=PCH,DEV=0", &hosts),
            wanted(Some("alsa"), Some("hw:CARD=PCH,DEV=0"))
        );
        assert_eq!(
            parse("hw:CARD=PCH,DEV=0", &hosts),
            wanted(None, Some("hw:CARD=PCH,DEV=0"))
        );
        assert_eq!(parse("Scarlett", &hosts), wanted(None, Some("Scarlett")));
        assert_eq!(parse("", &hosts), wanted(None, Some("")));
    }
}
