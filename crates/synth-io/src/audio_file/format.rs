//! What a file may hold: containers and how samples are stored in them.

use std::path::Path;

use super::AudioError;

/// Bytes before the samples in the longest WAV header that is written here (WAVEFORMATEXTENSIBLE).
const WAV_HEADER_BYTES: u64 = 68;
/// Every file written here is stereo.
pub(super) const CHANNELS: u8 = 2;
/// STREAMINFO has 36 bits for the number of frames, of which 0 means unknown (RFC 9639, 8.2).
const FLAC_FRAMES_LIMIT: u64 = 1 << 36;
/// STREAMINFO has 20 bits for the sample rate (RFC 9639, 8.2).
const FLAC_RATE_LIMIT_HZ: u32 = 1 << 20;

/// The kind of file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Container {
    /// RIFF WAVE: samples as they are, 4 GiB at most.
    Wav,
    /// Free Lossless Audio Codec (RFC 9639): integers, losslessly compressed.
    Flac,
}

impl Container {
    /// What the name of `path` says: `.wav`, `.wave` or `.flac`, in any case.
    #[must_use]
    pub fn of(path: &Path) -> Option<Self> {
        let extension = path.extension()?.to_str()?;
        match extension.to_ascii_lowercase().as_str() {
            "wav" | "wave" => Some(Self::Wav),
            "flac" => Some(Self::Flac),
            _ => None,
        }
    }

    /// The usual extension of a file's name, without the dot.
    #[must_use]
    pub fn extension(self) -> &'static str {
        match self {
            Self::Wav => "wav",
            Self::Flac => "flac",
        }
    }
}

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

/// What is written: a stereo file of this kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AudioFormat {
    /// The kind of file.
    pub container: Container,
    /// How a sample is stored.
    pub sample: SampleFormat,
    /// Sample frames a second.
    pub sample_rate_hz: u32,
}

impl AudioFormat {
    /// Bytes of a WAV file's samples.
    pub(super) fn wav_data_bytes(self, frames: u64) -> u64 {
        let frame_bytes = u64::from(CHANNELS) * u64::from(self.sample.bits() / 8);
        frames.saturating_mul(frame_bytes)
    }

    /// Refuses what the container cannot hold.
    pub(super) fn check(self, frames: u64) -> Result<(), AudioError> {
        match self.container {
            Container::Wav => {
                let bytes = self.wav_data_bytes(frames);
                let bytes = bytes.saturating_add(WAV_HEADER_BYTES);
                if bytes > u64::from(u32::MAX) {
                    return Err(AudioError::TooLong { mib: bytes >> 20 });
                }
            }
            Container::Flac => {
                if self.sample == SampleFormat::Float32 {
                    return Err(AudioError::FlacOfFloats);
                }
                if !(1..FLAC_RATE_LIMIT_HZ).contains(&self.sample_rate_hz) {
                    return Err(AudioError::FlacRate);
                }
                if frames >= FLAC_FRAMES_LIMIT {
                    return Err(AudioError::TooLongForFlac);
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_says_the_container() {
        for (name, expected) in [
            ("a.wav", Some(Container::Wav)),
            ("dir.flac/a.WAVE", Some(Container::Wav)),
            ("a.b.FLAC", Some(Container::Flac)),
            ("a.mp3", None),
            ("wav", None),
            (".flac", None),
            ("a.", None),
        ] {
            assert_eq!(Container::of(Path::new(name)), expected, "{name}");
        }
    }

    #[test]
    fn flac_holds_what_streaminfo_can_say() {
        let flac = AudioFormat {
            container: Container::Flac,
            sample: SampleFormat::Int24,
            sample_rate_hz: 48_000,
        };
        assert!(flac.check((1 << 36) - 1).is_ok());
        assert!(matches!(
            flac.check(1 << 36),
            Err(AudioError::TooLongForFlac)
        ));
        for sample_rate_hz in [0, 1 << 20] {
            let other = AudioFormat {
                sample_rate_hz,
                ..flac
            };
            assert!(matches!(other.check(1), Err(AudioError::FlacRate)));
        }
    }
}
