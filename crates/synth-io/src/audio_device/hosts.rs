//! The audio systems of this computer, and the devices that each has.

use cpal::traits::{DeviceTrait, HostTrait};
use cpal::{Device, DeviceDirection, Host, HostId};

use super::choice::{Named, same};
use super::error::phrase;
use crate::jack_clients::{Membership, NOT_CLOSED};

/// What JACK calls itself.
const JACK: &str = "JACK";

/// The names of all systems that this program was built for.
pub(super) fn names() -> Vec<String> {
    let names = cpal::ALL_HOSTS.iter();
    names.map(|id| id.name().to_owned()).collect()
}

/// All systems that this program was built for, the one that is best to play on first: a JACK server that
/// runs was started for that, and plays with the shortest buffers.
pub(super) fn best_first() -> Vec<HostId> {
    let mut ids = cpal::ALL_HOSTS.to_vec();
    ids.sort_by_key(|id| !same(id.name(), JACK));
    ids
}

/// The system called `name`.
pub(super) fn by_name(name: &str) -> Option<HostId> {
    let mut ids = cpal::ALL_HOSTS.iter();
    ids.find(|id| same(id.name(), name)).copied()
}

/// Why a name is no system's, if it could be one's.
pub(super) fn not_built(asked: &str) -> Option<(String, String)> {
    let word = asked.split(':').next().unwrap_or_default();
    let missing = same(word, JACK) && by_name(JACK).is_none();
    missing.then(|| {
        let reason = "this program was built without it; build it with the feature jack";
        (JACK.to_owned(), reason.to_owned())
    })
}

/// What a client of a system must have as long as it lives; nothing but for JACK.
///
/// # Errors
/// Why there must not be one now.
pub(super) fn enter(host: &str) -> Result<Option<Membership>, String> {
    match same(host, JACK) {
        true => Membership::enter().map(Some).ok_or(NOT_CLOSED.to_owned()),
        false => Ok(None),
    }
}

/// Opens a system.
///
/// # Errors
/// Why it cannot be reached and what to do, in words.
pub(super) fn reach(id: HostId) -> Result<Host, String> {
    // JACK is asked by clients that live only here.
    let _membership = enter(id.name())?;
    let host = cpal::host_from_id(id).map_err(|error| phrase(&error))?;
    if same(id.name(), JACK) && host.default_output_device().is_none() {
        return Err(
            "no JACK server answers; start one, such as jackd -d alsa or PipeWire's".to_owned(),
        );
    }
    Ok(host)
}

/// What a system would play on by itself.
///
/// # Errors
/// If there is no such thing, what to do.
pub(super) fn default_output(id: HostId, host: &Host) -> Result<(Named, Device), String> {
    let device = host.default_output_device();
    let device = device.ok_or("it has no default output; name one of its devices")?;
    Ok((named(id, &device, true), device))
}

/// The outputs of a system, the default first.
///
/// # Errors
/// What the system says if it cannot list them.
pub(super) fn outputs(id: HostId, host: &Host) -> Result<Vec<(Named, Device)>, String> {
    let mut found: Vec<(Named, Device)> = default_output(id, host).into_iter().collect();
    let listed = host.output_devices().map_err(|error| phrase(&error))?;
    for device in listed.filter(|device| !is_input(device)) {
        let named = named(id, &device, false);
        if !found.iter().any(|(known, _)| known.id == named.id) {
            found.push((named, device));
        }
    }
    Ok(found)
}

/// JACK offers its input among the outputs.
fn is_input(device: &Device) -> bool {
    let description = device.description();
    description.is_ok_and(|it| it.direction() == DeviceDirection::Input)
}

fn named(id: HostId, device: &Device, is_default: bool) -> Named {
    let known_by = match device.id() {
        Ok(id) => id.id().to_owned(),
        Err(_) => String::new(),
    };
    let name = match device.description() {
        Ok(description) => description.name().to_owned(),
        Err(_) => known_by.clone(),
    };
    Named {
        host: id.name().to_owned(),
        name,
        id: known_by,
        is_default,
    }
}

/// Whether a thread of ours may make the samples of this device at realtime priority. A card of ALSA's own
/// may; behind its other names may be a program that has to do its part in time as well, and that waits
/// in vain while we do not rest. The other systems see to their threads themselves.
pub(super) fn may_promote(named: &Named) -> bool {
    let cards = ["hw:", "plughw:"];
    same(&named.host, "ALSA") && cards.iter().any(|card| named.id.starts_with(card))
}

/// Whether a system counts its periods, and tells when their samples are heard as evenly as it plays them.
pub(super) fn counts_periods(named: &Named) -> bool {
    same(&named.host, JACK)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jack_comes_first_where_there_is_one() {
        let ids = best_first();
        assert_eq!(ids.len(), names().len());
        let jack = names().iter().any(|name| same(name, JACK));
        assert_eq!(same(ids[0].name(), JACK), jack);
        assert_eq!(not_built("jack").is_none(), jack);
        assert_eq!(not_built("JACK:output").is_none(), jack);
        assert_eq!(not_built("jackson"), None);
        assert_eq!(by_name("no such system"), None);
    }

    #[test]
    fn only_cards_are_promoted() {
        let named = |host: &str, id: &str| Named {
            host: host.to_owned(),
            name: String::new(),
            id: id.to_owned(),
            is_default: false,
        };
        assert!(may_promote(&named("ALSA", "hw:CARD=PCH,DEV=0")));
        assert!(may_promote(&named("ALSA", "plughw:CARD=0,DEV=0")));
        for id in [
            "default",
            "null",
            "pipewire",
            "dmix:CARD=PCH,DEV=0",
            "my_hw:0",
        ] {
            assert!(!may_promote(&named("ALSA", id)), "{id}");
        }
        assert!(!may_promote(&named("JACK", "hw:0")));
    }
}
