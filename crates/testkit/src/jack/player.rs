//! A client that plays MIDI and records what comes of it, on one time line.

use std::env;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TryRecvError, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use jack::{
    AsyncClient, AudioIn, Client, ClientOptions, Control, MidiOut, NotificationHandler, Port,
    PortFlags, PortSpec, ProcessHandler, ProcessScope, RawMidi, Unowned,
};

use super::server::SERVER_VARIABLE;

/// How long a port is waited for that another program is about to make.
const PATIENCE: Duration = Duration::from_secs(20);
/// How often it is looked for.
const POLL: Duration = Duration::from_millis(10);
/// A server on a busy machine may be this many times slower than real time.
const SLOWNESS: f64 = 4.0;

/// What was recorded while playing.
#[derive(Debug, Clone, PartialEq)]
pub struct Recording {
    /// One sample a frame, from frame 0 on.
    pub left: Vec<f32>,
    /// As long as the left.
    pub right: Vec<f32>,
    /// How often the server was late meanwhile.
    pub xruns: u32,
    /// Frames of the server's time that passed without being played or recorded: where there are any,
    /// frames behind them are not at their place.
    pub lost_frames: u64,
}

/// A client with a MIDI output, `midi_out`, and two audio inputs, `left` and `right`. One callback
/// sends and records, so that a frame of the recording and a frame of the events are the same. A client
/// that is connected to both closes a circle, which JACK opens by giving one side what the other did a
/// period ago: an answer on the very frame of its event is recorded one period behind it.
pub struct JackPlayer {
    client: AsyncClient<Xruns, Process>,
    midi_out: Port<Unowned>,
    audio_in: [Port<Unowned>; 2],
    xruns: Arc<AtomicU32>,
    tasks: SyncSender<Box<Task>>,
    done: Receiver<Box<Task>>,
}

impl JackPlayer {
    /// Becomes a client, called `client_name`, of the server `server_name`, which must be the one that
    /// this process talks to: see [`apart`](super::apart).
    ///
    /// # Errors
    ///
    /// A sentence that says why not.
    pub fn new(server_name: &str, client_name: &str) -> Result<Self, String> {
        let ours = env::var(SERVER_VARIABLE).unwrap_or_default();
        if ours != server_name {
            return Err(format!(
                "this process talks to the JACK server {ours:?} and not to {server_name:?}; run the test apart"
            ));
        }
        let said = |error: jack::Error| error.to_string();
        let client = become_client(client_name).map_err(said)?;
        let midi_out = client
            .register_port("midi_out", MidiOut::default())
            .map_err(said)?;
        let left = client
            .register_port("left", AudioIn::default())
            .map_err(said)?;
        let right = client
            .register_port("right", AudioIn::default())
            .map_err(said)?;
        let midi_port = midi_out.clone_unowned();
        let audio_in = [left.clone_unowned(), right.clone_unowned()];
        let (tasks, from_control) = sync_channel(1);
        let (to_control, done) = sync_channel(1);
        let xruns = Arc::new(AtomicU32::new(0));
        let process = Process {
            midi_out,
            left,
            right,
            tasks: from_control,
            done: to_control,
            task: None,
        };
        let client = client
            .activate_async(Xruns(Arc::clone(&xruns)), process)
            .map_err(said)?;
        Ok(Self {
            client,
            midi_out: midi_port,
            audio_in,
            xruns,
            tasks,
            done,
        })
    }

    /// Connects the MIDI output to the one MIDI input that has `part` in its name, once there is one.
    /// If it is connected to such a port already it stays so.
    ///
    /// # Errors
    ///
    /// There is none after a while, or several; then the sentence has the names of all that there are.
    pub fn connect_midi_to(&self, part: &str) -> Result<(), String> {
        let from = self.midi_out.name().map_err(|error| error.to_string())?;
        let kind = MidiOut::default();
        let found = self.wait_for(part, kind.jack_port_type(), PortFlags::IS_INPUT)?;
        let connected = |port: &&String| self.midi_out.is_connected_to(port).unwrap_or(false);
        match (found.iter().find(connected), &found[..]) {
            (Some(_), _) => Ok(()),
            (None, [to]) => self.connect(&from, to),
            _ => Err(format!("{part:?} may be any of {found:?}")),
        }
    }

    /// Connects the audio inputs to the audio outputs that have `part` in their names, once there are
    /// any: the first to the left and the second to the right, one alone to both.
    ///
    /// # Errors
    ///
    /// There are none after a while; then the sentence has the names of all that there are.
    pub fn connect_audio_from(&self, part: &str) -> Result<(), String> {
        let kind = AudioIn::default();
        let found = self.wait_for(part, kind.jack_port_type(), PortFlags::IS_OUTPUT)?;
        let sources = found.iter().chain(found.last());
        for (source, input) in sources.zip(&self.audio_in) {
            let to = input.name().map_err(|error| error.to_string())?;
            self.connect(source, &to)?;
        }
        Ok(())
    }

    /// Connects two ports, unless they are.
    fn connect(&self, from: &str, to: &str) -> Result<(), String> {
        match self.client.as_client().connect_ports_by_name(from, to) {
            Ok(()) | Err(jack::Error::PortAlreadyConnected(..)) => Ok(()),
            Err(error) => Err(error.to_string()),
        }
    }

    fn wait_for(
        &self,
        part: &str,
        kind: &str,
        direction: PortFlags,
    ) -> Result<Vec<String>, String> {
        let begun = Instant::now();
        loop {
            let all = self.client.as_client().ports(None, Some(kind), direction);
            let found: Vec<String> = all.iter().filter(|p| p.contains(part)).cloned().collect();
            if !found.is_empty() {
                return Ok(found);
            }
            if begun.elapsed() > PATIENCE {
                return Err(format!("no port is called {part:?}; there are {all:?}"));
            }
            thread::sleep(POLL);
        }
    }

    /// Sends each of `events` at its frame and records `frames` frames from the same beginning, which
    /// is that of a period. Events at one frame are sent in their order; the bytes may be anything.
    ///
    /// # Errors
    ///
    /// An event lies behind the end, finds no room in JACK's buffer (some 30 kB a period), or the server
    /// does not go on.
    pub fn play(&self, events: Vec<(u64, Vec<u8>)>, frames: u64) -> Result<Recording, String> {
        let mut events = events;
        events.sort_by_key(|(frame, _)| *frame);
        if let Some((frame, _)) = events.last()
            && *frame >= frames
        {
            return Err(format!(
                "the event at {frame} is behind the end at {frames}"
            ));
        }
        let length = usize::try_from(frames).map_err(|error| error.to_string())?;
        let task = Task {
            events,
            sent: 0,
            refused: 0,
            left: vec![0.0; length],
            right: vec![0.0; length],
            recorded: 0,
            next_frame: None,
            lost_frames: 0,
        };
        let xruns_before = self.xruns.load(Ordering::Relaxed);
        let gone = "the JACK server has thrown the player out";
        self.tasks.send(Box::new(task)).map_err(|_| gone)?;
        let rate_hz = f64::from(self.client.as_client().sample_rate());
        let music = Duration::from_secs_f64(frames as f64 / rate_hz);
        let task = self
            .done
            .recv_timeout(PATIENCE + music.mul_f64(SLOWNESS))
            .map_err(|_| "the JACK server does not go on")?;
        if task.refused > 0 {
            let count = task.refused;
            return Err(format!("{count} events found no room in JACK's buffer"));
        }
        Ok(Recording {
            left: task.left,
            right: task.right,
            xruns: self.xruns.load(Ordering::Relaxed) - xruns_before,
            lost_frames: task.lost_frames,
        })
    }
}

/// A server on a busy machine may turn a client away that it takes a moment later.
fn become_client(name: &str) -> Result<Client, jack::Error> {
    let begun = Instant::now();
    loop {
        match Client::new(name, ClientOptions::NO_START_SERVER) {
            Ok((client, _)) => return Ok(client),
            Err(error) if begun.elapsed() > PATIENCE => return Err(error),
            Err(_) => thread::sleep(POLL),
        }
    }
}

struct Xruns(Arc<AtomicU32>);

impl NotificationHandler for Xruns {
    fn xrun(&mut self, _: &Client) -> Control {
        self.0.fetch_add(1, Ordering::Relaxed);
        Control::Continue
    }
}

/// What is to be played and what was recorded of it.
struct Task {
    events: Vec<(u64, Vec<u8>)>,
    sent: usize,
    refused: usize,
    left: Vec<f32>,
    right: Vec<f32>,
    recorded: usize,
    /// The server's frame that the next period should begin with.
    next_frame: Option<u32>,
    lost_frames: u64,
}

struct Process {
    midi_out: Port<MidiOut>,
    left: Port<AudioIn>,
    right: Port<AudioIn>,
    tasks: Receiver<Box<Task>>,
    done: SyncSender<Box<Task>>,
    task: Option<Box<Task>>,
}

impl ProcessHandler for Process {
    fn process(&mut self, _: &Client, scope: &ProcessScope) -> Control {
        if self.task.is_none() {
            match self.tasks.try_recv() {
                Ok(task) => self.task = Some(task),
                Err(TryRecvError::Empty | TryRecvError::Disconnected) => {}
            }
        }
        // Also without a task: the writer empties the buffer.
        let mut writer = self.midi_out.writer(scope);
        let Some(task) = &mut self.task else {
            return Control::Continue;
        };
        let frame = scope.last_frame_time();
        if let Some(expected) = task.next_frame {
            task.lost_frames += u64::from(frame.wrapping_sub(expected));
        }
        task.next_frame = Some(frame.wrapping_add(scope.n_frames()));
        let begin = task.recorded as u64;
        let end = begin + u64::from(scope.n_frames());
        while let Some((due, bytes)) = task.events.get(task.sent)
            && *due < end
        {
            let message = RawMidi {
                time: (due - begin) as u32,
                bytes,
            };
            task.refused += usize::from(writer.write(&message).is_err());
            task.sent += 1;
        }
        let count = (scope.n_frames() as usize).min(task.left.len() - task.recorded);
        let place = task.recorded..task.recorded + count;
        task.left[place.clone()].copy_from_slice(&self.left.as_slice(scope)[..count]);
        task.right[place].copy_from_slice(&self.right.as_slice(scope)[..count]);
        task.recorded += count;
        if task.recorded == task.left.len()
            && let Some(task) = self.task.take()
        {
            // Nobody waits any more if it took too long.
            let _ = self.done.try_send(task);
        }
        Control::Continue
    }
}
