//! The session beside an interface: it does what somebody does there, and tells how it goes.

use std::thread;
use std::time::{Duration, Instant};

use synth_engine::{Event, EventTime, Parameter};
use synth_io::midi_input::PortId;

use super::{Command, Player, Session, Stage, TURN, note_off, note_on};
use crate::play::command;
use crate::play::controller_map::Meaning;
use crate::play::meter::Load;
use crate::tui::{Action, LoadShown, Snapshot};

/// How often it is told: as often as it is drawn.
const SNAPSHOT_INTERVAL: Duration = Duration::from_millis(33);
/// What is done in a turn; the rest is looked after too.
const ACTIONS_A_TURN: usize = 64;
/// The computer's keyboard, for which a note sounds as long after its key as one of MIDI. No port has this
/// number.
const KEYBOARD: PortId = PortId::new(u32::MAX);

impl Session<'_> {
    /// Rests until the next turn, or until somebody does something.
    pub(super) fn rest(&mut self) {
        let action = match &self.parts.player {
            Player::Lines(_) => {
                thread::sleep(TURN);
                None
            }
            Player::Interface(interface) => interface.link().wait(TURN),
        };
        if let Some(action) = action {
            self.act(action);
        }
    }

    /// Does what somebody has done, and tells how it goes.
    pub(super) fn look_after_interface(&mut self) {
        self.take_moved();
        for _ in 0..ACTIONS_A_TURN {
            let Player::Interface(interface) = &self.parts.player else {
                return;
            };
            if interface.is_gone() && matches!(self.stage, Stage::Playing) {
                self.leave();
            }
            let Player::Interface(interface) = &self.parts.player else {
                return;
            };
            match interface.link().action() {
                Some(action) => self.act(action),
                None => break,
            }
        }
        if Instant::now() >= self.next_snapshot {
            self.next_snapshot = Instant::now() + SNAPSHOT_INTERVAL;
            let snapshot = self.snapshot();
            if let Player::Interface(interface) = &self.parts.player {
                interface.link().publish(snapshot);
            }
        }
    }

    /// Gives the terminal back.
    pub(super) fn close_interface(&mut self) {
        let Player::Interface(interface) = &mut self.parts.player else {
            return;
        };
        let closed = interface.close();
        self.parts.teller.leave_interface();
        if let Err(what) = closed {
            self.failed = true;
            self.parts.teller.complain(&what);
        }
    }

    fn act(&mut self, action: Action) {
        if !matches!(self.stage, Stage::Playing) {
            return;
        }
        let done = match action {
            Action::NoteOn { key, velocity, at } => {
                self.send_keyed(note_on(key, velocity), at);
                Ok(())
            }
            Action::NoteOff { key, at } => {
                self.send_keyed(note_off(key), at);
                Ok(())
            }
            Action::Panic => {
                self.panic();
                Ok(())
            }
            Action::Set { parameter, value } => self.set_to(parameter, value),
            Action::Instrument(name) => self.change_instrument(name.as_deref()),
            Action::AudioDevice(name) => self.change_audio_device(name),
            Action::Learn(parameter) => {
                let intake = &self.parts.live.intake;
                intake.controllers().begin_to_learn(parameter);
                Ok(())
            }
            Action::Forget(parameter) => {
                self.parts.live.intake.controllers().forget(parameter);
                Ok(())
            }
            Action::Command(line) => self.obey(&line),
            Action::Quit => {
                self.leave();
                Ok(())
            }
        };
        if let Err(what) = done {
            self.parts.teller.complain(&what);
        }
    }

    /// A key was stroked at this time.
    fn send_keyed(&mut self, event: Event, at: Instant) {
        let due = self.parts.live.intake.mapper().due(KEYBOARD, at);
        if let EventTime::At(sample) = due {
            self.sent = self.sent.max(sample);
        }
        self.send(due, event);
    }

    /// A line, as in a pipe.
    fn obey(&mut self, line: &str) -> Result<(), String> {
        match command::parse(line, self.octave)? {
            None => Ok(()),
            Some(Command::Controller { number, value }) => {
                // As if it had come by MIDI, so that it can be learnt.
                match self
                    .parts
                    .live
                    .intake
                    .controllers()
                    .take(&[0xb0, number, value])
                {
                    Meaning::Usual => self.execute(Command::Controller { number, value }),
                    Meaning::Moves(event) => {
                        self.send_now(event);
                        Ok(())
                    }
                    Meaning::Nothing => Ok(()),
                }
            }
            Some(command) => self.execute(command),
        }
    }

    fn change_audio_device(&mut self, name: Option<String>) -> Result<(), String> {
        let request = crate::play::request_for(name.as_deref(), self.parts.arguments);
        let gone = self.parts.live.output.go_over_to(request);
        self.audio_device_asked = name;
        gone.map_err(|error| error.to_string())
    }

    /// Takes note of parameters that MIDI controllers have moved.
    fn take_moved(&mut self) {
        for info in Parameter::table() {
            let parameter = info.parameter;
            let moved = self.parts.live.intake.controllers().take_moved(parameter);
            if let Some(value) = moved {
                self.parts.parameters.set(parameter, value);
                if parameter == Parameter::Polyphony {
                    self.wanted_polyphony = value;
                }
            }
        }
    }

    fn snapshot(&self) -> Snapshot {
        let parts = &self.parts;
        let meter = &self.meter;
        let tenths = |share: f32| (1000.0 * share).round() as u32;
        let load = |load: Load| LoadShown {
            median: tenths(load.median),
            p99: tenths(load.p99),
            most: tenths(load.most),
        };
        let controllers = parts.live.intake.controllers();
        let instrument = match parts.ensemble.shelved() {
            [one] => one.named.lasting_name(),
            _ => None,
        };
        let preparing = self.preparing.as_ref();
        let preparing = preparing.and_then(|preparing| preparing.instruments());
        Snapshot {
            keys_down: self.keys_down.all(),
            voices: meter.voices,
            most_voices: parts.parameters.get(Parameter::Polyphony) as u32,
            load: meter.load().map(load),
            overruns: meter.overruns,
            xruns: parts.live.output.xruns() + parts.live.output.missed(),
            shedding: meter.shedding,
            sample_rate_hz: parts.config.sample_rate_hz,
            buffer: parts.buffer as u32,
            audio_device: parts.live.output.place(),
            audio_device_asked: self.audio_device_asked.clone(),
            network: parts.ensemble.device().described(),
            instrument,
            instrument_label: parts.ensemble.described(),
            preparing: preparing.map(str::to_owned),
            parameters: parts.parameters,
            most_polyphony: self.most_polyphony,
            controllers: controllers.controllers(),
            learning: controllers.learning(),
            midi_inputs: parts.live.ports(),
        }
    }
}
