//! The one thread that makes instruments ready while the old ones play on. One, for the whole session:
//! what every change takes and gives back then comes out of one heap, which does not grow. What is free of it once
//! a change is over goes back to the system.

use std::io;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, TryRecvError, channel};
use std::thread;
use std::time::Duration;

use super::ensemble::{Carried, Order, Ready};
use crate::error::AppError;

/// After so long what a change has replaced has come back from the audio side and is gone.
const SETTLED: Duration = Duration::from_millis(500);

type Answer = Result<Ready, AppError>;

/// Takes orders, one after the other.
pub(super) struct Preparer {
    orders: Sender<(Order, Sender<Answer>)>,
}

/// An order under way.
pub(super) struct Coming(Receiver<Answer>);

impl Preparer {
    /// Starts the thread, which ends when this is dropped and its last order is done.
    pub(super) fn start() -> io::Result<Self> {
        let (orders, taken) = channel::<(Order, Sender<Answer>)>();
        let preparing = thread::Builder::new().name("ane-synth preparing".to_owned());
        preparing.spawn(move || {
            let mut carried = Carried::default();
            let mut has_changed = false;
            loop {
                let next = match has_changed {
                    true => taken.recv_timeout(SETTLED),
                    false => taken.recv().map_err(RecvTimeoutError::from),
                };
                has_changed = next.is_ok();
                match next {
                    Ok((order, answer)) => {
                        // Nobody may wait any more.
                        let _ = answer.send(order.prepare(&mut carried));
                    }
                    Err(RecvTimeoutError::Timeout) => {
                        synth_io::give_back_free_memory();
                    }
                    Err(RecvTimeoutError::Disconnected) => return,
                }
            }
        })?;
        Ok(Self { orders })
    }

    /// Begins to make everything ready.
    pub(super) fn begin(&self, order: Order) -> Coming {
        let (answer, coming) = channel();
        // Where the thread is gone, nothing comes, and that is said of every order.
        let _ = self.orders.send((order, answer));
        Coming(coming)
    }
}

impl Coming {
    /// What the order came to, once it is there; not to be asked again then.
    pub(super) fn take(&mut self) -> Option<Answer> {
        match self.0.try_recv() {
            Ok(answer) => Some(answer),
            Err(TryRecvError::Empty) => None,
            Err(TryRecvError::Disconnected) => Some(Err(crashed())),
        }
    }

    /// Waits for it.
    pub(super) fn wait(self) -> Answer {
        self.0.recv().unwrap_or_else(|_| Err(crashed()))
    }
}

fn crashed() -> AppError {
    AppError::new(
        "the instruments could not be prepared (a crash); please report this as a bug and start \
         ane-synth again",
    )
}
