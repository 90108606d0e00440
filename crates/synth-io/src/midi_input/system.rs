//! What a MIDI system can do, and which there are.

use super::native::Native;
use super::receiver::Receiver;
use super::{MidiInputError, PortId, PortInfo};
use crate::StderrGuard;
use crate::audio_device::OutputFormat;

/// Where MIDI comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MidiSystem {
    /// The operating system's own: ALSA's sequencer, CoreMIDI, Windows' multimedia interface.
    Native,
    /// The JACK server, or PipeWire in its place.
    #[cfg(feature = "jack")]
    Jack,
}

impl MidiSystem {
    /// JACK where its server runs, and what the operating system has elsewhere.
    #[must_use]
    pub fn preferred() -> Self {
        #[cfg(feature = "jack")]
        if super::jack::is_running() {
            return Self::Jack;
        }
        Self::Native
    }

    /// The system to hear keys by that are to sound on `output`: JACK beside JACK, whose server need not be
    /// asked again (a busy one may not answer in time), and the [`preferred`](Self::preferred) one else.
    #[must_use]
    pub fn beside(output: &OutputFormat) -> Self {
        #[cfg(feature = "jack")]
        if output.host.eq_ignore_ascii_case("JACK") {
            return Self::Jack;
        }
        let _ = output;
        Self::preferred()
    }

    /// Every input port there is, at least one.
    ///
    /// # Errors
    /// Why there are none: [`MidiInputError::NoSystem`], [`MidiInputError::NoPorts`].
    pub fn ports(self) -> Result<Vec<PortInfo>, MidiInputError> {
        let ports = self.start("ane-synth-ports")?.ports()?;
        if ports.is_empty() {
            return Err(MidiInputError::NoPorts);
        }
        Ok(ports)
    }

    /// Becomes a client of this name.
    pub(super) fn start(self, client_name: &str) -> Result<Box<dyn Client>, MidiInputError> {
        match self {
            Self::Native => Ok(Box::new(Native::start(client_name)?)),
            #[cfg(feature = "jack")]
            Self::Jack => Ok(Box::new(super::jack::Jack::start(client_name)?)),
        }
    }
}

/// Without what a library prints when something is not there, which the result says as well.
pub(super) fn quietly<T>(call: impl FnOnce() -> T) -> T {
    let guard = StderrGuard::begin();
    let result = call();
    drop(guard.finish());
    result
}

/// A client of a MIDI system: it finds ports and listens to them.
pub(super) trait Client: Send {
    /// Every input port there is.
    fn ports(&mut self) -> Result<Vec<PortInfo>, MidiInputError>;

    /// Listens to a port until it is closed.
    ///
    /// # Errors
    /// Why not, as a part of a sentence.
    fn open(&mut self, port: &PortInfo, receiver: Receiver) -> Result<(), String>;

    /// Whether an open port still gets what is played on it. Where the system cannot tell it says so.
    fn is_connected(&mut self, port: PortId) -> bool;

    /// Stops listening. The port's gate is closed already.
    fn close(&mut self, port: PortId);
}

#[cfg(all(test, feature = "jack"))]
mod tests {
    use super::*;

    #[test]
    fn beside_jack_is_jack() {
        let output = OutputFormat {
            host: "JACK".to_owned(),
            device: "cpal_client_out".to_owned(),
            id: "jack:output".to_owned(),
            sample_rate_hz: 48_000,
            channels: 2,
            sample_format: "f32".to_owned(),
            buffer: Some(256),
            differences: Vec::new(),
        };
        // Whether or not a server runs.
        assert_eq!(MidiSystem::beside(&output), MidiSystem::Jack);
    }
}
