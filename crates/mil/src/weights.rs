//! A program's weights: the blob file's bytes and, where known, the tensors' names.

use half::f16;

use crate::blob::{BlobError, BlobReader, BlobTensor, BlobWriter};

/// A sound weight blob. Tensors are found by the offset of their metadata record, or by name where
/// it was made by [`Weights::builder`] (the file format has no names).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Weights {
    bytes: Vec<u8>,
    names: Vec<(String, u64)>,
}

impl Weights {
    /// Weights for a program without blob constants.
    #[must_use]
    pub fn empty() -> Self {
        Self::builder().finish()
    }

    /// Starts an empty blob.
    #[must_use]
    pub fn builder() -> WeightsBuilder {
        WeightsBuilder {
            writer: BlobWriter::new(),
            names: Vec::new(),
        }
    }

    /// Takes over a blob file's bytes; its tensors have no names.
    ///
    /// # Errors
    /// A [`BlobError`] if the header or one of the records it counts is not sound.
    pub fn from_bytes(bytes: Vec<u8>) -> Result<Self, BlobError> {
        BlobReader::new(&bytes)?
            .tensors()
            .try_for_each(|tensor| tensor.map(drop))?;
        Ok(Self {
            bytes,
            names: Vec::new(),
        })
    }

    /// The blob file, byte for byte.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The tensor whose metadata record stands at `offset`.
    ///
    /// # Errors
    /// A [`BlobError`] if there is no sound record.
    pub fn tensor(&self, offset: u64) -> Result<BlobTensor<'_>, BlobError> {
        BlobReader::new(&self.bytes)?.tensor(offset)
    }

    /// Offset of the metadata record of the tensor called `name`.
    #[must_use]
    pub fn offset_of(&self, name: &str) -> Option<u64> {
        self.names
            .iter()
            .find(|(existing, _)| existing == name)
            .map(|&(_, offset)| offset)
    }

    /// Names and record offsets, in file order.
    pub fn names(&self) -> impl Iterator<Item = (&str, u64)> {
        self.names
            .iter()
            .map(|(name, offset)| (name.as_str(), *offset))
    }
}

/// Collects named tensors into a blob.
#[derive(Clone, Debug)]
pub struct WeightsBuilder {
    writer: BlobWriter,
    names: Vec<(String, u64)>,
}

impl WeightsBuilder {
    /// Appends an fp16 tensor in row-major order and returns the offset of its metadata record. If
    /// a name is given twice, the first tensor keeps it.
    pub fn add_fp16(&mut self, name: &str, values: &[f16]) -> u64 {
        let offset = self.writer.add_fp16(values);
        self.names.push((name.to_owned(), offset));
        offset
    }

    /// Appends an fp32 tensor; as [`Self::add_fp16`].
    pub fn add_fp32(&mut self, name: &str, values: &[f32]) -> u64 {
        let offset = self.writer.add_fp32(values);
        self.names.push((name.to_owned(), offset));
        offset
    }

    /// The finished blob.
    #[must_use]
    pub fn finish(self) -> Weights {
        Weights {
            bytes: self.writer.finish(),
            names: self.names,
        }
    }
}
