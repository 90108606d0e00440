//! FLAC files and streams, decoded by another library.

mod shared_bytes;

use std::fs::{self, File};
use std::io::{self, Cursor};
use std::path::Path;

use shared_bytes::Shared;
use symphonia::core::codecs::audio::{AudioDecoder, AudioDecoderOptions};
use symphonia::core::formats::{FormatReader, TrackType};
use symphonia::core::io::MediaSourceStream;
use symphonia::default::codecs::FlacDecoder;
use symphonia::default::formats::FlacReader;
use synth_io::audio_file::{AudioError, AudioFormat, AudioWriter, Container, SampleFormat};

const SIZES: [SampleFormat; 2] = [SampleFormat::Int16, SampleFormat::Int24];

fn flac(sample: SampleFormat, sample_rate_hz: u32) -> AudioFormat {
    AudioFormat {
        container: Container::Flac,
        sample,
        sample_rate_hz,
    }
}

struct Decoded {
    samples: Vec<[i32; 2]>,
    /// What STREAMINFO says.
    frames: Option<u64>,
    /// Whether the samples have the checksum of STREAMINFO; `None` if it holds none.
    checksum: Option<bool>,
}

fn decode(bytes: &[u8], format: AudioFormat) -> Decoded {
    let source = Box::new(Cursor::new(bytes.to_vec()));
    let stream = MediaSourceStream::new(source, Default::default());
    let mut reader = FlacReader::try_new(stream, Default::default()).unwrap();
    let track = reader.default_track(TrackType::Audio).unwrap();
    let frames = track.num_frames;
    let parameters = track.codec_params.as_ref().unwrap().audio().unwrap();
    let bits = u32::from(format.sample.bits());
    assert_eq!(parameters.sample_rate, Some(format.sample_rate_hz));
    assert_eq!(parameters.bits_per_sample, Some(bits));
    assert_eq!(parameters.channels.as_ref().unwrap().count(), 2);
    let options = AudioDecoderOptions::default().verify(true);
    let mut decoder = FlacDecoder::try_new(parameters, &options).unwrap();
    let mut samples = Vec::new();
    let mut block: Vec<i32> = Vec::new();
    while let Some(packet) = reader.next_packet().unwrap() {
        let decoded = decoder.decode(&packet).unwrap();
        decoded.copy_to_vec_interleaved(&mut block);
        // The decoder fills 32 bits from the top.
        let (pairs, _) = block.as_chunks::<2>();
        samples.extend(pairs.iter().map(|pair| pair.map(|x| x >> (32 - bits))));
    }
    Decoded {
        samples,
        frames,
        checksum: decoder.finalize().verify_ok,
    }
}

fn encode(at: &Path, format: AudioFormat, left: &[f32], right: &[f32]) -> Vec<u8> {
    let mut writer = AudioWriter::create(at, &[], format, left.len() as u64).unwrap();
    // Uneven blocks, of which the file must not know.
    for (left, right) in left.chunks(1000).zip(right.chunks(1000)) {
        writer.write(left, right).unwrap();
    }
    writer.finish().unwrap();
    fs::read(at).unwrap()
}

fn expected(left: &[f32], right: &[f32], bits: u16) -> Vec<[i32; 2]> {
    let scale = f64::from(1 << (bits - 1));
    let integer = |x: &f32| (f64::from(*x) * scale).round().clamp(-scale, scale - 1.0) as i32;
    let pairs = left.iter().zip(right);
    pairs.map(|(l, r)| [integer(l), integer(r)]).collect()
}

/// Numerical Recipes' linear congruential generator, as noise in [-1, 1).
fn noise(seed: u32) -> impl FnMut() -> f32 {
    let mut state = seed;
    move || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (f64::from(state) / 2_147_483_648.0 - 1.0) as f32
    }
}

/// Signals that are hard on predictors and entropy codes, and easy ones.
fn signals(frames: usize) -> Vec<(&'static str, Vec<f32>, Vec<f32>)> {
    let make = |f: &mut dyn FnMut(usize) -> f32| (0..frames).map(f).collect::<Vec<f32>>();
    let sine = make(&mut |n| (n as f32 * 0.05).sin() * 0.7);
    let silence = make(&mut |_| 0.0);
    let mut white = noise(1);
    let mut other = noise(2);
    let loud = make(&mut |_| white() * 1.5);
    let faint = make(&mut |_| other() * 1e-4);
    let square = make(&mut |n| if n / 109 % 2 == 0 { 1.0 } else { -1.0 });
    let nyquist = make(&mut |n| if n % 2 == 0 { 1.0 } else { -1.0 });
    let clicks = make(&mut |n| if n % 4001 == 7 { -1.0 } else { 0.0 });
    let coarse = make(&mut |n| (n % 16) as f32 / 16.0 - 0.5);
    let constant = make(&mut |_| -0.25);
    vec![
        ("sine", sine.clone(), sine.iter().map(|x| x * 0.5).collect()),
        ("one side", sine, silence.clone()),
        ("silence", silence.clone(), silence),
        ("noise", loud.clone(), faint),
        (
            "square",
            square.clone(),
            square.iter().map(|x| -x).collect(),
        ),
        ("nyquist", nyquist, loud),
        ("clicks", clicks, constant.clone()),
        ("wasted bits", coarse, constant),
    ]
}

#[test]
fn another_decoder_finds_every_sample() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("a.flac");
    for (name, left, right) in signals(10_000) {
        for size in SIZES {
            let format = flac(size, 48_000);
            let bytes = encode(&path, format, &left, &right);
            let decoded = decode(&bytes, format);
            let expected = expected(&left, &right, size.bits());
            assert!(decoded.samples == expected, "{name} {size:?}");
            assert_eq!(decoded.frames, Some(10_000));
            assert_eq!(decoded.checksum, Some(true));
            // Verbatim blocks bound the size, whatever the signal.
            let plain = 10_000 * 2 * usize::from(size.bits() / 8);
            assert!(
                bytes.len() < plain + 8192,
                "{name} {size:?}: {}",
                bytes.len()
            );
        }
    }
}

#[test]
fn every_length_and_rate_is_kept() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("a.flac");
    let rates = [
        8000, 11_025, 22_050, 44_100, 48_000, 48_001, 88_200, 88_201, 96_000, 176_400, 191_999,
        192_000,
    ];
    let lengths = [1, 2, 15, 16, 17, 4095, 4096, 4097, 8192, 8193, 12_300, 3];
    for (rate, length) in rates.into_iter().zip(lengths) {
        let mut random = noise(rate);
        let left: Vec<f32> = (0..length).map(|_| random() * 0.1).collect();
        let right: Vec<f32> = (0..length).map(|_| random() * 0.2).collect();
        let format = flac(SampleFormat::Int24, rate);
        let bytes = encode(&path, format, &left, &right);
        let decoded = decode(&bytes, format);
        let expected = expected(&left, &right, 24);
        assert!(decoded.samples == expected, "{rate} {length}");
        assert_eq!(decoded.frames, Some(length as u64));
        assert_eq!(decoded.checksum, Some(true));
    }
}

#[test]
fn a_file_of_nothing_is_a_header() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("a.flac");
    let bytes = encode(&path, flac(SampleFormat::Int16, 44_100), &[], &[]);
    // RFC 9639, 8: the marker, the header of the last metadata block, and STREAMINFO with 36 bits
    // and 16 bytes of zeros for an unknown length and checksum.
    let expected = b"fLaC\x80\0\0\x22\x10\0\x10\0\0\0\0\0\0\0\x0a\xc4\x42\xf0\0\0\0\0";
    assert_eq!(bytes[..26], expected[..]);
    assert_eq!(bytes[26..], [0; 16]);
}

#[test]
fn equal_audio_gives_equal_bytes_in_any_blocks() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("a.flac");
    let format = flac(SampleFormat::Int16, 44_100);
    let (_, left, right) = signals(9000).swap_remove(3);
    let bytes = encode(&path, format, &left, &right);
    let mut writer = AudioWriter::create(&path, &[], format, 9000).unwrap();
    writer.write(&left, &right).unwrap();
    writer.finish().unwrap();
    assert!(fs::read(&path).unwrap() == bytes);
}

#[test]
fn a_stream_says_its_length_but_no_checksum() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("a.flac");
    let format = flac(SampleFormat::Int24, 48_000);
    let (_, left, right) = signals(50_000).swap_remove(0);
    let shared = Shared::default();
    let mut writer = AudioWriter::stream(Box::new(shared.clone()), format, 50_000).unwrap();
    writer.write(&left, &right).unwrap();
    writer.finish().unwrap();
    let streamed = decode(&shared.0.lock().unwrap(), format);
    assert!(streamed.samples == expected(&left, &right, 24));
    assert_eq!(streamed.frames, Some(50_000));
    assert_eq!(streamed.checksum, None);
    let file = decode(&encode(&path, format, &left, &right), format);
    assert_eq!(file.checksum, Some(true));
}

#[test]
fn floats_are_refused_at_once() {
    let format = flac(SampleFormat::Float32, 48_000);
    let error = AudioWriter::stream(Box::new(io::sink()), format, 1).err();
    assert!(matches!(error, Some(AudioError::FlacOfFloats)));
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("a.flac");
    let error = AudioWriter::create(&path, &[], format, 1).err();
    assert!(matches!(error, Some(AudioError::FlacOfFloats)));
    assert!(File::open(path).is_err());
}

#[test]
fn a_dropped_writer_leaves_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("a.flac");
    let format = flac(SampleFormat::Int16, 48_000);
    let mut writer = AudioWriter::create(&path, &[], format, 10_000).unwrap();
    writer.write(&[0.5; 5000], &[0.5; 5000]).unwrap();
    assert!(writer.finish().is_err());
    assert_eq!(directory.path().read_dir().unwrap().count(), 0);
}
