//! What becomes of a stream, told by the audio side without a lock.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicU32, AtomicU64, Ordering::Relaxed};

use cpal::ErrorKind;
use rtrb::{Consumer, Producer, RingBuffer};
use serde::Serialize;

/// Why a stream plays no more, or not as it should.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[serde(tag = "fault", content = "reason", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Fault {
    /// The device or its server went away: open another, or wait until it is back.
    #[error("the audio output is gone: {0}")]
    Gone(String),
    /// The device has another rate or format now: it must be opened again.
    #[error("the audio output has changed: {0}")]
    RateChanged(String),
    /// The sound has stopped because of a mistake in this program.
    #[error("the audio thread failed: {0}; please report this as a bug")]
    Failed(String),
    /// Anything else; the stream may go on.
    #[error("the audio output has a problem: {0}")]
    Other(String),
}

impl Fault {
    /// Whether a stream with this fault will not play again.
    #[must_use]
    pub fn is_final(&self) -> bool {
        !matches!(self, Self::Other(_))
    }

    /// What the system said, as part of a sentence.
    #[must_use]
    pub fn reason(&self) -> &str {
        let (Self::Gone(reason)
        | Self::RateChanged(reason)
        | Self::Failed(reason)
        | Self::Other(reason)) = self;
        reason
    }
}

/// What a stream has done so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct OutputStatistics {
    /// Times that the system asked for samples.
    pub callbacks: u64,
    /// Sample frames that it was given.
    pub frames: u64,
    /// Most sample frames that it asked for at once.
    pub largest_callback: u32,
    /// Gaps that the system has told of: samples came too late, whoever was to blame.
    pub xruns: u64,
    /// Times that the system sent the stream to another device by itself.
    pub rerouted: u64,
}

/// Whether the audio thread comes before other work of the computer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Priority {
    /// Not known: no callback came yet, or this system keeps it to itself. CoreAudio and WASAPI see to it
    /// on their own.
    Unknown,
    /// It has realtime priority, from the host (JACK) or because it was asked for.
    Realtime,
    /// It has none and was not given any: the device is one of software, which may itself wait for others.
    Ordinary,
    /// It was asked for and refused, with this error of the operating system; 1 (`EPERM`) means that the
    /// user may not have it.
    Denied(i32),
}

/// What both sides of a stream see.
#[derive(Default)]
pub(super) struct Shared {
    pub(super) callbacks: AtomicU64,
    pub(super) frames: AtomicU64,
    pub(super) largest_callback: AtomicU32,
    xruns: AtomicU64,
    rerouted: AtomicU64,
    /// An error came of which there was no room for the text.
    gone: AtomicBool,
    changed: AtomicBool,
    flooded: AtomicBool,
    /// The callback object was unwound through.
    pub(super) panicked: AtomicBool,
    /// What held the callback object is gone.
    pub(super) ended: AtomicBool,
    priority: AtomicI32,
}

/// Of `Shared::priority`; an error of the operating system is stored as its positive number.
const UNKNOWN: i32 = 0;
const REALTIME: i32 = -1;
const ORDINARY: i32 = -2;

impl Shared {
    pub(super) fn statistics(&self) -> OutputStatistics {
        OutputStatistics {
            callbacks: self.callbacks.load(Relaxed),
            frames: self.frames.load(Relaxed),
            largest_callback: self.largest_callback.load(Relaxed),
            xruns: self.xruns.load(Relaxed),
            rerouted: self.rerouted.load(Relaxed),
        }
    }

    pub(super) fn priority(&self) -> Priority {
        match self.priority.load(Relaxed) {
            REALTIME => Priority::Realtime,
            ORDINARY => Priority::Ordinary,
            errno if errno > 0 => Priority::Denied(errno),
            _ => Priority::Unknown,
        }
    }

    /// # Realtime safety
    /// RT-safe.
    pub(super) fn set_priority(&self, priority: Priority) {
        let code = match priority {
            Priority::Unknown => UNKNOWN,
            Priority::Realtime => REALTIME,
            Priority::Ordinary => ORDINARY,
            Priority::Denied(errno) => errno.max(1),
        };
        self.priority.store(code, Relaxed);
    }
}

/// Errors that may wait until control looks; a stream that has more has said enough.
const WAITING: usize = 16;

/// Takes errors where the system reports them, which may be on the audio thread.
pub(super) struct ErrorInlet {
    errors: Producer<cpal::Error>,
    shared: Arc<Shared>,
}

/// Has them where control looks.
pub(super) struct ErrorOutlet {
    errors: Consumer<cpal::Error>,
    fault: Option<Fault>,
}

pub(super) fn error_path(shared: &Arc<Shared>) -> (ErrorInlet, ErrorOutlet) {
    let (inlet, outlet) = RingBuffer::new(WAITING);
    let inlet = ErrorInlet {
        errors: inlet,
        shared: shared.clone(),
    };
    let outlet = ErrorOutlet {
        errors: outlet,
        fault: None,
    };
    (inlet, outlet)
}

impl ErrorInlet {
    /// # Realtime safety
    /// RT-safe for gaps and changes of route. Any other error is passed on as it is, text and all, and
    /// freed by control, unless more errors than anyone wants have come before.
    pub(super) fn report(&mut self, error: cpal::Error) {
        match error.kind() {
            ErrorKind::Xrun => _ = self.shared.xruns.fetch_add(1, Relaxed),
            ErrorKind::DeviceChanged => _ = self.shared.rerouted.fetch_add(1, Relaxed),
            // What the audio thread finds out itself is more precise.
            ErrorKind::RealtimeDenied => {}
            kind => {
                if self.errors.push(error).is_ok() {
                    return;
                }
                match kind {
                    ErrorKind::DeviceNotAvailable | ErrorKind::HostUnavailable => {
                        self.shared.gone.store(true, Relaxed);
                    }
                    ErrorKind::StreamInvalidated => self.shared.changed.store(true, Relaxed),
                    _ => self.shared.flooded.store(true, Relaxed),
                }
            }
        }
    }
}

impl ErrorOutlet {
    /// The gravest that has come so far, of equal ones the first.
    pub(super) fn fault(&mut self, shared: &Shared) -> Option<Fault> {
        while let Ok(error) = self.errors.pop() {
            self.note(fault_of(&error));
        }
        if shared.panicked.load(Relaxed) {
            self.note(Fault::Failed("it panicked".to_owned()));
        } else if shared.gone.load(Relaxed) {
            self.note(Fault::Gone("the device is not available".to_owned()));
        } else if shared.changed.load(Relaxed) {
            self.note(Fault::RateChanged(
                "the stream is not valid any more".to_owned(),
            ));
        } else if shared.flooded.load(Relaxed) {
            let first = self.fault.as_ref().map(Fault::reason).unwrap_or_default();
            self.note(Fault::Gone(format!("errors come without end: {first}")));
        } else if shared.ended.load(Relaxed) {
            self.note(Fault::Gone("the system ended its audio thread".to_owned()));
        }
        self.fault.clone()
    }

    fn note(&mut self, fault: Fault) {
        let known = self.fault.as_ref().map(Fault::is_final);
        if known.is_none() || known == Some(false) && fault.is_final() {
            self.fault = Some(fault);
        }
    }
}

fn fault_of(error: &cpal::Error) -> Fault {
    let text = super::error::phrase(error);
    match error.kind() {
        ErrorKind::DeviceNotAvailable | ErrorKind::HostUnavailable => Fault::Gone(text),
        ErrorKind::StreamInvalidated => Fault::RateChanged(text),
        _ => Fault::Other(text),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    fn error(kind: ErrorKind, text: &'static str) -> cpal::Error {
        cpal::Error::with_message(kind, text)
    }

    #[test]
    fn the_gravest_fault_is_kept_and_gaps_are_counted() {
        let shared = Arc::new(Shared::default());
        let (mut inlet, mut outlet) = error_path(&shared);
        testkit::no_alloc(|| {
            inlet.report(ErrorKind::Xrun.into());
            inlet.report(ErrorKind::Xrun.into());
            inlet.report(ErrorKind::DeviceChanged.into());
            inlet.report(ErrorKind::RealtimeDenied.into());
        });
        assert_eq!(outlet.fault(&shared), None);
        let counted = shared.statistics();
        assert_eq!((counted.xruns, counted.rerouted), (2, 1));
        inlet.report(error(ErrorKind::BackendError, "Odd."));
        let odd = Fault::Other("odd".to_owned());
        assert_eq!(outlet.fault(&shared), Some(odd.clone()));
        inlet.report(error(ErrorKind::DeviceBusy, "Odder."));
        assert_eq!(outlet.fault(&shared), Some(odd));
        inlet.report(error(
            ErrorKind::DeviceNotAvailable,
            "JACK server shut down: x",
        ));
        inlet.report(error(ErrorKind::StreamInvalidated, "another rate"));
        let gone = Fault::Gone("JACK server shut down: x".to_owned());
        assert_eq!(outlet.fault(&shared), Some(gone.clone()));
        assert_eq!(outlet.fault(&shared), Some(gone));
    }

    #[test]
    fn a_flood_of_errors_is_an_end() {
        let shared = Arc::new(Shared::default());
        let (mut inlet, mut outlet) = error_path(&shared);
        for _ in 0..WAITING {
            inlet.report(error(ErrorKind::BackendError, "again"));
        }
        let other = Fault::Other("again".to_owned());
        assert_eq!(outlet.fault(&shared), Some(other));
        for _ in 0..1000 {
            inlet.report(error(ErrorKind::BackendError, "again"));
        }
        let gone = Fault::Gone("errors come without end: again".to_owned());
        assert_eq!(outlet.fault(&shared), Some(gone));
    }

    #[test]
    fn a_final_error_comes_through_a_flood_of_others() {
        for (kind, gone) in [
            (ErrorKind::DeviceNotAvailable, true),
            (ErrorKind::StreamInvalidated, false),
        ] {
            let shared = Arc::new(Shared::default());
            let (mut inlet, mut outlet) = error_path(&shared);
            for _ in 0..=WAITING {
                inlet.report(error(ErrorKind::BackendError, "again"));
            }
            inlet.report(error(kind, "the end"));
            match outlet.fault(&shared) {
                Some(Fault::Gone(_)) => assert!(gone),
                Some(Fault::RateChanged(_)) => assert!(!gone),
                other => panic!("{other:?}"),
            }
        }
    }

    #[test]
    fn an_end_that_nobody_reported_is_a_fault() {
        let shared = Arc::new(Shared::default());
        let (_inlet, mut outlet) = error_path(&shared);
        shared.ended.store(true, Relaxed);
        assert!(matches!(outlet.fault(&shared), Some(Fault::Gone(_))));
        let (_inlet, mut outlet) = error_path(&shared);
        shared.panicked.store(true, Relaxed);
        assert!(matches!(outlet.fault(&shared), Some(Fault::Failed(_))));
    }

    #[test]
    fn priorities_survive_their_storage() {
        let shared = Shared::default();
        assert_eq!(shared.priority(), Priority::Unknown);
        for priority in [
            Priority::Realtime,
            Priority::Ordinary,
            Priority::Denied(1),
            Priority::Denied(22),
            Priority::Unknown,
        ] {
            shared.set_priority(priority);
            assert_eq!(shared.priority(), priority);
        }
    }
}
