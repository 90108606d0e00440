//! Recordings made for the tests: tones of a few partials.

use std::f64::consts::TAU;
use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};

use serde_json::Value;
use tempfile::TempDir;

const ANE_SYNTH: &str = env!("CARGO_BIN_EXE_ane-synth");
pub(crate) const RATE_HZ: u32 = 22_050;

/// A folder of its own with a folder of recordings in it.
pub(crate) struct Place {
    folder: TempDir,
}

impl Place {
    /// Recordings of these MIDI keys, so many seconds each.
    pub(crate) fn with_notes(keys: &[u8], seconds: f64) -> Self {
        let place = Self {
            folder: tempfile::tempdir().unwrap(),
        };
        fs::create_dir(place.path("takes")).unwrap();
        for &key in keys {
            place.record(&format!("takes/note-{key}.wav"), &tone(key, seconds));
        }
        place
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn record(&self, name: &str, samples: &[f32]) {
        let spec = hound::WavSpec {
            channels: 1,
            sample_rate: RATE_HZ,
            bits_per_sample: 16,
            sample_format: hound::SampleFormat::Int,
        };
        let mut writer = hound::WavWriter::create(self.path(name), spec).unwrap();
        for sample in samples {
            writer.write_sample((sample * 32_000.0) as i16).unwrap();
        }
        writer.finalize().unwrap();
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(ANE_SYNTH);
        command.args(arguments).current_dir(&self.folder);
        command
    }

    fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    /// Standard output and standard error of what must succeed.
    pub(crate) fn succeed(&self, arguments: &[&str]) -> (String, String) {
        let output = self.run(arguments);
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        let complaints = text(output.stderr);
        assert!(output.status.success(), "{arguments:?}: {complaints}");
        (text(output.stdout), complaints)
    }

    pub(crate) fn train_json(&self, arguments: &[&str]) -> Value {
        let all = [&["train", "--json", "--steps", "20"], arguments].concat();
        serde_json::from_str(&self.succeed(&all).0).unwrap()
    }

    /// Expects exit code 2 and nothing written; the last line of standard error.
    pub(crate) fn refuse(&self, arguments: &[&str]) -> String {
        let before = self.names();
        let output = self.run(arguments);
        let complaints = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {complaints}");
        assert!(output.stdout.is_empty(), "{arguments:?}");
        assert_eq!(self.names(), before, "{arguments:?}");
        let lines: Vec<&str> = complaints.lines().collect();
        assert!(
            lines.iter().all(|line| line.starts_with("ane-synth: ")),
            "{complaints}"
        );
        (*lines.last().unwrap()).to_owned()
    }

    pub(crate) fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(&self.folder).unwrap();
        let mut names: Vec<String> = entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }
}

/// Eight partials that fall off, with a soft attack and release and a little noise.
pub(crate) fn tone(key: u8, seconds: f64) -> Vec<f32> {
    let f0_hz = 440.0 * ((f64::from(key) - 69.0) / 12.0).exp2();
    let rate_hz = f64::from(RATE_HZ);
    let mut noise = u32::from(key);
    (0..(seconds * rate_hz) as usize)
        .map(|n| {
            let t = n as f64 / rate_hz;
            let sum: f64 = (1..=8)
                .map(|k| (TAU * f0_hz * f64::from(k) * t).sin() / f64::from(k * k))
                .sum();
            // Numerical Recipes' linear congruential generator.
            noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let hiss = f64::from(noise) / 2_147_483_648.0 - 1.0;
            let gate = 1_f64.min(t / 0.05).min((seconds - t) / 0.1).max(0.0);
            (gate * (0.3 * sum + 0.001 * hiss)) as f32
        })
        .collect()
}

/// Enough for an instrument.
pub(crate) const KEYS: [u8; 6] = [57, 60, 64, 67, 69, 72];
