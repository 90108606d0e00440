//! This program again, under callgrind, and what that counted.

use std::fs;
use std::num::NonZero;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use crate::baseline::Count;
use crate::calls::{CALLS, COUNTED};
use crate::dump;
use crate::failure::Failure;
use crate::kernels::{KERNELS, Kernel};
use crate::level;

/// Instructions a call of every kernel, at every level of this machine that is counted.
///
/// # Errors
/// Where valgrind or the program under it fails, or what it writes is not understood.
pub(crate) fn count(plant: u32) -> Result<Vec<Count>, Failure> {
    let cannot = |what: &str, why| Failure::Cannot(format!("{what}: {why}"));
    let folder = tempfile::tempdir().map_err(|error| cannot("no temporary folder", error))?;
    let program = std::env::current_exe().map_err(|error| cannot("no program to count", error))?;
    let counting = Counting {
        jobs: jobs(),
        next: AtomicUsize::new(0),
        program: &program,
        folder: folder.path(),
        plant,
    };
    // A count does not depend on what else runs.
    let workers = thread::available_parallelism().map_or(1, NonZero::get);
    let mut done: Vec<(usize, Count)> = thread::scope(|scope| {
        let threads: Vec<_> = (0..workers)
            .map(|_| scope.spawn(|| counting.work()))
            .collect();
        let parts = threads
            .into_iter()
            .map(|thread| thread.join().expect("a worker does not panic"));
        parts.collect::<Result<Vec<_>, _>>()
    })?
    .concat();
    done.sort_by_key(|(job, _)| *job);
    Ok(done.into_iter().map(|(_, count)| count).collect())
}

/// A level and a kernel that is counted at it.
type Job = (&'static str, &'static Kernel);

fn jobs() -> Vec<Job> {
    let is_counted = |level, kernel: &Kernel| kernel.follows_level || level == level::GATED[0];
    let jobs = level::available().into_iter().flat_map(|level| {
        KERNELS
            .iter()
            .filter(move |kernel| is_counted(level, kernel))
            .map(move |kernel| (level, kernel))
    });
    jobs.collect()
}

struct Counting<'a> {
    jobs: Vec<Job>,
    /// The first job that nobody has taken.
    next: AtomicUsize,
    program: &'a Path,
    folder: &'a Path,
    plant: u32,
}

impl Counting<'_> {
    /// Takes jobs until there are none.
    fn work(&self) -> Result<Vec<(usize, Count)>, Failure> {
        let mut done = Vec::new();
        loop {
            let index = self.next.fetch_add(1, Ordering::Relaxed);
            let Some((level, kernel)) = self.jobs.get(index) else {
                return Ok(done);
            };
            let total = self
                .run(level, kernel.name, &self.folder.join(index.to_string()))
                .map_err(|why| {
                    Failure::Cannot(format!(
                        "{} ({level}) cannot be counted: {why}",
                        kernel.name
                    ))
                })?;
            let count = Count {
                kernel: kernel.name.to_owned(),
                level: (*level).to_owned(),
                instructions: total / u64::from(CALLS),
            };
            done.push((index, count));
        }
    }

    fn run(&self, level: &str, kernel: &str, dump: &Path) -> Result<u64, String> {
        let output = Command::new("valgrind")
            .args(["--quiet", "--tool=callgrind"])
            .arg(format!("--toggle-collect={COUNTED}"))
            .arg(format!("--callgrind-out-file={}", dump.display()))
            .arg(self.program)
            .args(["calls", level, kernel, "--plant", &self.plant.to_string()])
            .env("ANE_SYNTH_SIMD", level)
            .output()
            .map_err(|error| format!("valgrind: {error}"))?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr);
            return Err(format!("{}, {}", output.status, said.trim_end()));
        }
        let text = fs::read_to_string(dump).map_err(|error| error.to_string())?;
        dump::instructions(&text).map_err(|why| format!("callgrind's answer is not clear, {why}"))
    }
}
