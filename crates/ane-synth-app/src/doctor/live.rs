//! What there is to play on and with. Names are left out: they tell whose machine it is.

use serde::Serialize;
use synth_io::audio_device::{self, OutputRequest};
use synth_io::midi_input::MidiSystem;

#[derive(Serialize)]
pub(super) struct Audio {
    pub(super) systems: Vec<System>,
    /// What is played on where no device is named.
    pub(super) played_on: Option<Format>,
    /// Why there is nothing to play on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) problem: Option<String>,
}

#[derive(Serialize)]
pub(super) struct System {
    pub(super) name: String,
    pub(super) outputs: usize,
    /// Those that cannot be used now.
    pub(super) unusable: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) problem: Option<String>,
}

#[derive(Serialize)]
pub(super) struct Format {
    pub(super) sample_rate_hz: u32,
    /// Sample frames a callback, if it tells.
    pub(super) buffer: Option<u32>,
}

#[derive(Serialize)]
pub(super) struct Midi {
    pub(super) inputs: usize,
    /// Why there are none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) problem: Option<String>,
}

pub(super) fn audio() -> Audio {
    let systems = audio_device::devices()
        .hosts
        .into_iter()
        .map(|host| System {
            name: host.name,
            outputs: host.devices.len(),
            unusable: host
                .devices
                .iter()
                .filter(|device| device.problem.is_some())
                .count(),
            problem: host.problem,
        });
    let systems = systems.collect();
    match audio_device::open(&OutputRequest::default()) {
        Ok(ready) => Audio {
            systems,
            played_on: Some(Format {
                sample_rate_hz: ready.format().sample_rate_hz,
                buffer: ready.format().buffer,
            }),
            problem: None,
        },
        Err(error) => Audio {
            systems,
            played_on: None,
            problem: Some(error.to_string()),
        },
    }
}

pub(super) fn midi() -> Midi {
    match MidiSystem::preferred().ports() {
        Ok(ports) => Midi {
            inputs: ports.len(),
            problem: None,
        },
        Err(error) => Midi {
            inputs: 0,
            problem: Some(error.to_string()),
        },
    }
}
