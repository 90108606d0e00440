//! Ctrl-Z and its like: who has taken a terminal over gives it back before it is stopped, and takes it over again
//! when it goes on.

/// Whether somebody wants this process to stop for a while. Where the system knows no such thing nobody ever
/// does.
///
/// ```no_run
/// let suspension = synth_io::Suspension::watch();
/// loop {
///     if suspension.take_asked() {
///         // Give the terminal back.
///         suspension.stop();
///         // It goes on: take the terminal over again.
///     }
/// }
/// ```
#[derive(Debug)]
pub struct Suspension(system::Signals);

impl Suspension {
    /// Watches from now on.
    #[must_use]
    pub fn watch() -> Self {
        Self(system::Signals::watch())
    }

    /// Does what a terminal does by itself where Ctrl-Z is pressed, but for a program that reads its keys itself:
    /// asks the whole job to stop, this process included, which learns of it by [`Suspension::take_asked`].
    ///
    /// # Errors
    /// Why that cannot be, in a sentence: nobody would be there to wake it up.
    pub fn ask(&self) -> Result<(), String> {
        self.0.ask()
    }

    /// Whether this process was asked to stop since the last call.
    pub fn take_asked(&self) -> bool {
        self.0.take_asked()
    }

    /// Whether this process was stopped and goes on, since the last call.
    pub fn take_returned(&self) -> bool {
        self.0.take_returned()
    }

    /// Stops until somebody wakes this process up.
    pub fn stop(&self) {
        self.0.stop();
    }
}

#[cfg(unix)]
mod system {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};

    use rustix::process::{Signal, getpgid, getpid, getppid, getsid, kill_current_process_group};
    use signal_hook::consts::{SIGCONT, SIGTSTP};
    use signal_hook::{flag, low_level};

    #[derive(Debug)]
    pub(super) struct Signals {
        asked: Arc<AtomicBool>,
        returned: Arc<AtomicBool>,
    }

    impl Signals {
        pub(super) fn watch() -> Self {
            let (asked, returned) = (Arc::default(), Arc::default());
            // A signal that cannot be watched does what it always does.
            let _ = flag::register(SIGTSTP, Arc::clone(&asked));
            let _ = flag::register(SIGCONT, Arc::clone(&returned));
            Self { asked, returned }
        }

        pub(super) fn ask(&self) -> Result<(), String> {
            if is_alone() {
                return Err("no shell is there that could wake the program up again".to_owned());
            }
            let asked = kill_current_process_group(Signal::TSTP);
            asked.map_err(|error| format!("the job cannot be stopped ({error})"))
        }

        pub(super) fn take_asked(&self) -> bool {
            self.asked.swap(false, Ordering::Relaxed)
        }

        pub(super) fn take_returned(&self) -> bool {
            self.returned.swap(false, Ordering::Relaxed)
        }

        pub(super) fn stop(&self) {
            // Nothing is stopped where this fails.
            let _ = low_level::emulate_default_handler(SIGTSTP);
        }
    }

    /// Whether no shell looks after this job: it leads its group, and who started it is of another session. (The
    /// system itself does not stop such a job on a terminal's Ctrl-Z: POSIX, "orphaned process group".)
    fn is_alone() -> bool {
        let (Ok(group), Ok(session)) = (getpgid(None), getsid(None)) else {
            return false;
        };
        let parents = getppid().map(|parent| getsid(Some(parent)));
        group == getpid() && !matches!(parents, Some(Ok(parents)) if parents == session)
    }
}

#[cfg(not(unix))]
mod system {
    #[derive(Debug)]
    pub(super) struct Signals;

    impl Signals {
        pub(super) fn watch() -> Self {
            Self
        }

        pub(super) fn ask(&self) -> Result<(), String> {
            Err("programs cannot be suspended on this system".to_owned())
        }

        pub(super) fn take_asked(&self) -> bool {
            false
        }

        pub(super) fn take_returned(&self) -> bool {
            false
        }

        pub(super) fn stop(&self) {}
    }
}
