//! A folder of its own for a test, and the command run in it.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};

use tempfile::TempDir;
use testkit::{SmfBuilder, Wav};

pub(crate) const ANE_SYNTH: &str = env!("CARGO_BIN_EXE_ane-synth");

/// The built-in instruments, by name, and a General MIDI program (from 0) that each plays.
pub(crate) const INSTRUMENTS: [(&str, u8); 3] =
    [("double-bass", 43), ("flute", 73), ("alto-sax", 65)];

/// A MIDI file whose ticks are samples at `sample_rate_hz`, a multiple of 100.
pub(crate) fn score_in_samples(sample_rate_hz: u32) -> SmfBuilder {
    // A quarter note of 10 ms.
    SmfBuilder::new(0, (sample_rate_hz / 100) as u16).tempo(0, 10_000)
}

/// `seconds` in samples, rounded up.
pub(crate) fn samples(seconds: f64, sample_rate_hz: u32) -> u32 {
    (seconds * f64::from(sample_rate_hz)).ceil() as u32
}

pub(crate) struct Place {
    folder: TempDir,
}

impl Place {
    pub(crate) fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
        }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, bytes: &[u8]) {
        fs::write(self.path(name), bytes).unwrap();
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(ANE_SYNTH);
        command.args(arguments).current_dir(&self.folder);
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    /// All names in the folder, hidden ones too.
    pub(crate) fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(&self.folder).unwrap();
        let names = entries.map(|e| e.unwrap().file_name().to_string_lossy().into_owned());
        let mut names: Vec<_> = names.collect();
        names.sort();
        names
    }

    /// Renders `midi` to floats with no tail unless `arguments` say so; the WAV file's bytes.
    pub(crate) fn render_bytes(&self, midi: &[u8], arguments: &[&str]) -> Vec<u8> {
        self.write("piece.mid", midi);
        let mut all = vec!["render", "piece.mid", "-o", "piece.wav", "--bits", "32f"];
        if !arguments.contains(&"--tail") {
            all.extend(["--tail", "0"]);
        }
        all.extend(arguments);
        let output = self.run(&all);
        let complaint = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{arguments:?}: {complaint}");
        assert_eq!(self.names(), ["piece.mid", "piece.wav"]);
        let bytes = fs::read(self.path("piece.wav")).unwrap();
        fs::remove_file(self.path("piece.wav")).unwrap();
        bytes
    }

    /// [`Place::render_bytes`] at a rate, read; no sample is NaN or infinite.
    pub(crate) fn render(&self, midi: &SmfBuilder, rate_hz: u32, arguments: &[&str]) -> Wav {
        let rate = rate_hz.to_string();
        let mut all = vec!["--sample-rate", &rate, "--threads", "1"];
        all.extend(arguments);
        let wav = Wav::from_bytes(&self.render_bytes(&midi.build(), &all)).unwrap();
        assert_eq!((wav.sample_rate_hz, wav.channels.len()), (rate_hz, 2));
        for (channel, samples) in wav.channels.iter().enumerate() {
            let bad = samples.iter().position(|x| !x.is_finite());
            assert_eq!(bad, None, "{arguments:?}: channel {channel} is not finite");
        }
        wav
    }

    /// Runs and expects exit code 2, one line on standard error, nothing on standard output and no
    /// new file, not even a hidden one; the line.
    pub(crate) fn refuse(&self, arguments: &[&str]) -> String {
        let before = self.names();
        let line = assert_refusal(&self.run(arguments), &format!("{arguments:?}"));
        assert_eq!(self.names(), before, "{arguments:?} left something behind");
        line
    }
}

/// Exit code 2 and one line of ours; the line.
pub(crate) fn assert_refusal(output: &Output, what: &str) -> String {
    let line = String::from_utf8(output.stderr.clone()).unwrap();
    assert_eq!(output.status.code(), Some(2), "{what}: {line}");
    assert!(line.starts_with("ane-synth: "), "{what}: {line}");
    assert_eq!(line.lines().count(), 1, "{what}: {line}");
    assert!(output.stdout.is_empty(), "{what}");
    line
}
