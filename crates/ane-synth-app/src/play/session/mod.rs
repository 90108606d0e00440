//! What happens from the first sample to the last: lines in, events out, reports back.

mod changes;
mod ending;
mod interface;
mod rate;
mod sending;

use std::sync::mpsc::{Receiver, TryRecvError};
use std::time::{Duration, Instant};

use rtrb::Consumer;
use synth_engine::{
    ControlHandle, Event, MidiDecoder, Parameter, ParameterSettingError, ParameterValues,
    RendererConfig, Report,
};

use super::arguments::PlayArguments;
use super::command::{self, Command};
use super::console::Input;
use super::ensemble::Ensemble;
use super::keys_down::KeysDown;
use super::live::{Happening, Live};
use super::logbook::Logbook;
use super::meter::Meter;
use super::preparer::Preparer;
use super::recorder::Recorder;
use super::summary::Status;
use super::teller::Teller;
use super::timeline::Timeline;
use crate::error::AppError;
use crate::interrupt::Interrupt;
use crate::tui;
use crate::{oscillator_option, parameter_option};
use changes::Preparing;
use rate::RateChange;
use sending::{note_off, note_on};

/// How often the session looks around.
const TURN: Duration = Duration::from_millis(5);
/// Events are sent so long, and two periods, before their time: a period that has begun takes no more.
const AHEAD_S: f64 = 0.25;
/// Lines that are taken in a turn: whatever comes in, the rest is looked after.
const LINES_A_TURN: usize = 64;
/// How often the load is told.
const STATUS_INTERVAL: Duration = Duration::from_secs(2);
/// It is quiet when nothing has sounded for so long.
const QUIET_S: f64 = 0.2;
/// What still sounds then is cut off.
const LONGEST_RINGING_S: f64 = 30.0;
/// How long everything has to fade when the player leaves.
const LEAVING_S: f64 = 0.1;
/// If even that does not come to pass within this and some periods, it ends all the same.
const LEAVING_PATIENCE: Duration = Duration::from_secs(3);
/// The channel that is played.
const CHANNEL: u8 = 0;

/// What a session is made of.
pub(super) struct Parts<'a> {
    pub(super) arguments: &'a PlayArguments,
    pub(super) config: RendererConfig,
    pub(super) control: ControlHandle,
    /// Samples that the audio side is asked for at a time.
    pub(super) buffer: usize,
    pub(super) live: Live,
    pub(super) ensemble: Ensemble,
    pub(super) preparer: Preparer,
    pub(super) logbook: Option<Logbook<'a>>,
    /// As they are now.
    pub(super) parameters: ParameterValues,
    pub(super) recorder: Option<Recorder<'a>>,
    pub(super) samples: Option<Consumer<f32>>,
    pub(super) teller: Teller,
    pub(super) player: Player,
    pub(super) interrupt: Interrupt,
}

/// Where what is to be played comes from, besides MIDI.
pub(super) enum Player {
    Lines(Receiver<Input>),
    Interface(tui::Running),
}

/// How the session ends.
enum Stage {
    Playing,
    /// Nothing more comes; from this sample on it rings out.
    Ringing(u64),
    /// The player leaves: everything fades, up to this sample once it is known, or to this time.
    Leaving(Option<u64>, Instant),
}

/// A session under way.
pub(super) struct Session<'a> {
    parts: Parts<'a>,
    meter: Meter,
    timeline: Timeline,
    decoder: MidiDecoder,
    stage: Stage,
    /// A line that was read and whose time has not come.
    pending: Option<(u64, Command)>,
    input_ended: bool,
    /// Whether somebody types, so that what is typed is meant now.
    typed: bool,
    /// The sample at which the next line begins, unless that is over.
    cursor: u64,
    /// The sample of the last event that was sent ahead.
    sent: u64,
    gate_s: f64,
    velocity: u8,
    octave: i8,
    /// What the polyphony may be set to with the present device.
    most_polyphony: usize,
    /// What it was set to, whatever the device then allows.
    wanted_polyphony: f32,
    rate_change: Option<RateChange>,
    preparing: Option<Preparing>,
    /// The number of the line that is executed.
    line: u64,
    /// What is in the recording and the log, once they have ended.
    kept_frames: Option<u64>,
    unrecorded: u64,
    notes: u64,
    keys_down: KeysDown,
    /// The audio device that was asked for last.
    audio_device_asked: Option<String>,
    /// When the interface is told how it goes.
    next_snapshot: Instant,
    next_status: Option<Instant>,
    /// What went wrong on the way, told already.
    failed: bool,
    /// The signal's exit code.
    interrupted: Option<u8>,
}

impl<'a> Session<'a> {
    pub(super) fn new(mut parts: Parts<'a>) -> Self {
        let samples = parts.samples.take();
        if let Some(recorder) = &mut parts.recorder {
            recorder.begin(samples);
        }
        let tells = parts.arguments.verbose || parts.teller.is_watched();
        Self {
            meter: Meter::new(),
            timeline: Timeline::default(),
            decoder: MidiDecoder::new(),
            stage: Stage::Playing,
            pending: None,
            input_ended: false,
            typed: std::io::IsTerminal::is_terminal(&std::io::stdin()),
            cursor: 0,
            sent: 0,
            gate_s: 0.5,
            velocity: 100,
            octave: 0,
            most_polyphony: parts.config.most_polyphony,
            wanted_polyphony: parts.arguments.polyphony() as f32,
            rate_change: None,
            preparing: None,
            line: 0,
            kept_frames: None,
            unrecorded: 0,
            notes: 0,
            keys_down: KeysDown::default(),
            audio_device_asked: parts.arguments.audio_device.clone(),
            next_snapshot: Instant::now(),
            next_status: tells.then(|| Instant::now() + STATUS_INTERVAL),
            failed: false,
            interrupted: None,
            parts,
        }
    }

    /// Plays to the end.
    pub(super) fn run(mut self) -> Result<(), AppError> {
        while !self.is_over() {
            self.turn();
            self.rest();
        }
        self.finish()
    }

    fn turn(&mut self) {
        self.look();
        self.live();
        if !matches!(self.stage, Stage::Leaving(..)) {
            self.take_prepared();
        }
        if self.interrupted.is_none()
            && let Some(exit_code) = self.parts.interrupt.asked()
        {
            self.interrupted = Some(exit_code);
            self.leave();
        }
        // Before the first period nobody knows how late it is.
        if matches!(self.stage, Stage::Playing) && self.meter.now > 0 {
            self.take_lines();
        }
        self.look_after_interface();
        self.send_due();
        if let Some(next) = self.next_status
            && Instant::now() >= next
        {
            self.next_status = Some(next + STATUS_INTERVAL);
            self.tell_status();
        }
    }

    /// Looks after the audio device and the MIDI ports.
    fn live(&mut self) {
        for happening in self.parts.live.poll() {
            match happening {
                Happening::Told(line) => self.parts.teller.say(&line),
                Happening::Complaint(line) => self.parts.teller.complain(&line),
                Happening::Returned(format) => {
                    for line in super::device_lines(&format, self.parts.arguments) {
                        self.parts.teller.say(&line);
                    }
                    self.parts.buffer = format.buffer.map_or(self.parts.buffer, |n| n as usize);
                }
                Happening::NeedsRate(rate_hz) => {
                    if let Err(what) = self.change_rate(rate_hz) {
                        self.parts.teller.complain(&what);
                    }
                }
            }
        }
    }

    /// Takes what came back from the audio side, and with it what time it is.
    fn look(&mut self) {
        let leaving = self.samples(LEAVING_S);
        let parts = &mut self.parts;
        let mut failures = Vec::new();
        let mut reopened = None;
        for block in parts.control.blocks() {
            self.meter.take(&block);
        }
        // A device's retirement is reported after the events of its block.
        let mut reports: Vec<Report> = parts.control.reports().collect();
        reports.sort_by_key(sample_of);
        for report in reports {
            if let Report::Event { event, .. } = &report {
                self.keys_down.take(event);
            }
            match report {
                Report::Event {
                    event: Event::NoteOn { .. },
                    ..
                } => self.notes += 1,
                Report::Event {
                    event:
                        Event::Parameter {
                            parameter: Parameter::Volume,
                            ..
                        },
                    sample,
                } => {
                    if let Stage::Leaving(until, _) = &mut self.stage {
                        *until = Some(sample + leaving);
                    }
                }
                Report::Reopened { change, .. } => reopened = Some(change),
                Report::Retired { reason, .. } => parts.teller.complain(&reason.to_string()),
                _ => {}
            }
            if let Some(log) = &mut parts.logbook {
                failures.extend(log.write(report).err());
            }
        }
        if let Some(log) = &mut parts.logbook {
            failures.extend(log.tick().err());
        }
        if let Some(recorder) = &mut parts.recorder {
            failures.extend(recorder.take().err());
        }
        for failure in failures {
            self.failed = true;
            self.parts.teller.complain(&failure.to_string());
        }
        if let Some(change) = reopened {
            self.has_reopened(change);
        }
    }

    fn samples(&self, seconds: f64) -> u64 {
        (seconds * f64::from(self.parts.config.sample_rate_hz)).round() as u64
    }

    /// Samples from the last period that was made to the last event that is sent.
    fn ahead(&self) -> u64 {
        self.samples(AHEAD_S) + 2 * self.parts.buffer as u64
    }

    /// Takes the lines that there are, from whom plays by lines.
    fn take_lines(&mut self) {
        let mut lines = 0;
        loop {
            let Player::Lines(waiting) = &self.parts.player else {
                return;
            };
            if self.pending.is_none() {
                if lines == LINES_A_TURN {
                    return;
                }
                lines += 1;
                match waiting.try_recv() {
                    Ok(input) => self.read(input),
                    Err(TryRecvError::Empty) => return,
                    // The last line's change is still to come.
                    Err(TryRecvError::Disconnected) if self.preparing.is_some() => return,
                    Err(TryRecvError::Disconnected) => {
                        self.input_ended = true;
                        break;
                    }
                }
            }
            let Some((line, command)) = self.pending.take() else {
                continue;
            };
            if !self.is_due(&command) || self.waits_for_change(&command) {
                self.pending = Some((line, command));
                return;
            }
            self.line = line;
            if let Err(what) = self.execute(command) {
                self.complain_of(line, &what);
            }
            if !matches!(self.stage, Stage::Playing) {
                return;
            }
        }
        self.parts.live.close_ports();
        let at = self.cursor.max(self.meter.now);
        for event in [
            Event::AllNotesOff { channel: CHANNEL },
            Event::Sustain {
                channel: CHANNEL,
                depth: 0.0,
            },
            Event::Sostenuto {
                channel: CHANNEL,
                down: false,
            },
        ] {
            self.timeline.add(at, event);
        }
        self.stage = Stage::Ringing(at);
    }

    /// What is wrong with a line; the interface's have no numbers.
    fn complain_of(&mut self, line: u64, what: &str) {
        match line {
            0 => self.parts.teller.complain(what),
            line => self.parts.teller.complain(&format!("line {line}: {what}")),
        }
    }

    fn read(&mut self, input: Input) {
        let parsed = match input {
            Input::Line(line, text) => command::parse(&text, self.octave)
                .map(|command| command.map(|command| (line, command)))
                .map_err(|what| format!("line {line}: {what}")),
            Input::TooLong(line) => Err(format!("line {line}: is too long; play it in several")),
            Input::Failed(why) => {
                self.failed = true;
                Err(format!("standard input: cannot be read ({why})"))
            }
        };
        match parsed {
            Ok(command) => self.pending = command,
            Err(what) => self.parts.teller.complain(&what),
        }
    }

    /// Whether a command's time has come: events can be sent ahead, the rest happens at its time.
    fn is_due(&self, command: &Command) -> bool {
        let ahead = match command {
            Command::Play(_)
            | Command::On { .. }
            | Command::Off { .. }
            | Command::Gate { .. }
            | Command::Velocity(_)
            | Command::Octave(_)
            | Command::Wait { .. }
            | Command::Bend { .. }
            | Command::Pedal { .. }
            | Command::Controller { .. } => self.ahead(),
            _ => 0,
        };
        self.cursor <= self.meter.now + ahead
    }

    fn execute(&mut self, command: Command) -> Result<(), String> {
        let at = self.cursor.max(self.meter.now);
        match command {
            Command::Play(chords) => self.play(at, &chords),
            Command::On { key, velocity } => {
                let velocity = velocity.unwrap_or(self.velocity);
                self.timeline.add(at, note_on(key, velocity));
            }
            Command::Off { key } => self.timeline.add(at, note_off(key)),
            Command::Gate { seconds } => self.gate_s = seconds,
            Command::Velocity(velocity) => self.velocity = velocity,
            Command::Octave(octave) => self.octave = octave,
            Command::Wait { seconds } => self.cursor = at + self.samples(seconds),
            Command::Bend { semitones } => {
                let channel = CHANNEL;
                self.timeline
                    .add(at, Event::PitchBend { channel, semitones });
            }
            Command::Pedal { down } => {
                let depth = f32::from(u8::from(down));
                let channel = CHANNEL;
                self.timeline.add(at, Event::Sustain { channel, depth });
            }
            Command::Controller { number, value } => {
                let timeline = &mut self.timeline;
                self.decoder
                    .decode([0xb0 | CHANNEL, number, value], &mut |event| {
                        timeline.add(at, event);
                    });
            }
            Command::Instrument(name) => self.change_instrument(Some(&name))?,
            Command::Device(choice) => self.change_device(choice)?,
            Command::Rate(rate_hz) => {
                self.change_rate(rate_hz)?;
            }
            Command::Help => self.parts.teller.say(command::HELP),
            Command::Status => self.tell_status(),
            Command::Panic => self.panic(),
            Command::Quit => self.leave(),
            Command::Set(setting) => self.set(&setting)?,
            Command::Get(name) => {
                if oscillator_option::is_meant(&name) {
                    self.tell_oscillators();
                    return Ok(());
                }
                let Some(parameter) = Parameter::named(&name) else {
                    let unknown = parameter_option::told(&ParameterSettingError::Unknown);
                    return Err(format!("get: {unknown}"));
                };
                self.tell_parameter(parameter);
            }
            Command::Parameters => {
                for info in Parameter::table() {
                    self.tell_parameter(info.parameter);
                }
                self.tell_oscillators();
            }
        }
        Ok(())
    }

    fn tell_status(&mut self) {
        let recent_peak = self.meter.take_recent_peak();
        let status = Status {
            meter: &self.meter,
            recent_peak,
            live: &self.parts.live,
            device: self.parts.ensemble.device().device.name(),
        };
        self.parts.teller.say(&status.line());
    }
}

/// When a report took effect.
fn sample_of(report: &Report) -> u64 {
    match *report {
        Report::Event { sample, .. }
        | Report::Changed { sample, .. }
        | Report::Reopened { sample, .. }
        | Report::Retired { sample, .. } => sample,
        _ => u64::MAX,
    }
}
