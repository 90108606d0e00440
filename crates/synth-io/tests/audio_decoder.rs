//! Recordings of every kind decoded: rate, channels, length, level, and what is damaged.

use std::f64::consts::TAU;
use std::fs;
use std::io::Cursor;
use std::path::{Path, PathBuf};
use std::time::Duration;

use synth_io::audio_file::{
    AudioDecoder, AudioKind, DecodeError, DecodedAudio, decode_audio, decode_source,
};

const HOUR: Duration = Duration::from_secs(3600);
/// As in `fixtures/make_tones.py`.
const AMPLITUDES: [f64; 6] = [0.3, 0.15, 0.1, 0.07, 0.05, 0.03];

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fixtures")
        .join(name)
}

fn bytes_of(name: &str) -> Vec<u8> {
    fs::read(fixture(name)).unwrap()
}

fn decode(bytes: &[u8]) -> Result<DecodedAudio, DecodeError> {
    decode_source(Cursor::new(bytes.to_vec()), HOUR)
}

/// What the fixtures hold.
fn tone(rate_hz: u32) -> Vec<f64> {
    let frames = (0.3 * f64::from(rate_hz)) as usize;
    (0..frames)
        .map(|n| {
            let t = n as f64 / f64::from(rate_hz);
            let partials = AMPLITUDES.iter().zip(1..);
            let sum: f64 = partials
                .map(|(a, k)| a * (TAU * 220.0 * f64::from(k) * t).sin())
                .sum();
            sum * 1_f64.min(t / 0.02).min((0.3 - t) / 0.04)
        })
        .collect()
}

fn is_near(samples: &[f32], expected: &[f64], most: f64) {
    assert_eq!(samples.len(), expected.len());
    for (n, (&sample, &expected)) in samples.iter().zip(expected).enumerate() {
        let error = (f64::from(sample) - expected).abs();
        assert!(error <= most, "{n}: {sample} instead of {expected}");
    }
}

#[test]
fn lossless_kinds_give_every_sample() {
    for (name, kind, rate_hz, bits, step) in [
        ("mono-16.aiff", AudioKind::Aiff, 8_000, 16, 2_f64.powi(-15)),
        (
            "stereo-24.aiff",
            AudioKind::Aiff,
            8_000,
            24,
            2_f64.powi(-23),
        ),
        ("mono-float.aifc", AudioKind::Aiff, 8_000, 32, 1e-7),
        (
            "stereo-16.flac",
            AudioKind::Flac,
            22_050,
            16,
            2_f64.powi(-15),
        ),
        ("mono-24.flac", AudioKind::Flac, 16_000, 24, 2_f64.powi(-23)),
        ("mono-double.wav", AudioKind::Wav, 8_000, 64, 1e-7),
    ] {
        let decoder = AudioDecoder::open(&fixture(name)).unwrap();
        assert_eq!(decoder.kind(), kind, "{name}");
        assert_eq!(decoder.bits(), Some(bits), "{name}");
        let audio = decode_audio(&fixture(name), HOUR).unwrap();
        assert_eq!(audio.sample_rate_hz, rate_hz, "{name}");
        assert_eq!(audio.warnings, [""; 0], "{name}");
        let expected = tone(rate_hz);
        is_near(&audio.channels[0], &expected, step);
        if name.starts_with("stereo") {
            let half: Vec<f64> = expected.iter().map(|x| x / 2.0).collect();
            is_near(&audio.channels[1], &half, step);
        }
        let channels = if name.starts_with("stereo") { 2 } else { 1 };
        assert_eq!(audio.channels.len(), channels, "{name}");
    }
}

/// Amplitude of a frequency over the steady part.
fn amplitude(samples: &[f32], rate_hz: u32, frequency_hz: f64) -> f64 {
    // 0.05 to 0.25 s: 44 periods of 220 Hz.
    let (from, to) = (rate_hz as usize / 20, rate_hz as usize / 4);
    let (mut re, mut im) = (0.0, 0.0);
    for (n, &sample) in samples[from..to].iter().enumerate() {
        let (sin, cos) = (TAU * frequency_hz * n as f64 / f64::from(rate_hz)).sin_cos();
        re += f64::from(sample) * cos;
        im += f64::from(sample) * sin;
    }
    2.0 * re.hypot(im) / (to - from) as f64
}

#[test]
fn lossy_kinds_give_the_level_of_every_partial() {
    for (name, kind, rate_hz, channels) in [
        ("mono.mp3", AudioKind::Mp3, 44_100, 1),
        ("stereo.mp3", AudioKind::Mp3, 48_000, 2),
        ("mono.ogg", AudioKind::Ogg, 44_100, 1),
        ("stereo.ogg", AudioKind::Ogg, 48_000, 2),
    ] {
        assert_eq!(AudioDecoder::open(&fixture(name)).unwrap().kind(), kind);
        let audio = decode_audio(&fixture(name), HOUR).unwrap();
        assert_eq!(audio.sample_rate_hz, rate_hz, "{name}");
        assert_eq!(audio.warnings, [""; 0], "{name}");
        assert_eq!(audio.channels.len(), channels, "{name}");
        let frames = audio.channels[0].len() as i64;
        let expected = i64::from(rate_hz * 3 / 10);
        assert!((frames - expected).abs() <= 1152, "{name}: {frames} frames");
        for (samples, gain) in audio.channels.iter().zip([1.0, 0.5]) {
            assert_eq!(samples.len() as i64, frames);
            for (a, k) in AMPLITUDES.iter().zip(1..) {
                let there = amplitude(samples, rate_hz, 220.0 * f64::from(k));
                let error_db = 20.0 * (there / (a * gain)).log10();
                assert!(error_db.abs() < 0.7, "{name}, partial {k}: {error_db} dB");
            }
        }
    }
}

fn wav(channels: u16, rate_hz: u32, bits: u16, float: bool, frames: usize) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    let spec = hound::WavSpec {
        channels,
        sample_rate: rate_hz,
        bits_per_sample: bits,
        sample_format: match float {
            true => hound::SampleFormat::Float,
            false => hound::SampleFormat::Int,
        },
    };
    let mut writer = hound::WavWriter::new(&mut bytes, spec).unwrap();
    for n in 0..frames * usize::from(channels) {
        match float {
            true => writer.write_sample((n % 7) as f32 / 7.0).unwrap(),
            false => writer.write_sample((n % 7) as i32 * 16).unwrap(),
        }
    }
    writer.finalize().unwrap();
    bytes.into_inner()
}

#[test]
fn wav_of_any_rate_width_and_channel_count_is_read() {
    for (channels, rate_hz, bits, float) in [
        (1, 8_000, 8, false),
        (2, 11_025, 16, false),
        (6, 48_000, 24, false),
        (32, 96_000, 32, false),
        (3, 384_000, 32, true),
    ] {
        let audio = decode(&wav(channels, rate_hz, bits, float, 500)).unwrap();
        assert_eq!(audio.sample_rate_hz, rate_hz);
        assert_eq!(audio.channels.len(), usize::from(channels));
        let full_scale = if float {
            7.0
        } else {
            2_f32.powi(i32::from(bits) - 1) / 16.0
        };
        for (c, samples) in audio.channels.iter().enumerate() {
            assert_eq!(samples.len(), 500);
            for (n, &sample) in samples.iter().enumerate() {
                let expected = ((n * usize::from(channels) + c) % 7) as f32 / full_scale;
                assert_eq!(sample, expected, "{bits} bits, channel {c}, {n}");
            }
        }
    }
    let refused = |bytes: &[u8]| decode(bytes).unwrap_err().to_string();
    assert!(refused(&wav(1, 7_999, 16, false, 9)).contains("7999 samples a second"));
    assert!(refused(&wav(1, 384_001, 16, false, 9)).contains("384001 samples a second"));
    assert!(refused(&wav(33, 48_000, 16, false, 9)).contains("33 channels"));
    assert!(refused(&wav(1, 48_000, 16, false, 0)).contains("no sound"));
}

#[test]
fn a_file_cut_short_gives_what_is_there_and_says_so() {
    for (name, cut) in [
        ("mono-16.aiff", 0.5),
        ("stereo-24.aiff", 0.5),
        ("mono-double.wav", 0.5),
        ("stereo-16.flac", 0.8),
        ("mono.mp3", 0.5),
        ("long.ogg", 0.8),
    ] {
        let bytes = bytes_of(name);
        let whole = decode(&bytes).unwrap();
        let part = decode(&bytes[..(bytes.len() as f64 * cut) as usize]);
        let part = part.unwrap_or_else(|error| panic!("{name}: {error}"));
        let (whole, part_frames) = (whole.channels[0].len(), part.channels[0].len());
        assert!(
            0 < part_frames && part_frames < whole,
            "{name}: {part_frames} of {whole}"
        );
        assert_eq!(part.warnings.len(), 1, "{name}: {:?}", part.warnings);
        assert!(part.warnings[0].contains(" s"), "{:?}", part.warnings);
    }
    let bytes = wav(2, 48_000, 16, false, 4800);
    let part = decode(&bytes[..bytes.len() / 2]).unwrap();
    assert_eq!(part.channels[1].len(), 2394);
    assert_eq!(
        part.warnings,
        ["cut short or damaged: 2406 frames are missing; 0.05 s of 0.10 s are there"]
    );
}

#[test]
fn damage_in_the_middle_loses_that_part() {
    for name in ["stereo-16.flac", "mono.mp3", "long.ogg"] {
        let mut bytes = bytes_of(name);
        let whole = decode(&bytes).unwrap().channels[0].len();
        let at = bytes.len() * 8 / 10;
        bytes[at..at + 40].fill(0x5A);
        let audio = decode(&bytes).unwrap();
        let frames = audio.channels[0].len();
        assert!(
            frames > whole / 5 && frames <= whole,
            "{name}: {frames} of {whole}"
        );
        assert!(audio.channels[0].iter().all(|x| x.is_finite()));
    }
}

#[test]
fn samples_that_are_no_numbers_become_silence() {
    let mut bytes = wav(1, 44_100, 32, true, 100);
    let data = bytes.len() - 400;
    for (n, broken) in [(3, f32::NAN), (50, f32::INFINITY), (99, f32::NEG_INFINITY)] {
        bytes[data + 4 * n..][..4].copy_from_slice(&broken.to_le_bytes());
    }
    let audio = decode(&bytes).unwrap();
    assert_eq!(audio.channels[0].len(), 100);
    assert_eq!([3, 50, 99].map(|n| audio.channels[0][n]), [0.0; 3]);
    assert!(audio.warnings[0].starts_with("3 samples are no numbers"));
}

#[test]
fn what_is_longer_than_wanted_is_left_out() {
    for (bytes, rate_hz) in [
        (wav(2, 44_100, 16, false, 44_100), 44_100),
        (bytes_of("stereo-16.flac"), 22_050),
        (bytes_of("mono.mp3"), 44_100),
    ] {
        let longest = Duration::from_millis(100);
        let audio = decode_source(Cursor::new(bytes), longest).unwrap();
        assert_eq!(audio.channels[0].len(), rate_hz / 10);
        assert_eq!(audio.warnings, ["only the first 0.10 s are used"]);
    }
}

#[test]
fn a_tag_in_front_is_passed_over_and_the_name_does_not_matter() {
    let mut tag = b"ID3\x03\0\0\0\0\x10\0".to_vec();
    // What looks like the header of an MP3 frame, as in a picture.
    tag.extend([0xFF, 0xFB, 0x90, 0x44].repeat(512));
    let folder = tempfile::tempdir().unwrap();
    for name in ["mono.mp3", "stereo-16.flac", "mono-16.aiff", "mono.ogg"] {
        let plain = bytes_of(name);
        let path = folder.path().join("misnamed.wav");
        fs::write(&path, [tag.clone(), plain.clone()].concat()).unwrap();
        assert_eq!(decode_audio(&path, HOUR).unwrap(), decode(&plain).unwrap());
    }
}

#[test]
fn what_is_no_recording_says_so() {
    let refused = |bytes: &[u8]| decode(bytes).unwrap_err().to_string();
    assert!(refused(b"").contains("is empty"));
    assert!(refused(b"Dear diary").contains("no audio file"));
    assert!(refused(b"fLaC").contains("damaged"));
    assert!(refused(b"RIFF\x04\0\0\0WAVE").contains("damaged"));
    assert!(refused(b"OggS").contains("damaged"));
    assert!(refused(b"\xff\xfb\x90\x44").contains("damaged"));
    assert!(refused(b"FORM\0\0\0\x04AIFF").contains("damaged"));
    let folder = tempfile::tempdir().unwrap();
    let error = decode_audio(folder.path(), HOUR).unwrap_err();
    assert!(matches!(error, DecodeError::IsDirectory));
    let error = decode_audio(&folder.path().join("none.wav"), HOUR).unwrap_err();
    assert!(matches!(error, DecodeError::Unreadable(_)));
}
