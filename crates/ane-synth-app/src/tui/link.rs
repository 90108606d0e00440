//! What goes between the session, which plays, and the interface, which shows: actions one way, pictures of how
//! it goes and lines the other. Neither ever waits for the other.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, SyncSender, channel, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use synth_engine::{Parameter, ParameterValues};

/// Lines that may wait.
const LINES: usize = 256;

/// What somebody does.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Action {
    /// A key goes down.
    NoteOn {
        key: u8,
        velocity: u8,
        at: Instant,
    },
    /// And up.
    NoteOff {
        key: u8,
        at: Instant,
    },
    /// Silence, and every controller at rest.
    Panic,
    Set {
        parameter: Parameter,
        value: f32,
    },
    /// Another instrument; `None` for all of them, by General MIDI program.
    Instrument(Option<String>),
    /// Another audio device, as `--audio-device` takes it; `None` for the default.
    AudioDevice(Option<String>),
    /// The next MIDI controller that moves is to move this parameter; `None` for none.
    Learn(Option<Parameter>),
    /// No controller is to move it.
    Forget(Parameter),
    /// A line as `--plain` takes them.
    Command(String),
    Quit,
}

/// A line for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Told {
    Line(String),
    /// Something went wrong.
    Complaint(String),
}

/// The load of the audio thread, in tenths of a per cent of the time there is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct LoadShown {
    pub(crate) median: u32,
    pub(crate) p99: u32,
    pub(crate) most: u32,
}

/// What is played on, and why.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) name: String,
    pub(crate) why: String,
    /// Whether somebody can hear it, or nobody is meant to.
    pub(crate) is_heard: bool,
}

/// How it goes.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Snapshot {
    /// A bit for each key that is down, by whomever.
    pub(crate) keys_down: u128,
    pub(crate) voices: u32,
    pub(crate) most_voices: u32,
    /// `None` before the first block and where the system does not tell.
    pub(crate) load: Option<LoadShown>,
    /// Blocks that took longer than they last.
    pub(crate) overruns: u64,
    /// Gaps in the sound: those that the audio system told of, and periods that came late where nobody is played
    /// to.
    pub(crate) xruns: u64,
    pub(crate) shedding: u8,
    pub(crate) sample_rate_hz: u32,
    pub(crate) buffer: u32,
    pub(crate) audio_device: Place,
    /// As it was asked for last.
    pub(crate) audio_device_asked: Option<String>,
    /// Where the network runs, and why there.
    pub(crate) network: String,
    /// What the browser knows it by; `None` for several.
    pub(crate) instrument: Option<String>,
    pub(crate) instrument_label: String,
    /// The instrument that is being made ready.
    pub(crate) preparing: Option<String>,
    pub(crate) parameters: ParameterValues,
    /// The polyphony may be set up to this.
    pub(crate) most_polyphony: usize,
    /// The MIDI controller that moves each parameter.
    pub(crate) controllers: [Option<u8>; Parameter::COUNT],
    /// The parameter that waits for one.
    pub(crate) learning: Option<Parameter>,
    pub(crate) midi_inputs: usize,
}

struct Board {
    latest: Mutex<Option<Arc<Snapshot>>>,
    closing: AtomicBool,
}

/// The session's end.
pub(crate) struct SessionEnd {
    actions: Receiver<Action>,
    board: Arc<Board>,
}

/// The interface's end.
pub(crate) struct InterfaceEnd {
    actions: Sender<Action>,
    lines: Receiver<Told>,
    board: Arc<Board>,
}

/// Both ends, and the way for lines.
pub(crate) fn link() -> (SessionEnd, InterfaceEnd, SyncSender<Told>) {
    let (actions, actions_out) = channel();
    let (lines, lines_out) = sync_channel(LINES);
    let board = Arc::new(Board {
        latest: Mutex::new(None),
        closing: AtomicBool::new(false),
    });
    let session = SessionEnd {
        actions: actions_out,
        board: board.clone(),
    };
    let interface = InterfaceEnd {
        actions,
        lines: lines_out,
        board,
    };
    (session, interface, lines)
}

impl SessionEnd {
    /// What somebody has done, if anything.
    pub(crate) fn action(&self) -> Option<Action> {
        self.actions.try_recv().ok()
    }

    /// Waits so long, or until somebody does something.
    pub(crate) fn wait(&self, longest: Duration) -> Option<Action> {
        match self.actions.recv_timeout(longest) {
            Ok(action) => Some(action),
            Err(RecvTimeoutError::Timeout) => None,
            Err(RecvTimeoutError::Disconnected) => {
                thread::sleep(longest);
                None
            }
        }
    }

    /// Tells how it goes, unless the interface is just looking.
    pub(crate) fn publish(&self, snapshot: Snapshot) {
        if let Ok(mut latest) = self.board.latest.try_lock() {
            *latest = Some(Arc::new(snapshot));
        }
    }

    /// It is over.
    pub(crate) fn close(&self) {
        self.board.closing.store(true, Ordering::Relaxed);
    }
}

impl InterfaceEnd {
    /// False where nobody plays any more.
    pub(crate) fn act(&self, action: Action) -> bool {
        self.actions.send(action).is_ok()
    }

    /// How it goes, if that is news.
    pub(crate) fn snapshot(&self) -> Option<Arc<Snapshot>> {
        let mut latest = self
            .board
            .latest
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        latest.take()
    }

    /// The next line.
    pub(crate) fn line(&self) -> Option<Told> {
        self.lines.try_recv().ok()
    }

    pub(crate) fn is_closing(&self) -> bool {
        self.board.closing.load(Ordering::Relaxed)
    }
}
