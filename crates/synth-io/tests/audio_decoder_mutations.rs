//! Recordings of every kind damaged at random: no panic, no memory that a length field asked for,
//! and no more samples than the bytes can mean.

use std::fs;
use std::io::Cursor;
use std::path::Path;
use std::time::Duration;

use synth_io::audio_file::decode_source;
use testkit::Mutations;

/// The longest that a damaged recording may be.
const LONGEST: Duration = Duration::from_secs(2);
/// 2 s of 32 channels at 384 kHz are 98 MB; a buffer that doubles has three halves of that.
const MOST_LIVE_BYTES: usize = 160 << 20;

fn fixture(name: &str) -> Vec<u8> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    fs::read(folder.join(name)).unwrap()
}

fn is_taken(bytes: &[u8]) -> bool {
    match decode_source(Cursor::new(bytes.to_vec()), LONGEST) {
        Ok(audio) => {
            let frames = audio.channels[0].len();
            assert!(frames > 0 && frames as u64 <= 2 * u64::from(audio.sample_rate_hz));
            for channel in &audio.channels {
                assert_eq!(channel.len(), frames);
                assert!(channel.iter().all(|sample| sample.is_finite()));
            }
            audio.warnings.iter().for_each(|line| is_one_line(line));
            true
        }
        Err(error) => {
            is_one_line(&error.to_string());
            false
        }
    }
}

fn is_one_line(text: &str) {
    assert!(!text.contains(char::is_control), "{text:?}");
    assert!(text.chars().count() < 400, "{text:?}");
}

fn damage(names: &[&str], words: &[&[u8]]) {
    let inputs: Vec<Vec<u8>> = names.iter().map(|name| fixture(name)).collect();
    Mutations {
        inputs: &inputs,
        words,
        count: 4_000,
        most_live_bytes: MOST_LIVE_BYTES,
    }
    .run(is_taken);
}

#[test]
fn no_recording_breaks_the_decoder() {
    damage(
        &["stereo-16.flac", "mono-24.flac"],
        &[b"fLaC", b"\xff\xf8", b"\xff\xf9"],
    );
    damage(
        &["mono-16.aiff", "stereo-24.aiff", "mono-float.aifc"],
        &[
            b"FORM", b"AIFF", b"AIFC", b"COMM", b"SSND", b"MARK", b"COMT", b"APPL", b"ID3 ",
            b"sowt",
        ],
    );
    damage(
        &["mono.mp3", "stereo.mp3"],
        &[
            b"Xing",
            b"Info",
            b"VBRI",
            b"LAME",
            b"ID3",
            b"\xff\xfb\x90\x44",
        ],
    );
    damage(
        &["mono.ogg", "stereo.ogg"],
        &[b"OggS", b"\x01vorbis", b"\x03vorbis", b"\x05vorbis", b"BCV"],
    );
    damage(
        &["mono-double.wav"],
        &[
            b"RIFF", b"WAVE", b"fmt ", b"data", b"fact", b"LIST", b"INFO",
        ],
    );
}
