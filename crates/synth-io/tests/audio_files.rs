//! Audio files on disk: names, WAV's contents and everything that must not be left behind.

mod shared_bytes;

use std::fs;
use std::io;
use std::path::Path;
use std::process::Command;

use shared_bytes::Shared;
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

/// Makes a symbolic link, where the system has such.
fn link(pointed: &Path, at: &Path) -> bool {
    let status = Command::new("ln").arg("-s").arg(pointed).arg(at).status();
    status.is_ok_and(|status| status.success())
}

#[test]
fn links_are_written_through_and_stay() {
    let directory = tempfile::tempdir().unwrap();
    let at = directory.path();
    fs::create_dir(at.join("far")).unwrap();
    let (first, second) = (at.join("first.wav"), at.join("far/second.wav"));
    let (pointed, circle) = (at.join("far/pointed.wav"), at.join("circle.wav"));
    let linked = link(Path::new("far/second.wav"), &first)
        && link(Path::new("pointed.wav"), &second)
        && link(Path::new("circle.wav"), &circle)
        && link(Path::new("none/a.wav"), &at.join("lost.wav"));
    if !linked {
        return;
    }
    // At first to a file that does not exist, then to one that does.
    for frames in [1, 2] {
        let mut writer = create(&first, SampleFormat::Int16, frames).unwrap();
        writer
            .write(&[0.5; 2][..frames as usize], &[0.5; 2])
            .unwrap();
        writer.finish().unwrap();
        for link in [&first, &second] {
            assert!(fs::symlink_metadata(link).unwrap().is_symlink());
        }
        let written = hound::WavReader::open(&pointed).unwrap();
        assert_eq!(u64::from(written.duration()), frames);
    }
    assert!(create(&circle, SampleFormat::Int16, 1).is_err());
    let lost = create(&at.join("lost.wav"), SampleFormat::Int16, 1).err();
    assert!(matches!(lost, Some(AudioError::NoDirectory(_))));
    assert_eq!(entries(&at.join("far")), ["pointed.wav", "second.wav"]);
    assert_eq!(entries(at), ["circle.wav", "far", "first.wav", "lost.wav"]);
}

#[test]
fn hundreds_of_writers_do_not_meet() {
    let directory = tempfile::tempdir().unwrap();
    let name = |n: usize| directory.path().join(format!("{n:03}.wav"));
    std::thread::scope(|scope| {
        for thread in 0..4 {
            scope.spawn(move || {
                let open = |n| create(&name(thread * 100 + n), SampleFormat::Int16, 1).unwrap();
                let writers: Vec<_> = (0..100).map(open).collect();
                for (n, mut writer) in writers.into_iter().enumerate() {
                    let sample = [(thread * 100 + n) as f32 / 32768.0];
                    writer.write(&sample, &sample).unwrap();
                    writer.finish().unwrap();
                }
            });
        }
    });
    assert_eq!(entries(directory.path()).len(), 400);
    for n in 0..400 {
        let mut reader = hound::WavReader::open(name(n)).unwrap();
        assert_eq!(reader.samples::<i32>().next().unwrap().unwrap(), n as i32);
    }
}

#[test]
fn a_stream_has_the_bytes_of_the_file_and_of_hound() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("a.wav");
    let left: Vec<f32> = (0..3000).map(|n| (n as f32 * 0.37).sin()).collect();
    let right: Vec<f32> = left.iter().map(|x| -x * 0.5).collect();
    for sample in FORMATS {
        let shared = Shared::default();
        let stream = AudioWriter::stream(Box::new(shared.clone()), wav(sample), 3000);
        for mut writer in [stream.unwrap(), create(&path, sample, 3000).unwrap()] {
            writer.write(&left, &right).unwrap();
            writer.finish().unwrap();
        }
        let streamed = shared.0.lock().unwrap();
        assert!(*streamed == fs::read(&path).unwrap(), "{sample:?}");

        let spec = hound::WavReader::open(&path).unwrap().spec();
        let mut other = io::Cursor::new(Vec::new());
        let mut writer = hound::WavWriter::new(&mut other, spec).unwrap();
        for pair in left.iter().zip(&right) {
            for x in [*pair.0, *pair.1] {
                if sample == SampleFormat::Float32 {
                    writer.write_sample(x).unwrap();
                } else {
                    let scale = f64::from(1 << (sample.bits() - 1));
                    let integer = (f64::from(x) * scale).round().min(scale - 1.0);
                    writer.write_sample(integer as i32).unwrap();
                }
            }
        }
        writer.finalize().unwrap();
        assert!(*streamed == other.into_inner(), "{sample:?}");
    }
}

#[test]
fn what_integers_cannot_hold_is_counted() {
    for (sample, clipped) in FORMATS.into_iter().zip([4, 4, 0]) {
        let mut writer = AudioWriter::stream(Box::new(io::sink()), wav(sample), 6).unwrap();
        let left = [0.0, 1.5, -1.0, -1.1, 0.99];
        writer
            .write(&left, &[f32::NAN, 1.0, 0.0, 0.1, -0.5])
            .unwrap();
        assert_eq!(writer.clipped(), clipped, "{sample:?}");
    }
}
