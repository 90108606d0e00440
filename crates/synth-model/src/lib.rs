//! What the HarmonicPredictor and an instrument *are*: features, network, decode, instrument file.
//!
//! * A [`ModelShape`] says how wide the network is; nothing else in the workspace fixes those numbers.
//! * A [`Network`] is a shape with FP16 weights; [`program()`] writes it as one MIL program for any
//!   device, [`generate_mil`] and [`build_weight_blob`] give its text and its weight file.
//! * An [`Instrument`] is a network with everything that makes it playable: feature and output
//!   ranges, body EQ, expression tables and metadata. It is one safetensors file, `NAME.synth`.
//! * A [`Predictor`] is a network prepared on a device; [`Instrument::write_features`] fills its
//!   input and a [`Decoder`] turns its answer into partial amplitudes and noise band powers.
//!
//! **Column** = one voice at one control frame. Buffers are `[channels, columns]`, channel-major,
//! row stride = columns.
//!
//! # Threads and allocation
//! Everything that is prepared (constructors, `read`, `check`) may allocate and fail. What runs on
//! the audio thread carries a `# Realtime safety` heading: it neither allocates, locks, logs nor
//! panics, and its time is bounded. All types are `Send`; shared ones are read through `&self`.
//!
//! ```
//! use synth_model::{ModelShape, Network, build_weight_blob, generate_mil};
//!
//! let text = generate_mil(8, 8);
//! assert!(text.contains("[1, 66, 1, 64]"));
//! let network = Network::he_initialised(ModelShape::classic(), 1)?;
//! assert_eq!(build_weight_blob(&network).len(), 42_948);
//! # Ok::<(), synth_model::NetworkError>(())
//! ```
//!
//! # Units
//! Frequencies in Hz, times in seconds, loudness in dBA re full scale, noise as power density per
//! Hz (one-sided, full scale^2 / Hz). Arithmetic on the audio thread, but for the network's on its
//! device, is plain IEEE f32/f64 without fused operations or the platform's libm, so that it gives
//! the same bits on every machine.
#![forbid(unsafe_code)]

pub mod a_weighting;
mod body_eq;
mod curve_table;
mod decode;
mod exp2_log2;
mod exp_sigmoid;
mod expression;
mod features;
mod instrument;
mod instrument_file;
mod metadata;
mod network;
mod output_range;
mod predictor;
mod program;
mod ranges;
mod shape;
mod tensor_file;
mod weight_blob;

pub use mil_runtime::{RunError, Timing};

pub use body_eq::{BodyEq, BodyEqError};
pub use curve_table::{CurveTable, CurveTableError, TablePosition};
pub use decode::Decoder;
pub use expression::{Expression, ExpressionError};
pub use features::{Features, attackness};
pub use instrument::{Instrument, InstrumentError};
pub use metadata::{Metadata, MetadataError};
pub use network::{Layer, Network, NetworkError};
pub use output_range::{OutputRange, OutputRangeError};
pub use predictor::{Predictor, PredictorError, compile_predictor};
pub use program::{BiasForm, ProgramError, generate_mil, padded_columns, program, shape_program};
pub use ranges::{Ranges, RangesError};
pub use shape::{Head, ModelShape, ShapeError};
pub use weight_blob::build_weight_blob;
