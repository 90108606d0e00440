//! Weight blobs: MIL blob storage, version 2, as Core ML's `weight.bin`.
//!
//! All little-endian. A header of 64 bytes: `u32` number of tensors, `u32` version 2, zeros. Then
//! for every tensor, at a multiple of 64, a metadata record of 64 bytes: `u32` sentinel
//! 0xDEADBEEF, `u32` data type, `u64` payload size in bytes, `u64` payload offset in the file,
//! `u64` bits of padding at the payload's end (types below one byte), zeros. The payload follows
//! its record; zeros fill up to the next record, and nothing follows the last payload.
//! Source: coremltools, `StorageFormat.hpp` and `BlobDataType.hpp` in `mlmodel/src/MILBlob/Blob`,
//! and files written by coremltools 9.0.

mod data_type;
mod reader;
mod writer;

pub use data_type::BlobDataType;
pub use reader::{BlobError, BlobReader, BlobTensor, BlobTensors};
pub use writer::BlobWriter;

/// Bytes of the file header, of a metadata record, and the multiple records stand at.
pub const ALIGNMENT: u64 = 64;
/// First word of every metadata record.
pub(crate) const SENTINEL: u32 = 0xDEAD_BEEF;
/// The only version of this format; a 1 in its place marks an older one.
pub(crate) const VERSION: u32 = 2;
