//! WAV files on disk: contents, names and everything that must not be left behind.

use std::fs;
use std::path::Path;

use synth_io::audio_file::{AudioError, AudioFormat, AudioWriter, Container, SampleFormat};

const FORMATS: [SampleFormat; 3] = [
    SampleFormat::Int16,
    SampleFormat::Int24,
    SampleFormat::Float32,
];

fn entries(directory: &Path) -> Vec<String> {
    let names = directory.read_dir().unwrap();
    let mut names: Vec<_> = names
        .map(|e| e.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

fn wav(sample: SampleFormat) -> AudioFormat {
    AudioFormat {
        container: Container::Wav,
        sample,
        sample_rate_hz: 48_000,
    }
}

fn create(target: &Path, sample: SampleFormat, frames: u64) -> Result<AudioWriter, AudioError> {
    AudioWriter::create(target, &[], wav(sample), frames)
}

#[test]
fn samples_come_back_within_half_a_step() {
    let directory = tempfile::tempdir().unwrap();
    let left: Vec<f32> = (0..1000).map(|n| (n as f32 * 0.37).sin() * 0.9).collect();
    let right: Vec<f32> = left.iter().map(|x| -x * 0.5).collect();
    for format in FORMATS {
        let path = directory.path().join(format!("{}.wav", format.bits()));
        let mut writer = create(&path, format, 1000).unwrap();
        assert!(
            !path.exists(),
            "the name must appear only with the finished file"
        );
        writer.write(&left[..3], &right[..3]).unwrap();
        writer.write(&[], &[]).unwrap();
        writer.write(&left[3..], &right[3..]).unwrap();
        writer.finish().unwrap();

        let mut reader = hound::WavReader::open(&path).unwrap();
        let spec = reader.spec();
        assert_eq!((spec.channels, spec.sample_rate), (2, 48_000));
        assert_eq!(spec.bits_per_sample, format.bits());
        let scale = f64::from(1_u32 << (format.bits() - 1));
        let read: Vec<f64> = match format {
            SampleFormat::Float32 => reader
                .samples::<f32>()
                .map(|s| f64::from(s.unwrap()))
                .collect(),
            _ => reader
                .samples::<i32>()
                .map(|s| f64::from(s.unwrap()) / scale)
                .collect(),
        };
        assert_eq!(read.len(), 2000);
        let bound = if format == SampleFormat::Float32 {
            0.0
        } else {
            0.5 / scale
        };
        for (n, pair) in read.as_chunks::<2>().0.iter().enumerate() {
            assert!(
                (pair[0] - f64::from(left[n])).abs() <= bound,
                "{format:?} {n}"
            );
            assert!(
                (pair[1] - f64::from(right[n])).abs() <= bound,
                "{format:?} {n}"
            );
        }
    }
    assert_eq!(entries(directory.path()), ["16.wav", "24.wav", "32.wav"]);
}

#[test]
fn a_dropped_writer_leaves_everything_as_it_was() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("a.wav");
    fs::write(&path, "before").unwrap();
    let mut writer = create(&path, SampleFormat::Int24, 10).unwrap();
    assert_eq!(entries(directory.path()).len(), 2);
    writer.write(&[0.5; 4], &[0.5; 4]).unwrap();
    drop(writer);
    assert_eq!(entries(directory.path()), ["a.wav"]);
    assert_eq!(fs::read(&path).unwrap(), b"before");
}

#[test]
fn too_little_and_too_much_audio_are_errors() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("a.wav");
    let mut writer = create(&path, SampleFormat::Int16, 4).unwrap();
    writer.write(&[0.0; 3], &[0.0; 3]).unwrap();
    assert!(writer.write(&[0.0; 2], &[0.0; 2]).is_err());
    assert!(writer.finish().is_err());
    assert!(entries(directory.path()).is_empty());
}

#[test]
fn an_existing_file_is_replaced() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("a".repeat(251) + ".wav");
    fs::write(&path, "before").unwrap();
    create(&path, SampleFormat::Int16, 0)
        .unwrap()
        .finish()
        .unwrap();
    assert_eq!(hound::WavReader::open(&path).unwrap().len(), 0);
}

#[test]
fn places_that_cannot_hold_the_file_are_refused_at_once() {
    let directory = tempfile::tempdir().unwrap();
    let at = directory.path();
    let refused = |path: &Path| match create(path, SampleFormat::Int16, 1) {
        Ok(_) => panic!("{} was accepted", path.display()),
        Err(error) => error,
    };
    assert!(matches!(refused(at), AudioError::IsDirectory));
    assert!(matches!(
        refused(&at.join("none/a.wav")),
        AudioError::NoDirectory(_)
    ));
    assert!(matches!(
        refused(&at.join("none/")),
        AudioError::NoDirectory(_)
    ));
    let protected = at.join("protected.wav");
    fs::write(&protected, "before").unwrap();
    let mut permissions = fs::metadata(&protected).unwrap().permissions();
    permissions.set_readonly(true);
    fs::set_permissions(&protected, permissions).unwrap();
    assert!(matches!(refused(&protected), AudioError::WriteProtected));
    if Path::new("/dev/null").exists() {
        assert!(matches!(
            refused(Path::new("/dev/null")),
            AudioError::NotAFile
        ));
    }
    assert_eq!(entries(at), ["protected.wav"]);
}

#[test]
fn the_input_is_never_overwritten() {
    let directory = tempfile::tempdir().unwrap();
    let input = directory.path().join("a.mid");
    fs::write(&input, "notes").unwrap();
    let same = directory.path().join(".").join("a.mid");
    let other = directory.path().join("b.synth");
    let error = AudioWriter::create(&same, &[&other, &input], wav(SampleFormat::Int16), 1).err();
    assert!(matches!(error, Some(AudioError::IsInput)));
    assert_eq!(fs::read(&input).unwrap(), b"notes");
}

#[test]
fn four_gibibytes_are_the_limit() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("a.wav");
    let most = (u64::from(u32::MAX) - 68) / 6;
    assert!(create(&path, SampleFormat::Int24, most).is_ok());
    for frames in [most + 1, u64::MAX] {
        let error = create(&path, SampleFormat::Int24, frames).err();
        assert!(matches!(error, Some(AudioError::TooLong { .. })));
    }
    assert!(entries(directory.path()).is_empty());
}
