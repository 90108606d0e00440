//! Audio whose length is known only when it is over.

use std::fs::File;
use std::io::{self, Seek, SeekFrom, Write};
use std::path::Path;

use super::AudioError;
use super::format::{AudioFormat, CHANNELS, Container, SampleFormat};
use super::place::{PartialFile, resolve};
use super::wav::header;

/// Samples turned into bytes at a time.
const CHUNK_SAMPLES: usize = 4096;

/// A stereo WAV file of 32-bit floats that grows until it is finished and only then appears under its
/// name. Where the disk is full, what went before can still be finished.
///
/// ```
/// use synth_io::audio_file::{AudioReader, Recording};
/// let folder = tempfile::tempdir()?;
/// let target = folder.path().join("a.wav");
/// let mut recording = Recording::create(&target, &[], 48_000)?;
/// recording.write(&[0.25, -0.5, 1.0, 2.0])?;
/// assert!(!target.exists());
/// assert_eq!(recording.finish()?, 2);
/// assert_eq!(AudioReader::open(&target)?.frames(), 2);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Recording {
    // Before the place: what is dropped first is closed before it is removed.
    file: File,
    place: PartialFile,
    format: AudioFormat,
    header_bytes: u64,
    frames: u64,
    bytes: Vec<u8>,
}

impl Recording {
    /// Begins a recording at `target`, which must be none of `inputs`.
    ///
    /// # Errors
    /// See [`AudioError`]: those about places, and what the operating system says.
    pub fn create(
        target: &Path,
        inputs: &[&Path],
        sample_rate_hz: u32,
    ) -> Result<Self, AudioError> {
        let format = AudioFormat {
            container: Container::Wav,
            sample: SampleFormat::Float32,
            sample_rate_hz,
        };
        let (place, mut file) = PartialFile::create(resolve(target, inputs)?)?;
        let header = header(format, 0)?;
        file.write_all(&header)?;
        Ok(Self {
            file,
            place,
            format,
            header_bytes: header.len() as u64,
            frames: 0,
            bytes: Vec::new(),
        })
    }

    /// Sample frames so far.
    #[must_use]
    pub fn frames(&self) -> u64 {
        self.frames
    }

    /// Appends sample frames, left and right in turn (half a frame at the end is left out). Not finite
    /// samples are written as 0.
    ///
    /// # Errors
    /// [`AudioError::TooLong`], [`AudioError::DiskFull`] and the like: then nothing more can be written,
    /// and [`Recording::finish`] keeps what came before.
    pub fn write(&mut self, interleaved: &[f32]) -> Result<(), AudioError> {
        for samples in interleaved.chunks(CHUNK_SAMPLES) {
            let (whole, _) = samples.as_chunks::<{ CHANNELS as usize }>();
            let frames = self.frames + whole.len() as u64;
            self.format.check(frames)?;
            self.bytes.clear();
            for &sample in whole.as_flattened() {
                let sample = if sample.is_finite() { sample } else { 0.0 };
                self.bytes.extend(sample.to_le_bytes());
            }
            self.file.write_all(&self.bytes)?;
            self.frames = frames;
        }
        Ok(())
    }

    /// Completes the file and gives it its name; how many sample frames it has.
    ///
    /// # Errors
    /// What the operating system says; the target is then unchanged.
    pub fn finish(mut self) -> Result<u64, AudioError> {
        self.complete()?;
        // It must be closed before it is renamed, which some systems demand.
        drop(self.file);
        self.place.commit()?;
        Ok(self.frames)
    }

    fn complete(&mut self) -> io::Result<()> {
        let header = header(self.format, self.frames)?;
        let sample_bytes = self.format.wav_data_bytes(self.frames);
        // Half a chunk may have been written before a failure.
        self.file.set_len(self.header_bytes + sample_bytes)?;
        self.file.seek(SeekFrom::Start(0))?;
        self.file.write_all(&header)
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::audio_file::AudioReader;

    #[test]
    fn samples_come_back_bit_for_bit_and_replace_what_was_there() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("a.wav");
        fs::write(&target, "old").unwrap();
        let samples: Vec<f32> = (0..20_000).map(|n| (n as f32 * 0.37).sin() * 1.5).collect();
        let mut recording = Recording::create(&target, &[], 44_100).unwrap();
        for piece in samples.chunks(2 * 3001) {
            recording.write(piece).unwrap();
        }
        assert_eq!(fs::read(&target).unwrap(), b"old");
        assert_eq!(recording.finish().unwrap(), 10_000);
        assert_eq!(folder.path().read_dir().unwrap().count(), 1);
        let mut reader = AudioReader::open(&target).unwrap();
        assert_eq!(reader.spec().sample_rate_hz, 44_100);
        let mut read = Vec::new();
        while let Some(block) = reader.read().unwrap() {
            let frames = block[0].iter().zip(&block[1]);
            read.extend(frames.flat_map(|(left, right)| [*left, *right]));
        }
        assert_eq!(read, samples);
    }

    #[test]
    fn a_recording_that_is_given_up_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("a.wav");
        let mut recording = Recording::create(&target, &[], 44_100).unwrap();
        recording.write(&[0.0; 64]).unwrap();
        drop(recording);
        assert_eq!(folder.path().read_dir().unwrap().count(), 0);
        let empty = Recording::create(&target, &[], 44_100).unwrap();
        assert_eq!(empty.finish().unwrap(), 0);
        assert_eq!(AudioReader::open(&target).unwrap().frames(), 0);
        let input = Recording::create(&target, &[&target], 44_100);
        assert!(matches!(input.err(), Some(AudioError::IsInput)));
    }
}
