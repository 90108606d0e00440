//! What there is to play on.

use std::collections::BTreeSet;

use cpal::traits::DeviceTrait;
use cpal::{Device, HostId, SupportedBufferSize, SupportedStreamConfigRange};
use serde::Serialize;

use super::choice::Named;
use super::error::phrase;
use super::hosts;
use super::offer::rates;
use crate::stderr_guard::StderrGuard;

/// All outputs of this computer, as [`devices`] found them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DeviceList {
    /// The audio systems, the one first that is tried first where nobody names a device.
    pub hosts: Vec<HostEntry>,
    /// What the systems' libraries wrote to standard error meanwhile; may have many lines.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub chatter: String,
}

/// An audio system: ALSA, JACK, CoreAudio, WASAPI.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct HostEntry {
    /// What it calls itself.
    pub name: String,
    /// Why it cannot be reached, and what to do; `None` if it can.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
    /// Its outputs, the default first.
    pub devices: Vec<DeviceEntry>,
}

/// An output.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DeviceEntry {
    /// Its name for people. Several may have the same.
    pub name: String,
    /// What [`OutputRequest::device`](super::OutputRequest::device) knows it by: `host:identifier`.
    pub id: String,
    /// Whether it is what the system would play on by itself.
    pub is_default: bool,
    /// Why it cannot be used now; `None` if it can.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
    /// Sample rates that it offers, in Hz, from the lowest on; neighbours do not touch.
    pub rates_hz: Vec<NumberRange>,
    /// The rate that it has by default, Hz.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default_rate_hz: Option<u32>,
    /// Numbers of channels that it offers, from the lowest on.
    pub channels: Vec<u16>,
    /// Sample frames a callback that it offers, if it tells.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub buffer: Option<NumberRange>,
    /// Sample formats that it offers, such as `f32` and `i16`.
    pub formats: Vec<String>,
}

/// All numbers from one to another, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct NumberRange {
    /// The lowest.
    pub lowest: u32,
    /// The highest.
    pub highest: u32,
}

/// Asks every audio system of this computer for its outputs. Each device is opened for a moment, so this may
/// take a second; one that is in use may tell less.
#[must_use]
pub fn devices() -> DeviceList {
    let guard = StderrGuard::begin();
    let hosts = hosts::best_first().into_iter().map(host_entry).collect();
    DeviceList {
        hosts,
        chatter: guard.finish(),
    }
}

fn host_entry(id: HostId) -> HostEntry {
    let outputs = hosts::reach(id).and_then(|host| hosts::outputs(id, &host));
    let (problem, devices) = match outputs {
        Ok(outputs) => (None, outputs.iter().map(device_entry).collect()),
        Err(problem) => (Some(problem), Vec::new()),
    };
    HostEntry {
        name: id.name().to_owned(),
        problem,
        devices,
    }
}

fn device_entry((named, device): &(Named, Device)) -> DeviceEntry {
    let (problem, offers) = match device.supported_output_configs() {
        Ok(offers) => (None, offers.collect()),
        Err(error) => (Some(phrase(&error)), Vec::new()),
    };
    let default = device.default_output_config();
    described(
        named,
        problem,
        default.ok().map(|it| it.sample_rate()),
        &offers,
    )
}

fn described(
    named: &Named,
    problem: Option<String>,
    default_rate_hz: Option<u32>,
    offers: &[SupportedStreamConfigRange],
) -> DeviceEntry {
    let channels: BTreeSet<u16> = offers.iter().map(|offer| offer.channels()).collect();
    let formats: BTreeSet<_> = offers.iter().map(|offer| offer.sample_format()).collect();
    DeviceEntry {
        name: named.name.clone(),
        id: format!("{}:{}", named.host.to_lowercase(), named.id),
        is_default: named.is_default,
        problem,
        rates_hz: joined(offers.iter().map(rates)),
        default_rate_hz,
        channels: channels.into_iter().collect(),
        buffer: buffers(offers),
        formats: formats.iter().map(ToString::to_string).collect(),
    }
}

/// The ranges in order, those that touch as one.
fn joined(ranges: impl Iterator<Item = (u32, u32)>) -> Vec<NumberRange> {
    let ordered: BTreeSet<(u32, u32)> = ranges.collect();
    let mut joined: Vec<NumberRange> = Vec::new();
    for (lowest, highest) in ordered {
        match joined.last_mut() {
            Some(last) if lowest <= last.highest.saturating_add(1) => {
                last.highest = last.highest.max(highest);
            }
            _ => joined.push(NumberRange { lowest, highest }),
        }
    }
    joined
}

/// From the least to the most that any offer has.
fn buffers(offers: &[SupportedStreamConfigRange]) -> Option<NumberRange> {
    let known = offers
        .iter()
        .filter_map(|offer| match *offer.buffer_size() {
            SupportedBufferSize::Range { min, max } => Some((min, max)),
            SupportedBufferSize::Unknown => None,
        });
    let all = known.reduce(|(min, max), (low, high)| (min.min(low), max.max(high)));
    all.map(|(lowest, highest)| NumberRange { lowest, highest })
}

#[cfg(test)]
mod tests {
    use cpal::SampleFormat;

    use super::*;

    fn range(lowest: u32, highest: u32) -> NumberRange {
        NumberRange { lowest, highest }
    }

    #[test]
    fn ranges_that_touch_are_joined() {
        let cases = [(44_100, 44_100), (48_000, 48_000), (44_100, 44_100)];
        let apart = [range(44_100, 44_100), range(48_000, 48_000)];
        assert_eq!(joined(cases.into_iter()), apart);
        let cases = [(5, 9), (1, 4), (20, u32::MAX), (2, 3), (30, 40)];
        assert_eq!(
            joined(cases.into_iter()),
            [range(1, 9), range(20, u32::MAX)]
        );
        assert_eq!(joined([].into_iter()), []);
    }

    #[test]
    fn an_output_is_told_of_in_json() {
        let named = Named {
            host: "ALSA".to_owned(),
            name: "A card".to_owned(),
            id: "hw:0".to_owned(),
            is_default: true,
        };
        let offer = |channels, rate_hz, buffer, format| {
            SupportedStreamConfigRange::new(channels, rate_hz, rate_hz, buffer, format)
        };
        let buffer = |min, max| SupportedBufferSize::Range { min, max };
        let offers = [
            offer(2, 48_000, buffer(16, 64), SampleFormat::I16),
            offer(1, 48_000, buffer(8, 32), SampleFormat::I16),
            offer(2, 44_100, SupportedBufferSize::Unknown, SampleFormat::F32),
        ];
        let entry = described(&named, None, Some(48_000), &offers);
        let wanted = serde_json::json!({
            "name": "A card",
            "id": "alsa:hw:0",
            "is_default": true,
            "rates_hz": [
                {"lowest": 44_100, "highest": 44_100},
                {"lowest": 48_000, "highest": 48_000},
            ],
            "default_rate_hz": 48_000,
            "channels": [1, 2],
            "buffer": {"lowest": 8, "highest": 64},
            "formats": ["i16", "f32"],
        });
        assert_eq!(serde_json::to_value(&entry).unwrap(), wanted);
        let entry = described(&named, Some("in use".to_owned()), None, &[]);
        let json = serde_json::to_value(&entry).unwrap();
        assert_eq!(json["problem"], "in use");
        assert_eq!(json.get("buffer"), None);
    }

    #[test]
    fn this_computer_can_be_asked() {
        let list = devices();
        let names: Vec<&str> = list.hosts.iter().map(|host| host.name.as_str()).collect();
        assert_eq!(names.len(), hosts::names().len());
        for host in &list.hosts {
            assert!(host.problem.is_none() || host.devices.is_empty());
            for device in &host.devices {
                let prefix = format!("{}:", host.name.to_lowercase());
                assert!(device.id.starts_with(&prefix), "{}", device.id);
            }
        }
        assert!(serde_json::to_string(&list).is_ok());
    }
}
