//! The clients of a JACK server that this process is.
//!
//! libjack keeps one server's memory for all clients of a process. Whoever becomes a client while others
//! are left of a server that has ended has them freed under their owners' hands (libjack 1.9.21,
//! `JackLibGlobals`: "Jack server was closed but clients are still allocated, cleanup..."). So the one who
//! finds out tells the others, and nobody becomes a client before all of those are closed.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// What is wrong while clients of a server that has ended are left.
pub(crate) const NOT_CLOSED: &str =
    "the JACK server has ended and is not left altogether; try again in a moment";

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Clients {
    count: usize,
    /// Their server has ended, as far as anybody knows.
    server_ended: bool,
}

/// Who keeps count: control threads only.
#[derive(Debug)]
struct Register(Mutex<Clients>);

/// Of this process.
static CLIENTS: Register = Register::new();

impl Register {
    const fn new() -> Self {
        Self(Mutex::new(Clients {
            count: 0,
            server_ended: false,
        }))
    }

    fn clients(&self) -> MutexGuard<'_, Clients> {
        // It is never left half changed.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn enter(&'static self) -> Option<Membership> {
        let mut clients = self.clients();
        if clients.server_ended {
            return None;
        }
        clients.count += 1;
        Some(Membership(self))
    }
}

/// One client; to be dropped after that is closed.
#[derive(Debug)]
pub(crate) struct Membership(&'static Register);

impl Membership {
    /// To be asked for before a client is made; `None` while there are clients of a server that has ended.
    pub(crate) fn enter() -> Option<Self> {
        CLIENTS.enter()
    }

    /// Tells the others that the server of all has ended.
    pub(crate) fn tell_that_server_ended(&self) {
        self.0.clients().server_ended = true;
    }

    /// Whether anybody knows that the server has ended: then this client must be closed.
    pub(crate) fn has_server_ended(&self) -> bool {
        self.0.clients().server_ended
    }
}

impl Drop for Membership {
    fn drop(&mut self) {
        let mut clients = self.0.clients();
        clients.count = clients.count.saturating_sub(1);
        clients.server_ended &= clients.count > 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_enters_before_all_have_left() {
        static REGISTER: Register = Register::new();
        let [one, other] = [(); 2].map(|()| REGISTER.enter().unwrap());
        assert!(!one.has_server_ended());
        other.tell_that_server_ended();
        assert!(one.has_server_ended() && other.has_server_ended());
        assert!(REGISTER.enter().is_none());
        drop(other);
        assert!(REGISTER.enter().is_none() && one.has_server_ended());
        drop(one);
        let again = REGISTER.enter().unwrap();
        assert!(!again.has_server_ended());
    }
}
