//! A stream that plays.

use std::any::Any;
use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use cpal::traits::StreamTrait;

use super::callback::AudioCallback;
use super::error::{AudioDeviceError, phrase};
use super::fault::{ErrorOutlet, Fault, OutputStatistics, Priority, Shared};
use super::open::{OutputFormat, since_the_beginning};
use super::pump::Lender;
use crate::jack_clients::Membership;

/// How long a system may take to close a stream; a busy machine takes its time.
const PATIENCE: Duration = Duration::from_secs(10);
/// How often a callback that comes late is looked for.
const POLL: Duration = Duration::from_millis(1);

/// A stream of the system, closed in bounded time.
pub(super) struct Backend {
    /// `None` once it is closed.
    open: Option<Open>,
    id: String,
}

struct Open {
    stream: cpal::Stream,
    /// JACK's. The last field: it is dropped after the stream.
    membership: Option<Membership>,
}

impl Backend {
    pub(super) fn new(stream: cpal::Stream, membership: Option<Membership>, id: String) -> Self {
        Self {
            open: Some(Open { stream, membership }),
            id,
        }
    }

    pub(super) fn play(&self) -> Result<(), AudioDeviceError> {
        let Some(Open { stream, .. }) = &self.open else {
            return Ok(());
        };
        stream.play().map_err(|error| AudioDeviceError::Unusable {
            device: self.id.clone(),
            reason: phrase(&error),
        })
    }

    fn now(&self) -> Duration {
        let now = self.open.as_ref().map(|open| open.stream.now());
        now.map_or(Duration::ZERO, since_the_beginning)
    }

    fn membership(&self) -> Option<&Membership> {
        self.open.as_ref()?.membership.as_ref()
    }

    /// Closes it on a thread of its own, for a system whose server is gone may wait for that for ever.
    /// Whether it was closed in time.
    fn close(&mut self) -> bool {
        let Some(open) = self.open.take() else {
            return true;
        };
        let (closed, wait) = channel();
        let closing = thread::Builder::new().name("audio close".to_owned());
        // Where there is no thread to be had, the stream is closed here and now.
        let _ = closing.spawn(move || {
            drop(open);
            let _ = closed.send(());
        });
        wait.recv_timeout(PATIENCE) != Err(RecvTimeoutError::Timeout)
    }
}

impl Drop for Backend {
    fn drop(&mut self) {
        self.close();
    }
}

/// A stream that plays what a callback of type `C` makes, until it is stopped or dropped.
pub struct OutputStream<C> {
    format: OutputFormat,
    backend: Backend,
    lender: Lender,
    errors: ErrorOutlet,
    shared: Arc<Shared>,
    callback: PhantomData<fn() -> C>,
}

impl<C: AudioCallback> OutputStream<C> {
    pub(super) fn new(
        format: OutputFormat,
        backend: Backend,
        lender: Lender,
        errors: ErrorOutlet,
        shared: Arc<Shared>,
    ) -> Self {
        Self {
            format,
            backend,
            lender,
            errors,
            shared,
            callback: PhantomData,
        }
    }

    /// This stream if it `played`, and nothing has happened to it since it was opened.
    pub(super) fn begun(
        mut self,
        played: Result<(), AudioDeviceError>,
    ) -> Result<Self, NotStarted<C>> {
        let fault = self.fault().filter(Fault::is_final);
        let error = match (played, fault) {
            (Err(error), _) => error,
            (Ok(()), None) => return Ok(self),
            (Ok(()), Some(fault)) => AudioDeviceError::Unusable {
                device: self.format.id.clone(),
                reason: fault.to_string(),
            },
        };
        let callback = self.stop().ok();
        Err(NotStarted { error, callback })
    }

    /// How it plays.
    #[must_use]
    pub fn format(&self) -> &OutputFormat {
        &self.format
    }

    /// The gravest thing that has happened to it, of equal ones the first. Takes no lock and does not wait;
    /// to be asked several times a second.
    pub fn fault(&mut self) -> Option<Fault> {
        let mut fault = self.errors.fault(&self.shared);
        if let Some(membership) = self.backend.membership() {
            let is_final = fault.as_ref().is_some_and(Fault::is_final);
            if is_final {
                membership.tell_that_server_ended();
            } else if membership.has_server_ended() {
                fault = Some(Fault::Gone("the JACK server has ended".to_owned()));
            }
        }
        fault
    }

    /// What it has done so far.
    #[must_use]
    pub fn statistics(&self) -> OutputStatistics {
        self.shared.statistics()
    }

    /// Whether its thread comes before other work of the computer, known from the first callback on.
    #[must_use]
    pub fn priority(&self) -> Priority {
        self.shared.priority()
    }

    /// The time on the stream's clock, that of [`CallbackTime::stream`](super::CallbackTime::stream): for
    /// finding out when, in samples, something happens.
    #[must_use]
    pub fn now(&self) -> Duration {
        self.backend.now()
    }

    /// As [`OutputStream::stop`], for a stream that asks for nothing any more though nobody reported a
    /// fault: what else this process has of the same JACK server is closed as well, for it must be before
    /// anything can be opened again.
    ///
    /// # Errors
    /// As [`OutputStream::stop`].
    pub fn give_up(self) -> Result<C, AudioDeviceError> {
        if let Some(membership) = self.backend.membership() {
            membership.tell_that_server_ended();
        }
        self.stop()
    }

    /// Stops it at once, in the middle of whatever sounds, and gives the callback back. It comes back from a
    /// stream with a [`Fault`] as well.
    ///
    /// # Errors
    /// [`AudioDeviceError::Stuck`] if the system does not give it back for ten seconds.
    pub fn stop(mut self) -> Result<C, AudioDeviceError> {
        let begun = Instant::now();
        self.backend.close();
        loop {
            if let Some(callback) = self.lender.take_back() {
                let callback: Box<dyn Any> = callback;
                // Only a `C` was lent.
                return match callback.downcast::<C>() {
                    Ok(callback) => Ok(*callback),
                    Err(_) => Err(self.stuck()),
                };
            }
            if begun.elapsed() > PATIENCE {
                return Err(self.stuck());
            }
            thread::sleep(POLL);
        }
    }

    fn stuck(&self) -> AudioDeviceError {
        AudioDeviceError::Stuck {
            device: self.format.id.clone(),
        }
    }
}

/// A stream did not begin.
#[derive(thiserror::Error)]
#[error("{error}")]
pub struct NotStarted<C> {
    /// Why.
    pub error: AudioDeviceError,
    /// What it was to play, if that came back.
    pub callback: Option<C>,
}

impl<C> fmt::Debug for NotStarted<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NotStarted")
            .field("error", &self.error)
            .field("callback", &self.callback.is_some())
            .finish()
    }
}
