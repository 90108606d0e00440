//! An instrument: a network and everything that makes it playable.

use thiserror::Error;

use crate::body_eq::{BodyEq, BodyEqError};
use crate::curve_table::CurveTableError;
use crate::expression::{Expression, ExpressionError};
use crate::features::{Features, seen_loudness_db};
use crate::metadata::{Metadata, MetadataError};
use crate::network::{Network, NetworkError};
use crate::output_range::{OutputRange, OutputRangeError};
use crate::ranges::{Ranges, RangesError};

/// Everything of one instrument; one `NAME.synth` file.
#[derive(Debug, Clone, PartialEq)]
pub struct Instrument {
    /// Name, author, licence, source, figures.
    pub metadata: Metadata,
    /// The HarmonicPredictor and its weights.
    pub network: Network,
    /// Gain over absolute frequency, added to every partial.
    pub body_eq: BodyEq,
    /// Where the network may be asked.
    pub ranges: Ranges,
    /// What the network may answer there.
    pub outputs: OutputRange,
    /// How notes are played.
    pub expression: Expression,
}

impl Instrument {
    /// Checks every part: sizes, finite values, orders, and that the network takes the four
    /// features.
    ///
    /// # Errors
    /// [`InstrumentError`] names the part and the rule.
    pub fn check(&self) -> Result<(), InstrumentError> {
        self.metadata.check()?;
        self.network.check()?;
        if self.network.shape.inputs != Features::COUNT {
            return Err(InstrumentError::Inputs(self.network.shape.inputs));
        }
        self.body_eq.check()?;
        self.ranges.check()?;
        self.outputs.check(self.network.shape.outputs())?;
        self.expression.check()?;
        Ok(())
    }

    /// Writes one column's features into a `[4, columns]` input (channel-major, row stride =
    /// columns): f0, loudness and velocity clamped to the ranges, everything normalised and rounded to FP16,
    /// see [`Features::normalised`]. A column outside the buffer is not written.
    ///
    /// # Realtime safety
    /// RT-safe: no allocation, lock, syscall or panic, bounded time.
    pub fn write_features(
        &self,
        features: &Features,
        input: &mut [f32],
        columns: usize,
        column: usize,
    ) {
        if column >= columns {
            return;
        }
        let values = features.normalised(&self.ranges);
        let places = input.iter_mut().skip(column).step_by(columns);
        for (place, value) in places.zip(values) {
            *place = value;
        }
    }

    /// The loudness the network sees when asked for `loudness_db` (dBA re full scale): clamped to
    /// the range and rounded as its FP16 feature. The noise of an answer is absolute at this
    /// loudness, so its gain is `loudness_db - clamp_loudness_db(loudness_db)`.
    ///
    /// # Realtime safety
    /// RT-safe: arithmetic only.
    pub fn clamp_loudness_db(&self, loudness_db: f32) -> f32 {
        seen_loudness_db(loudness_db, &self.ranges)
    }
}

/// Why an instrument cannot be used, read or written.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum InstrumentError {
    /// The file could not be opened or read.
    #[error("cannot read the instrument: {0}; check that the file exists and may be read")]
    Io(#[from] std::io::Error),
    /// The file is larger than any instrument.
    #[error("the file has {bytes} bytes, an instrument has at most {max}; is it one?")]
    TooLarge {
        /// Size of the file.
        bytes: u64,
        /// Largest size.
        max: u64,
    },
    /// The file is no safetensors file, or a damaged one.
    #[error("the file is no safetensors file or is damaged ({0}); get it again")]
    Container(String),
    /// The file is a safetensors file, but of something else.
    #[error("the safetensors file has no key \"format_version\", so it is no ane-synth instrument")]
    NotAnInstrument,
    /// The file is of a version this program does not know.
    #[error(
        "the instrument file has version {0:?}, but this program reads version \"2\"; train an older instrument again, update the program for a newer one"
    )]
    Version(String),
    /// A tensor is missing or unknown, or has another type or shape.
    #[error("tensor {name:?} {problem}; the file was not written whole or by a newer program")]
    Tensor {
        /// Name of the tensor.
        name: String,
        /// What is wrong with it.
        problem: String,
    },
    /// The metadata are incomplete or not plausible.
    #[error("the instrument's metadata cannot be used: {0}")]
    Metadata(#[from] MetadataError),
    /// The network is not valid.
    #[error("the instrument's network cannot be used: {0}")]
    Network(#[from] NetworkError),
    /// The network does not take the synth's features.
    #[error(
        "the instrument's network has {0} inputs, but the synth gives it four features; train it again"
    )]
    Inputs(usize),
    /// The body EQ is not valid.
    #[error("the instrument's body EQ cannot be used: {0}")]
    BodyEq(#[from] BodyEqError),
    /// The feature ranges are not valid.
    #[error("the instrument's ranges cannot be used: {0}")]
    Ranges(#[from] RangesError),
    /// The output ranges are not valid.
    #[error("the instrument's output ranges cannot be used: {0}")]
    Outputs(#[from] OutputRangeError),
    /// An expression table has wrong knots or values.
    #[error("the instrument's table {table:?} cannot be used: {error}")]
    Table {
        /// Name of the table.
        table: &'static str,
        /// What is wrong with it.
        error: CurveTableError,
    },
    /// The expression tables do not mean what they must.
    #[error("the instrument's expression cannot be used: {0}")]
    Expression(#[from] ExpressionError),
    /// Any of the above, with the file it happened in.
    #[error("{path}: {error}")]
    InFile {
        /// Path of the file.
        path: String,
        /// What is wrong with it.
        #[source]
        error: Box<InstrumentError>,
    },
}
