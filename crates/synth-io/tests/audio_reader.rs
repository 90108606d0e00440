//! Audio files read: every kind, and damaged ones.

use std::fs;
use std::io::Cursor;

use synth_io::audio_file::{AudioError, AudioReader, AudioSpec, Container};

/// A WAV file of these samples, interleaved, made by hound.
fn wav(channels: u16, bits: u16, float: bool, samples: &[i32]) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    let spec = hound::WavSpec {
        channels,
        sample_rate: 44_100,
        bits_per_sample: bits,
        sample_format: if float {
            hound::SampleFormat::Float
        } else {
            hound::SampleFormat::Int
        },
    };
    let mut writer = hound::WavWriter::new(&mut bytes, spec).unwrap();
    for &sample in samples {
        if float {
            writer.write_sample(sample as f32 / 128.0).unwrap();
        } else {
            writer.write_sample(sample).unwrap();
        }
    }
    writer.finalize().unwrap();
    bytes.into_inner()
}

fn open(bytes: &[u8]) -> Result<AudioReader, AudioError> {
    AudioReader::from_source(Cursor::new(bytes.to_vec()))
}

fn all(reader: &mut AudioReader) -> Result<Vec<Vec<f32>>, AudioError> {
    let mut whole = vec![Vec::new(); usize::from(reader.spec().channels)];
    while let Some(block) = reader.read()? {
        for (whole, channel) in whole.iter_mut().zip(block) {
            whole.extend(channel);
        }
    }
    Ok(whole)
}

/// A chunk of any kind.
fn chunk(tag: &[u8; 4], content: &[u8]) -> Vec<u8> {
    let mut chunk = tag.to_vec();
    chunk.extend((content.len() as u32).to_le_bytes());
    chunk.extend(content);
    chunk.extend(vec![0; content.len() % 2]);
    chunk
}

#[test]
fn every_kind_is_read() {
    let ramp: Vec<i32> = (0..15_000).map(|n| n % 256 - 128).collect();
    for (bits, float) in [
        (8, false),
        (16, false),
        (24, false),
        (32, false),
        (32, true),
    ] {
        for channels in [1, 2, 3, 5] {
            let mut reader = open(&wav(channels, bits, float, &ramp)).unwrap();
            let spec = AudioSpec {
                container: Container::Wav,
                channels,
                sample_rate_hz: 44_100,
                bits,
                float,
            };
            let frames = ramp.len() / usize::from(channels);
            assert_eq!(reader.spec(), spec);
            assert_eq!(reader.frames(), frames as u64);
            assert_eq!(reader.missing_frames(), 0);
            let whole = all(&mut reader).unwrap();
            let full_scale = if float {
                128.0
            } else {
                f32::powi(2.0, i32::from(bits) - 1)
            };
            for (n, &sample) in ramp.iter().enumerate() {
                let (frame, channel) = (n / usize::from(channels), n % usize::from(channels));
                assert_eq!(whole[channel][frame], sample as f32 / full_scale);
            }
            assert!(whole.iter().all(|channel| channel.len() == frames));
        }
    }
}

#[test]
fn other_chunks_and_their_padding_are_passed_over() {
    let plain = wav(1, 16, false, &[100, -100, 200]);
    let mut bytes = plain[..12].to_vec();
    bytes.extend(chunk(b"LIST", b"odd"));
    bytes.extend(&plain[12..36]);
    bytes.extend(chunk(b"fact", &[3, 0, 0, 0]));
    bytes.extend(&plain[36..]);
    bytes.extend(chunk(b"LIST", b"after"));
    let whole = all(&mut open(&bytes).unwrap()).unwrap();
    assert_eq!(
        whole,
        [[100.0 / 32768.0, -100.0 / 32768.0, 200.0 / 32768.0]]
    );
}

#[test]
fn a_file_cut_short_gives_what_is_there() {
    let bytes = wav(2, 24, false, &[1000; 60]);
    let mut reader = open(&bytes[..bytes.len() - 20]).unwrap();
    // 20 bytes are three frames of six and a part of a fourth.
    assert_eq!((reader.frames(), reader.missing_frames()), (26, 4));
    assert_eq!(all(&mut reader).unwrap()[1].len(), 26);
}

#[test]
fn a_stream_of_unknown_length_ends_with_the_file() {
    let mut bytes = wav(1, 16, false, &[5; 10]);
    bytes[40..44].fill(0xFF);
    let mut reader = open(&bytes).unwrap();
    assert_eq!((reader.frames(), reader.missing_frames()), (10, 0));
    assert_eq!(all(&mut reader).unwrap()[0].len(), 10);
}

#[test]
fn what_is_no_audio_says_so_and_where() {
    let good = wav(2, 16, false, &[0; 8]);
    let edited = |at: usize, with: &[u8]| {
        let mut bytes = good.clone();
        bytes[at..at + with.len()].copy_from_slice(with);
        match open(&bytes) {
            Ok(_) => panic!("{at} {with:?} was accepted"),
            Err(error) => error.to_string(),
        }
    };
    let cases = [
        (0, &b"MThd"[..], "is not a WAV file"),
        (0, b"fLaC", "holds FLAC"),
        (0, b"RF64", "huge files"),
        (12, b"abcd", "byte 36: samples before their format"),
        (16, &[4, 0, 0, 0], "byte 20: a format that is too short"),
        (16, &[255; 4], "byte 60: ends before its samples"),
        (20, &[2, 0], "samples of kind 0x0002"),
        (22, &[0, 0], "byte 20: no whole number of bytes a sample"),
        (24, &[0, 0, 0, 0], "byte 20: "),
        (
            34,
            &[12, 0],
            "byte 20: bits per sample is not a multiple of 8",
        ),
    ];
    for (at, with, expected) in cases {
        let error = edited(at, with);
        assert!(error.contains(expected), "{at} {with:?}: {error}");
    }
    for length in 0..44 {
        assert!(open(&good[..length]).is_err(), "{length}");
    }
    let directory = tempfile::tempdir().unwrap();
    let error = AudioReader::open(directory.path()).err();
    assert!(matches!(error, Some(AudioError::IsDirectory)));
    let path = directory.path().join("a.wav");
    let error = AudioReader::open(&path).err();
    assert!(matches!(error, Some(AudioError::Unreadable(_))));
    fs::write(&path, &good).unwrap();
    assert_eq!(AudioReader::open(&path).unwrap().frames(), 4);
}
