//! MIDI input through a JACK server: what is played arrives whole, on its frame, and what a port held
//! when it vanished is known.

use std::collections::VecDeque;
use std::process::Command;
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread;
use std::time::{Duration, Instant};

use synth_io::midi_input::{
    Choice, HeldNotes, MidiHandler, MidiInputError, MidiInputs, MidiSystem, PortChange, PortId,
};
use testkit::jack::{JackPlayer, JackServer, apart};

const RATE_HZ: u32 = 48_000;
const PERIOD: u32 = 256;
/// A busy machine is slow, but not that slow.
const PATIENCE: Duration = Duration::from_secs(60);

/// What was heard. A lock is no good for a realtime thread, but this test hears more than a ring of
/// any decent size would hold, and nobody else waits for JACK here.
#[derive(Default)]
struct Heard(Mutex<Inside>);

#[derive(Default)]
struct Inside {
    messages: Vec<(PortId, Instant, Vec<u8>)>,
    held: HeldNotes,
}

impl Heard {
    fn inside(&self) -> MutexGuard<'_, Inside> {
        self.0.lock().unwrap()
    }

    fn take_messages(&self) -> Vec<Vec<u8>> {
        let messages = std::mem::take(&mut self.inside().messages);
        messages.into_iter().map(|(_, _, bytes)| bytes).collect()
    }
}

impl MidiHandler for Heard {
    fn message(&self, port: PortId, arrived: Instant, bytes: &[u8]) {
        let mut inside = self.inside();
        inside.held.take(bytes);
        inside.messages.push((port, arrived, bytes.to_vec()));
    }
}

/// Polls until `is_there` gives something.
fn wait_for<T>(what: &str, mut is_there: impl FnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(found) = is_there() {
            return found;
        }
        assert!(begun.elapsed() < PATIENCE, "{what} did not come");
        thread::sleep(Duration::from_millis(20));
    }
}

/// The inputs and what they said, one at a time.
struct Inputs {
    inputs: MidiInputs,
    said: VecDeque<PortChange>,
}

impl Inputs {
    fn next(&mut self) -> PortChange {
        wait_for("a change", || {
            self.said.extend(self.inputs.poll());
            self.said.pop_front()
        })
    }

    fn messages(&self, port: PortId) -> u64 {
        self.inputs
            .traffic(port)
            .map_or(0, |traffic| traffic.messages)
    }
}

fn open(choice: Choice) -> (Inputs, Arc<Heard>) {
    let heard = Arc::new(Heard::default());
    let opened = MidiInputs::open(MidiSystem::Jack, "ane-synth", choice, heard.clone());
    let inputs = Inputs {
        inputs: opened.unwrap(),
        said: VecDeque::new(),
    };
    (inputs, heard)
}

fn assert_opened(change: PortChange, part: &str) -> PortId {
    match change {
        PortChange::Opened { port, name } if name.contains(part) => port,
        other => panic!("{part} is not opened: {other:?}"),
    }
}

/// Runs `body` in a process of its own, with a server, and checks that no library wrote to standard
/// error.
fn with_server(test: &str, body: impl FnOnce(JackServer)) {
    let output = apart(test, || body(JackServer::start(RATE_HZ, PERIOD).unwrap()));
    if let Some(output) = output {
        let said = String::from_utf8_lossy(&output.stderr);
        // The test server's, on a machine that allows no realtime priority, and the player's, where
        // another test's server was just making or removing the database of all servers' properties.
        let expected = ["no realtime JACK server", "BDB"];
        let noise: Vec<&str> = said
            .lines()
            .filter(|line| !expected.iter().any(|begin| line.starts_with(begin)))
            .collect();
        assert_eq!(noise, [""; 0], "standard error");
    }
}

fn player(server: &JackServer, name: &str) -> JackPlayer {
    JackPlayer::new(server.name(), name).unwrap()
}

#[test]
fn whole_messages_come_out_of_any_bytes() {
    with_server("whole_messages_come_out_of_any_bytes", |server| {
        let player = player(&server, "keys");
        let (mut inputs, heard) = open(Choice::Named("KEYS".to_owned()));
        let port = assert_opened(inputs.next(), "keys:midi_out");
        assert_eq!(MidiSystem::preferred(), MidiSystem::Jack);

        // 60 kB of system exclusive in pieces, with a clock in between; notes; running status, within an
        // event and over two; a message cut short.
        let body: Vec<u8> = (0..60_000_u32).map(|n| (n % 127) as u8).collect();
        let exclusive = [&[0xf0][..], &body, &[0xf7]].concat();
        let mut events: Vec<(u64, Vec<u8>)> = Vec::new();
        for (place, piece) in (0..).zip(exclusive.chunks(10_000)) {
            events.push((place * 512, piece.to_vec()));
            events.push((place * 512 + 1, vec![0xf8]));
        }
        for (frame, bytes) in [
            (8000, &[0x90, 60, 100][..]),
            (8001, &[0x90, 62, 101, 64, 102]),
            (8002, &[65]),
            (8300, &[103, 0xfe]),
            (8301, &[0x80, 60]),
            (8302, &[0xb0, 64, 127]),
        ] {
            events.push((frame, bytes.to_vec()));
        }
        player.play(events, 9000).unwrap();
        let wanted = wait_for("the last message", || {
            (inputs.messages(port) >= 14).then(|| heard.take_messages())
        });
        let (real_time, rest): (Vec<_>, Vec<_>) = wanted.into_iter().partition(|m| m.len() == 1);
        assert_eq!(real_time.len(), 8);
        assert!(rest[0] == exclusive, "system exclusive");
        let expected = [
            [0x90, 60, 100],
            [0x90, 62, 101],
            [0x90, 64, 102],
            [0x90, 65, 103],
            [0xb0, 64, 127],
        ];
        assert_eq!(rest[1..], expected);
        assert_eq!(inputs.inputs.traffic(port).unwrap().discarded.truncated, 1);
    });
}

#[test]
fn a_connection_taken_away_lets_go_and_may_be_given_back() {
    with_server(
        "a_connection_taken_away_lets_go_and_may_be_given_back",
        |server| {
            let keys = player(&server, "keys");
            let (mut inputs, heard) = open(Choice::All);
            let port = assert_opened(inputs.next(), "keys");
            let name = "keys:midi_out".to_owned();
            let note = |key| vec![(0, vec![0x90, key, 100])];
            keys.play(note(60), 1).unwrap();
            let by_hand = |program: &str| {
                let status = Command::new(program)
                    .args(["keys:midi_out", "ane-synth:in_0"])
                    .status();
                assert!(status.unwrap().success(), "{program}");
            };
            by_hand("jack_disconnect");
            let gone = PortChange::Vanished {
                port,
                name: name.clone(),
            };
            assert_eq!(inputs.next(), gone);
            let mut released = Vec::new();
            heard.inside().held.release(&mut |m| released.push(m));
            assert_eq!(released, [[0x80, 60, 64]]);
            keys.play(note(61), 1).unwrap();
            by_hand("jack_connect");
            keys.play(note(62), 1).unwrap();
            assert_eq!(inputs.next(), PortChange::Opened { port, name });
            wait_for("the note", || (inputs.messages(port) == 2).then_some(()));
            let expected = [[0x90, 60, 100], [0x90, 62, 100]];
            assert_eq!(heard.take_messages(), expected);
        },
    );
}

#[test]
fn a_program_that_starts_again_at_once_is_heard_again() {
    with_server(
        "a_program_that_starts_again_at_once_is_heard_again",
        |server| {
            let (mut inputs, heard) = open(Choice::All);
            assert_eq!(inputs.next(), PortChange::Missing(MidiInputError::NoPorts));
            let mut keys = player(&server, "keys");
            let port = assert_opened(inputs.next(), "keys:midi_out");
            for round in 0..3 {
                keys.play(vec![(0, vec![0x90, 60, 100])], 1).unwrap();
                wait_for("the note", || {
                    (inputs.messages(port) == 2 * round + 1).then_some(())
                });
                // Nobody looks in between.
                drop(keys);
                keys = player(&server, "keys");
                let name = "keys:midi_out".to_owned();
                let gone = PortChange::Vanished {
                    port,
                    name: name.clone(),
                };
                assert_eq!(inputs.next(), gone);
                assert_eq!(inputs.next(), PortChange::Opened { port, name });
                keys.play(vec![(0, vec![0x80, 60, 0])], 1).unwrap();
                wait_for("its end", || {
                    (inputs.messages(port) == 2 * round + 2).then_some(())
                });
            }
            assert_eq!(heard.take_messages().len(), 6);
        },
    );
}

#[test]
fn a_server_that_ends_or_dies_is_noticed_and_found_again() {
    with_server(
        "a_server_that_ends_or_dies_is_noticed_and_found_again",
        |mut server| {
            let (mut inputs, heard) = {
                let keys = player(&server, "keys");
                let (mut inputs, heard) = open(Choice::All);
                let first = assert_opened(inputs.next(), "keys");
                keys.play(vec![(0, vec![0x90, 60, 100])], 1).unwrap();
                wait_for("the note", || (inputs.messages(first) == 1).then_some(()));
                server.stop();
                assert!(
                    matches!(inputs.next(), PortChange::Vanished { port, .. } if port == first)
                );
                (inputs, heard)
            };
            let gone = |change| matches!(change, PortChange::Missing(MidiInputError::NoSystem(_)));
            assert!(gone(inputs.next()));
            assert!(!heard.inside().held.is_empty());
            let none = MidiSystem::Jack.ports().unwrap_err().to_string();
            assert!(none.contains("no JACK server answers"), "{none}");
            assert_eq!(MidiSystem::preferred(), MidiSystem::Native);

            let mut server = JackServer::start(RATE_HZ, PERIOD).unwrap();
            let keys = player(&server, "keys");
            let second = assert_opened(inputs.next(), "keys");
            server.kill();
            assert!(matches!(inputs.next(), PortChange::Vanished { port, .. } if port == second));
            assert!(gone(inputs.next()));
            drop(keys);

            let server = JackServer::start(RATE_HZ, PERIOD).unwrap();
            let keys = player(&server, "keys");
            assert_opened(inputs.next(), "keys");
            // Clients that outlive their server leave something behind.
            drop((keys, inputs));
        },
    );
}

#[test]
fn a_flood_arrives_whole_and_in_order_on_its_frames() {
    with_server(
        "a_flood_arrives_whole_and_in_order_on_its_frames",
        |server| {
            let player = player(&server, "keys");
            let (mut inputs, heard) = open(Choice::All);
            assert_opened(inputs.next(), "keys:midi_out");
            let message = |n: u64| vec![0x90 | (n % 16) as u8, (n / 16 % 128) as u8, 1];
            // Twenty to a frame and then none for a while: 10,000 in a fifth of a second.
            let frame = |n: u64| n / 20 * 19;
            let events = (0..10_000).map(|n| (frame(n), message(n))).collect();
            let recording = player.play(events, 19 * 500).unwrap();
            let heard = wait_for("10,000 messages", || {
                let mut inside = heard.inside();
                (inside.messages.len() >= 10_000).then(|| std::mem::take(&mut inside.messages))
            });
            let bytes: Vec<&Vec<u8>> = heard.iter().map(|(_, _, bytes)| bytes).collect();
            assert!(
                (0..10_000)
                    .zip(bytes)
                    .all(|(n, bytes)| *bytes == message(n))
            );
            // Times are those of the frames: the jitter of when the server calls does not show.
            if recording.lost_frames == 0 {
                let (_, first, _) = heard[0];
                let errors = (0..).zip(&heard).map(|(n, (_, arrived, _))| {
                    let due_s = frame(n) as f64 / f64::from(RATE_HZ);
                    arrived.duration_since(first).as_secs_f64() - due_s
                });
                let worst_s = errors.map(f64::abs).fold(0.0, f64::max);
                println!(
                    "worst error of an arrival: {:.1} us, {} xruns",
                    worst_s * 1e6,
                    recording.xruns
                );
                let period_s = f64::from(PERIOD) / f64::from(RATE_HZ);
                if recording.xruns == 0 {
                    assert!(worst_s < 0.5 * period_s, "{worst_s}");
                }
            }
        },
    );
}

#[test]
fn a_port_that_vanishes_lets_go_of_what_it_held() {
    with_server("a_port_that_vanishes_lets_go_of_what_it_held", |server| {
        let (mut inputs, heard) = open(Choice::All);
        let missing = PortChange::Missing(MidiInputError::NoPorts);
        assert_eq!(inputs.next(), missing);
        // Whoever is not there at first cannot be named.
        let named = Choice::Named("keys".to_owned());
        let refused = MidiInputs::open(MidiSystem::Jack, "other", named, heard.clone());
        assert_eq!(refused.err(), Some(MidiInputError::NoPorts));
        for round in 0..3 {
            let keys = player(&server, "keys");
            let port = assert_opened(inputs.next(), "keys:midi_out");
            let ports: Vec<_> = inputs.inputs.ports().collect();
            assert_eq!(ports, [(port, "keys:midi_out")], "{round}");
            let events = vec![
                (0, vec![0x90, 60, 100]),
                (300, vec![0x91, 61, 100, 62, 100]),
                (301, vec![0xb0, 64, 127]),
                (302, vec![0x81, 62, 0]),
            ];
            keys.play(events, 1024).unwrap();
            wait_for("the notes", || (inputs.messages(port) == 5).then_some(()));
            drop(keys);
            let name = "keys:midi_out".to_owned();
            assert_eq!(inputs.next(), PortChange::Vanished { port, name });
            assert_eq!(inputs.next(), missing);
            let mut released = Vec::new();
            heard.inside().held.release(&mut |m| released.push(m));
            assert_eq!(released, [[0x80, 60, 64], [0x81, 61, 64], [0xb0, 64, 0]]);
            assert_eq!(inputs.inputs.ports().count(), 0);
        }
    });
}
