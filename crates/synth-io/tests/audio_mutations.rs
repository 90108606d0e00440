//! WAV files damaged at random: no panic, no memory that a length field asked for, and what opens
//! can be read to the end.

use std::io::Cursor;

use synth_io::audio_file::AudioReader;
use testkit::Mutations;

/// The largest mutant, its copies, a buffer of the reader's and a block take a third of it.
const MOST_LIVE_BYTES: usize = 128 << 10;

fn wav(channels: u16, bits: u16, float: bool) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    let spec = hound::WavSpec {
        channels,
        sample_rate: 44_100,
        bits_per_sample: bits,
        sample_format: match float {
            true => hound::SampleFormat::Float,
            false => hound::SampleFormat::Int,
        },
    };
    let mut writer = hound::WavWriter::new(&mut bytes, spec).unwrap();
    for sample in -60..60 {
        match float {
            true => writer.write_sample(sample as f32 / 60.0).unwrap(),
            false => writer.write_sample(sample).unwrap(),
        }
    }
    writer.finalize().unwrap();
    bytes.into_inner()
}

/// Reads all frames, of which there must be as many as the reader says and the bytes can hold.
fn read_through(bytes: &[u8]) -> bool {
    let Ok(mut reader) = AudioReader::from_source(Cursor::new(bytes.to_vec())) else {
        return false;
    };
    let samples = reader.frames() * u64::from(reader.spec().channels);
    assert!(samples <= bytes.len() as u64);
    let mut frames = 0;
    while let Some(block) = reader.read().unwrap() {
        frames += block[0].len() as u64;
    }
    assert_eq!(frames, reader.frames());
    true
}

#[test]
fn no_wav_bytes_break_the_reader() {
    let mut with_list = wav(2, 16, false);
    with_list.splice(36..36, *b"LIST\x03\0\0\0odd\0");
    let inputs = [
        wav(1, 8, false),
        wav(2, 16, false),
        wav(3, 24, false),
        wav(2, 32, true),
        with_list,
    ];
    Mutations {
        inputs: &inputs,
        words: &[b"RIFF", b"WAVE", b"fmt ", b"data", b"LIST"],
        count: 20_000,
        most_live_bytes: MOST_LIVE_BYTES,
    }
    .run(read_through);
}
