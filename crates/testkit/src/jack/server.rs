//! Starting and ending a JACK server.

use std::io::{Read, Seek, Write};
use std::process::{Child, ChildStdin, Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};
use std::{env, fmt, fs, thread};

/// Names the server to JACK's library, wherever it runs.
pub(super) const SERVER_VARIABLE: &str = "JACK_DEFAULT_SERVER";
/// Names that no server of a user's has.
const PREFIX: &str = "ane-synth-test-";
/// What a server says before it does anything that can fail, once it has its place among the eight that
/// JACK lets run at a time; without one it says nothing and ends.
const BEGINS: &str = "JACK server starting";
/// Where Linux keeps what JACK's processes share.
const SHARED_MEMORY: &str = "/dev/shm";
/// A busy machine takes long to start a program.
const PATIENCE: Duration = Duration::from_secs(30);
/// How often the server is asked whether it is there.
const POLL: Duration = Duration::from_millis(20);
/// A server whose driver does not run keeps a client for five seconds and then turns it away.
const VISIT: Duration = Duration::from_secs(10);
/// Clients that come and go before the server is said to be there.
const VISITS: u32 = 2;

/// Runs `jackd` until its standard input ends or names a signal: so the server ends with the test that
/// started it, however that ends.
const KEEPER: &str = r#"exec 3<&0
jackd "$@" </dev/null 3<&- &
server=$!
{ signal=; read -r signal <&3; kill -"${signal:-TERM}" "$server"; } &
watcher=$!
wait "$server"
code=$?
kill "$watcher" 2>/dev/null
exit "$code"
"#;

/// A running `jackd` with the dummy driver: two channels each way, ended when this is dropped. It takes
/// about 40 MB of shared memory.
pub struct JackServer {
    name: String,
    rate_hz: u32,
    period: u32,
    keeper: Child,
    /// `None` once it was told to end.
    stdin: Option<ChildStdin>,
    realtime: bool,
    /// It was ended in a way that leaves its shared memory behind.
    killed: bool,
}

impl JackServer {
    /// Starts a server at `rate_hz` with `period` samples a cycle and waits until clients can come, in
    /// realtime mode where the machine allows it.
    ///
    /// In a test that runs [`apart`] it has the name that the clients of this process look for; there
    /// must not be two at once. Elsewhere its name is new, and clients are other processes that are
    /// given [`env`](Self::env).
    ///
    /// # Errors
    ///
    /// A sentence that says what to install or quotes the server, if it does not start.
    pub fn start(rate_hz: u32, period: u32) -> Result<Self, String> {
        let name = match env::var(SERVER_VARIABLE) {
            Ok(name) if name.starts_with(PREFIX) => name,
            _ => new_name(),
        };
        Self::start_named(&name, rate_hz, period)
    }

    fn start_named(name: &str, rate_hz: u32, period: u32) -> Result<Self, String> {
        let begun = Instant::now();
        let launch = |realtime| loop {
            match Self::launch(name, rate_hz, period, realtime) {
                Err(Failure::NoRoom) if begun.elapsed() < PATIENCE => thread::sleep(POLL),
                launched => return launched,
            }
        };
        let again = |first: Failure| {
            eprintln!("no JACK server ({first}); trying once more");
            launch(true)
        };
        let started = launch(true).or_else(again).or_else(|second| {
            eprintln!("no realtime JACK server ({second}); starting one without");
            launch(false)
        });
        started.map_err(|failure| failure.to_string())
    }

    fn launch(name: &str, rate_hz: u32, period: u32, realtime: bool) -> Result<Self, Failure> {
        let mut log =
            tempfile::tempfile().map_err(|error| format!("no temporary file: {error}"))?;
        let to_log = || log.try_clone().map(Stdio::from);
        let (out, err) = match (to_log(), to_log()) {
            (Ok(out), Ok(err)) => (out, err),
            (Err(error), _) | (_, Err(error)) => return Err(format!("no log: {error}").into()),
        };
        let mode: &[&str] = match realtime {
            true => &["-R", "-P", "70"],
            false => &["-r"],
        };
        // Fewer ports than usual, for they take shared memory; a cycle that waits for its clients, for on a
        // busy machine some are late, and the next one would begin while another client still reads.
        let mut keeper = Command::new("sh")
            .args([
                "-c", KEEPER, "jackd", "-n", name, "-p", "64", "-t", "4000", "-S",
            ])
            .args(mode)
            .args([
                "-d",
                "dummy",
                "-r",
                &rate_hz.to_string(),
                "-p",
                &period.to_string(),
            ])
            .env("JACK_NO_AUDIO_RESERVATION", "1")
            .stdin(Stdio::piped())
            .stdout(out)
            .stderr(err)
            .spawn()
            .map_err(|error| format!("sh cannot be started: {error}"))?;
        let mut server = Self {
            name: name.to_owned(),
            rate_hz,
            period,
            stdin: keeper.stdin.take(),
            keeper,
            realtime,
            killed: false,
        };
        let ready = server.wait_until_ready();
        let mut said = String::new();
        let read = log.rewind().and_then(|()| log.read_to_string(&mut said));
        if let Err(error) = read {
            said = format!("(its output cannot be read: {error})");
        }
        if let Err(problem) = ready {
            let ended = matches!(server.keeper.try_wait(), Ok(Some(_)));
            return Err(match ended && !said.contains(BEGINS) {
                true => Failure::NoRoom,
                false => format!("{problem}; it said: {}", said.trim()).into(),
            });
        }
        // It goes on without, and says so.
        server.realtime &= !said.contains("Cannot use real-time scheduling");
        Ok(server)
    }

    /// Clients can come when two have come and gone: a server that stops after the first is no use.
    fn wait_until_ready(&mut self) -> Result<(), String> {
        let begun = Instant::now();
        let mut visits = 0;
        while begun.elapsed() < PATIENCE {
            visits = match visited(&self.name)? {
                true => visits + 1,
                false => 0,
            };
            if visits == VISITS {
                return Ok(());
            }
            if let Ok(Some(status)) = self.keeper.try_wait() {
                return Err(format!("jackd ended with {status}"));
            }
            thread::sleep(POLL);
        }
        Err(format!(
            "jackd was not ready within {} s",
            PATIENCE.as_secs()
        ))
    }

    /// The server's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Samples a second.
    pub fn rate_hz(&self) -> u32 {
        self.rate_hz
    }

    /// Samples a cycle.
    pub fn period(&self) -> u32 {
        self.period
    }

    /// Whether the machine lets the server run in realtime mode.
    pub fn is_realtime(&self) -> bool {
        self.realtime
    }

    /// What a process must have in its environment for its clients to find this server.
    pub fn env(&self) -> [(&'static str, String); 3] {
        environment(&self.name)
    }

    /// Ends it as a user would, and waits for that: clients are told. Once it has ended, nothing
    /// happens.
    pub fn stop(&mut self) {
        drop(self.stdin.take());
        self.wait();
    }

    /// Ends it as a crash would, and waits for that: clients are told nothing.
    pub fn kill(&mut self) {
        if let Some(mut stdin) = self.stdin.take() {
            self.killed = stdin.write_all(b"KILL\n").is_ok();
        }
        self.wait();
    }

    fn wait(&mut self) {
        if let Err(error) = self.keeper.wait() {
            eprintln!("cannot wait for the JACK server {}: {error}", self.name);
        }
    }
}

/// Whether a client was taken by the server of this name in reasonable time.
fn visited(name: &str) -> Result<bool, String> {
    let missing = |error| format!("jack_lsp cannot be run ({error}); install the package jackd2");
    let mut visitor = Command::new("jack_lsp")
        .args(["-s", name])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .map_err(missing)?;
    let begun = Instant::now();
    while begun.elapsed() < VISIT {
        match visitor.try_wait() {
            Ok(None) => thread::sleep(POLL),
            Ok(Some(status)) => return Ok(status.success()),
            Err(error) => return Err(missing(error)),
        }
    }
    // It may have ended just now.
    let _ = visitor.kill();
    visitor.wait().map_err(missing)?;
    Ok(false)
}

/// Why no server was started.
enum Failure {
    /// Others run; some of them will end.
    NoRoom,
    Other(String),
}

impl From<String> for Failure {
    fn from(reason: String) -> Self {
        Self::Other(reason)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoRoom => f.write_str(
                "jackd ended without a word, as it does where too many JACK servers run; end some",
            ),
            Self::Other(reason) => f.write_str(reason),
        }
    }
}

impl Drop for JackServer {
    fn drop(&mut self) {
        self.stop();
        if self.killed {
            // JACK knows few servers at a time, and only one of the same name takes back the place and
            // the memory of one that could not clean up.
            drop(Self::launch(&self.name, self.rate_hz, self.period, false));
        }
        remove_what_clients_left(&self.name);
    }
}

/// Removes the semaphores of clients that were there when their server ended.
fn remove_what_clients_left(server: &str) {
    let Ok(entries) = fs::read_dir(SHARED_MEMORY) else {
        return;
    };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if name.starts_with("jack_sem.") && name.contains(&format!("_{server}_")) {
            // Where that fails, twelve bytes are left.
            let _ = fs::remove_file(entry.path());
        }
    }
}

fn new_name() -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    format!("{PREFIX}{}-{count}", std::process::id())
}

fn environment(name: &str) -> [(&'static str, String); 3] {
    [
        (SERVER_VARIABLE, name.to_owned()),
        ("JACK_NO_START_SERVER", "1".to_owned()),
        ("JACK_NO_AUDIO_RESERVATION", "1".to_owned()),
    ]
}

/// What a program adds to its environment, and runs itself again, to be a client of a server that only it
/// starts: [`JackServer::start`] gives that one the name which clients of the same process look for.
pub fn own_environment() -> [(&'static str, String); 3] {
    environment(&new_name())
}

/// Runs `body` in a process of its own, as [`crate::apart`] does, whose JACK clients look for a server that
/// only this process starts.
///
/// # Panics
/// As [`crate::apart`] does.
pub fn apart(test: &str, body: impl FnOnce()) -> Option<Output> {
    crate::apart(test, &own_environment(), body)
}
