//! Model packages: a program with its weights as the folder `NAME.mlpackage` that Core ML compiles.
//!
//! ```text
//! NAME.mlpackage/Manifest.json                               what is inside
//! NAME.mlpackage/Data/com.apple.CoreML/model.mlmodel         the program, in protocol buffers
//! NAME.mlpackage/Data/com.apple.CoreML/weights/weight.bin    the weight blob
//! ```
//!
//! ```
//! use mil::package::{ModelPackage, PackageMetadata};
//! use mil::{Dialect, ProgramBuilder, TensorType, Weights};
//!
//! let mut builder = ProgramBuilder::new();
//! let x = builder.input("x", TensorType::fp16([1, 4, 1, 64]))?;
//! let y = builder.relu("y", x)?;
//! builder.output(y)?;
//! let program = builder.finish()?;
//! let metadata = PackageMetadata::default();
//! let package = ModelPackage::new(&program, &Weights::empty(), Dialect::Ios16, &metadata)?;
//! assert!(package.manifest().contains("model.mlmodel"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod encode;
mod folder;
mod manifest;
mod proto;

use std::io;

use crate::{CheckError, Dialect, Program, Weights};

/// What a package tells about its model; empty texts are left out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PackageMetadata {
    /// What the model is.
    pub description: String,
    /// Who made it.
    pub author: String,
    /// Under which licence it may be used.
    pub licence: String,
}

/// Why a package cannot be made or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PackageError {
    /// The weights are not those of the program.
    #[error(transparent)]
    Weights(#[from] CheckError),
    /// The program holds what a model file cannot.
    #[error("the program cannot be written as a model file: {reason}")]
    Program {
        /// Why.
        reason: String,
    },
    /// The place is taken by something that is no package.
    #[error("is there already and is no model package; choose another name")]
    Occupied,
    /// The operating system's word.
    #[error("cannot be written ({0}); check the folder and the space on the disk")]
    Write(io::Error),
}

/// A package in memory. The same program, weights, dialect and metadata give the same bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelPackage {
    manifest: String,
    model: Vec<u8>,
    weights: Vec<u8>,
}

impl ModelPackage {
    /// Encodes a program for the operation set of `dialect`: specification version 7 and `CoreML6`
    /// for [`Dialect::Ios16`], 9 and `CoreML8` for [`Dialect::Ios18`].
    ///
    /// # Errors
    /// Weights that are not the program's.
    pub fn new(
        program: &Program,
        weights: &Weights,
        dialect: Dialect,
        metadata: &PackageMetadata,
    ) -> Result<Self, PackageError> {
        program.check_weights(weights)?;
        let model = encode::model(program, dialect, metadata);
        let model = model.map_err(|reason| PackageError::Program { reason })?;
        let weights = weights.bytes().to_vec();
        Ok(Self {
            manifest: manifest::manifest(&model, &weights),
            model,
            weights,
        })
    }

    /// The text of `Manifest.json`.
    #[must_use]
    pub fn manifest(&self) -> &str {
        &self.manifest
    }

    /// The bytes of `model.mlmodel`.
    #[must_use]
    pub fn model(&self) -> &[u8] {
        &self.model
    }

    /// The bytes of `weight.bin`.
    #[must_use]
    pub fn weights(&self) -> &[u8] {
        &self.weights
    }

    /// Every file: its place in the package with `/` between folders, and its bytes.
    #[must_use]
    pub fn files(&self) -> [(String, &[u8]); 3] {
        let data = format!("Data/{}", manifest::AUTHOR);
        [
            (format!("{data}/model.mlmodel"), &self.model[..]),
            (format!("{data}/weights/weight.bin"), &self.weights[..]),
            ("Manifest.json".to_owned(), self.manifest.as_bytes()),
        ]
    }
}
