//! The world that a session lives in: the audio output, MIDI ports, and whether the program stood still.

use std::sync::Arc;
use std::time::{Duration, Instant};

use synth_io::audio_device::OutputFormat;
use synth_io::midi_input::{MidiInputs, PortChange};

use super::midi_intake::MidiIntake;
use super::output::{Output, OutputChange};

/// How often ports are looked for.
const PORTS_INTERVAL: Duration = Duration::from_millis(250);
/// A program that stood still for so long was stopped, or the computer slept: what was let go meanwhile
/// may not have been heard, and ports may be dead.
const STOOD_STILL: Duration = Duration::from_secs(3);

/// What a session must know or act on.
pub(super) enum Happening {
    /// Worth a line.
    Told(String),
    /// Worth a line on standard error.
    Complaint(String),
    /// An audio device is there again.
    Returned(OutputFormat),
    /// The engine must go over to this rate, Hz, before the audio device can be played on.
    NeedsRate(u32),
}

/// The audio output and the MIDI ports.
pub(super) struct Live {
    pub(super) output: Output,
    pub(super) intake: Arc<MidiIntake>,
    inputs: Option<MidiInputs>,
    ports_at: Instant,
    looked_at: Instant,
}

impl Live {
    pub(super) fn new(output: Output, intake: Arc<MidiIntake>, inputs: Option<MidiInputs>) -> Self {
        let now = Instant::now();
        Self {
            output,
            intake,
            inputs,
            ports_at: now,
            looked_at: now,
        }
    }

    /// Looks after everything; to be called many times a second.
    pub(super) fn poll(&mut self) -> Vec<Happening> {
        let now = Instant::now();
        let mut happenings = Vec::new();
        if now.duration_since(self.looked_at) > STOOD_STILL {
            let seconds = now.duration_since(self.looked_at).as_secs();
            let what = format!("stood still for {seconds} s; MIDI ports are opened again");
            happenings.push(Happening::Told(what));
            if let Some(inputs) = &mut self.inputs {
                inputs.reopen();
            }
            self.ports_at = now;
        }
        self.looked_at = now;
        happenings.extend(self.output.poll().map(happening_of));
        self.intake.tidy();
        if now >= self.ports_at {
            self.ports_at = now + PORTS_INTERVAL;
            self.poll_ports(&mut happenings);
        }
        happenings
    }

    fn poll_ports(&mut self, happenings: &mut Vec<Happening>) {
        let Some(inputs) = &mut self.inputs else {
            return;
        };
        for change in inputs.poll() {
            happenings.push(match change {
                PortChange::Opened { name, .. } => Happening::Told(format!("MIDI input: {name}")),
                PortChange::Vanished { port, name } => {
                    self.intake.release(port);
                    Happening::Complaint(format!(
                        "MIDI input {name} is gone; what it held is let go"
                    ))
                }
                PortChange::Refused { name, reason } => {
                    Happening::Complaint(format!("MIDI input {name} cannot be opened: {reason}"))
                }
                PortChange::Missing(error) => Happening::Told(format!("no MIDI input: {error}")),
            });
        }
    }

    /// MIDI ports that are listened to.
    pub(super) fn ports(&self) -> usize {
        self.inputs
            .as_ref()
            .map_or(0, |inputs| inputs.ports().count())
    }

    /// Hears no more MIDI, and lets go of what it held.
    pub(super) fn close_ports(&mut self) {
        self.inputs = None;
        self.intake.release_all();
    }
}

fn happening_of(change: OutputChange) -> Happening {
    match change {
        OutputChange::Lost(why) => Happening::Complaint(format!(
            "{why}; playing on unheard until there is one again"
        )),
        OutputChange::Returned(format) => Happening::Returned(format),
        OutputChange::NeedsRate(rate_hz) => Happening::NeedsRate(rate_hz),
        OutputChange::Problem(what) => Happening::Complaint(what),
    }
}
