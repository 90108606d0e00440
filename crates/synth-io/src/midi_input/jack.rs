//! MIDI by the JACK server.
//!
//! By the `jack` crate and not by `midir`, whose JACK (0.11.1, by its source) forgets where in the
//! period a message belongs, which moves every note by up to a period; stands in for ALSA instead of
//! beside it; allocates in the process callback; and takes no notice of a server that ends.
//!
//! There is one client, with an input port for each port that is listened to. JACK wants its messages
//! whole and without running status, but hands on what a program writes, so they go through the
//! assembler as well.

mod registrations;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use jack::{
    AsyncClient, ClientOptions, ClientStatus, Control, Frames, MidiIn, Port, PortFlags, PortSpec,
    ProcessHandler, ProcessScope, Unowned,
};
use rtrb::{Consumer, Producer, RingBuffer};

use super::receiver::Receiver;
use super::system::{Client, quietly};
use super::{MidiInputError, PortId, PortInfo};
use crate::jack_clients::{Membership, NOT_CLOSED};
use registrations::Registrations;

/// Ports that may be open at once: the process callback keeps a fixed table.
const MOST_PORTS: usize = 32;
/// Each port is handed over and taken back once before its place is used again.
const RING: usize = 2 * MOST_PORTS;

/// A server that calls for nothing this long has ended, or has thrown this client out. It is judged by
/// its calls because a killed server says nothing, and what can be asked without it goes on answering.
const SILENCE: Duration = Duration::from_secs(2);
/// No period begins farther from now than this.
const FARTHEST: Duration = Duration::from_secs(1);

/// Whether a server answers.
pub(super) fn is_running() -> bool {
    connect("ane-synth-probe").is_ok()
}

fn connect(client_name: &str) -> Result<(jack::Client, Membership), MidiInputError> {
    let name = client_name.replace('\0', "");
    let membership =
        Membership::enter().ok_or_else(|| MidiInputError::NoSystem(NOT_CLOSED.to_owned()))?;
    match quietly(|| jack::Client::new(&name, ClientOptions::NO_START_SERVER)) {
        Ok((client, _)) => Ok((client, membership)),
        Err(error) => Err(MidiInputError::NoSystem(why_not(&error))),
    }
}

fn why_not(error: &jack::Error) -> String {
    match error {
        jack::Error::LibraryError(_) => {
            "JACK is not installed; install it, or use this system's own MIDI".to_owned()
        }
        jack::Error::ClientError(status) if status.contains(ClientStatus::SERVER_FAILED) => {
            "no JACK server answers; start one (jackd, or PipeWire), or use this system's own MIDI"
                .to_owned()
        }
        other => format!("the JACK server refuses this program ({other}); start it again"),
    }
}

/// A port of ours and who hears it.
struct Listener {
    input: Port<MidiIn>,
    receiver: Receiver,
}

/// To the process callback.
enum Command {
    Listen(Box<Listener>),
    Leave(PortId),
}

/// The other end of a port of ours, as the control thread sees it.
struct Connection {
    port: PortId,
    source: String,
    input: Port<Unowned>,
    /// The source was made anew since it was connected.
    is_anew: bool,
    /// That it is not connected was told.
    is_missed: bool,
}

/// A client of the JACK server.
pub(super) struct Jack {
    client: AsyncClient<Registrations, Process>,
    registrations: Registrations,
    pulse: Pulse,
    commands: Producer<Command>,
    returned: Consumer<Box<Listener>>,
    connections: Vec<Connection>,
    /// Ports that were handed over and not yet taken back.
    lent: usize,
    /// The last field: it is dropped after the client.
    membership: Membership,
}

impl Jack {
    pub(super) fn start(client_name: &str) -> Result<Self, MidiInputError> {
        let (client, membership) = connect(client_name)?;
        let calls = Arc::new(AtomicU64::new(0));
        let (commands, from_control) = RingBuffer::new(RING);
        let (to_control, returned) = RingBuffer::new(RING);
        let process = Process {
            commands: from_control,
            returned: to_control,
            listeners: [const { None }; MOST_PORTS],
            calls: Arc::clone(&calls),
        };
        let registrations = Registrations::default();
        let client = client
            .activate_async(registrations.clone(), process)
            .map_err(|error| MidiInputError::NoSystem(why_not(&error)))?;
        Ok(Self {
            client,
            registrations,
            pulse: Pulse::new(calls, Instant::now()),
            commands,
            returned,
            connections: Vec::new(),
            lent: 0,
            membership,
        })
    }

    /// Takes back what the process callback no longer needs.
    fn tidy(&mut self) {
        while let Ok(listener) = self.returned.pop() {
            self.lent -= 1;
            // A server that has ended has forgotten the port anyway.
            let _ = self.client.as_client().unregister_port(listener.input);
        }
    }

    /// What people know a port by: its name, and the hardware's where JACK has given it a number only.
    fn name_of(&self, id: &str) -> String {
        let port = self.client.as_client().port_by_name(id);
        let aliases = port.and_then(|port| port.aliases().ok());
        match aliases.unwrap_or_default().first() {
            Some(alias) => format!("{id} ({alias})"),
            None => id.to_owned(),
        }
    }
}

impl Client for Jack {
    fn ports(&mut self) -> Result<Vec<PortInfo>, MidiInputError> {
        if !self.pulse.is_felt(Instant::now()) {
            self.membership.tell_that_server_ended();
        }
        if self.membership.has_server_ended() {
            return Err(MidiInputError::NoSystem(
                "the JACK server has ended; start it again".to_owned(),
            ));
        }
        self.tidy();
        for name in self.registrations.take() {
            let mut connections = self.connections.iter_mut();
            if let Some(of_old) = connections.find(|connection| connection.source == name) {
                of_old.is_anew = true;
            }
        }
        let kind = MidiIn::default();
        let ids =
            self.client
                .as_client()
                .ports(None, Some(kind.jack_port_type()), PortFlags::IS_OUTPUT);
        let named = ids.into_iter().map(|id| PortInfo {
            name: self.name_of(&id),
            id,
        });
        Ok(named.collect())
    }

    fn open(&mut self, port: &PortInfo, receiver: Receiver) -> Result<(), String> {
        self.tidy();
        if self.lent >= MOST_PORTS {
            return Err(format!("{MOST_PORTS} inputs are open already"));
        }
        let client = self.client.as_client();
        let id = receiver.port();
        let input = client
            .register_port(&format!("in_{id}"), MidiIn::default())
            .map_err(|error| error.to_string())?;
        let connection = Connection {
            port: id,
            source: port.id.clone(),
            input: input.clone_unowned(),
            is_anew: false,
            is_missed: false,
        };
        let connected = match input.name() {
            Ok(name) => client.connect_ports_by_name(&port.id, &name),
            Err(error) => Err(error),
        };
        match connected {
            Ok(()) | Err(jack::Error::PortAlreadyConnected(..)) => {}
            Err(error) => {
                // It is not in use yet, so it can go at once.
                let _ = client.unregister_port(input);
                return Err(error.to_string());
            }
        }
        let listener = Box::new(Listener { input, receiver });
        if let Err(rtrb::PushError::Full(Command::Listen(listener))) =
            self.commands.push(Command::Listen(listener))
        {
            let _ = self.client.as_client().unregister_port(listener.input);
            return Err("the JACK server does not go on".to_owned());
        }
        self.lent += 1;
        self.connections.push(connection);
        Ok(())
    }

    fn is_connected(&mut self, port: PortId) -> bool {
        let mut connections = self.connections.iter_mut();
        let Some(found) = connections.find(|connection| connection.port == port) else {
            return false;
        };
        let mut connected = found.input.is_connected_to(&found.source).unwrap_or(false);
        // What the old port held must be let go before the new one is heard.
        if !connected && found.is_anew && found.is_missed {
            let client = self.client.as_client();
            connected = found
                .input
                .name()
                .and_then(|name| client.connect_ports_by_name(&found.source, &name))
                .is_ok();
        }
        found.is_anew &= !connected;
        found.is_missed = !connected;
        connected
    }

    fn close(&mut self, port: PortId) {
        self.connections
            .retain(|connection| connection.port != port);
        // Where the ring is full the server has stopped, and all goes when it is noticed.
        let _ = self.commands.push(Command::Leave(port));
        self.tidy();
    }
}

/// Whether the process callback is still called.
struct Pulse {
    calls: Arc<AtomicU64>,
    last: u64,
    felt_at: Instant,
}

impl Pulse {
    fn new(calls: Arc<AtomicU64>, now: Instant) -> Self {
        Self {
            calls,
            last: 0,
            felt_at: now,
        }
    }

    fn is_felt(&mut self, now: Instant) -> bool {
        let calls = self.calls.load(Ordering::Relaxed);
        if calls != self.last {
            (self.last, self.felt_at) = (calls, now);
        }
        now.saturating_duration_since(self.felt_at) < SILENCE
    }
}

/// What JACK calls once a period.
struct Process {
    commands: Consumer<Command>,
    returned: Producer<Box<Listener>>,
    listeners: [Option<Box<Listener>>; MOST_PORTS],
    calls: Arc<AtomicU64>,
}

impl Process {
    fn obey(&mut self) {
        // A listener without a place, which the other side's counting rules out, goes back as well.
        while self.returned.slots() > 0
            && let Ok(command) = self.commands.pop()
        {
            let leaving = match command {
                Command::Listen(listener) => {
                    match self.listeners.iter_mut().find(|slot| slot.is_none()) {
                        Some(free) => free.replace(listener),
                        None => Some(listener),
                    }
                }
                Command::Leave(port) => {
                    let mut slots = self.listeners.iter_mut();
                    let is_it = |slot: &&mut Option<Box<Listener>>| {
                        slot.as_ref().is_some_and(|l| l.receiver.port() == port)
                    };
                    slots.find(is_it).and_then(Option::take)
                }
            };
            if let Some(listener) = leaving {
                // There is room: it was asked for above.
                let _ = self.returned.push(listener);
            }
        }
    }
}

impl ProcessHandler for Process {
    fn process(&mut self, client: &jack::Client, scope: &ProcessScope) -> Control {
        self.calls.fetch_add(1, Ordering::Relaxed);
        self.obey();
        let cycle = Cycle::new(client, scope);
        for listener in self.listeners.iter_mut().flatten() {
            let Listener { input, receiver } = &mut **listener;
            for event in input.iter(scope) {
                receiver.take(cycle.time_of(event.time), event.bytes);
            }
        }
        Control::Continue
    }
}

/// When the samples of one period are due, by the server's count: the one that
/// [`CallbackTime::due`](crate::audio_device::CallbackTime::due) goes by, so that music through both keeps
/// its time to the sample, however late either thread is and whatever the server takes for a second.
#[derive(Debug, Clone, Copy)]
struct Cycle {
    start: Instant,
    frame_s: f64,
}

impl Cycle {
    fn new(client: &jack::Client, scope: &ProcessScope) -> Self {
        let start_us = match scope.cycle_times() {
            Ok(times) => times.current_usecs,
            // A library without that function has this one.
            Err(_) => client.frames_to_time(scope.last_frame_time()),
        };
        Self::beginning(
            Instant::now(),
            client.time(),
            start_us,
            client.sample_rate(),
        )
    }

    /// The cycle that begins at `start_us` where it is `now_us` now: JACK's clock counts from anywhere.
    fn beginning(now: Instant, now_us: u64, start_us: u64, sample_rate_hz: u32) -> Self {
        let since = Duration::from_micros(now_us.saturating_sub(start_us));
        let until = Duration::from_micros(start_us.saturating_sub(now_us));
        Self {
            start: now.checked_sub(since.min(FARTHEST)).unwrap_or(now) + until.min(FARTHEST),
            frame_s: 1.0 / f64::from(sample_rate_hz.max(1)),
        }
    }

    fn time_of(&self, frame: Frames) -> Instant {
        self.start + Duration::from_secs_f64(f64::from(frame) * self.frame_s)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_that_calls_no_more_has_ended() {
        let calls = Arc::new(AtomicU64::new(0));
        let mut now = Instant::now();
        let mut pulse = Pulse::new(Arc::clone(&calls), now);
        for _ in 0..10 {
            now += SILENCE / 2;
            calls.fetch_add(1, Ordering::Relaxed);
            assert!(pulse.is_felt(now));
        }
        assert!(pulse.is_felt(now + SILENCE / 2));
        assert!(!pulse.is_felt(now + SILENCE));
        calls.fetch_add(1, Ordering::Relaxed);
        assert!(pulse.is_felt(now + SILENCE), "it was only slow");
    }

    #[test]
    fn frames_have_times_by_the_servers_clock() {
        let now = Instant::now() + Duration::from_secs(9);
        let ms = Duration::from_millis;
        for (now_us, start_us, begun) in [
            (77_000, 75_000, now - ms(2)),
            (77_000, 78_000, now + ms(1)),
            (u64::MAX, 0, now - ms(1000)),
            (0, u64::MAX, now + ms(1000)),
        ] {
            let cycle = Cycle::beginning(now, now_us, start_us, 48_000);
            assert_eq!(cycle.time_of(0), begun, "{now_us} {start_us}");
            let off = (cycle.time_of(480) - begun).abs_diff(ms(10));
            assert!(off < Duration::from_micros(1), "{off:?}");
        }
    }

    #[test]
    fn every_failure_says_what_to_do() {
        let no_library = why_not(&jack::Error::LibraryError("libjack.so.0".to_owned()));
        assert!(no_library.contains("install it"), "{no_library}");
        let failed = ClientStatus::FAILURE | ClientStatus::SERVER_FAILED;
        let no_server = why_not(&jack::Error::ClientError(failed));
        assert!(no_server.contains("start one"), "{no_server}");
        let other = why_not(&jack::Error::ClientError(ClientStatus::VERSION_ERROR));
        assert!(other.contains("start it again"), "{other}");
    }
}
