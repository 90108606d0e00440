//! The bytes of a WAV file, header first.

use std::io::{self, Cursor, Write};

use super::format::{AudioFormat, CHANNELS, SampleFormat};
use super::quantizer::Quantizer;

/// Frames turned into bytes at a time.
const CHUNK_FRAMES: usize = 1024;
/// Where the header says how many bytes follow this number.
const RIFF_LENGTH_AT: usize = 4;

/// Writes a WAV file without ever going back, because its length is known beforehand.
pub(super) struct WavEncoder {
    sink: Box<dyn Write + Send>,
    sample: SampleFormat,
    quantizer: Quantizer,
    bytes: Vec<u8>,
}

impl WavEncoder {
    /// Writes the header of a file of `frames` frames, which it can hold.
    pub(super) fn new(
        mut sink: Box<dyn Write + Send>,
        format: AudioFormat,
        frames: u64,
    ) -> io::Result<Self> {
        sink.write_all(&header(format, frames)?)?;
        Ok(Self {
            sink,
            sample: format.sample,
            quantizer: Quantizer::new(format.sample.bits()),
            bytes: Vec::new(),
        })
    }

    pub(super) fn write(&mut self, left: &[f32], right: &[f32]) -> io::Result<()> {
        let chunks = left.chunks(CHUNK_FRAMES).zip(right.chunks(CHUNK_FRAMES));
        for (left, right) in chunks {
            self.bytes.clear();
            for (&left, &right) in left.iter().zip(right) {
                self.push(left);
                self.push(right);
            }
            self.sink.write_all(&self.bytes)?;
        }
        Ok(())
    }

    fn push(&mut self, sample: f32) {
        match self.sample {
            SampleFormat::Float32 => {
                let sample = if sample.is_finite() { sample } else { 0.0 };
                self.bytes.extend(sample.to_le_bytes());
            }
            SampleFormat::Int16 | SampleFormat::Int24 => {
                let bytes = self.quantizer.integer(sample).to_le_bytes();
                let stored = usize::from(self.sample.bits() / 8);
                self.bytes.extend(&bytes[..stored]);
            }
        }
    }

    pub(super) fn clipped(&self) -> u64 {
        self.quantizer.clipped()
    }

    pub(super) fn finish(mut self) -> io::Result<()> {
        self.sink.flush()
    }
}

/// The header that hound gives an empty file, with the lengths of one of `frames` frames.
pub(super) fn header(format: AudioFormat, frames: u64) -> io::Result<Vec<u8>> {
    let spec = hound::WavSpec {
        channels: u16::from(CHANNELS),
        sample_rate: format.sample_rate_hz,
        bits_per_sample: format.sample.bits(),
        sample_format: match format.sample {
            SampleFormat::Float32 => hound::SampleFormat::Float,
            SampleFormat::Int16 | SampleFormat::Int24 => hound::SampleFormat::Int,
        },
    };
    let mut header = Cursor::new(Vec::new());
    hound::WavWriter::new(&mut header, spec)
        .and_then(hound::WavWriter::finalize)
        .map_err(io::Error::other)?;
    let mut header = header.into_inner();
    let lengths = u32::try_from(format.wav_data_bytes(frames)).ok().zip(
        // The header ends in the length of the data, which are all that follows.
        header.len().checked_sub(4),
    );
    let Some((data_bytes, data_length_at)) = lengths else {
        return Err(io::Error::other("no room for the length of the data"));
    };
    for at in [RIFF_LENGTH_AT, data_length_at] {
        let mut bytes = [0; 4];
        bytes.copy_from_slice(&header[at..at + 4]);
        let length = u32::from_le_bytes(bytes).saturating_add(data_bytes);
        header[at..at + 4].copy_from_slice(&length.to_le_bytes());
    }
    Ok(header)
}
