//! Kinds of file as the command line names them.

use clap::ValueEnum;
use synth_io::audio_file::SampleFormat;

/// Kinds of file by the names of the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// RIFF WAVE.
    Wav,
    /// Free Lossless Audio Codec.
    Flac,
}

/// Sample formats by the names of the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Bits {
    /// 16-bit integers.
    #[value(name = "16")]
    Int16,
    /// 24-bit integers.
    #[value(name = "24")]
    Int24,
    /// 32-bit floats.
    #[value(name = "32f")]
    Float32,
}

impl Bits {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Int16 => "16",
            Self::Int24 => "24",
            Self::Float32 => "32f",
        }
    }

    pub(crate) fn sample_format(self) -> SampleFormat {
        match self {
            Self::Int16 => SampleFormat::Int16,
            Self::Int24 => SampleFormat::Int24,
            Self::Float32 => SampleFormat::Float32,
        }
    }
}
