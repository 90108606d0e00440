//! Any kind of audio, block by block.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Read, Seek, SeekFrom};
use std::path::Path;

use symphonia::core::audio::Channels;
use symphonia::core::codecs::audio::well_known::{
    CODEC_ID_PCM_F32BE, CODEC_ID_PCM_F32LE, CODEC_ID_PCM_F64BE, CODEC_ID_PCM_F64LE,
};
use symphonia::core::codecs::audio::{
    AudioCodecId, AudioDecoder as PacketDecoder, AudioDecoderOptions,
};
use symphonia::core::errors::Error;
use symphonia::core::formats::{FormatOptions, FormatReader, TrackType};
use symphonia::core::io::MediaSourceStream;
use symphonia::default::formats::{AiffReader, FlacReader, MpaReader, OggReader, WavReader};
use symphonia::default::get_codecs;

use super::error::DecodeError;
use super::guard::guarded;
use super::id3;
use super::kind::{AudioKind, DECIDING_BYTES};
use super::source::{AudioSource, Rest};
use crate::audio_file::AudioReader;
use crate::audio_file::wav_chunks::WavChunks;

/// More than any arrangement of loudspeakers has; the same as in [`AudioReader`].
const CHANNELS_LIMIT: usize = 64;
/// Failures in a row after which the rest is given up, so that no bytes can hold a reader forever.
const FAILURES_LIMIT: u32 = 256;
/// The count of frames in an MP3 file may include the encoder's and the decoder's delay; two frames
/// are less than that.
const MP3_SLACK_FRAMES: u64 = 2 * 1152;

/// Reads WAV, FLAC, AIFF, MP3 and Ogg Vorbis, block by block, with as much memory as a block needs;
/// reads on behind damage where the format allows it.
///
/// ```
/// use std::io::Cursor;
/// use synth_io::audio_file::{AudioDecoder, AudioKind};
/// let bytes = b"RIFF\x28\0\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0\x40\x1f\0\0\x80\x3e\0\0\x02\0\x10\0\
///     data\x04\0\0\0\0\x40\0\xc0";
/// let mut decoder = AudioDecoder::from_source(Cursor::new(bytes))?;
/// assert_eq!((decoder.kind(), decoder.sample_rate_hz()), (AudioKind::Wav, 8000));
/// assert_eq!(decoder.read()?, Some(&[vec![0.5, -0.5]][..]));
/// assert_eq!(decoder.read()?, None);
/// # Ok::<(), synth_io::audio_file::DecodeError>(())
/// ```
pub struct AudioDecoder {
    input: Input,
    kind: AudioKind,
    channels: usize,
    sample_rate_hz: u32,
    bits: Option<u32>,
    is_float: bool,
    /// Frames that the file says it has.
    announced: Option<u64>,
    /// Frames read so far.
    frames: u64,
    damaged_packets: u64,
    /// Whether the bytes end in the middle of something.
    is_cut: bool,
    has_other_parts: bool,
    block: Vec<Vec<f32>>,
}

enum Input {
    /// Our own reader, which gives all that is there of a file that is cut short or unfinished.
    Wav(Box<AudioReader>),
    Packets(Box<Packets>),
    /// All is read.
    Ended,
}

struct Packets {
    reader: Box<dyn FormatReader>,
    decoder: Box<dyn PacketDecoder>,
    track: u32,
}

impl AudioDecoder {
    /// Opens a file.
    ///
    /// # Errors
    /// See [`DecodeError`].
    pub fn open(path: &Path) -> Result<Self, DecodeError> {
        // Some systems refuse to open a directory, with a message that does not say so.
        let metadata = fs::metadata(path).map_err(DecodeError::Unreadable)?;
        if metadata.is_dir() {
            return Err(DecodeError::IsDirectory);
        }
        Self::from_source(File::open(path).map_err(DecodeError::Unreadable)?)
    }

    /// Reads the bytes of a file from wherever they are.
    ///
    /// # Errors
    /// See [`DecodeError`]. Any bytes give audio or an error, never a panic.
    pub fn from_source(source: impl AudioSource + 'static) -> Result<Self, DecodeError> {
        let mut source: Box<dyn AudioSource> = Box::new(source);
        let start = id3::length(&mut source).map_err(DecodeError::Unreadable)?;
        let beginning = bytes_at(&mut source, start).map_err(DecodeError::Unreadable)?;
        let kind = match AudioKind::of(&beginning) {
            // Nothing else has such a tag but MP3 and, rarely, what is known above; there may be
            // padding behind it.
            Err(DecodeError::NotAudio { .. }) if start > 0 => AudioKind::Mp3,
            other => other?,
        };
        let length = source
            .seek(SeekFrom::End(0))
            .map_err(DecodeError::Unreadable)?
            .saturating_sub(start);
        let rest = Rest::new(source, start, sees_end(kind, &beginning, length));
        let mut rest = rest.map_err(DecodeError::Unreadable)?;
        if kind == AudioKind::Wav && !has_doubles(&mut rest)? {
            Ok(Self::wav(AudioReader::from_source(rest)?))
        } else {
            guarded(|| Self::packets(kind, rest))
        }
    }

    fn wav(reader: AudioReader) -> Self {
        let spec = reader.spec();
        Self {
            kind: AudioKind::Wav,
            channels: spec.channels.into(),
            sample_rate_hz: spec.sample_rate_hz,
            bits: Some(spec.bits.into()),
            is_float: spec.float,
            announced: Some(reader.frames() + reader.missing_frames()),
            frames: 0,
            damaged_packets: 0,
            is_cut: false,
            has_other_parts: false,
            block: Vec::new(),
            input: Input::Wav(Box::new(reader)),
        }
    }

    fn packets(kind: AudioKind, rest: Rest) -> Result<Self, DecodeError> {
        let stream = MediaSourceStream::new(Box::new(rest), Default::default());
        let options = FormatOptions::default();
        let reader: Box<dyn FormatReader> = match kind {
            AudioKind::Wav => Box::new(WavReader::try_new(stream, options).map_err(opening)?),
            AudioKind::Flac => Box::new(FlacReader::try_new(stream, options).map_err(opening)?),
            AudioKind::Aiff => Box::new(AiffReader::try_new(stream, options).map_err(opening)?),
            AudioKind::Mp3 => Box::new(MpaReader::try_new(stream, options).map_err(opening)?),
            AudioKind::Ogg => Box::new(OggReader::try_new(stream, options).map_err(opening)?),
        };
        let track = reader.default_track(TrackType::Audio);
        let parameters = track.and_then(|track| track.codec_params.as_ref()?.audio());
        let (Some(track), Some(parameters)) = (track, parameters) else {
            return Err(unsupported("no kind of audio that is known here"));
        };
        let channels = parameters.channels.as_ref().map_or(0, Channels::count);
        let sample_rate_hz = parameters.sample_rate.unwrap_or(0);
        if channels == 0 || sample_rate_hz == 0 {
            return Err(damaged("no channels or no sample rate"));
        }
        if channels > CHANNELS_LIMIT {
            return Err(unsupported("more than 64 channels"));
        }
        let decoder = get_codecs().make_audio_decoder(parameters, &AudioDecoderOptions::default());
        let decoder = decoder.map_err(opening)?;
        Ok(Self {
            kind,
            channels,
            sample_rate_hz,
            bits: parameters
                .bits_per_sample
                .or_else(|| float_bits(parameters.codec)),
            is_float: float_bits(parameters.codec).is_some(),
            announced: track.num_frames,
            frames: 0,
            damaged_packets: 0,
            is_cut: false,
            has_other_parts: false,
            block: Vec::new(),
            input: Input::Packets(Box::new(Packets {
                track: track.id,
                decoder,
                reader,
            })),
        })
    }

    /// What kind of file it is.
    #[must_use]
    pub fn kind(&self) -> AudioKind {
        self.kind
    }

    /// Channels, 1 to 64.
    #[must_use]
    pub fn channels(&self) -> usize {
        self.channels
    }

    /// Sample frames a second, at least 1.
    #[must_use]
    pub fn sample_rate_hz(&self) -> u32 {
        self.sample_rate_hz
    }

    /// Bits a sample, where samples are stored one by one or losslessly.
    #[must_use]
    pub fn bits(&self) -> Option<u32> {
        self.bits
    }

    /// Whether samples are stored as floats.
    #[must_use]
    pub fn is_float(&self) -> bool {
        self.is_float
    }

    /// Frames that the file says it has beyond those read so far; 0 where it does not say.
    #[must_use]
    pub fn missing_frames(&self) -> u64 {
        self.announced.unwrap_or(0).saturating_sub(self.frames)
    }

    /// Frames read so far.
    #[must_use]
    pub fn frames(&self) -> u64 {
        self.frames
    }

    /// The next block: the samples of each channel, at least one and of one length, full scale 1.0;
    /// `None` once all are read. Floats are given as they are stored, finite or not.
    ///
    /// # Errors
    /// [`DecodeError::Unreadable`] when the operating system does not give the bytes; damage is no
    /// error but ends in [`warnings`](Self::warnings).
    pub fn read(&mut self) -> Result<Option<&[Vec<f32>]>, DecodeError> {
        let is_there = match &mut self.input {
            Input::Ended => false,
            Input::Wav(reader) => match reader.read()? {
                Some(block) => {
                    self.block.resize(block.len(), Vec::new());
                    self.block.clone_from_slice(block);
                    true
                }
                None => false,
            },
            Input::Packets(_) => match guarded(|| self.next_packet()) {
                Err(DecodeError::Damaged { .. }) => {
                    self.is_cut = true;
                    false
                }
                other => other?,
            },
        };
        if !is_there {
            self.input = Input::Ended;
            return Ok(None);
        }
        self.frames += self.block.first().map_or(0, Vec::len) as u64;
        Ok(Some(&self.block))
    }

    /// Decodes into the block the next packet that can be.
    fn next_packet(&mut self) -> Result<bool, DecodeError> {
        let Input::Packets(packets) = &mut self.input else {
            return Ok(false);
        };
        let mut failures = 0;
        while failures < FAILURES_LIMIT {
            let packet = match packets.reader.next_packet() {
                Ok(Some(packet)) if packet.track_id == packets.track => packet,
                Ok(Some(_)) => continue,
                Ok(None) => return Ok(false),
                Err(Error::IoError(error)) if error.kind() == ErrorKind::UnexpectedEof => {
                    self.is_cut = true;
                    return Ok(false);
                }
                Err(Error::IoError(error)) if error.raw_os_error().is_some() => {
                    return Err(DecodeError::Unreadable(error));
                }
                Err(Error::ResetRequired) => {
                    self.has_other_parts = true;
                    return Ok(false);
                }
                Err(_) => {
                    failures += 1;
                    self.damaged_packets += 1;
                    continue;
                }
            };
            match packets.decoder.decode(&packet) {
                Ok(samples) if samples.num_planes() == self.channels => {
                    if samples.frames() == 0 {
                        continue;
                    }
                    samples.copy_to_vecs_planar(&mut self.block);
                    return Ok(true);
                }
                _ => {
                    failures += 1;
                    self.damaged_packets += 1;
                }
            }
        }
        self.is_cut = true;
        Ok(false)
    }

    /// What went wrong so far; complete once all is read. Each says one thing in one line.
    #[must_use]
    pub fn warnings(&self) -> Vec<String> {
        let mut warnings = Vec::new();
        let seconds = |frames: u64| frames as f64 / f64::from(self.sample_rate_hz);
        match self.damaged_packets {
            0 => {}
            1 => warnings.push("one damaged stretch was left out".to_owned()),
            many => warnings.push(format!("{many} damaged stretches were left out")),
        }
        if !matches!(self.input, Input::Ended) {
            return warnings;
        }
        let slack = match self.kind {
            AudioKind::Mp3 => MP3_SLACK_FRAMES,
            _ => 0,
        };
        let read = seconds(self.frames);
        match self.announced {
            Some(announced) if announced > self.frames.saturating_add(slack) => {
                let all = seconds(announced);
                let missing = self.missing_frames();
                warnings.push(format!(
                    "cut short or damaged: {missing} frames are missing; {read:.2} s of {all:.2} s \
                     are there"
                ));
            }
            _ if self.is_cut => {
                warnings.push(format!("ends in the middle of something after {read:.2} s"));
            }
            _ => {}
        }
        if self.has_other_parts {
            warnings.push(format!(
                "holds several recordings in a row; only the first was read, {read:.2} s"
            ));
        }
        warnings
    }
}

/// The first bytes from `start` on.
fn bytes_at(source: &mut dyn AudioSource, start: u64) -> io::Result<Vec<u8>> {
    let mut beginning = Vec::with_capacity(DECIDING_BYTES);
    source.seek(SeekFrom::Start(start))?;
    source
        .take(DECIDING_BYTES as u64)
        .read_to_end(&mut beginning)?;
    Ok(beginning)
}

/// Whether the reader of a file of so many bytes may look at its end before it begins.
fn sees_end(kind: AudioKind, beginning: &[u8], length: u64) -> bool {
    match kind {
        AudioKind::Wav | AudioKind::Flac => true,
        // It would look for chunks behind the samples, and not open a file that ends before.
        AudioKind::Aiff => {
            let announced = beginning.get(4..8).and_then(|four| four.try_into().ok());
            announced.is_some_and(|four| u64::from(u32::from_be_bytes(four)) + 8 <= length)
        }
        // Where there is no count of frames it would guess one from the first bit rate, and trim
        // what is beyond.
        AudioKind::Mp3 => false,
        // It would not open a file whose last page is damaged.
        AudioKind::Ogg => false,
    }
}

/// Whether a WAV file, read from its beginning again afterwards, holds 64-bit floats, which our own
/// reader leaves to another.
fn has_doubles(wav: &mut Rest) -> Result<bool, DecodeError> {
    /// WAVE_FORMAT_IEEE_FLOAT and WAVE_FORMAT_EXTENSIBLE.
    const FLOAT: u16 = 3;
    const EXTENSIBLE: u16 = 0xFFFE;
    let field = |format: &[u8], at: usize| {
        let bytes = format.get(at..at + 2).and_then(|two| two.try_into().ok());
        bytes.map_or(0, u16::from_le_bytes)
    };
    let chunks = WavChunks::find(wav);
    wav.rewind().map_err(DecodeError::Unreadable)?;
    // What else is wrong is said by the reader.
    Ok(chunks.is_ok_and(|chunks| {
        let format = &chunks.format;
        let kind = match field(format, 0) {
            // The first two bytes of the sub-format.
            EXTENSIBLE => field(format, 24),
            kind => kind,
        };
        kind == FLOAT && field(format, 14) == 64
    }))
}

/// Bits of a sample that is stored as a float.
fn float_bits(codec: AudioCodecId) -> Option<u32> {
    match codec {
        CODEC_ID_PCM_F32LE | CODEC_ID_PCM_F32BE => Some(32),
        CODEC_ID_PCM_F64LE | CODEC_ID_PCM_F64BE => Some(64),
        _ => None,
    }
}

/// Why a file cannot be read from its beginning.
fn opening(error: Error) -> DecodeError {
    match error {
        Error::IoError(error) if error.raw_os_error().is_some() => DecodeError::Unreadable(error),
        Error::IoError(_) => damaged("it ends before the sound begins"),
        Error::Unsupported(what) => unsupported(what),
        Error::DecodeError(what) => damaged(what),
        other => damaged(&other.to_string()),
    }
}

fn damaged(what: &str) -> DecodeError {
    let what = what.to_owned();
    DecodeError::Damaged { what }
}

fn unsupported(what: &str) -> DecodeError {
    let what = what.to_owned();
    DecodeError::Unsupported { what }
}
