//! Which ports were made lately.
//!
//! A program that starts again at once has ports of the same names. Nothing else tells them from the old
//! ones, and their lost connections from such as were taken away by hand.

use std::sync::{Arc, Mutex, PoisonError};

use jack::{Client, NotificationHandler, PortId};

/// The names of the ports that were made since they were last taken.
#[derive(Clone, Debug, Default)]
pub(super) struct Registrations(Arc<Mutex<Vec<String>>>);

impl Registrations {
    pub(super) fn take(&self) -> Vec<String> {
        // It is never left half changed.
        let mut names = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut names)
    }
}

/// JACK's thread for notifications is not its realtime thread, and may wait.
impl NotificationHandler for Registrations {
    fn port_registration(&mut self, client: &Client, port: PortId, is_registered: bool) {
        let made = is_registered.then(|| client.port_by_id(port)).flatten();
        if let Some(name) = made.and_then(|port| port.name().ok()) {
            let mut names = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            names.push(name);
        }
    }
}
