//! Writing a blob file.

use half::f16;

use super::{ALIGNMENT, BlobDataType, BlobError, SENTINEL, VERSION};

/// Builds a blob file in memory, byte for byte as coremltools writes it.
#[derive(Clone, Debug)]
pub struct BlobWriter {
    bytes: Vec<u8>,
    count: u32,
}

impl Default for BlobWriter {
    fn default() -> Self {
        Self::new()
    }
}

impl BlobWriter {
    /// A file of no tensors.
    #[must_use]
    pub fn new() -> Self {
        Self {
            bytes: vec![0; ALIGNMENT as usize],
            count: 0,
        }
    }

    /// Appends an fp16 tensor and returns the offset of its metadata record.
    pub fn add_fp16(&mut self, values: &[f16]) -> u64 {
        let payload: Vec<u8> = values
            .iter()
            .flat_map(|value| value.to_le_bytes())
            .collect();
        self.append(BlobDataType::Fp16, 0, &payload)
    }

    /// Appends an fp32 tensor and returns the offset of its metadata record.
    pub fn add_fp32(&mut self, values: &[f32]) -> u64 {
        let payload: Vec<u8> = values
            .iter()
            .flat_map(|value| value.to_le_bytes())
            .collect();
        self.append(BlobDataType::Fp32, 0, &payload)
    }

    /// Appends a tensor of any type from its bytes (little-endian; types below one byte packed from
    /// the low bits up) and returns the offset of its metadata record.
    ///
    /// # Errors
    /// [`BlobError::PayloadLength`] if `payload` is not as long as `elements` of `data_type` need.
    pub fn add(
        &mut self,
        data_type: BlobDataType,
        elements: u64,
        payload: &[u8],
    ) -> Result<u64, BlobError> {
        let got = payload.len() as u64;
        let bits = elements.checked_mul(data_type.bits());
        match bits {
            Some(bits) if bits.div_ceil(8) == got => {
                Ok(self.append(data_type, got * 8 - bits, payload))
            }
            _ => Err(BlobError::PayloadLength {
                data_type,
                elements,
                got,
            }),
        }
    }

    /// The file's bytes.
    #[must_use]
    pub fn finish(mut self) -> Vec<u8> {
        self.bytes[0..4].copy_from_slice(&self.count.to_le_bytes());
        self.bytes[4..8].copy_from_slice(&VERSION.to_le_bytes());
        self.bytes
    }

    fn append(&mut self, data_type: BlobDataType, padding_bits: u64, payload: &[u8]) -> u64 {
        self.bytes
            .resize(self.bytes.len().next_multiple_of(ALIGNMENT as usize), 0);
        let offset = self.bytes.len() as u64;
        self.bytes.extend_from_slice(&SENTINEL.to_le_bytes());
        self.bytes
            .extend_from_slice(&data_type.code().to_le_bytes());
        self.bytes
            .extend_from_slice(&(payload.len() as u64).to_le_bytes());
        self.bytes
            .extend_from_slice(&(offset + ALIGNMENT).to_le_bytes());
        self.bytes.extend_from_slice(&padding_bits.to_le_bytes());
        self.bytes.resize((offset + ALIGNMENT) as usize, 0);
        self.bytes.extend_from_slice(payload);
        self.count += 1;
        offset
    }
}
