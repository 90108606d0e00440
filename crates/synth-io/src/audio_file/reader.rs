//! Audio out of a file.

use std::fs::{self, File};
use std::io::ErrorKind::UnexpectedEof;
use std::io::{BufReader, Chain, Cursor, Read, Seek, SeekFrom, Take};
use std::path::Path;

use super::AudioError;
use super::format::Container;
use super::wav_chunks::{WavChunks, damaged, unsupported};

/// More than any arrangement of loudspeakers has.
const CHANNELS_LIMIT: u16 = 64;
/// Frames of a block.
const BLOCK_FRAMES: usize = 4096;

/// What kind of audio a file holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AudioSpec {
    /// The kind of file.
    pub container: Container,
    /// Channels, 1 to 64.
    pub channels: u16,
    /// Sample frames a second.
    pub sample_rate_hz: u32,
    /// Bits a sample.
    pub bits: u16,
    /// Whether samples are floats, else integers.
    pub float: bool,
}

/// Reads a WAV file of 8, 16, 24 or 32-bit integers or 32-bit floats, block by block, with as much
/// memory as a block needs.
///
/// ```
/// use std::io::Cursor;
/// use synth_io::audio_file::AudioReader;
/// let bytes = b"RIFF\x28\0\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0\x40\x1f\0\0\x80\x3e\0\0\x02\0\x10\0\
///     data\x04\0\0\0\0\x40\0\xc0";
/// let mut reader = AudioReader::from_source(Cursor::new(bytes))?;
/// assert_eq!((reader.spec().sample_rate_hz, reader.frames()), (8000, 2));
/// assert_eq!(reader.read()?, Some(&[vec![0.5, -0.5]][..]));
/// assert_eq!(reader.read()?, None);
/// # Ok::<(), synth_io::audio_file::AudioError>(())
/// ```
pub struct AudioReader {
    reader: hound::WavReader<Chain<Cursor<Vec<u8>>, Take<Source>>>,
    spec: AudioSpec,
    frames: u64,
    frames_left: u64,
    missing_frames: u64,
    block: Vec<Vec<f32>>,
}

type Source = BufReader<Box<dyn SeekableSource>>;

trait SeekableSource: Read + Seek + Send {}

impl<T: Read + Seek + Send> SeekableSource for T {}

impl AudioReader {
    /// Opens a file.
    ///
    /// # Errors
    /// See [`AudioError`].
    pub fn open(path: &Path) -> Result<Self, AudioError> {
        // Some systems refuse to open a directory, with a message that does not say so.
        if fs::metadata(path).map_err(AudioError::Unreadable)?.is_dir() {
            return Err(AudioError::IsDirectory);
        }
        Self::from_source(File::open(path).map_err(AudioError::Unreadable)?)
    }

    /// Reads the bytes of a file from wherever they are.
    ///
    /// # Errors
    /// See [`AudioError`]. Any bytes give audio or an error, never a panic.
    pub fn from_source(source: impl Read + Seek + Send + 'static) -> Result<Self, AudioError> {
        let mut source: Source = BufReader::new(Box::new(source));
        let chunks = WavChunks::find(&mut source)?;
        let field = |at: usize| u16::from_le_bytes([chunks.format[at], chunks.format[at + 1]]);
        let (channels, frame_bytes) = (field(2), field(12));
        if channels == 0 || frame_bytes == 0 || !frame_bytes.is_multiple_of(channels) {
            return Err(damaged(
                chunks.format_at,
                "no whole number of bytes a sample",
            ));
        }
        if channels > CHANNELS_LIMIT {
            return Err(unsupported("more than 64 channels"));
        }
        let frame_bytes = u32::from(frame_bytes);
        let there = u32::try_from(chunks.data_there).unwrap_or(u32::MAX);
        let announced = chunks.data_announced.unwrap_or(there);
        let there = there.min(announced);
        let frames = there / frame_bytes;
        let missing_frames = announced / frame_bytes - frames;

        source
            .seek(SeekFrom::Start(chunks.data_at))
            .map_err(AudioError::Unreadable)?;
        let data_bytes = frames * frame_bytes;
        let header = Cursor::new(header(&chunks.format, data_bytes));
        let bytes = header.chain(source.take(u64::from(data_bytes)));
        let reader = hound::WavReader::new(bytes).map_err(|error| match error {
            hound::Error::FormatError(what) => damaged(chunks.format_at, what),
            hound::Error::IoError(error) => AudioError::Unreadable(error),
            _ => unsupported(&format!("samples of kind {:#06x}", field(0))),
        })?;
        let hound::WavSpec {
            channels,
            sample_rate,
            bits_per_sample: bits,
            sample_format,
        } = reader.spec();
        if sample_rate == 0 {
            return Err(damaged(chunks.format_at, "a sample rate of 0 Hz"));
        }
        let float = sample_format == hound::SampleFormat::Float;
        let stored_bytes = frame_bytes / u32::from(channels);
        if !is_read(float, stored_bytes, bits) {
            let kind = if float { "floats" } else { "integers" };
            let what = format!("{bits}-bit {kind} in {stored_bytes} bytes");
            return Err(AudioError::Unsupported { what });
        }
        Ok(Self {
            reader,
            spec: AudioSpec {
                container: Container::Wav,
                channels,
                sample_rate_hz: sample_rate,
                bits,
                float,
            },
            frames: u64::from(frames),
            frames_left: u64::from(frames),
            missing_frames: u64::from(missing_frames),
            block: vec![Vec::new(); usize::from(channels)],
        })
    }

    /// What kind of audio it is.
    #[must_use]
    pub fn spec(&self) -> AudioSpec {
        self.spec
    }

    /// Sample frames in the file.
    #[must_use]
    pub fn frames(&self) -> u64 {
        self.frames
    }

    /// Sample frames that the file's header promises beyond its end: more than 0 says that the file
    /// was cut short.
    #[must_use]
    pub fn missing_frames(&self) -> u64 {
        self.missing_frames
    }

    /// The next block: the samples of each channel, full scale 1.0; `None` once all are read.
    /// Floats are given as they are stored, finite or not.
    ///
    /// # Errors
    /// [`AudioError::Unreadable`].
    pub fn read(&mut self) -> Result<Option<&[Vec<f32>]>, AudioError> {
        let frames = self.frames_left.min(BLOCK_FRAMES as u64);
        if frames == 0 {
            return Ok(None);
        }
        for channel in &mut self.block {
            channel.clear();
        }
        if self.spec.float {
            let mut samples = self.reader.samples::<f32>();
            fill(&mut self.block, frames, || samples.next())?;
        } else {
            let scale = f64::powi(2.0, i32::from(self.spec.bits) - 1).recip();
            let mut samples = self.reader.samples::<i32>();
            fill(&mut self.block, frames, || {
                let sample = samples.next()?;
                Some(sample.map(|sample| (f64::from(sample) * scale) as f32))
            })?;
        }
        self.frames_left -= frames;
        Ok(Some(&self.block))
    }
}

fn fill(
    block: &mut [Vec<f32>],
    frames: u64,
    mut next: impl FnMut() -> Option<hound::Result<f32>>,
) -> Result<(), AudioError> {
    for _ in 0..frames {
        for channel in &mut *block {
            match next() {
                Some(Ok(sample)) => channel.push(sample),
                Some(Err(hound::Error::IoError(error))) => {
                    return Err(AudioError::Unreadable(error));
                }
                Some(Err(other)) => return Err(unsupported(&other.to_string())),
                None => return Err(AudioError::Unreadable(UnexpectedEof.into())),
            }
        }
    }
    Ok(())
}

/// Whether hound reads samples of `bits` bits in `stored_bytes` bytes each.
fn is_read(float: bool, stored_bytes: u32, bits: u16) -> bool {
    match float {
        true => (stored_bytes, bits) == (4, 32),
        false => matches!(
            (stored_bytes, bits),
            (1, 8) | (2, 16) | (3, 24) | (4, 24) | (4, 32)
        ),
    }
}

/// A header with nothing but the format.
fn header(format: &[u8], data_bytes: u32) -> Vec<u8> {
    let mut header = b"RIFF\0\0\0\0WAVEfmt ".to_vec();
    header.extend((format.len() as u32).to_le_bytes());
    header.extend(format);
    header.extend(b"data");
    header.extend(data_bytes.to_le_bytes());
    header
}
