//! Output and MIDI through one JACK server that goes away and comes back: libjack keeps one server's memory
//! for all clients of a process, and frees those of a server that has ended when another one is made.

use std::sync::Arc;
use std::sync::mpsc::{TryRecvError, channel};
use std::thread;
use std::time::{Duration, Instant};

use synth_io::audio_device::{
    AudioCallback, CallbackTime, Fault, OutputRequest, OutputStream, ReadyOutput, open,
};
use synth_io::midi_input::{Choice, MidiHandler, MidiInputError, MidiInputs, MidiSystem, PortId};
use testkit::jack::{JackPlayer, JackServer, apart};

/// A busy machine takes its time.
const PATIENCE: Duration = Duration::from_secs(60);
/// As an interface looks after its devices.
const TURN: Duration = Duration::from_millis(5);

struct Silence;

impl AudioCallback for Silence {
    fn render(&mut self, left: &mut [f32], right: &mut [f32], _: CallbackTime) {
        left.fill(0.0);
        right.fill(0.0);
    }
}

struct Deaf;

impl MidiHandler for Deaf {
    fn message(&self, _: PortId, _: Instant, _: &[u8]) {}
}

fn jack() -> OutputRequest {
    OutputRequest {
        device: Some("jack".to_owned()),
        ..OutputRequest::default()
    }
}

/// Polls the ports until there are `count`, and does something else in between.
fn look_until(inputs: &mut MidiInputs, count: usize, mut between: impl FnMut() -> bool) {
    let begun = Instant::now();
    loop {
        let _ = inputs.poll();
        if between() && inputs.ports().count() == count {
            return;
        }
        assert!(begun.elapsed() < PATIENCE, "it never came to {count} ports");
        thread::sleep(TURN);
    }
}

/// Opens the output on threads of their own, one after another, until it is there, while the ports are
/// looked after.
fn find_again(inputs: &mut MidiInputs) -> ReadyOutput {
    let mut opening = None;
    let mut ready = None;
    look_until(inputs, 1, || {
        if ready.is_some() {
            return true;
        }
        let wait = opening.get_or_insert_with(|| {
            let (opened, wait) = channel();
            thread::spawn(move || drop(opened.send(open(&jack()).ok())));
            wait
        });
        match wait.try_recv() {
            Ok(Some(opened)) => ready = Some(opened),
            Err(TryRecvError::Empty) => {}
            Ok(None) | Err(TryRecvError::Disconnected) => opening = None,
        }
        false
    });
    ready.unwrap()
}

fn plays(stream: &mut OutputStream<Silence>) -> bool {
    assert_eq!(stream.fault(), None);
    stream.statistics().callbacks > 2
}

fn outlive(end: fn(&mut JackServer)) {
    let mut server = JackServer::start(48_000, 256).unwrap();
    let player = JackPlayer::new(server.name(), "keys").unwrap();
    let mut inputs =
        MidiInputs::open(MidiSystem::Jack, "ane-synth", Choice::All, Arc::new(Deaf)).unwrap();
    let mut stream = open(&jack()).unwrap().start(Silence).unwrap();
    look_until(&mut inputs, 1, || plays(&mut stream));
    let mut player = Some(player);
    for rate_hz in [96_000, 44_100] {
        // A client of this process, which a server's end would leave behind as well.
        drop(player.take());
        end(&mut server);
        let begun = Instant::now();
        while !stream.fault().is_some_and(|fault| fault.is_final()) {
            assert!(begun.elapsed() < PATIENCE, "the end was not told");
            let _ = inputs.poll();
            thread::sleep(TURN);
        }
        let silence = stream.give_up().unwrap();
        // The ports do not know yet: nothing can be opened before they do.
        assert!(open(&jack()).is_err());
        drop(server);
        server = JackServer::start(rate_hz, 256).unwrap();
        look_until(&mut inputs, 0, || true);
        assert!(matches!(
            inputs.missing(),
            Some(MidiInputError::NoSystem(_))
        ));
        player = Some(JackPlayer::new(server.name(), "keys").unwrap());
        let ready = find_again(&mut inputs);
        assert_eq!(ready.format().sample_rate_hz, rate_hz);
        stream = ready.start(silence).unwrap();
        look_until(&mut inputs, 1, || plays(&mut stream));
    }
    drop(player);
}

#[test]
fn both_outlive_servers_that_are_stopped() {
    let test = "both_outlive_servers_that_are_stopped";
    apart(test, || outlive(JackServer::stop));
}

#[test]
fn both_outlive_servers_that_are_killed() {
    let test = "both_outlive_servers_that_are_killed";
    apart(test, || outlive(JackServer::kill));
}

#[test]
fn the_output_learns_from_the_ports_that_the_server_has_ended() {
    let test = "the_output_learns_from_the_ports_that_the_server_has_ended";
    apart(test, || {
        let mut server = JackServer::start(48_000, 256).unwrap();
        let mut stream = open(&jack()).unwrap().start(Silence).unwrap();
        let mut inputs =
            MidiInputs::open(MidiSystem::Jack, "ane-synth", Choice::All, Arc::new(Deaf)).unwrap();
        let begun = Instant::now();
        while !plays(&mut stream) {
            assert!(begun.elapsed() < PATIENCE);
            thread::sleep(TURN);
        }
        server.stop();
        look_until(&mut inputs, 0, || {
            matches!(stream.fault(), Some(Fault::Gone(_)))
        });
        assert!(stream.stop().is_ok());
    });
}
