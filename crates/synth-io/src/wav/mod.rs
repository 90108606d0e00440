//! Stereo WAV files of 16 or 24-bit integers or 32-bit floats.
//!
//! Full scale is 1.0. Integers are `round(sample * 2^(bits-1))`, clamped to their range, without
//! dither: equal input gives equal bytes, and a renderer's tests rely on that.

use std::fs::{self, File};
use std::io::{self, BufWriter};
use std::path::{Path, PathBuf};

mod place;

use place::{create_beside, remove, resolve};

/// Bytes before the samples in the longest header that is written here (WAVEFORMATEXTENSIBLE).
const HEADER_BYTES: u64 = 68;
const CHANNELS: u16 = 2;

/// How a sample is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SampleFormat {
    /// 16-bit integer.
    Int16,
    /// 24-bit integer.
    Int24,
    /// 32-bit IEEE float; not clamped.
    Float32,
}

impl SampleFormat {
    /// Bits a sample.
    #[must_use]
    pub fn bits(self) -> u16 {
        match self {
            Self::Int16 => 16,
            Self::Int24 => 24,
            Self::Float32 => 32,
        }
    }
}

/// Why a WAV file was not written. The message says what to do, but not which file: the caller
/// knows its name.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WavError {
    /// The path has no file name.
    #[error("no file name; name a file to write")]
    NoName,
    /// The path is a directory.
    #[error("is a directory; name a file in it")]
    IsDirectory,
    /// The path is a device, pipe or the like, which cannot be replaced by a file.
    #[error("is not a regular file; name a file to write")]
    NotAFile,
    /// The path is the file that is being read.
    #[error("is the input file itself; choose another name for the output")]
    IsInput,
    /// The file exists and may not be changed.
    #[error("exists and is write-protected; remove it or choose another name")]
    WriteProtected,
    /// The directory does not exist.
    #[error("the directory {} does not exist; create it or choose another place", .0.display())]
    NoDirectory(PathBuf),
    /// More data than a WAV file can hold.
    #[error(
        "{mib} MiB of audio do not fit in a WAV file (4096 MiB at most); lower the sample rate or \
         the bits"
    )]
    TooLong {
        /// Size it would have.
        mib: u64,
    },
    /// The operating system refused.
    #[error("cannot be written ({0}); check the place's permissions and free space")]
    Io(#[from] io::Error),
}

impl From<hound::Error> for WavError {
    fn from(error: hound::Error) -> Self {
        match error {
            hound::Error::IoError(error) => Self::Io(error),
            other => Self::Io(io::Error::other(other)),
        }
    }
}

/// Writes a stereo WAV file that appears under its name only once it is complete.
///
/// Until [`WavWriter::finish`] the data goes to a hidden file in the same directory; dropping the
/// writer removes it, and a file that was there before stays as it was.
pub struct WavWriter {
    target: PathBuf,
    partial: PathBuf,
    format: SampleFormat,
    frames_left: u64,
    /// `None` once finished.
    writer: Option<HoundWriter>,
}

type HoundWriter = hound::WavWriter<BufWriter<File>>;

impl WavWriter {
    /// Begins a file at `target` for `frames` sample frames at `sample_rate_hz`. `input` is a file
    /// that must not be overwritten.
    ///
    /// # Errors
    /// See [`WavError`]; everything that can be known before rendering is checked here, so nothing
    /// is rendered for a file that cannot be written.
    pub fn create(
        target: &Path,
        inputs: &[&Path],
        sample_rate_hz: u32,
        format: SampleFormat,
        frames: u64,
    ) -> Result<Self, WavError> {
        let frame_bytes = u64::from(CHANNELS) * u64::from(format.bits() / 8);
        let bytes = frames
            .saturating_mul(frame_bytes)
            .saturating_add(HEADER_BYTES);
        if bytes > u64::from(u32::MAX) {
            return Err(WavError::TooLong { mib: bytes >> 20 });
        }
        let target = resolve(target, inputs)?;
        let spec = hound::WavSpec {
            channels: CHANNELS,
            sample_rate: sample_rate_hz,
            bits_per_sample: format.bits(),
            sample_format: match format {
                SampleFormat::Float32 => hound::SampleFormat::Float,
                _ => hound::SampleFormat::Int,
            },
        };
        let (partial, file) = create_beside(&target)?;
        match hound::WavWriter::new(BufWriter::new(file), spec) {
            Ok(writer) => Ok(Self {
                target,
                partial,
                format,
                frames_left: frames,
                writer: Some(writer),
            }),
            Err(error) => {
                remove(&partial);
                Err(error.into())
            }
        }
    }

    /// Appends sample frames; both channels are equally long (what is longer is left out). Not
    /// finite samples are written as 0.
    ///
    /// # Errors
    /// [`WavError::Io`] if the disk is full, or if more frames come than were announced.
    pub fn write(&mut self, left: &[f32], right: &[f32]) -> Result<(), WavError> {
        let frames = left.len().min(right.len()) as u64;
        let left_over = self.frames_left.checked_sub(frames);
        let (Some(frames_left), Some(writer)) = (left_over, self.writer.as_mut()) else {
            return Err(io::Error::other("more audio than was announced").into());
        };
        self.frames_left = frames_left;
        for (&left, &right) in left.iter().zip(right) {
            put(writer, self.format, left)?;
            put(writer, self.format, right)?;
        }
        Ok(())
    }

    /// Completes the header and gives the file its name.
    ///
    /// # Errors
    /// [`WavError::Io`] if fewer frames were written than announced, or the operating system
    /// refuses; the target is then unchanged.
    pub fn finish(mut self) -> Result<(), WavError> {
        if self.frames_left > 0 {
            return Err(io::Error::other("less audio than was announced").into());
        }
        if let Some(writer) = self.writer.take() {
            // Closes the file, which some systems demand before it is renamed.
            if let Err(error) = writer.finalize() {
                remove(&self.partial);
                return Err(error.into());
            }
        }
        if let Ok(replaced) = fs::metadata(&self.target) {
            // Who may read the old file may read the new one; a system without this loses nothing.
            let _ = fs::set_permissions(&self.partial, replaced.permissions());
        }
        if let Err(error) = fs::rename(&self.partial, &self.target) {
            remove(&self.partial);
            return Err(error.into());
        }
        Ok(())
    }
}

impl Drop for WavWriter {
    fn drop(&mut self) {
        if let Some(writer) = self.writer.take() {
            drop(writer);
            remove(&self.partial);
        }
    }
}

fn put(writer: &mut HoundWriter, format: SampleFormat, sample: f32) -> Result<(), hound::Error> {
    match format {
        SampleFormat::Int16 => writer.write_sample(to_integer(sample, 16)),
        SampleFormat::Int24 => writer.write_sample(to_integer(sample, 24)),
        SampleFormat::Float32 => writer.write_sample(if sample.is_finite() { sample } else { 0.0 }),
    }
}

fn to_integer(sample: f32, bits: u32) -> i32 {
    let scale = f64::from(1_u32 << (bits - 1));
    // The cast takes NaN to 0; f64 holds 24 bits and a half exactly.
    let rounded = (f64::from(sample) * scale)
        .round()
        .clamp(-scale, scale - 1.0);
    if sample.is_finite() {
        rounded as i32
    } else {
        0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_round_to_the_nearest_and_clamp() {
        let cases = [
            (0.0, 0),
            (1.0, 32767),
            (-1.0, -32768),
            (2.0, 32767),
            (-9.0, -32768),
        ];
        for (sample, expected) in cases {
            assert_eq!(to_integer(sample, 16), expected, "{sample}");
        }
        assert_eq!(to_integer(0.4 / 32768.0, 16), 0);
        assert_eq!(to_integer(0.6 / 32768.0, 16), 1);
        assert_eq!(to_integer(-0.6 / 32768.0, 16), -1);
        assert_eq!(to_integer(1.0, 24), 8_388_607);
        for sample in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
            assert_eq!(to_integer(sample, 24), 0);
        }
    }
}
