//! The corpus of nasty files: what can be played is, the rest is refused in a line.

use std::fs;

use testkit::{Wav, nasty_midi};

use crate::place::{Place, assert_refusal};

#[test]
fn every_nasty_file_is_answered() {
    for file in nasty_midi::files() {
        let place = Place::new();
        place.write("a.mid", &file.bytes());
        let output = place.run(&[
            "render",
            "a.mid",
            "--sample-rate",
            "8000",
            "--steady",
            "--polyphony",
            "4",
            "--bits",
            "32f",
            "--to",
            "20",
        ]);
        let what = format!("{} ({})", file.name, file.what);
        match file.expect {
            nasty_midi::Expect::Refused => {
                let line = assert_refusal(&output, &what);
                assert!(line.starts_with("ane-synth: a.mid: "), "{what}: {line}");
                assert_eq!(place.names(), ["a.mid"], "{what}");
            }
            nasty_midi::Expect::Plays => {
                let lines = String::from_utf8(output.stderr).unwrap();
                assert_eq!(output.status.code(), Some(0), "{what}: {lines}");
                let is_ours = |line: &str| line.starts_with("ane-synth: a.mid: ");
                assert!(lines.lines().all(is_ours), "{what}: {lines}");
                let wav = Wav::from_bytes(&fs::read(place.path("a.wav")).unwrap()).unwrap();
                let samples = wav.channels.concat();
                assert!(
                    samples.iter().all(|x| x.is_finite() && x.abs() < 1.0),
                    "{what}"
                );
                assert_eq!(place.names(), ["a.mid", "a.wav"], "{what}");
            }
        }
    }
}
