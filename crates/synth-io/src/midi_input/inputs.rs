//! The open ports, kept up to date while instruments come and go.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::choice::Wanted;
use super::receiver::{Gate, Receiver};
use super::system::Client;
use super::{Choice, MidiHandler, MidiInputError, MidiSystem, PortId, PortInfo, Traffic};

/// What did not work is tried again after this long.
const RETRY: Duration = Duration::from_secs(5);

/// What happened to the ports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PortChange {
    /// A port is listened to.
    Opened {
        /// Its number from now on.
        port: PortId,
        /// Its name.
        name: String,
    },
    /// A port is gone, or nothing comes from it any more: what it holds must be let go.
    Vanished {
        /// The number that it had.
        port: PortId,
        /// Its name.
        name: String,
    },
    /// A port cannot be listened to. It is tried again every few seconds, and said once.
    Refused {
        /// Its name.
        name: String,
        /// Why, as a part of a sentence.
        reason: String,
    },
    /// There is no MIDI at all (any more), or not the port that was asked for. It is said once, and
    /// looked for again.
    Missing(MidiInputError),
}

type Starter = Box<dyn FnMut() -> Result<Box<dyn Client>, MidiInputError> + Send>;

/// The open ports. When it is dropped they are closed, and the handler hears nothing more.
///
/// It is for a control thread: opening and closing ports allocates and waits.
pub struct MidiInputs {
    start: Starter,
    client: Option<Box<dyn Client>>,
    wanted: Wanted,
    handler: Arc<dyn MidiHandler>,
    open: Vec<OpenPort>,
    refused: Vec<Refused>,
    next_port: u32,
    /// When to try again to become a client.
    retry_at: Option<Instant>,
    /// Why something is missing, as it was said.
    missing: Option<MidiInputError>,
    changes: Vec<PortChange>,
}

struct OpenPort {
    port: PortId,
    info: PortInfo,
    gate: Arc<Gate>,
    connected: bool,
}

struct Refused {
    info: PortInfo,
    retry_at: Instant,
}

impl MidiInputs {
    /// Opens the ports of `system` that are chosen, as a client called `client_name`; `handler` hears
    /// what arrives. What was opened is told by the first [`MidiInputs::poll`].
    ///
    /// Where all are chosen it is no error that there are none, or no MIDI system:
    /// [`PortChange::Missing`] says so, and they are looked for again with each poll.
    ///
    /// # Errors
    /// Where a port is named: why it is not there.
    pub fn open(
        system: MidiSystem,
        client_name: &str,
        choice: Choice,
        handler: Arc<dyn MidiHandler>,
    ) -> Result<Self, MidiInputError> {
        let client_name = client_name.to_owned();
        Self::with_client(
            Box::new(move || system.start(&client_name)),
            choice,
            handler,
            Instant::now(),
        )
    }

    fn with_client(
        start: Starter,
        choice: Choice,
        handler: Arc<dyn MidiHandler>,
        now: Instant,
    ) -> Result<Self, MidiInputError> {
        let must_be_there = matches!(choice, Choice::Named(_));
        let mut inputs = Self {
            start,
            client: None,
            wanted: Wanted::new(choice),
            handler,
            open: Vec::new(),
            refused: Vec::new(),
            next_port: 0,
            retry_at: None,
            missing: None,
            changes: Vec::new(),
        };
        inputs.look(now);
        match inputs.missing.take_if(|_| must_be_there) {
            Some(error) => Err(error),
            None => Ok(inputs),
        }
    }

    /// Looks which ports came and went since the last call, opens those that are chosen and closes
    /// those that are gone, and says which. To be called a few times a second.
    ///
    /// Once a port is said to have vanished the handler hears nothing of it, unless the connection was
    /// only taken away by hand, in JACK: then the port is there again, under the same number, when it
    /// is given back.
    pub fn poll(&mut self) -> impl Iterator<Item = PortChange> + use<> {
        self.poll_at(Instant::now()).into_iter()
    }

    fn poll_at(&mut self, now: Instant) -> Vec<PortChange> {
        self.look(now);
        std::mem::take(&mut self.changes)
    }

    /// Closes every port and opens it anew: for a computer that has slept, after which a port may be
    /// there and dead. Notes held on them must be let go, as the next poll says.
    pub fn reopen(&mut self) {
        self.close_all();
        self.client = None;
        self.retry_at = None;
        self.refused.clear();
    }

    /// The ports that are listened to, and their names.
    pub fn ports(&self) -> impl Iterator<Item = (PortId, &str)> {
        let connected = self.open.iter().filter(|open| open.connected);
        connected.map(|open| (open.port, open.info.name.as_str()))
    }

    /// What came through an open port.
    #[must_use]
    pub fn traffic(&self, port: PortId) -> Option<Traffic> {
        let mut open = self.open.iter();
        Some(open.find(|open| open.port == port)?.gate.traffic())
    }

    /// Why there is nothing to listen to, if so.
    #[must_use]
    pub fn missing(&self) -> Option<&MidiInputError> {
        self.missing.as_ref()
    }

    fn look(&mut self, now: Instant) {
        if *self.wanted.choice() == Choice::None {
            return;
        }
        let listed = match self.list(now) {
            None => return,
            Some(Ok(listed)) => listed,
            Some(Err(error)) => {
                self.close_all();
                self.client = None;
                self.retry_at = Some(now + RETRY);
                return self.miss(error);
            }
        };
        self.close_missing(&listed);
        self.check_connections();
        self.refused
            .retain(|refused| listed.contains(&refused.info));
        if matches!(self.wanted.choice(), Choice::Named(_)) && !self.open.is_empty() {
            // The named one is open, whatever else has come that it might be.
            self.missing = None;
            return;
        }
        match self.wanted.among(&listed) {
            Ok(wanted) if wanted.is_empty() => self.miss(MidiInputError::NoPorts),
            Ok(wanted) => {
                self.missing = None;
                for info in wanted {
                    self.open_port(info, now);
                }
            }
            Err(error) => self.miss(error),
        }
    }

    /// The ports there are; `None` while it is too soon to try again.
    fn list(&mut self, now: Instant) -> Option<Result<Vec<PortInfo>, MidiInputError>> {
        if self.client.is_none() {
            if self.retry_at.is_some_and(|at| now < at) {
                return None;
            }
            match (self.start)() {
                Ok(client) => self.client = Some(client),
                Err(error) => return Some(Err(error)),
            }
        }
        self.client.as_mut().map(|client| client.ports())
    }

    fn miss(&mut self, error: MidiInputError) {
        // Which ports there are instead changes; that the wanted one is not there is said once.
        let is_news = match &self.missing {
            Some(before) => std::mem::discriminant(before) != std::mem::discriminant(&error),
            None => true,
        };
        if is_news {
            self.changes.push(PortChange::Missing(error.clone()));
        }
        self.missing = Some(error);
    }

    fn open_port(&mut self, info: &PortInfo, now: Instant) {
        if self.open.iter().any(|open| open.info == *info) {
            return;
        }
        let refused = self.refused.iter().position(|r| r.info == *info);
        if refused.is_some_and(|at| now < self.refused[at].retry_at) {
            return;
        }
        let Some(client) = &mut self.client else {
            return;
        };
        let port = PortId(self.next_port);
        self.next_port += 1;
        let receiver = Receiver::new(port, Arc::clone(&self.handler));
        let gate = Arc::clone(receiver.gate());
        let name = info.name.clone();
        match (client.open(info, receiver), refused) {
            (Ok(()), _) => {
                self.refused.retain(|refused| refused.info != *info);
                self.changes.push(PortChange::Opened { port, name });
                self.open.push(OpenPort {
                    port,
                    info: info.clone(),
                    gate,
                    connected: true,
                });
            }
            (Err(_), Some(at)) => self.refused[at].retry_at = now + RETRY,
            (Err(reason), None) => {
                self.changes.push(PortChange::Refused { name, reason });
                self.refused.push(Refused {
                    info: info.clone(),
                    retry_at: now + RETRY,
                });
            }
        }
    }

    fn close_missing(&mut self, listed: &[PortInfo]) {
        let is_there = |open: &OpenPort| listed.contains(&open.info);
        let (there, gone) = std::mem::take(&mut self.open)
            .into_iter()
            .partition(is_there);
        self.open = there;
        self.close(gone);
    }

    fn close_all(&mut self) {
        let all = std::mem::take(&mut self.open);
        self.close(all);
    }

    fn close(&mut self, ports: Vec<OpenPort>) {
        for OpenPort {
            port,
            info,
            gate,
            connected,
        } in ports
        {
            gate.close();
            if let Some(client) = &mut self.client {
                client.close(port);
            }
            if connected {
                let name = info.name;
                self.changes.push(PortChange::Vanished { port, name });
            }
        }
    }

    fn check_connections(&mut self) {
        let Some(client) = &mut self.client else {
            return;
        };
        for open in &mut self.open {
            let connected = client.is_connected(open.port);
            if connected == open.connected {
                continue;
            }
            open.connected = connected;
            let (port, name) = (open.port, open.info.name.clone());
            self.changes.push(match connected {
                true => PortChange::Opened { port, name },
                false => PortChange::Vanished { port, name },
            });
        }
    }
}

impl Drop for MidiInputs {
    fn drop(&mut self) {
        self.close_all();
    }
}

#[cfg(test)]
mod tests;
