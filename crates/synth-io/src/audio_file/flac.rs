//! The bytes of a FLAC file (RFC 9639), a block at a time.

use std::io::{self, Seek, SeekFrom, Write};
use std::num::NonZero;

use flac_codec::Error;
use flac_codec::encode::{FlacSampleWriter, Options};
use flac_codec::metadata::{BlockList, Streaminfo, write_blocks};

use super::AudioError;
use super::format::{AudioFormat, CHANNELS};
use super::quantizer::Quantizer;

/// Frames compressed at a time. Players of the "streamable subset" need at most 4608 up to 48 kHz
/// (RFC 9639, 7).
const BLOCK_FRAMES: u16 = 4096;
/// Frames turned into integers at a time.
const CHUNK_FRAMES: usize = 1024;
/// Seconds from one entry of a file's seek table to the next.
const SEEK_TABLE_S: u8 = 10;
/// Room that a file keeps for tags, so that adding some does not rewrite the file.
const PADDING_BYTES: u32 = 4096;

/// Where a file's bytes go.
pub(super) trait FileSink: Write + Seek + Send {}

impl<T: Write + Seek + Send> FileSink for T {}

/// Compresses audio as it comes; holds one block of samples, and 32 bytes to remember each block by (1.4
/// MiB an hour at 48 kHz).
pub(super) struct FlacEncoder {
    /// `None` if there is nothing to compress.
    writer: Option<FlacSampleWriter<Sink>>,
    quantizer: Quantizer,
    integers: Vec<i32>,
}

impl FlacEncoder {
    /// A file with seek table, room for tags and, once finished, checksum and frame sizes.
    pub(super) fn to_file(
        sink: Box<dyn FileSink>,
        format: AudioFormat,
        frames: u64,
    ) -> Result<Self, AudioError> {
        let options = options()?.seektable_seconds(SEEK_TABLE_S);
        let options = options.padding(PADDING_BYTES).map_err(io::Error::other)?;
        Self::new(Sink::new(Output::File(sink)), options, format, frames)
    }

    /// A stream, in which nothing can be put right later.
    pub(super) fn to_stream(
        sink: Box<dyn Write + Send>,
        format: AudioFormat,
        frames: u64,
    ) -> Result<Self, AudioError> {
        let options = options()?.no_seektable().no_padding();
        Self::new(Sink::new(Output::Stream(sink)), options, format, frames)
    }

    fn new(
        mut sink: Sink,
        options: Options,
        format: AudioFormat,
        frames: u64,
    ) -> Result<Self, AudioError> {
        let quantizer = Quantizer::new(format.sample.bits());
        let writer = if frames == 0 {
            write_empty(&mut sink, format).map_err(into_audio_error)?;
            None
        } else {
            let writer = FlacSampleWriter::new(
                sink,
                options,
                format.sample_rate_hz,
                u32::from(format.sample.bits()),
                CHANNELS,
                frames.checked_mul(u64::from(CHANNELS)),
            );
            Some(writer.map_err(into_audio_error)?)
        };
        Ok(Self {
            writer,
            quantizer,
            integers: Vec::new(),
        })
    }

    pub(super) fn write(&mut self, left: &[f32], right: &[f32]) -> Result<(), AudioError> {
        let Some(writer) = &mut self.writer else {
            return Ok(());
        };
        let chunks = left.chunks(CHUNK_FRAMES).zip(right.chunks(CHUNK_FRAMES));
        for (left, right) in chunks {
            self.integers.clear();
            for (&left, &right) in left.iter().zip(right) {
                self.integers.push(self.quantizer.integer(left));
                self.integers.push(self.quantizer.integer(right));
            }
            writer.write(&self.integers).map_err(into_audio_error)?;
        }
        Ok(())
    }

    pub(super) fn clipped(&self) -> u64 {
        self.quantizer.clipped()
    }

    pub(super) fn finish(self) -> Result<(), AudioError> {
        match self.writer {
            Some(writer) => writer.finalize().map_err(into_audio_error),
            None => Ok(()),
        }
    }
}

fn options() -> Result<Options, AudioError> {
    let options = Options::default().block_size(BLOCK_FRAMES);
    // Compressing both channels in all four ways to choose one costs 1.7 times the time and saves
    // one byte in a hundred.
    let options = options.map_err(io::Error::other)?;
    Ok(options.fast_channel_correlation(true))
}

/// A file without audio, which the encoder does not make.
fn write_empty(sink: &mut Sink, format: AudioFormat) -> Result<(), Error> {
    let blocks = BlockList::new(Streaminfo {
        minimum_block_size: BLOCK_FRAMES,
        maximum_block_size: BLOCK_FRAMES,
        minimum_frame_size: None,
        maximum_frame_size: None,
        sample_rate: format.sample_rate_hz,
        channels: NonZero::new(CHANNELS).unwrap_or(NonZero::<u8>::MIN),
        bits_per_sample: u32::from(format.sample.bits())
            .try_into()
            .map_err(|_| Error::InvalidBitsPerSample)?,
        total_samples: None,
        md5: None,
    });
    write_blocks(&mut *sink, blocks.blocks())?;
    sink.flush().map_err(Error::Io)
}

fn into_audio_error(error: Error) -> AudioError {
    // Unwraps what was an error of input and output in the first place.
    AudioError::from(io::Error::from(error))
}

/// Where the encoder's bytes go. It writes the beginning twice: at first without and at last, after
/// going back, with what only the whole audio tells.
struct Sink {
    output: Output,
    /// Bytes written before going back.
    position: u64,
    rewound: bool,
}

enum Output {
    File(Box<dyn FileSink>),
    /// Takes no second beginning.
    Stream(Box<dyn Write + Send>),
}

impl Sink {
    fn new(output: Output) -> Self {
        Self {
            output,
            position: 0,
            rewound: false,
        }
    }
}

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if !self.rewound {
            let written = match &mut self.output {
                Output::File(file) => file.write(bytes),
                Output::Stream(stream) => stream.write(bytes),
            }?;
            self.position += written as u64;
            return Ok(written);
        }
        if let Output::File(file) = &mut self.output {
            file.write_all(bytes)?;
            // The encoder does not flush at its end, and what fails after that nobody hears of.
            file.flush()?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        match &mut self.output {
            Output::File(file) => file.flush(),
            Output::Stream(stream) => stream.flush(),
        }
    }
}

impl Seek for Sink {
    /// Tells the place, and goes back to the beginning once all else is written.
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        match to {
            SeekFrom::Current(0) if !self.rewound => Ok(self.position),
            SeekFrom::Start(0) => {
                self.flush()?;
                self.rewound = true;
                match &mut self.output {
                    Output::File(file) => file.seek(to),
                    Output::Stream(_) => Ok(0),
                }
            }
            _ => Err(io::ErrorKind::Unsupported.into()),
        }
    }
}
