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
    Flac(FlacEncoder),
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
            Container::Flac => Encoder::Flac(FlacEncoder::to_file(Box::new(sink), format, frames)?),
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
            Container::Flac => {
                Encoder::Flac(FlacEncoder::to_stream(Box::new(sink), format, frames)?)
            }
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
        if self.frames_left > 0 {
            return Err(AudioError::NotAsAnnounced);
        }
        match self.encoder {
            Encoder::Wav(encoder) => encoder.finish()?,
            Encoder::Flac(encoder) => encoder.finish()?,
        }
        match self.place {
            Some(place) => place.commit(),
            None => Ok(()),
        }
    }
}
