//! The synthesizer as a program of its own: lines in, lines out.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// A session that does not answer a line for so long is stuck: loading every instrument for a slow device
/// on a busy machine takes a part of it.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);
/// How often an answer is looked for.
const POLL: Duration = Duration::from_millis(5);
/// Lines that are kept for whoever wants to know what went wrong.
const LAST_LINES: usize = 40;
/// No command and no letter of the piano: the answer names the number of the line.
const UNKNOWN: &str = "?";
/// How RealtimeSanitizer begins a report.
const SANITIZER: &str = "ERROR: RealtimeSanitizer";

/// What it said so far.
#[derive(Debug, Default)]
pub(crate) struct Said {
    pub(crate) last: VecDeque<String>,
    /// Voices by the last status.
    pub(crate) voices: Option<u64>,
    /// Own overruns by the last status.
    pub(crate) overruns: u64,
    /// What the program holds by the last status, bytes.
    pub(crate) heap: Option<u64>,
    status_at: Option<Instant>,
    /// The longest time between two statuses, which come every two seconds.
    pub(crate) longest_pause: Duration,
    /// The last line that was answered by its number.
    answered: u64,
    /// How often it told of an audio device.
    pub(crate) devices: u64,
    /// Sample rates that it went over to.
    pub(crate) rates: u64,
    pub(crate) instruments: u64,
    /// Changes of where the network runs.
    pub(crate) places: u64,
    /// Reports of RealtimeSanitizer.
    pub(crate) sanitizer: u64,
    /// Lines that there should never be.
    pub(crate) faults: Vec<String>,
}

impl Said {
    fn take(&mut self, line: String) {
        if let Some(status) = line.strip_prefix("status: ") {
            self.voices = before(status, " voices");
            self.overruns = before(status, " overruns").unwrap_or(self.overruns);
            self.heap = before(status, " bytes");
            let now = Instant::now();
            if let Some(before) = self.status_at.replace(now) {
                self.longest_pause = self.longest_pause.max(now - before);
            }
        } else if let Some(rest) = line.strip_prefix("ane-synth: line ") {
            let number = rest.split(':').next().and_then(|n| n.parse().ok());
            self.answered = number.unwrap_or(self.answered);
        }
        let begins = |word: &str| u64::from(line.starts_with(word));
        self.devices += begins("audio device: ");
        self.rates += begins("sample rate: ");
        self.instruments += begins("instrument: ");
        self.places += begins("device: ");
        self.sanitizer += u64::from(line.contains(SANITIZER));
        let is_fault = ["panicked at", "report this as a bug", "(de)allocate"];
        if is_fault.iter().any(|fault| line.contains(fault)) && self.faults.len() < LAST_LINES {
            self.faults.push(line.clone());
        }
        if self.last.len() == LAST_LINES {
            self.last.pop_front();
        }
        self.last.push_back(line);
    }
}

/// The number that stands before `what`.
fn before(status: &str, what: &str) -> Option<u64> {
    let (before, _) = status.split_once(what)?;
    before.rsplit(' ').next()?.parse().ok()
}

/// `ane-synth play` under way; ended when this is dropped.
pub(crate) struct Synth {
    child: Child,
    /// `None` once it was closed.
    stdin: Option<ChildStdin>,
    lines: u64,
    said: Arc<Mutex<Said>>,
    /// What it wrote to standard output.
    output: Option<JoinHandle<String>>,
    complaints: Option<JoinHandle<()>>,
    pub(crate) slowest_answer: Duration,
}

impl Synth {
    /// Starts `program` with these arguments and more environment.
    pub(crate) fn start(
        program: &Path,
        arguments: &[&str],
        environment: &[(&str, String)],
    ) -> Result<Self, String> {
        let mut child = Command::new(program)
            .args(arguments)
            .envs(environment.iter().map(|(name, value)| (name, value)))
            // So that it goes on, and all is told; the same thing is told once.
            .env("RTSAN_OPTIONS", "halt_on_error=false")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|error| format!("{} cannot be started: {error}", program.display()))?;
        let said = Arc::new(Mutex::new(Said::default()));
        let listener = said.clone();
        let complaints = child.stderr.take().map(|stderr| {
            thread::spawn(move || {
                let mut lines = BufReader::new(stderr);
                let mut line = Vec::new();
                while lines.read_until(b'\n', &mut line).is_ok_and(|n| n > 0) {
                    let text = String::from_utf8_lossy(&line).trim_end().to_owned();
                    locked(&listener).take(text);
                    line.clear();
                }
            })
        });
        let output = child.stdout.take().map(|mut stdout| {
            thread::spawn(move || {
                let mut bytes = Vec::new();
                // What there is when it breaks off is no JSON, which is told then.
                let _ = stdout.read_to_end(&mut bytes);
                String::from_utf8_lossy(&bytes).into_owned()
            })
        });
        Ok(Self {
            stdin: child.stdin.take(),
            child,
            lines: 0,
            said,
            output,
            complaints,
            slowest_answer: Duration::ZERO,
        })
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn said(&self) -> MutexGuard<'_, Said> {
        locked(&self.said)
    }

    /// Types a line.
    pub(crate) fn type_line(&mut self, line: &str) -> Result<(), String> {
        let gone = "its standard input is closed";
        let stdin = self.stdin.as_mut().ok_or(gone)?;
        self.lines += 1;
        let written = writeln!(stdin, "{line}").and_then(|()| stdin.flush());
        written.map_err(|error| format!("it takes no line any more ({error})"))
    }

    /// Waits until every line so far was taken.
    pub(crate) fn settle(&mut self) -> Result<(), String> {
        let begun = Instant::now();
        self.type_line(UNKNOWN)?;
        let number = self.lines;
        self.wait_until("a line was not answered", |said| said.answered >= number)?;
        self.slowest_answer = self.slowest_answer.max(begun.elapsed());
        Ok(())
    }

    /// Waits until it has said something; `what` says what else is the matter.
    pub(crate) fn wait_until(
        &mut self,
        what: &str,
        has_come: impl Fn(&Said) -> bool,
    ) -> Result<(), String> {
        let begun = Instant::now();
        while !has_come(&self.said()) {
            if let Ok(Some(status)) = self.child.try_wait() {
                return Err(format!("{what}: it has ended ({status})"));
            }
            if begun.elapsed() > PATIENCE {
                return Err(format!("{what} within {} s", PATIENCE.as_secs()));
            }
            thread::sleep(POLL);
        }
        Ok(())
    }

    /// Types no more and waits for the end; the exit code and standard output.
    pub(crate) fn end(mut self) -> Result<(ExitStatus, String), String> {
        drop(self.stdin.take());
        let begun = Instant::now();
        let status = loop {
            match self.child.try_wait() {
                Ok(Some(status)) => break status,
                Ok(None) if begun.elapsed() < PATIENCE => thread::sleep(POLL),
                Ok(None) => return Err(format!("it does not end within {} s", PATIENCE.as_secs())),
                Err(error) => return Err(format!("it cannot be waited for: {error}")),
            }
        };
        let output = self.output.take().and_then(|output| output.join().ok());
        if let Some(complaints) = self.complaints.take() {
            // It panics nowhere.
            let _ = complaints.join();
        }
        Ok((status, output.unwrap_or_default()))
    }

    /// What it said, kept beyond its end.
    pub(crate) fn ear(&self) -> Arc<Mutex<Said>> {
        self.said.clone()
    }
}

impl Drop for Synth {
    fn drop(&mut self) {
        // It has ended, as a rule.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Nothing in it is ever left half done.
pub(crate) fn locked(said: &Mutex<Said>) -> MutexGuard<'_, Said> {
    said.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_is_read() {
        let mut said = Said::default();
        said.take(
            "status: unheard, 12 voices, peak -3.0 dBFS, load 1.0 %, 3 overruns, 4 late, heap 512 bytes"
                .to_owned(),
        );
        assert_eq!(
            (said.voices, said.overruns, said.heap),
            (Some(12), 3, Some(512))
        );
        said.take("status: 7 voices, peak none (silence)".to_owned());
        assert_eq!((said.voices, said.overruns, said.heap), (Some(7), 3, None));
    }
}
