//! The operating system's MIDI, by `midir`.
//!
//! What it hands over (0.11.1, by its source): ALSA whole messages, running status written out, and
//! system exclusive put together from the sequencer's pieces; CoreMIDI and Windows Runtime much the
//! same; Windows' multimedia interface system exclusive in pieces of 1 KiB. All of it goes through the
//! assembler. Its time stamps are microseconds since the port was opened (ALSA: when the sequencer
//! delivered; CoreMIDI: of the packet; Windows: in milliseconds) and have no known relation to
//! [`Instant`], so the time of arrival is taken where the message is handed over.

use std::fs::File;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Instant;

use midir::{MidiInput, MidiInputConnection};

use super::receiver::Receiver;
use super::system::{Client, quietly};
use super::{MidiInputError, PortId, PortInfo};

/// ALSA's sequencer has 32 queues for all programs together, and `midir` panics when none is left:
/// each open port takes one.
const MOST_PORTS: usize = 16;
/// What programs talk to ALSA's sequencer by.
const ALSA_SEQUENCER: &str = "/dev/snd/seq";

/// A client of the operating system's MIDI.
pub(super) struct Native {
    client_name: String,
    /// Only looks for ports: each connection has a client of its own.
    lister: MidiInput,
    connections: Vec<(PortId, MidiInputConnection<Receiver>)>,
}

impl Native {
    pub(super) fn start(client_name: &str) -> Result<Self, MidiInputError> {
        let lister = quietly(|| MidiInput::new(client_name)).map_err(|_| {
            let opened = File::open(ALSA_SEQUENCER).map(drop);
            MidiInputError::NoSystem(why_not(std::env::consts::OS, opened))
        })?;
        Ok(Self {
            client_name: client_name.to_owned(),
            lister,
            connections: Vec::new(),
        })
    }
}

/// What to do about a MIDI system that does not open, on this operating system; `sequencer` is what
/// came of opening ALSA's.
fn why_not(os: &str, sequencer: io::Result<()>) -> String {
    let what = match (os, sequencer.map_err(|error| error.kind())) {
        ("linux", Err(io::ErrorKind::NotFound)) => {
            "there is no ALSA sequencer (/dev/snd/seq); load it with `modprobe snd-seq`, or use JACK"
        }
        ("linux", Err(io::ErrorKind::PermissionDenied)) => {
            "the ALSA sequencer (/dev/snd/seq) is not open to this user; become a member of the group \
             audio and log in again"
        }
        ("linux", _) => {
            "the ALSA sequencer (/dev/snd/seq) does not open; see whether `aconnect -l` works"
        }
        ("macos" | "ios", _) => {
            "CoreMIDI does not answer; look into Audio MIDI Setup, or restart the computer"
        }
        _ => "this system's MIDI does not open; see whether other programs get MIDI",
    };
    what.to_owned()
}

impl Client for Native {
    fn ports(&mut self) -> Result<Vec<PortInfo>, MidiInputError> {
        let ports = self.lister.ports();
        let named = ports.iter().filter_map(|port| {
            // A port without a name went away meanwhile.
            let name = self.lister.port_name(port).ok()?;
            Some(PortInfo {
                id: port.id(),
                name,
            })
        });
        Ok(named.collect())
    }

    fn open(&mut self, port: &PortInfo, receiver: Receiver) -> Result<(), String> {
        if self.connections.len() >= MOST_PORTS {
            return Err(format!("{MOST_PORTS} inputs are open already"));
        }
        let mut input =
            quietly(|| MidiInput::new(&self.client_name)).map_err(|error| error.to_string())?;
        input.ignore(midir::Ignore::None);
        let found = input
            .find_port_by_id(&port.id)
            .ok_or_else(|| "it has just gone".to_owned())?;
        let id = receiver.port();
        let connection = input
            .connect(
                &found,
                "input",
                |_, bytes, receiver: &mut Receiver| receiver.take(Instant::now(), bytes),
                receiver,
            )
            .map_err(|error| error.to_string())?;
        self.connections.push((id, connection));
        Ok(())
    }

    fn is_connected(&mut self, _: PortId) -> bool {
        true
    }

    fn close(&mut self, port: PortId) {
        let is_it = |(id, _): &(PortId, _)| *id == port;
        if let Some(at) = self.connections.iter().position(is_it) {
            let (_, connection) = self.connections.swap_remove(at);
            // It panics if its thread has; that was reported when it happened, and the port is closed.
            let _ = catch_unwind(AssertUnwindSafe(|| drop(connection)));
        }
    }
}

impl Drop for Native {
    fn drop(&mut self) {
        while let Some(&(port, _)) = self.connections.last() {
            self.close(port);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_system_has_a_sentence() {
        let error = |kind| Err(io::Error::from(kind));
        let missing = why_not("linux", error(io::ErrorKind::NotFound));
        assert!(missing.contains("modprobe"), "{missing}");
        let forbidden = why_not("linux", error(io::ErrorKind::PermissionDenied));
        assert!(forbidden.contains("group"), "{forbidden}");
        let all = [
            missing,
            forbidden,
            why_not("linux", Ok(())),
            why_not("macos", error(io::ErrorKind::NotFound)),
            why_not("windows", error(io::ErrorKind::NotFound)),
        ];
        for (at, sentence) in all.iter().enumerate() {
            assert!(sentence.contains("; "), "what is wrong; what to do");
            assert!(!all[..at].contains(sentence));
        }
    }

    #[test]
    fn ports_are_there_or_it_says_why_not() {
        match crate::midi_input::MidiSystem::Native.ports() {
            Ok(ports) => assert!(!ports.is_empty()),
            Err(error) => {
                let line = error.to_string();
                assert!(
                    line.len() > 20 && !line.contains(char::is_control),
                    "{line}"
                );
            }
        }
    }
}
