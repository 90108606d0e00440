//! What a process holds of the machine, as Linux tells in /proc.

use std::fs;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// How often it is looked at.
const INTERVAL: Duration = Duration::from_secs(1);

/// One look.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Footprint {
    /// Since the watch began, seconds.
    pub(crate) at_s: f64,
    /// Resident memory that is the process's own, in KiB: neither files nor what JACK shares.
    pub(crate) memory_kib: u64,
    pub(crate) threads: u64,
    /// Open files.
    pub(crate) files: u64,
}

/// What the host of a virtual machine has kept of its processors so far, hundredths of a second of one.
/// Threads that ran then have it in their CPU time where the system does not know better.
pub(crate) fn stolen_by_the_host() -> u64 {
    let stat = fs::read_to_string("/proc/stat").unwrap_or_default();
    let total = stat.lines().next().unwrap_or_default();
    // "cpu", then user, nice, system, idle, waiting, two kinds of interrupts, stolen.
    let field = total.split_whitespace().nth(8);
    field.and_then(|ticks| ticks.parse().ok()).unwrap_or(0)
}

/// Looks at a process until it is told to stop.
pub(crate) struct Watch {
    stop: SyncSender<()>,
    thread: JoinHandle<Vec<Footprint>>,
}

impl Watch {
    pub(crate) fn begin(process: u32) -> Self {
        let (stop, stopped) = sync_channel(1);
        let thread = thread::spawn(move || watch(process, &stopped));
        Self { stop, thread }
    }

    /// Everything that was seen.
    pub(crate) fn end(self) -> Vec<Footprint> {
        // It has stopped by itself where the process is gone.
        let _ = self.stop.try_send(());
        self.thread.join().unwrap_or_default()
    }
}

fn watch(process: u32, stopped: &Receiver<()>) -> Vec<Footprint> {
    let begun = Instant::now();
    let mut seen = Vec::new();
    while stopped.recv_timeout(INTERVAL) == Err(RecvTimeoutError::Timeout) {
        let Some(footprint) = look(process, begun.elapsed().as_secs_f64()) else {
            break;
        };
        seen.push(footprint);
    }
    seen
}

pub(crate) fn look(process: u32, at_s: f64) -> Option<Footprint> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    Some(Footprint {
        at_s,
        memory_kib: number(&status, "RssAnon:")?,
        threads: number(&status, "Threads:")?,
        files: fs::read_dir(format!("/proc/{process}/fd")).ok()?.count() as u64,
    })
}

fn number(status: &str, name: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    line.split_whitespace().next()?.parse().ok()
}
