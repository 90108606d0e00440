//! A folder of its own for a test, and the command played in it.

use std::fs::{self, File};
use std::io::Write;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use synth_engine::{Event, Parameter};
use synth_io::event_log::{Entry, EventLog, Record};
use tempfile::TempDir;
use testkit::Wav;

pub(crate) const ANE_SYNTH: &str = env!("CARGO_BIN_EXE_ane-synth");
/// What [`Place::start`] calls the recording and the log.
pub(crate) const RECORDING: &str = "played.wav";
pub(crate) const LOG: &str = "played.jsonl";
/// Not a measure of speed: what takes this long does not come.
const PATIENCE: Duration = Duration::from_secs(120);

/// A temporary folder, and beside it one for what the command says.
pub(crate) struct Place {
    folder: TempDir,
    said: TempDir,
}

impl Place {
    pub(crate) fn new() -> Self {
        let folder = || tempfile::tempdir().unwrap();
        Self {
            folder: folder(),
            said: folder(),
        }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, bytes: &[u8]) {
        fs::write(self.path(name), bytes).unwrap();
    }

    /// All names in the folder, hidden ones too.
    pub(crate) fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(&self.folder).unwrap();
        let names = entries.map(|e| e.unwrap().file_name().to_string_lossy().into_owned());
        let mut names: Vec<_> = names.collect();
        names.sort();
        names
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(ANE_SYNTH);
        let command = command.args(arguments).current_dir(&self.folder);
        command.stdin(Stdio::null()).output().unwrap()
    }

    /// Begins to play, with a recording and a log, at 8 kHz on one instrument without a room unless
    /// `arguments` say otherwise.
    pub(crate) fn start(&self, arguments: &[&str]) -> Playing<'_> {
        let all = with_defaults(&["--record", RECORDING, "--event-log", LOG], arguments);
        let mut command = Command::new(ANE_SYNTH);
        command.args(&all).stdin(Stdio::piped());
        self.start_command(command)
    }

    /// As [`Place::start`], with all built-in instruments.
    pub(crate) fn start_all(&self) -> Playing<'_> {
        let mut all = with_defaults(&["--record", RECORDING, "--event-log", LOG], &[]);
        let at = all.iter().position(|&word| word == "--instrument").unwrap();
        all.drain(at..at + 2);
        let mut command = Command::new(ANE_SYNTH);
        command.args(&all).stdin(Stdio::piped());
        self.start_command(command)
    }

    /// Begins `command`, whatever it is.
    pub(crate) fn start_command(&self, mut command: Command) -> Playing<'_> {
        let file = |name| File::create(self.said.path().join(name)).unwrap();
        let mut child = command
            .current_dir(&self.folder)
            .stdout(file("stdout"))
            .stderr(file("stderr"))
            .spawn()
            .unwrap();
        Playing {
            place: self,
            input: child.stdin.take(),
            child,
        }
    }

    /// Plays `lines` to their end and expects exit code 0.
    pub(crate) fn play(&self, arguments: &[&str], lines: &str) -> Played {
        let mut playing = self.start(arguments);
        playing.say(lines);
        let played = playing.end();
        assert_eq!(played.code, Some(0), "{arguments:?}: {}", played.stderr);
        played
    }

    /// Tries to play, which must be refused with one line and no file; the line.
    pub(crate) fn refuse(&self, arguments: &[&str]) -> String {
        let before = self.names();
        let line = assert_refusal(&self.run(arguments), &format!("{arguments:?}"));
        assert_eq!(self.names(), before, "{arguments:?} left something behind");
        line
    }

    pub(crate) fn log_bytes(&self) -> Vec<u8> {
        fs::read(self.path(LOG)).unwrap()
    }

    pub(crate) fn log(&self) -> EventLog {
        EventLog::from_bytes(&self.log_bytes()).unwrap()
    }

    /// The events of the log and their samples.
    pub(crate) fn events(&self) -> Vec<(u64, Event)> {
        let entries = self.log().entries.into_iter();
        let event = |entry: Entry| match entry.record {
            Record::Event(event) => Some((entry.sample, event)),
            _ => None,
        };
        entries.filter_map(event).collect()
    }

    pub(crate) fn wav(&self, name: &str) -> Wav {
        Wav::from_bytes(&fs::read(self.path(name)).unwrap()).unwrap()
    }

    /// Makes the recording again out of the log and expects the same bits; the recording.
    pub(crate) fn assert_replays(&self, arguments: &[&str]) -> Wav {
        let output = self.replay("again.wav", arguments);
        let complaint = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.success(), "{arguments:?}: {complaint}");
        assert_eq!(complaint, "", "{arguments:?}");
        let (played, again) = (self.wav(RECORDING), self.wav("again.wav"));
        assert_same_bits(&played, &again, &format!("{arguments:?}"));
        fs::remove_file(self.path("again.wav")).unwrap();
        let frames = played.channels[0].len() as u64;
        assert_eq!(frames, self.log().frames, "the log tells of all samples");
        played
    }

    /// Renders the log to `name`.
    pub(crate) fn replay(&self, name: &str, arguments: &[&str]) -> Output {
        let mut all = vec!["render", "--events", LOG, "-o", name];
        all.extend(arguments);
        self.run(&all)
    }
}

/// `play` with `first`, `arguments` and what neither says.
pub(crate) fn with_defaults<'a>(first: &[&'a str], arguments: &[&'a str]) -> Vec<&'a str> {
    let mut all = vec!["play", "--plain", "--audio-device", "null"];
    all.extend(first);
    all.extend(arguments);
    for [option, value] in [
        ["--sample-rate", "8000"],
        ["--instrument", "flute"],
        ["--room", "off"],
    ] {
        if !arguments.contains(&option) {
            all.extend([option, value]);
        }
    }
    all
}

/// A command that plays.
pub(crate) struct Playing<'a> {
    place: &'a Place,
    child: Child,
    /// `None` once it was closed.
    input: Option<std::process::ChildStdin>,
}

/// How a command ended, and what it said.
pub(crate) struct Played {
    /// `None` where a signal ended it.
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Playing<'_> {
    /// Types; what has ended meanwhile needs no more.
    pub(crate) fn say(&mut self, lines: &str) {
        self.say_bytes(lines.as_bytes());
    }

    pub(crate) fn say_bytes(&mut self, bytes: &[u8]) {
        let input = self.input.as_mut().unwrap();
        let _ = input.write_all(bytes).and_then(|()| input.flush());
    }

    /// Says `lines` again and again as long as it listens.
    pub(crate) fn say_without_end(&mut self, lines: &str) {
        let mut input = self.input.take().unwrap();
        let lines = lines.repeat(100);
        thread::spawn(move || while input.write_all(lines.as_bytes()).is_ok() {});
    }

    /// Waits until the log that is on the disk holds such an event.
    pub(crate) fn wait_for_event(&mut self, is_it: impl Fn(&Event) -> bool) {
        self.wait_until("no such event came", |place| {
            let log = fs::read(place.path(LOG)).unwrap_or_default();
            let log = EventLog::from_bytes(&log);
            log.is_ok_and(|log| {
                let mut records = log.entries.iter().map(|entry| &entry.record);
                records.any(|record| matches!(record, Record::Event(event) if is_it(event)))
            })
        });
    }

    /// Waits until it has said `text`.
    pub(crate) fn wait_for_word(&mut self, text: &str) {
        self.wait_for_words(text, 1);
    }

    /// Waits until it has said `text` so many times.
    pub(crate) fn wait_for_words(&mut self, text: &str, times: usize) {
        self.wait_until(text, |place| {
            let said = ["stdout", "stderr"].map(|name| place.said(name).matches(text).count());
            said.iter().sum::<usize>() >= times
        });
    }

    /// Waits for a file whose name ends so.
    pub(crate) fn wait_for_a_file(&mut self, ending: &str) {
        self.wait_until(ending, |place| {
            let mut names = place.names().into_iter();
            names.any(|name| name.ends_with(ending))
        });
    }

    fn wait_until(&mut self, what: &str, has_come: impl Fn(&Place) -> bool) {
        let begun = Instant::now();
        while !has_come(self.place) {
            let ended = self.child.try_wait().unwrap();
            let stderr = self.place.said("stderr");
            assert_eq!(ended, None, "{what}: it ended: {stderr}");
            assert!(
                begun.elapsed() < PATIENCE,
                "{what}: it never came: {stderr}"
            );
            thread::sleep(Duration::from_millis(10));
        }
    }

    /// The number of its process.
    pub(crate) fn process(&self) -> u32 {
        self.child.id()
    }

    /// Sends a signal by its name.
    pub(crate) fn signal(&mut self, name: &str) {
        let kill = format!("kill -{name} {}", self.process());
        let status = Command::new("sh").args(["-c", &kill]).status().unwrap();
        assert!(status.success(), "{kill}");
    }

    /// Nothing more comes.
    pub(crate) fn close(&mut self) {
        drop(self.input.take());
    }

    /// Closes standard input and waits for the end.
    pub(crate) fn end(mut self) -> Played {
        self.close();
        self.ends()
    }

    /// Waits for the end with standard input open.
    pub(crate) fn ends(mut self) -> Played {
        let begun = Instant::now();
        let status = loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                break status;
            }
            assert!(begun.elapsed() < PATIENCE, "it does not end");
            thread::sleep(Duration::from_millis(5));
        };
        Played {
            code: status.code(),
            stdout: self.place.said("stdout"),
            stderr: self.place.said("stderr"),
        }
    }
}

impl Drop for Playing<'_> {
    /// A test that failed leaves nobody playing.
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Place {
    fn said(&self, name: &str) -> String {
        let bytes = fs::read(self.said.path().join(name)).unwrap();
        String::from_utf8(bytes).expect("what it says is text")
    }
}

impl Played {
    /// The lines that complain, each of which must be ours.
    pub(crate) fn complaints(&self) -> Vec<&str> {
        let ours = |line| -> &str {
            let line: &str = line;
            line.strip_prefix("ane-synth: ").expect(line)
        };
        self.stderr.lines().map(ours).collect()
    }
}

/// Exit code 2 and one line of ours; the line without our name.
pub(crate) fn assert_refusal(output: &Output, what: &str) -> String {
    let text = String::from_utf8(output.stderr.clone()).unwrap();
    assert_eq!(output.status.code(), Some(2), "{what}: {text}");
    let line = text.strip_prefix("ane-synth: ").expect(what);
    assert_eq!(line.lines().count(), 1, "{what}: {line}");
    assert!(output.stdout.is_empty(), "{what}");
    line.trim_end().to_owned()
}

/// The same sound, bit for bit; -0 is not 0.
pub(crate) fn assert_same_bits(one: &Wav, other: &Wav, what: &str) {
    assert_eq!(one.sample_rate_hz, other.sample_rate_hz, "{what}");
    assert_eq!(one.kind, other.kind, "{what}");
    assert_eq!(one.channels.len(), other.channels.len(), "{what}");
    for (channel, (one, other)) in one.channels.iter().zip(&other.channels).enumerate() {
        assert_eq!(one.len(), other.len(), "{what}: lengths of {channel}");
        let differs = |(one, other): (&f32, &f32)| one.to_bits() != other.to_bits();
        let first = one.iter().zip(other).position(differs);
        assert_eq!(first, None, "{what}: channel {channel} differs from here");
    }
}

/// Largest absolute sample.
pub(crate) fn peak(wav: &Wav) -> f32 {
    let samples = wav.channels.iter().flatten();
    samples.fold(0.0, |peak, x| peak.max(x.abs()))
}

/// Largest absolute sample of the last `frames`.
pub(crate) fn peak_at_end(wav: &Wav, frames: usize) -> f32 {
    let ends = wav
        .channels
        .iter()
        .map(|samples| &samples[samples.len().saturating_sub(frames)..]);
    ends.flatten().fold(0.0, |peak, x| peak.max(x.abs()))
}

/// That nothing is heard in the last `frames`: what the DC blocker still lets go of lies below -66 dBFS.
pub(crate) fn assert_faded(wav: &Wav, frames: usize, what: &str) {
    let left = peak_at_end(wav, frames);
    assert!(left < 5e-4, "{what}: {left}");
}

/// Whether an event begins the end of playing: the volume goes to its lowest.
pub(crate) fn is_leaving(event: &Event) -> bool {
    matches!(
        event,
        Event::Parameter {
            parameter: Parameter::Volume,
            value: -60.0,
        }
    )
}
