//! A whole recording in memory.

use std::path::Path;
use std::time::Duration;

use super::decoder::AudioDecoder;
use super::error::DecodeError;
use super::source::AudioSource;

/// Sample rates of recordings, Hz.
const RATES_HZ: std::ops::RangeInclusive<u32> = 8_000..=384_000;
/// Most channels of a recording.
const CHANNELS_LIMIT: usize = 32;
/// Most samples of a recording, all channels together: 1 GiB, which is 46 minutes of stereo at 48 kHz.
const SAMPLES_LIMIT: u64 = 1 << 28;

/// A decoded recording.
#[derive(Clone, Debug, PartialEq)]
pub struct DecodedAudio {
    /// Sample frames a second, 8000..=384000.
    pub sample_rate_hz: u32,
    /// The samples of each channel, 1 to 32 of them, all of one length of at least one, finite; full
    /// scale is 1.
    pub channels: Vec<Vec<f32>>,
    /// What was wrong with it and what became of that, one line each.
    pub warnings: Vec<String>,
}

/// Reads a recording: WAV, FLAC, AIFF, MP3 or Ogg Vorbis. The content decides which it is, not the
/// name. What is behind `longest`, or behind 2^28 samples, is left out with a warning; what is
/// damaged is left out with a warning; samples that are no numbers become 0 with a warning. Memory
/// grows with what is read and not with what a header says.
///
/// # Errors
/// See [`DecodeError`].
pub fn decode_audio(path: &Path, longest: Duration) -> Result<DecodedAudio, DecodeError> {
    collect(AudioDecoder::open(path)?, longest)
}

/// The same as [`decode_audio`] for bytes from wherever they are.
///
/// # Errors
/// See [`DecodeError`]. Any bytes give audio or an error, never a panic.
pub fn decode_source(
    source: impl AudioSource + 'static,
    longest: Duration,
) -> Result<DecodedAudio, DecodeError> {
    collect(AudioDecoder::from_source(source)?, longest)
}

fn collect(mut decoder: AudioDecoder, longest: Duration) -> Result<DecodedAudio, DecodeError> {
    let sample_rate_hz = decoder.sample_rate_hz();
    let unsupported = |what| Err(DecodeError::Unsupported { what });
    if !RATES_HZ.contains(&sample_rate_hz) {
        return unsupported(format!("{sample_rate_hz} samples a second"));
    }
    if decoder.channels() > CHANNELS_LIMIT {
        return unsupported(format!("{} channels", decoder.channels()));
    }
    let by_time = (longest.as_secs_f64() * f64::from(sample_rate_hz)) as u64;
    let by_memory = SAMPLES_LIMIT / decoder.channels() as u64;
    let frames_limit = by_time.min(by_memory);

    let mut channels = vec![Vec::new(); decoder.channels()];
    let mut broken = 0_u64;
    let mut is_longer = false;
    while let Some(block) = decoder.read()? {
        let there = channels[0].len() as u64;
        let wanted = block[0].len().min((frames_limit - there) as usize);
        is_longer = wanted < block[0].len();
        for (channel, samples) in channels.iter_mut().zip(block) {
            channel.extend(samples[..wanted].iter().map(|&sample| {
                if sample.is_finite() {
                    return sample;
                }
                broken += 1;
                0.0
            }));
        }
        if is_longer {
            break;
        }
    }
    let frames = channels[0].len();
    let mut warnings = decoder.warnings();
    if is_longer {
        let seconds = frames as f64 / f64::from(sample_rate_hz);
        warnings.push(format!("only the first {seconds:.2} s are used"));
    }
    if broken > 0 {
        warnings.push(format!(
            "{broken} samples are no numbers (NaN or infinite); they were set to 0"
        ));
    }
    if frames == 0 {
        return Err(DecodeError::NoSamples);
    }
    Ok(DecodedAudio {
        sample_rate_hz,
        channels,
        warnings,
    })
}
