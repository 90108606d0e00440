//! Audio on its way to a file or a stream.

use std::io::{BufWriter, Write};
use std::path::Path;

use super::AudioError;
use super::flac::{FileSink, FlacEncoder};
use super::format::{AudioFormat, Container};
use super::place::{PartialFile, resolve};
use super::wav::WavEncoder;

/// Bytes collected before the operating system is asked to write them.
const BUFFER_BYTES: usize = 1 << 16;

/// Writes a stereo file that appears under its name only once it is complete, or a stream.
///
/// Until [`AudioWriter::finish`] a file's data go to a hidden file in the same directory; dropping
/// the writer removes it, and a file that was there before stays as it was. Any number of writers
/// may be at work at once.
///
/// ```
/// use synth_io::audio_file::{AudioFormat, AudioWriter, Container, SampleFormat};
/// let format = AudioFormat {
///     container: Container::Wav,
///     sample: SampleFormat::Int16,
///     sample_rate_hz: 48_000,
/// };
/// let mut writer = AudioWriter::stream(Box::new(std::io::sink()), format, 2)?;
/// writer.write(&[0.0, 0.5], &[-0.5, 2.0])?;
/// assert_eq!(writer.clipped(), 1);
/// writer.finish()?;
/// # Ok::<(), synth_io::audio_file::AudioError>(())
/// ```
pub struct AudioWriter {
    // Before the place: what is dropped first is closed before it is removed.
    encoder: Encoder,
    place: Option<PartialFile>,
    frames_left: u64,
}

enum Encoder {
    Wav(WavEncoder),
    Flac(Box<FlacEncoder>),
}

impl AudioWriter {
    /// Begins a file at `target` for `frames` sample frames. `inputs` are files that must not be
    /// overwritten. A symbolic link is followed, also to a file that does not exist yet.
    ///
    /// # Errors
    /// See [`AudioError`]; everything that can be known before rendering is checked here, so
    /// nothing is rendered for a file that cannot be written.
    pub fn create(
        target: &Path,
        inputs: &[&Path],
        format: AudioFormat,
        frames: u64,
    ) -> Result<Self, AudioError> {
        format.check(frames)?;
        let (place, file) = PartialFile::create(resolve(target, inputs)?)?;
        Self::to_file(Box::new(file), place, format, frames)
    }

    fn to_file(
        file: Box<dyn FileSink>,
        place: PartialFile,
        format: AudioFormat,
        frames: u64,
    ) -> Result<Self, AudioError> {
        let sink = BufWriter::with_capacity(BUFFER_BYTES, file);
        let encoder = match format.container {
            Container::Wav => Encoder::Wav(WavEncoder::new(Box::new(sink), format, frames)?),
            Container::Flac => Encoder::Flac(Box::new(FlacEncoder::to_file(
                Box::new(sink),
                format,
                frames,
            )?)),
        };
        Ok(Self {
            encoder,
            place: Some(place),
            frames_left: frames,
        })
    }

    /// Begins a stream of `frames` sample frames into `sink`, for example standard output, which
    /// needs no buffer of its own. A WAV stream has the bytes that a file would have. A FLAC
    /// stream says how long it is, but its checksum and frame sizes are given as unknown.
    ///
    /// # Errors
    /// See [`AudioError`]: what the container cannot hold, and what `sink` says.
    pub fn stream(
        sink: Box<dyn Write + Send>,
        format: AudioFormat,
        frames: u64,
    ) -> Result<Self, AudioError> {
        format.check(frames)?;
        let sink = BufWriter::with_capacity(BUFFER_BYTES, sink);
        let encoder = match format.container {
            Container::Wav => Encoder::Wav(WavEncoder::new(Box::new(sink), format, frames)?),
            Container::Flac => Encoder::Flac(Box::new(FlacEncoder::to_stream(
                Box::new(sink),
                format,
                frames,
            )?)),
        };
        Ok(Self {
            encoder,
            place: None,
            frames_left: frames,
        })
    }

    /// Appends sample frames; both channels are equally long (what is longer is left out). Not
    /// finite samples are written as 0.
    ///
    /// # Errors
    /// [`AudioError::DiskFull`] and the like, or [`AudioError::NotAsAnnounced`] if more frames come
    /// than were announced.
    pub fn write(&mut self, left: &[f32], right: &[f32]) -> Result<(), AudioError> {
        let frames = left.len().min(right.len());
        let (left, right) = (&left[..frames], &right[..frames]);
        let Some(frames_left) = self.frames_left.checked_sub(frames as u64) else {
            return Err(AudioError::NotAsAnnounced);
        };
        self.frames_left = frames_left;
        match &mut self.encoder {
            Encoder::Wav(encoder) => encoder.write(left, right)?,
            Encoder::Flac(encoder) => encoder.write(left, right)?,
        }
        Ok(())
    }

    /// How many samples integers could not hold so far: those beyond full scale, which were
    /// clamped, and those that are not finite. 0 for floats.
    #[must_use]
    pub fn clipped(&self) -> u64 {
        match &self.encoder {
            Encoder::Wav(encoder) => encoder.clipped(),
            Encoder::Flac(encoder) => encoder.clipped(),
        }
    }

    /// Completes the audio and gives the file its name.
    ///
    /// # Errors
    /// [`AudioError::NotAsAnnounced`] if fewer frames were written than announced, or what the
    /// operating system says; the target is then unchanged.
    pub fn finish(self) -> Result<(), AudioError> {
        self.complete()?.publish()
    }

    /// Completes and closes the audio but leaves the file hidden: of several files that belong
    /// together, all can be completed before the first one appears.
    ///
    /// # Errors
    /// As [`AudioWriter::finish`].
    pub fn complete(self) -> Result<CompleteAudio, AudioError> {
        if self.frames_left > 0 {
            return Err(AudioError::NotAsAnnounced);
        }
        match self.encoder {
            Encoder::Wav(encoder) => encoder.finish()?,
            Encoder::Flac(encoder) => encoder.finish()?,
        }
        Ok(CompleteAudio { place: self.place })
    }
}

/// Audio that is whole and has only to be given its name; dropping it removes it.
pub struct CompleteAudio {
    /// `None` for a stream.
    place: Option<PartialFile>,
}

impl CompleteAudio {
    /// Gives the file its name; nothing for a stream.
    ///
    /// # Errors
    /// What the operating system says; the target is then unchanged.
    pub fn publish(self) -> Result<(), AudioError> {
        match self.place {
            Some(place) => place.commit(),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs::{self, File};
    use std::io::{self, Seek, SeekFrom};

    use super::super::SampleFormat;
    use super::*;

    const FRAMES: usize = 20_000;

    /// A file on a disk with room for so many bytes.
    struct SmallDisk {
        file: File,
        room: u64,
    }

    impl Write for SmallDisk {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let left = self.room.saturating_sub(self.file.stream_position()?);
            let left = usize::try_from(left).unwrap();
            if left == 0 {
                return Err(io::ErrorKind::StorageFull.into());
            }
            self.file.write(&bytes[..bytes.len().min(left)])
        }

        fn flush(&mut self) -> io::Result<()> {
            self.file.flush()
        }
    }

    impl Seek for SmallDisk {
        fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
            self.file.seek(to)
        }
    }

    fn render(mut writer: AudioWriter) -> Result<(), AudioError> {
        // So rough that it is hardly compressed.
        let left: Vec<f32> = (0..FRAMES).map(|n| (n as f32 * n as f32).sin()).collect();
        let right: Vec<f32> = left.iter().map(|x| 0.5 * x).collect();
        for (left, right) in left.chunks(300).zip(right.chunks(300)) {
            writer.write(left, right)?;
        }
        writer.finish()
    }

    #[test]
    fn a_disk_that_fills_up_is_named_and_nothing_is_left() {
        let directory = tempfile::tempdir().unwrap();
        let target = directory.path().join("a");
        fs::write(&target, "before").unwrap();
        for (container, sample) in [
            (Container::Wav, SampleFormat::Int16),
            (Container::Wav, SampleFormat::Float32),
            (Container::Flac, SampleFormat::Int24),
        ] {
            let format = AudioFormat {
                container,
                sample,
                sample_rate_hz: 48_000,
            };
            let on_disk = |room| {
                let (place, file) = PartialFile::create(target.clone()).unwrap();
                let file = Box::new(SmallDisk { file, room });
                AudioWriter::to_file(file, place, format, FRAMES as u64).and_then(render)
            };
            on_disk(u64::MAX).unwrap();
            let whole = fs::metadata(&target).unwrap().len();
            on_disk(whole).unwrap();
            fs::write(&target, "before").unwrap();
            for room in [0, 1, 43, 60, whole / 2, whole - 70_000, whole - 1] {
                let full = on_disk(room);
                assert!(matches!(full, Err(AudioError::DiskFull)), "{room} {full:?}");
                assert_eq!(fs::read(&target).unwrap(), b"before");
                let entries = directory.path().read_dir().unwrap();
                assert_eq!(entries.count(), 1, "{format:?} {room}");
            }
        }
    }

    /// A pipe whose reader goes after so many bytes.
    struct Pipe(usize);

    impl Write for Pipe {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            if self.0 == 0 {
                return Err(io::ErrorKind::BrokenPipe.into());
            }
            let taken = bytes.len().min(self.0);
            self.0 -= taken;
            Ok(taken)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_stream_that_is_closed_is_named() {
        for container in [Container::Wav, Container::Flac] {
            let format = AudioFormat {
                container,
                sample: SampleFormat::Int16,
                sample_rate_hz: 48_000,
            };
            for room in [0, 10, 20_000] {
                let writer = AudioWriter::stream(Box::new(Pipe(room)), format, FRAMES as u64);
                let closed = writer.and_then(render);
                assert!(
                    matches!(closed, Err(AudioError::OutputClosed)),
                    "{closed:?}"
                );
            }
        }
    }
}
