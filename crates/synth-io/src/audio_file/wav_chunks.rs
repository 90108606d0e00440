//! Where a WAV file's format and samples are.

use std::io::{self, Read, Seek, SeekFrom};

use super::AudioError;

/// Chunks looked at before the samples; files have a handful.
const CHUNKS_LIMIT: u32 = 1000;
/// Bytes of WAVEFORMATEXTENSIBLE, the longest form that the format chunk has.
const FORMAT_BYTES: u32 = 40;
/// What programs that stream give as a length that they do not know.
const UNKNOWN_LENGTH: u32 = u32::MAX;

/// The chunks of a WAV file that matter, as found in the file.
pub(super) struct WavChunks {
    /// What the format chunk holds: 16, 18 or 40 bytes.
    pub(super) format: Vec<u8>,
    /// Where that begins.
    pub(super) format_at: u64,
    /// Where the samples begin.
    pub(super) data_at: u64,
    /// Bytes of samples as the file says; `None` if it does not know.
    pub(super) data_announced: Option<u32>,
    /// Bytes there are from `data_at` to the end of the file.
    pub(super) data_there: u64,
}

impl WavChunks {
    /// Finds them in a file that is read from its beginning.
    pub(super) fn find(source: &mut (impl Read + Seek)) -> Result<Self, AudioError> {
        let length = source
            .seek(SeekFrom::End(0))
            .map_err(AudioError::Unreadable)?;
        source.rewind().map_err(AudioError::Unreadable)?;
        let mut walk = Walk {
            source,
            at: 0,
            length,
        };
        let [riff, wave] = [walk.tag()?, {
            walk.number()?;
            walk.tag()?
        }];
        match (&riff, &wave) {
            (b"RIFF", b"WAVE") => {}
            (b"RF64" | b"RIFX" | b"BW64", b"WAVE") => {
                return Err(unsupported("a kind of WAV for huge files or old machines"));
            }
            (b"fLaC", _) => return Err(unsupported("FLAC")),
            _ => return Err(AudioError::NotAudio),
        }
        let mut format = None;
        for _ in 0..CHUNKS_LIMIT {
            let header_at = walk.at;
            let tag = walk.tag()?;
            let bytes = walk.number()?;
            let content_at = walk.at;
            match (&tag, &format) {
                (b"fmt ", _) => {
                    format = Some((walk.format(bytes)?, content_at));
                }
                (b"data", Some(_)) => {
                    let (format, format_at) = format.unwrap_or_default();
                    return Ok(Self {
                        format,
                        format_at,
                        data_at: content_at,
                        data_announced: Some(bytes).filter(|&bytes| bytes != UNKNOWN_LENGTH),
                        data_there: length - content_at,
                    });
                }
                (b"data", None) => return Err(damaged(header_at, "samples before their format")),
                _ => {}
            }
            // Chunks begin on even places.
            let next = content_at + u64::from(bytes) + u64::from(bytes % 2);
            walk.go(next)?;
        }
        Err(damaged(walk.at, "too many chunks without samples"))
    }
}

struct Walk<'a, S> {
    source: &'a mut S,
    at: u64,
    length: u64,
}

impl<S: Read + Seek> Walk<'_, S> {
    fn bytes(&mut self, into: &mut [u8]) -> Result<(), AudioError> {
        self.source
            .read_exact(into)
            .map_err(|error| match error.kind() {
                io::ErrorKind::UnexpectedEof if self.at < 12 => AudioError::NotAudio,
                io::ErrorKind::UnexpectedEof => damaged(self.length, "ends before its samples"),
                _ => AudioError::Unreadable(error),
            })?;
        self.at += into.len() as u64;
        Ok(())
    }

    fn tag(&mut self) -> Result<[u8; 4], AudioError> {
        let mut tag = [0; 4];
        self.bytes(&mut tag)?;
        Ok(tag)
    }

    fn number(&mut self) -> Result<u32, AudioError> {
        self.tag().map(u32::from_le_bytes)
    }

    /// The content of a format chunk, as much as has a meaning.
    fn format(&mut self, bytes: u32) -> Result<Vec<u8>, AudioError> {
        let meant = match bytes {
            FORMAT_BYTES.. => FORMAT_BYTES,
            18.. => 18,
            16.. => 16,
            _ => return Err(damaged(self.at, "a format that is too short")),
        };
        let mut format = vec![0; meant as usize];
        self.bytes(&mut format)?;
        Ok(format)
    }

    fn go(&mut self, to: u64) -> Result<(), AudioError> {
        if to > self.length {
            return Err(damaged(self.length, "ends before its samples"));
        }
        self.source
            .seek(SeekFrom::Start(to))
            .map_err(AudioError::Unreadable)?;
        self.at = to;
        Ok(())
    }
}

pub(super) fn damaged(at: u64, what: &str) -> AudioError {
    let what = what.to_owned();
    AudioError::Damaged { at, what }
}

pub(super) fn unsupported(what: &str) -> AudioError {
    let what = what.to_owned();
    AudioError::Unsupported { what }
}
