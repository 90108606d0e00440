//! A WAV reader of its own: the twin that checks what another library wrote.
//!
//! RIFF/WAVE as in Microsoft and IBM, "Multimedia Programming Interface and Data Specifications
//! 1.0", with `WAVE_FORMAT_EXTENSIBLE` from `mmreg.h`. It is strict: a header that contradicts
//! itself is an error, because a player might believe the other half.

use std::fmt;

/// How samples are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SampleKind {
    /// 16-bit integers.
    Int16,
    /// 24-bit integers.
    Int24,
    /// 32-bit floats.
    Float32,
}

impl SampleKind {
    fn bytes(self) -> usize {
        match self {
            Self::Int16 => 2,
            Self::Int24 => 3,
            Self::Float32 => 4,
        }
    }

    /// Full scale 1.0; integers up to 24 bits are exact in `f32`.
    fn decode(self, bytes: &[u8]) -> f32 {
        match *bytes {
            [low, high] => f32::from(i16::from_le_bytes([low, high])) / 32_768.0,
            [low, middle, high] => {
                (i32::from_le_bytes([0, low, middle, high]) >> 8) as f32 / 8_388_608.0
            }
            [a, b, c, d] => f32::from_le_bytes([a, b, c, d]),
            _ => unreachable!("chunks have the kind's size"),
        }
    }
}

/// A WAV file in memory.
#[derive(Clone, Debug)]
pub struct Wav {
    /// Sample rate in Hz.
    pub sample_rate_hz: u32,
    /// How the samples were stored.
    pub kind: SampleKind,
    /// One vector of samples a channel, all of one length, full scale 1.0.
    pub channels: Vec<Vec<f32>>,
}

/// Why bytes are no WAV file this reader accepts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WavError(String);

impl fmt::Display for WavError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "not a sound WAV file: {}", self.0)
    }
}

impl std::error::Error for WavError {}

const FORMAT_PCM: u16 = 1;
const FORMAT_FLOAT: u16 = 3;
const FORMAT_EXTENSIBLE: u16 = 0xFFFE;
/// The last 14 bytes of `KSDATAFORMAT_SUBTYPE_PCM` and `.._IEEE_FLOAT`; the first two are the
/// plain format's number.
const SUBTYPE_TAIL: [u8; 14] = [0, 0, 0, 0, 0x10, 0, 0x80, 0, 0, 0xAA, 0, 0x38, 0x9B, 0x71];

impl Wav {
    /// Reads a whole file's bytes.
    ///
    /// # Errors
    /// A sentence with what is wrong: a missing or cut chunk, a size that does not fit, a header
    /// that contradicts itself, or a format other than 16-bit, 24-bit or float.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, WavError> {
        if bytes.len() < 12 || &bytes[..4] != b"RIFF" || &bytes[8..12] != b"WAVE" {
            return refuse("it does not begin with a RIFF header of type WAVE");
        }
        let riff_size = u32_at(bytes, 4) as usize;
        if riff_size + 8 != bytes.len() {
            return refuse(format!(
                "RIFF promises {} bytes after its size, there are {}",
                riff_size,
                bytes.len() - 8
            ));
        }
        let mut format = None;
        let mut data = None;
        let mut rest = &bytes[12..];
        while !rest.is_empty() {
            if rest.len() < 8 {
                return refuse("the last chunk's header is cut");
            }
            let (id, size) = (&rest[..4], u32_at(rest, 4) as usize);
            let Some(body) = rest.get(8..8 + size) else {
                return refuse(format!("chunk {:?} is cut", String::from_utf8_lossy(id)));
            };
            match id {
                b"fmt " if format.is_none() => format = Some(Format::read(body)?),
                b"data" if data.is_none() => data = Some(body),
                b"fmt " | b"data" => return refuse("it has two fmt or two data chunks"),
                _ => {}
            }
            // Chunks begin at even offsets.
            rest = rest.get(8 + size + size % 2..).unwrap_or_default();
        }
        let (Some(format), Some(data)) = (format, data) else {
            return refuse("it lacks a fmt or a data chunk");
        };
        format.split(data)
    }
}

struct Format {
    channels: usize,
    sample_rate_hz: u32,
    kind: SampleKind,
}

impl Format {
    fn read(body: &[u8]) -> Result<Self, WavError> {
        if body.len() < 16 {
            return refuse("its fmt chunk is shorter than 16 bytes");
        }
        let mut tag = u16_at(body, 0);
        let channels = usize::from(u16_at(body, 2));
        let sample_rate_hz = u32_at(body, 4);
        let bytes_per_second = u32_at(body, 8) as usize;
        let block_align = usize::from(u16_at(body, 12));
        let bits = u16_at(body, 14);
        if tag == FORMAT_EXTENSIBLE {
            if body.len() < 40 || u16_at(body, 16) != 22 || body[26..40] != SUBTYPE_TAIL {
                return refuse("its extensible fmt chunk names no known subtype");
            }
            if u16_at(body, 18) != bits {
                return refuse("its extensible fmt chunk leaves bits of a sample unused");
            }
            tag = u16_at(body, 24);
        }
        let kind = match (tag, bits) {
            (FORMAT_PCM, 16) => SampleKind::Int16,
            (FORMAT_PCM, 24) => SampleKind::Int24,
            (FORMAT_FLOAT, 32) => SampleKind::Float32,
            _ => return refuse(format!("format {tag} with {bits} bits is not read here")),
        };
        if channels == 0 || sample_rate_hz == 0 {
            return refuse("it has no channel or no sample rate");
        }
        if block_align != channels * kind.bytes()
            || bytes_per_second != block_align * sample_rate_hz as usize
        {
            return refuse("its block align or byte rate contradicts channels, bits and rate");
        }
        Ok(Self {
            channels,
            sample_rate_hz,
            kind,
        })
    }

    fn split(&self, data: &[u8]) -> Result<Wav, WavError> {
        let size = self.kind.bytes();
        if !data.len().is_multiple_of(size * self.channels) {
            return refuse("its data end within a sample frame");
        }
        let mut channels = vec![Vec::with_capacity(data.len() / size); self.channels];
        for (sample, bytes) in data.chunks_exact(size).enumerate() {
            channels[sample % self.channels].push(self.kind.decode(bytes));
        }
        Ok(Wav {
            sample_rate_hz: self.sample_rate_hz,
            kind: self.kind,
            channels,
        })
    }
}

fn refuse<T>(why: impl Into<String>) -> Result<T, WavError> {
    Err(WavError(why.into()))
}

fn u16_at(bytes: &[u8], at: usize) -> u16 {
    u16::from_le_bytes([bytes[at], bytes[at + 1]])
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chunk(id: &[u8; 4], body: &[u8]) -> Vec<u8> {
        let mut bytes = id.to_vec();
        bytes.extend((body.len() as u32).to_le_bytes());
        bytes.extend(body);
        if body.len() % 2 == 1 {
            bytes.push(0);
        }
        bytes
    }

    fn format(tag: u16, channels: u16, rate: u32, bits: u16) -> Vec<u8> {
        let align = channels * bits / 8;
        let mut body = tag.to_le_bytes().to_vec();
        body.extend(channels.to_le_bytes());
        body.extend(rate.to_le_bytes());
        body.extend((rate * u32::from(align)).to_le_bytes());
        body.extend(align.to_le_bytes());
        body.extend(bits.to_le_bytes());
        body
    }

    fn file(chunks: &[Vec<u8>]) -> Vec<u8> {
        let body = [b"WAVE".to_vec(), chunks.concat()].concat();
        let mut bytes = b"RIFF".to_vec();
        bytes.extend((body.len() as u32).to_le_bytes());
        bytes.extend(body);
        bytes
    }

    #[test]
    fn sixteen_bits_in_stereo() {
        let data = [0x00, 0x80, 0xFF, 0x7F, 0x00, 0x40, 0xFF, 0xFF];
        let bytes = file(&[
            chunk(b"fmt ", &format(1, 2, 44_100, 16)),
            chunk(b"LIST", b"odd"),
            chunk(b"data", &data),
        ]);
        let wav = Wav::from_bytes(&bytes).unwrap();
        assert_eq!((wav.sample_rate_hz, wav.kind), (44_100, SampleKind::Int16));
        assert_eq!(wav.channels[0], [-1.0, 0.5]);
        assert_eq!(wav.channels[1], [32_767.0 / 32_768.0, -1.0 / 32_768.0]);
    }

    #[test]
    fn twenty_four_bits_and_float_also_as_extensible() {
        let extensible = |tag: u16, bits: u16| {
            let mut body = format(FORMAT_EXTENSIBLE, 1, 96_000, bits);
            body.extend(22_u16.to_le_bytes());
            body.extend(bits.to_le_bytes());
            body.extend([4, 0, 0, 0]);
            body.extend(tag.to_le_bytes());
            body.extend(SUBTYPE_TAIL);
            body
        };
        let data24 = [0, 0, 0x80, 1, 0, 0, 0xFF, 0xFF, 0x7F];
        for head in [format(1, 1, 96_000, 24), extensible(1, 24)] {
            let wav = Wav::from_bytes(&file(&[chunk(b"fmt ", &head), chunk(b"data", &data24)]));
            let wav = wav.unwrap();
            assert_eq!(wav.kind, SampleKind::Int24);
            let full = 8_388_608.0;
            assert_eq!(wav.channels, [[-1.0, 1.0 / full, (full - 1.0) / full]]);
        }
        let data32 = [1.5_f32, -0.1].map(f32::to_le_bytes).concat();
        for head in [format(3, 1, 96_000, 32), extensible(3, 32)] {
            let wav = Wav::from_bytes(&file(&[chunk(b"fmt ", &head), chunk(b"data", &data32)]));
            assert_eq!(wav.unwrap().channels, [[1.5, -0.1]]);
        }
    }

    #[test]
    fn contradictions_and_cuts_are_refused() {
        let head = format(1, 2, 44_100, 16);
        let good = file(&[chunk(b"fmt ", &head), chunk(b"data", &[0; 8])]);
        assert!(Wav::from_bytes(&good).is_ok());
        for cut in 0..good.len() {
            assert!(Wav::from_bytes(&good[..cut]).is_err(), "cut at {cut}");
        }
        let mut wrong_align = head.clone();
        wrong_align[12] = 3;
        let mut wrong_rate = head.clone();
        wrong_rate[8] ^= 1;
        for (fmt, data) in [
            (wrong_align, vec![0; 8]),
            (wrong_rate, vec![0; 8]),
            (format(1, 0, 44_100, 16), vec![]),
            (format(1, 1, 44_100, 8), vec![0; 8]),
            (format(2, 1, 44_100, 16), vec![0; 8]),
            (head.clone(), vec![0; 6]),
        ] {
            let bytes = file(&[chunk(b"fmt ", &fmt), chunk(b"data", &data)]);
            assert!(Wav::from_bytes(&bytes).is_err(), "{fmt:?}");
        }
        let twice = file(&[
            chunk(b"fmt ", &head),
            chunk(b"fmt ", &head),
            chunk(b"data", &[]),
        ]);
        assert!(Wav::from_bytes(&twice).is_err());
        let without_data = file(&[chunk(b"fmt ", &head)]);
        assert!(
            Wav::from_bytes(&without_data)
                .unwrap_err()
                .to_string()
                .contains("data chunk")
        );
    }
}
