//! One channel of sound as the bytes of a file.

use std::io::{self, Cursor, Write};
use std::sync::{Arc, Mutex, PoisonError};

use synth_io::audio_file::{AudioError, AudioFormat, AudioWriter, Container, SampleFormat};

/// A mono WAV file of 32-bit floats: nothing is rounded and nothing clipped.
pub(super) fn wav(samples: &[f32], sample_rate_hz: u32) -> Result<Vec<u8>, AudioError> {
    let spec = hound::WavSpec {
        channels: 1,
        sample_rate: sample_rate_hz,
        bits_per_sample: 32,
        sample_format: hound::SampleFormat::Float,
    };
    let mut bytes = Cursor::new(Vec::new());
    let written = hound::WavWriter::new(&mut bytes, spec).and_then(|mut writer| {
        for &sample in samples {
            writer.write_sample(sample)?;
        }
        writer.finalize()
    });
    written.map_err(io::Error::other)?;
    Ok(bytes.into_inner())
}

/// A FLAC file of 16 bits, the same on both channels, which browsers play.
pub(super) fn flac(samples: &[f32], sample_rate_hz: u32) -> Result<Vec<u8>, AudioError> {
    let bytes = Bytes::default();
    let format = AudioFormat {
        container: Container::Flac,
        sample: SampleFormat::Int16,
        sample_rate_hz,
    };
    let mut writer = AudioWriter::stream(Box::new(bytes.clone()), format, samples.len() as u64)?;
    writer.write(samples, samples)?;
    writer.finish()?;
    let mut bytes = bytes.0.lock().unwrap_or_else(PoisonError::into_inner);
    Ok(std::mem::take(&mut *bytes))
}

/// Bytes that a writer which owns its sink leaves behind.
#[derive(Clone, Default)]
struct Bytes(Arc<Mutex<Vec<u8>>>);

impl Write for Bytes {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tone() -> Vec<f32> {
        (0..4410)
            .map(|i| 1.5 * (std::f32::consts::TAU * i as f32 / 100.0).sin())
            .collect()
    }

    #[test]
    fn a_wav_file_holds_the_very_samples() {
        let bytes = wav(&tone(), 44_100).unwrap();
        let mut reader = hound::WavReader::new(&bytes[..]).unwrap();
        assert_eq!(reader.spec().channels, 1);
        assert_eq!(reader.spec().sample_rate, 44_100);
        let back: Vec<f32> = reader.samples().map(Result::unwrap).collect();
        assert_eq!(back, tone());
    }

    #[test]
    fn flac_is_smaller_than_its_samples() {
        let quiet: Vec<f32> = tone().iter().map(|s| s / 3.0).collect();
        let bytes = flac(&quiet, 44_100).unwrap();
        assert_eq!(bytes[..4], *b"fLaC");
        assert!(bytes.len() < quiet.len() * 2, "{}", bytes.len());
    }
}
