//! `ane-synth devices`: what can be played on, and by which MIDI ports.

use serde::Serialize;
use synth_io::audio_device::{
    self, DeviceEntry, DeviceList, NumberRange, OutputFormat, OutputRequest,
};
use synth_io::midi_input::{MidiInputError, MidiSystem, PortInfo};

use crate::cli::DevicesArguments;
use crate::error::AppError;
use crate::output;
use crate::printable;

/// The object that `--json` prints.
#[derive(Serialize)]
struct Json<'a> {
    /// What is played on where none is named; `null` where nothing can be.
    default: Option<&'a OutputFormat>,
    audio: &'a DeviceList,
    midi: Midi<'a>,
}

#[derive(Serialize)]
struct Midi<'a> {
    inputs: Vec<Input<'a>>,
    /// Why there are none.
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<String>,
}

#[derive(Serialize)]
struct Input<'a> {
    name: &'a str,
    id: &'a str,
}

pub(crate) fn list(arguments: &DevicesArguments) -> Result<(), AppError> {
    let audio = audio_device::devices();
    let default = audio_device::open(&OutputRequest::default());
    let default = default.map(|ready| ready.format().clone());
    let midi = MidiSystem::preferred().ports();
    if arguments.json {
        let json = Json {
            default: default.as_ref().ok(),
            audio: &audio,
            midi: midi_of(&midi),
        };
        return output::say(&serde_json::to_string_pretty(&json).map_err(AppError::new)?);
    }
    let mut lines = audio_lines(&audio);
    lines.push(match &default {
        Ok(format) => {
            let buffer = match format.buffer {
                Some(buffer) => format!(", {buffer} samples at a time"),
                None => String::new(),
            };
            let id = printable::one_line(&format.id);
            let rate_hz = format.sample_rate_hz;
            format!("played on by default: {id}, {rate_hz} Hz{buffer}")
        }
        Err(error) => format!("played on by default: nothing, for {error}"),
    });
    lines.extend(midi_lines(&midi));
    if arguments.verbose {
        lines.extend(audio.chatter.lines().map(printable::one_line));
    }
    output::say(&lines.join("\n"))
}

fn midi_of(midi: &Result<Vec<PortInfo>, MidiInputError>) -> Midi<'_> {
    match midi {
        Ok(ports) => Midi {
            inputs: ports
                .iter()
                .map(|PortInfo { id, name }| Input { name, id })
                .collect(),
            problem: None,
        },
        Err(error) => Midi {
            inputs: Vec::new(),
            problem: Some(error.to_string()),
        },
    }
}

fn audio_lines(audio: &DeviceList) -> Vec<String> {
    let mut lines = vec!["audio outputs (for --audio-device)".to_owned()];
    for host in &audio.hosts {
        match &host.problem {
            Some(problem) => lines.push(format!("  {}: {problem}", host.name)),
            None if host.devices.is_empty() => lines.push(format!("  {}: none", host.name)),
            None => {}
        }
        lines.extend(host.devices.iter().map(device_line));
    }
    lines.push("  null (nobody hears it)".to_owned());
    lines
}

fn device_line(device: &DeviceEntry) -> String {
    let default = if device.is_default { ", default" } else { "" };
    let name = printable::one_line(&device.name);
    let id = printable::one_line(&device.id);
    if let Some(problem) = &device.problem {
        return format!("  {id} ({name}{default}): {problem}");
    }
    let rates = ranges(&device.rates_hz);
    let channels = channels(&device.channels);
    let buffer = match &device.buffer {
        Some(range) => format!(", buffers of {}", one_range(range)),
        None => String::new(),
    };
    format!("  {id} ({name}{default}): {rates} Hz, {channels} channels{buffer}")
}

fn ranges(ranges: &[NumberRange]) -> String {
    let texts: Vec<String> = ranges.iter().map(one_range).collect();
    texts.join(", ")
}

/// Counts in order, those that follow on each other as a range.
fn channels(counts: &[u16]) -> String {
    let runs = counts.chunk_by(|a, b| a.checked_add(1) == Some(*b));
    let runs = runs.map(|run| match run {
        [lowest, .., highest] => format!("{lowest} to {highest}"),
        run => run.iter().map(ToString::to_string).collect(),
    });
    runs.collect::<Vec<_>>().join(", ")
}

fn one_range(range: &NumberRange) -> String {
    match range.lowest == range.highest {
        true => range.lowest.to_string(),
        false => format!("{} to {}", range.lowest, range.highest),
    }
}

fn midi_lines(midi: &Result<Vec<PortInfo>, MidiInputError>) -> Vec<String> {
    let mut lines = vec!["MIDI inputs (for --midi)".to_owned()];
    match midi {
        Ok(ports) => {
            let names = ports.iter().map(|port| printable::one_line(&port.name));
            lines.extend(names.map(|name| format!("  {name}")));
        }
        Err(error) => lines.push(format!("  {error}")),
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_read_well() {
        let range = |lowest, highest| NumberRange { lowest, highest };
        assert_eq!(one_range(&range(44_100, 44_100)), "44100");
        assert_eq!(
            ranges(&[range(8_000, 48_000), range(96_000, 96_000)]),
            "8000 to 48000, 96000"
        );
        assert_eq!(channels(&[1, 2, 3, 6, 8]), "1 to 3, 6, 8");
        assert_eq!(channels(&[2]), "2");
    }
}
