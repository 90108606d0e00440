//! numpy with OpenBLAS, in a process of its own that takes its turns by line.

use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use super::Rival;
use super::work::{Work, read};
use crate::Failure;
use crate::arguments::Arguments;
use crate::stopwatch::Candidate;

/// The process and its pipes.
pub(super) struct Numpy {
    process: Child,
    to: Option<ChildStdin>,
    from: BufReader<ChildStdout>,
    answer: PathBuf,
}

impl Numpy {
    pub(super) fn start(arguments: &Arguments, work: &Work) -> Result<Self, Failure> {
        let mut process = Command::new(&arguments.python)
            .arg(arguments.scripts.join("numpy_network.py"))
            .arg(&arguments.folder)
            .arg(work.columns.to_string())
            .env("OPENBLAS_NUM_THREADS", "1")
            // The kernel that OpenBLAS itself chooses, whatever it is told elsewhere.
            .env_remove("OPENBLAS_CORETYPE")
            .env_remove("OPENBLAS_L2_SIZE")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let from = process.stdout.take().ok_or("numpy has no output")?;
        let mut numpy = Self {
            to: process.stdin.take(),
            from: BufReader::new(from),
            process,
            answer: arguments.folder.join(format!("answer{}.f32", work.columns)),
        };
        // One that cannot import numpy is known at once.
        numpy.version()?;
        Ok(numpy)
    }

    /// What it is made of.
    pub(super) fn version(&mut self) -> Result<String, Failure> {
        self.ask("version")
    }

    /// Sends a line and waits for the one that answers it.
    fn ask(&mut self, line: &str) -> Result<String, Failure> {
        let to = self.to.as_mut().ok_or("numpy has no input")?;
        writeln!(to, "{line}")?;
        let mut reply = String::new();
        self.from.read_line(&mut reply)?;
        match reply.trim() {
            "" => Err("numpy_network.py ended, see above".into()),
            reply => Ok(reply.to_owned()),
        }
    }
}

impl Candidate for Numpy {
    fn turn(&mut self, samples: usize) -> Result<Vec<f64>, Failure> {
        let reply = self.ask(&format!("turn {samples}"))?;
        let taken = reply
            .split(' ')
            .map(str::parse)
            .collect::<Result<Vec<f64>, _>>()?;
        Ok(taken)
    }
}

impl Rival for Numpy {
    fn answer(&mut self) -> Result<Vec<f32>, Failure> {
        self.ask("answer")?;
        Ok(read(&self.answer)?)
    }
}

impl Drop for Numpy {
    fn drop(&mut self) {
        // At the end of its input it ends.
        self.to = None;
        let _ = self.process.wait();
    }
}
