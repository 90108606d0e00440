//! Reading a blob file.

use half::f16;

use super::{ALIGNMENT, BlobDataType, SENTINEL, VERSION};

/// What is wrong with a blob file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BlobError {
    /// Shorter than its header.
    #[error("the blob has {length} bytes, its header alone has 64: the file is cut short")]
    NoHeader {
        /// Length of the file in bytes.
        length: usize,
    },
    /// Another version than 2.
    #[error("the blob is of version {version}, only version 2 is known")]
    Version {
        /// The version found.
        version: u32,
    },
    /// A record that does not lie in the file.
    #[error(
        "no metadata record fits at offset {offset} of the blob: offset wrong or file cut short"
    )]
    RecordOutOfRange {
        /// The record's offset in bytes.
        offset: u64,
    },
    /// No record at the offset.
    #[error(
        "offset {offset} of the blob holds {found:#010x} in place of a record's mark 0xDEADBEEF: \
         give the offset of the metadata record, not of the payload"
    )]
    Sentinel {
        /// The record's offset in bytes.
        offset: u64,
        /// The word found.
        found: u32,
    },
    /// A type code that is not known.
    #[error("the record at offset {offset} of the blob has the unknown data type {code}")]
    DataType {
        /// The record's offset in bytes.
        offset: u64,
        /// The code found.
        code: u32,
    },
    /// A payload that is not wholly in the file behind its record.
    #[error(
        "the record at offset {offset} of the blob claims {size} bytes at {payload}, which do not \
         lie between the record and the end of the file: the file is damaged or cut short"
    )]
    PayloadOutOfRange {
        /// The record's offset in bytes.
        offset: u64,
        /// The payload's offset in bytes.
        payload: u64,
        /// The payload's size in bytes.
        size: u64,
    },
    /// A payload that is no whole number of elements.
    #[error(
        "the record at offset {offset} of the blob has {size} bytes and {padding_bits} bits of \
         padding, which is no whole number of {data_type:?} elements"
    )]
    Size {
        /// The record's offset in bytes.
        offset: u64,
        /// The element type.
        data_type: BlobDataType,
        /// The payload's size in bytes.
        size: u64,
        /// Bits of padding at its end.
        padding_bits: u64,
    },
    /// Writing: a payload of the wrong length.
    #[error("{got} bytes are not {elements} elements of {data_type:?}")]
    PayloadLength {
        /// The element type.
        data_type: BlobDataType,
        /// Number of elements.
        elements: u64,
        /// Bytes given.
        got: u64,
    },
    /// Elements asked for as floats that are none.
    #[error("the tensor holds {data_type:?} elements, only fp16 and fp32 can be read as floats")]
    NotFloat {
        /// The element type.
        data_type: BlobDataType,
    },
}

/// Reads a blob file in memory. Never panics, whatever the bytes.
#[derive(Clone, Copy, Debug)]
pub struct BlobReader<'a> {
    bytes: &'a [u8],
    count: u32,
}

impl<'a> BlobReader<'a> {
    /// Checks the header.
    ///
    /// # Errors
    /// [`BlobError::NoHeader`], [`BlobError::Version`].
    pub fn new(bytes: &'a [u8]) -> Result<Self, BlobError> {
        let no_header = BlobError::NoHeader {
            length: bytes.len(),
        };
        let header = bytes
            .first_chunk::<{ ALIGNMENT as usize }>()
            .ok_or(no_header)?;
        let version = u32_at(header, 4);
        if version != VERSION {
            return Err(BlobError::Version { version });
        }
        Ok(Self {
            bytes,
            count: u32_at(header, 0),
        })
    }

    /// The number of tensors the header claims. Some writers leave it at 1, so nothing but
    /// [`Self::tensors`] relies on it.
    #[must_use]
    pub fn count(&self) -> u32 {
        self.count
    }

    /// The tensor whose metadata record stands at `offset`.
    ///
    /// # Errors
    /// Every [`BlobError`] of a record that is missing or not sound.
    pub fn tensor(&self, offset: u64) -> Result<BlobTensor<'a>, BlobError> {
        let record = usize::try_from(offset)
            .ok()
            .filter(|_| offset >= ALIGNMENT)
            .and_then(|at| {
                self.bytes
                    .get(at..)?
                    .first_chunk::<{ ALIGNMENT as usize }>()
            })
            .ok_or(BlobError::RecordOutOfRange { offset })?;
        let found = u32_at(record, 0);
        if found != SENTINEL {
            return Err(BlobError::Sentinel { offset, found });
        }
        let code = u32_at(record, 4);
        let data_type =
            BlobDataType::from_code(code).ok_or(BlobError::DataType { offset, code })?;
        let (size, start) = (u64_at(record, 8), u64_at(record, 16));
        let padding_bits = u64_at(record, 24);
        let payload = range(start, size)
            .filter(|_| start - offset.min(start) >= ALIGNMENT)
            .and_then(|range| self.bytes.get(range))
            .ok_or(BlobError::PayloadOutOfRange {
                offset,
                payload: start,
                size,
            })?;
        let whole_bits = size
            .checked_mul(8)
            .and_then(|bits| bits.checked_sub(padding_bits));
        match whole_bits {
            Some(bits) if padding_bits < 8 && bits % data_type.bits() == 0 => {
                let elements = bits / data_type.bits();
                Ok(BlobTensor {
                    data_type,
                    elements,
                    offset,
                    end: start + size,
                    payload,
                })
            }
            _ => Err(BlobError::Size {
                offset,
                data_type,
                size,
                padding_bits,
            }),
        }
    }

    /// The tensors the header counts, in file order; stops after the first that is not sound.
    #[must_use]
    pub fn tensors(&self) -> BlobTensors<'a> {
        BlobTensors {
            reader: *self,
            next: ALIGNMENT,
            left: self.count,
        }
    }
}

/// Iterator of [`BlobReader::tensors`].
#[derive(Clone, Debug)]
pub struct BlobTensors<'a> {
    reader: BlobReader<'a>,
    next: u64,
    left: u32,
}

impl<'a> Iterator for BlobTensors<'a> {
    type Item = Result<BlobTensor<'a>, BlobError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.left = self.left.checked_sub(1)?;
        let tensor = self.reader.tensor(self.next);
        match &tensor {
            // A sound payload ends inside the file, so the sum cannot overflow.
            Ok(tensor) => self.next = tensor.end.next_multiple_of(ALIGNMENT),
            Err(_) => self.left = 0,
        }
        Some(tensor)
    }
}

/// One stored tensor. The format knows no shape.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BlobTensor<'a> {
    data_type: BlobDataType,
    elements: u64,
    offset: u64,
    end: u64,
    payload: &'a [u8],
}

impl<'a> BlobTensor<'a> {
    /// Element type.
    #[must_use]
    pub fn data_type(&self) -> BlobDataType {
        self.data_type
    }

    /// Number of elements.
    #[must_use]
    pub fn element_count(&self) -> u64 {
        self.elements
    }

    /// Offset of its metadata record in bytes.
    #[must_use]
    pub fn offset(&self) -> u64 {
        self.offset
    }

    /// The elements' bytes, little-endian.
    #[must_use]
    pub fn payload(&self) -> &'a [u8] {
        self.payload
    }

    /// The elements as f32.
    ///
    /// # Errors
    /// [`BlobError::NotFloat`] unless they are fp16 or fp32.
    pub fn to_f32(&self) -> Result<Vec<f32>, BlobError> {
        match self.data_type {
            BlobDataType::Fp16 => Ok(self.fp16s().map(f16::to_f32).collect()),
            BlobDataType::Fp32 => {
                let (words, _) = self.payload.as_chunks::<4>();
                Ok(words.iter().map(|word| f32::from_le_bytes(*word)).collect())
            }
            data_type => Err(BlobError::NotFloat { data_type }),
        }
    }

    /// The elements as fp16; fp32 is rounded to nearest, ties to even.
    ///
    /// # Errors
    /// [`BlobError::NotFloat`] unless they are fp16 or fp32.
    pub fn to_fp16(&self) -> Result<Vec<f16>, BlobError> {
        match self.data_type {
            BlobDataType::Fp16 => Ok(self.fp16s().collect()),
            _ => Ok(self.to_f32()?.into_iter().map(f16::from_f32).collect()),
        }
    }

    fn fp16s(&self) -> impl Iterator<Item = f16> + 'a {
        let (words, _) = self.payload.as_chunks::<2>();
        words.iter().map(|word| f16::from_le_bytes(*word))
    }
}

fn range(start: u64, size: u64) -> Option<std::ops::Range<usize>> {
    let end = start.checked_add(size)?;
    Some(usize::try_from(start).ok()?..usize::try_from(end).ok()?)
}

fn u32_at(record: &[u8; ALIGNMENT as usize], at: usize) -> u32 {
    u32::from_le_bytes([record[at], record[at + 1], record[at + 2], record[at + 3]])
}

fn u64_at(record: &[u8; ALIGNMENT as usize], at: usize) -> u64 {
    u64::from(u32_at(record, at)) | u64::from(u32_at(record, at + 4)) << 32
}
