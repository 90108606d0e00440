//! MIL programs (Apple's Model Intermediate Language): build, check, print, parse; weight blobs; model
//! packages.
//!
//! A [`Program`] is one function over tensors of fixed shape. It is made by a [`ProgramBuilder`]
//! (or from [`ProgramParts`]) and is always checked: every value is defined once before it is used,
//! and every shape and type is the one its operation yields. [`Program::to_text`] prints it in
//! either [`Dialect`] of Apple's compilers. Constants too large for the text live in a
//! [`Weights`] blob and are named by the offset of their metadata record.
//!
//! [`Program::from_text`] reads such a text again, [`text::syntax`] any MIL text as a tree, and
//! [`package`] writes a program with its weights as an `.mlpackage` for Core ML.
//!
//! Nothing here knows a platform, a device or a synthesizer. Everything allocates: build programs
//! away from the audio thread.
//!
//! ```
//! use mil::{BiasForm, Dialect, ProgramBuilder, TensorType, Weights};
//! use half::f16;
//!
//! let mut weights = Weights::builder();
//! let w = weights.add_fp16("w0", &[f16::ONE; 8]);
//! let b = weights.add_fp16("b0", &[f16::ZERO; 2]);
//! let weights = weights.finish();
//!
//! let mut builder = ProgramBuilder::new();
//! let x = builder.input("x", TensorType::fp16([1, 4, 1, 64]))?;
//! let y = builder.conv1x1("y", x, 2, w, b, BiasForm::InConv)?;
//! builder.output(y)?;
//! let program = builder.finish()?;
//! program.check_weights(&weights)?;
//! assert_eq!(program.type_of(y).unwrap().shape, [1, 2, 1, 64]);
//! assert!(program.to_text(Dialect::Ios16).starts_with("program(1.0)"));
//! # Ok::<(), mil::CheckError>(())
//! ```
#![forbid(unsafe_code)]

pub mod blob;
mod builder;
mod check;
mod literal;
pub mod op;
pub mod package;
mod program;
mod tensor_type;
pub mod text;
mod weights;

pub use builder::{BiasForm, ProgramBuilder};
pub use check::CheckError;
pub use literal::Literal;
pub use op::{Binary, BinaryKind, Clip, Concat, Constant, Conv, Op, PadType, Unary, UnaryKind};
pub use program::{Operation, Program, ProgramParts, Value, ValueId};
pub use tensor_type::{DataType, TensorType};
pub use text::{Dialect, LowerError, ParseError, TextError, WEIGHT_FILE_PATH};
pub use weights::{Weights, WeightsBuilder};
