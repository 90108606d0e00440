//! Keeps what C libraries write to standard error out of the user's sight while audio and MIDI systems
//! are opened and searched, and hands it over instead: libasound prints a dozen lines where a machine
//! has no sound card, and a terminal interface would be full of them.

use std::io::{self, Write, stderr};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// While one of these lives, everything that this process writes to standard error is put aside; the
/// last one to go brings standard error back.
///
/// It takes the messages of all threads, so it should live only as long as a call into such a
/// library; what the program itself has to say meanwhile goes through
/// [`write_past`](Self::write_past). What was put aside goes to whoever calls [`finish`](Self::finish); when a panic ends the
/// guard instead, it is written to standard error after all. Where the system has no such thing, or no
/// place to put it, nothing is taken.
#[derive(Debug)]
#[must_use = "standard error comes back when this is dropped"]
pub struct StderrGuard {
    /// Where in the text this guard began.
    begin: u64,
    finished: bool,
}

/// What the guards of this process share.
struct Shared {
    guards: usize,
    /// `None` while nothing is taken.
    capture: Option<system::Capture>,
}

static SHARED: Mutex<Shared> = Mutex::new(Shared {
    guards: 0,
    capture: None,
});

fn shared() -> MutexGuard<'static, Shared> {
    SHARED.lock().unwrap_or_else(PoisonError::into_inner)
}

impl StderrGuard {
    /// Begins to put aside.
    pub fn begin() -> Self {
        let mut shared = shared();
        if shared.guards == 0 {
            shared.capture = system::Capture::begin();
        }
        shared.guards += 1;
        let begin = shared.capture.as_mut().map_or(0, system::Capture::length);
        Self {
            begin,
            finished: false,
        }
    }

    /// Ends it and gives what was written since it began, without blanks at the ends; bytes that are
    /// no UTF-8 are replaced.
    #[must_use = "it is the only copy of what was written"]
    pub fn finish(mut self) -> String {
        self.finished = true;
        self.end()
    }

    /// Writes `text` to standard error whether it is put aside or not.
    ///
    /// # Errors
    /// What the system says if it cannot be written.
    pub fn write_past(text: &str) -> io::Result<()> {
        match shared().capture.as_mut() {
            Some(capture) => capture.write_past(text.as_bytes()),
            None => stderr().lock().write_all(text.as_bytes()),
        }
    }

    fn end(&self) -> String {
        let mut shared = shared();
        let text = match shared.capture.as_mut() {
            Some(capture) => capture.text_from(self.begin),
            None => String::new(),
        };
        shared.guards -= 1;
        if shared.guards == 0 {
            shared.capture = None;
        }
        text.trim().to_owned()
    }
}

impl Drop for StderrGuard {
    fn drop(&mut self) {
        if self.finished {
            return;
        }
        let text = self.end();
        // The reason of the panic is likely to be in it.
        if std::thread::panicking() && !text.is_empty() {
            eprintln!("{text}");
        }
    }
}

#[cfg(unix)]
mod system {
    use std::fs::File;
    use std::io::{self, Write, stderr};
    use std::os::unix::fs::FileExt;

    use rustix::io::fcntl_dupfd_cloexec;
    use rustix::stdio::dup2_stderr;

    /// More than any library says; what comes after it is dropped.
    const LONGEST_TEXT: u64 = 1 << 16;

    /// Standard error leads into a file without a name, until this is dropped.
    pub(super) struct Capture {
        file: File,
        real: File,
    }

    impl Capture {
        pub(super) fn begin() -> Option<Self> {
            let file = tempfile::tempfile().ok()?;
            let _ = stderr().flush();
            let real = fcntl_dupfd_cloexec(stderr(), 3).ok()?;
            dup2_stderr(&file).ok()?;
            Some(Self {
                file,
                real: File::from(real),
            })
        }

        pub(super) fn write_past(&mut self, bytes: &[u8]) -> io::Result<()> {
            self.real.write_all(bytes)
        }

        pub(super) fn length(&mut self) -> u64 {
            let _ = stderr().flush();
            self.file.metadata().map_or(0, |file| file.len())
        }

        pub(super) fn text_from(&mut self, begin: u64) -> String {
            let length = self.length().saturating_sub(begin).min(LONGEST_TEXT);
            let mut bytes = vec![0; length as usize];
            // Without a seek: the place in the file is that of whoever writes next.
            match self.file.read_exact_at(&mut bytes, begin) {
                Ok(()) => String::from_utf8_lossy(&bytes).into_owned(),
                Err(error) => format!("(what was written to standard error is lost: {error})"),
            }
        }
    }

    impl Drop for Capture {
        fn drop(&mut self) {
            let _ = stderr().flush();
            // It was open a moment ago, so this can only fail where nobody can be told.
            let _ = dup2_stderr(&self.real);
        }
    }
}

#[cfg(not(unix))]
mod system {
    use std::io::{self, Write, stderr};

    pub(super) struct Capture;

    impl Capture {
        pub(super) fn begin() -> Option<Self> {
            None
        }

        pub(super) fn length(&mut self) -> u64 {
            0
        }

        pub(super) fn text_from(&mut self, _begin: u64) -> String {
            String::new()
        }

        pub(super) fn write_past(&mut self, bytes: &[u8]) -> io::Result<()> {
            stderr().write_all(bytes)
        }
    }
}
