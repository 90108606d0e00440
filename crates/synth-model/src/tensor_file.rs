//! Named tensors and text keys in one safetensors file, with deterministic bytes.
//!
//! The safetensors crate writes its text keys in the order of a hash map, which differs from run to
//! run, so the writer is our own (the format is 8 bytes of header length, a JSON header, the data);
//! reading and its checks are the crate's.

use std::collections::BTreeMap;

use half::f16;
use safetensors::{Dtype, SafeTensors};
use serde_json::{Map, Value, json};

use crate::instrument::InstrumentError;

/// Largest file: the largest network and tables fit several times over.
pub(crate) const MAX_FILE_BYTES: u64 = 64 << 20;
/// Largest JSON header; parsing one costs several times its size in memory.
pub(crate) const MAX_HEADER_BYTES: u64 = 1 << 20;
/// Room in the header for the list of tensors: at most 46 of them (8 layers, the body EQ, 9 tables,
/// the output ranges), each of some 100 bytes.
pub(crate) const MAX_TENSOR_LIST_BYTES: u64 = 1 << 14;

/// So many characters of a parser's complaint are shown.
const MOST_SHOWN: usize = 160;

/// A character as it may be shown in a message of one line.
fn printable(c: char) -> impl Iterator<Item = char> {
    let escaped = c.is_control().then(|| c.escape_default());
    let plain = escaped.is_none().then_some(c);
    escaped.into_iter().flatten().chain(plain)
}

/// Text keys as they stand in the header.
pub(crate) fn json_object(keys: BTreeMap<String, String>) -> Value {
    let entries = keys.into_iter();
    Value::Object(
        entries
            .map(|(key, text)| (key, Value::String(text)))
            .collect(),
    )
}

/// Collects tensors and text keys for a file.
#[derive(Default)]
pub(crate) struct TensorFileWriter {
    pub(crate) keys: BTreeMap<String, String>,
    f32_tensors: BTreeMap<String, (Vec<usize>, Vec<u8>)>,
    f16_tensors: BTreeMap<String, (Vec<usize>, Vec<u8>)>,
}

impl TensorFileWriter {
    pub(crate) fn f32(&mut self, name: impl Into<String>, shape: &[usize], values: &[f32]) {
        let bytes = values.iter().flat_map(|v| v.to_le_bytes()).collect();
        self.f32_tensors
            .insert(name.into(), (shape.to_vec(), bytes));
    }

    pub(crate) fn f16(&mut self, name: impl Into<String>, shape: &[usize], values: &[f16]) {
        let bytes = values.iter().flat_map(|v| v.to_le_bytes()).collect();
        self.f16_tensors
            .insert(name.into(), (shape.to_vec(), bytes));
    }

    /// The file: F32 tensors before F16 ones, so that each is aligned, both in order of name.
    pub(crate) fn finish(self) -> Vec<u8> {
        let mut data = Vec::new();
        let mut entries = BTreeMap::new();
        for (dtype, tensors) in [("F32", self.f32_tensors), ("F16", self.f16_tensors)] {
            for (name, (shape, bytes)) in tensors {
                let start = data.len();
                data.extend(bytes);
                let offsets = [start, data.len()];
                entries.insert(
                    name,
                    json!({ "data_offsets": offsets, "dtype": dtype, "shape": shape }),
                );
            }
        }
        entries.insert("__metadata__".to_owned(), json_object(self.keys));
        // Collected in order of name: whether the JSON map sorts or keeps the order, the bytes are
        // the same.
        let header: Map<String, Value> = entries.into_iter().collect();
        let mut header = Value::Object(header).to_string().into_bytes();
        header.resize(header.len().next_multiple_of(8), b' ');
        let mut file = (header.len() as u64).to_le_bytes().to_vec();
        file.extend(header);
        file.extend(data);
        file
    }
}

/// An opened file whose tensors are taken out by name.
pub(crate) struct TensorFile<'a> {
    keys: BTreeMap<String, String>,
    tensors: SafeTensors<'a>,
    taken: Vec<String>,
}

impl<'a> TensorFile<'a> {
    /// Parses the header. Nothing larger than the bytes themselves is allocated for the tensors.
    pub(crate) fn open(bytes: &'a [u8]) -> Result<Self, InstrumentError> {
        if bytes.len() as u64 > MAX_FILE_BYTES {
            let bytes = bytes.len() as u64;
            return Err(InstrumentError::TooLarge {
                bytes,
                max: MAX_FILE_BYTES,
            });
        }
        // The parser repeats what it found, whatever that is and however long.
        let damaged = |why: String| {
            let shown = why.chars().flat_map(printable).take(MOST_SHOWN);
            InstrumentError::Container(shown.collect())
        };
        let header_bytes = bytes
            .first_chunk::<8>()
            .map(|first| u64::from_le_bytes(*first));
        match header_bytes {
            None => return Err(damaged("it is shorter than 8 bytes".to_owned())),
            Some(header) if header > MAX_HEADER_BYTES => {
                return Err(damaged(format!("its header claims {header} bytes")));
            }
            Some(_) => {}
        }
        let (_, header) = SafeTensors::read_metadata(bytes).map_err(|e| damaged(e.to_string()))?;
        let tensors = SafeTensors::deserialize(bytes).map_err(|e| damaged(e.to_string()))?;
        let keys = header.metadata().iter().flatten();
        let keys = keys
            .map(|(key, text)| (key.clone(), text.clone()))
            .collect();
        Ok(Self {
            keys,
            tensors,
            taken: Vec::new(),
        })
    }

    /// Takes a text key out.
    pub(crate) fn take_key(&mut self, key: &str) -> Option<String> {
        self.keys.remove(key)
    }

    /// Takes an F32 tensor of a rank out: its shape and values.
    pub(crate) fn f32(
        &mut self,
        name: &str,
        rank: usize,
    ) -> Result<(Vec<usize>, Vec<f32>), InstrumentError> {
        let (shape, data) = self.take(name, Dtype::F32, rank)?;
        let values = data
            .as_chunks::<4>()
            .0
            .iter()
            .map(|bytes| f32::from_le_bytes(*bytes));
        Ok((shape, values.collect()))
    }

    /// Takes an F16 tensor of a rank out: its shape and values.
    pub(crate) fn f16(
        &mut self,
        name: &str,
        rank: usize,
    ) -> Result<(Vec<usize>, Vec<f16>), InstrumentError> {
        let (shape, data) = self.take(name, Dtype::F16, rank)?;
        let values = data
            .as_chunks::<2>()
            .0
            .iter()
            .map(|bytes| f16::from_le_bytes(*bytes));
        Ok((shape, values.collect()))
    }

    fn take(
        &mut self,
        name: &str,
        dtype: Dtype,
        rank: usize,
    ) -> Result<(Vec<usize>, &'a [u8]), InstrumentError> {
        let fault = |problem: String| InstrumentError::Tensor {
            name: name.to_owned(),
            problem,
        };
        let view = self
            .tensors
            .tensor(name)
            .map_err(|_| fault("is missing".to_owned()))?;
        if view.dtype() != dtype {
            return Err(fault(format!(
                "is of type {:?} instead of {dtype:?}",
                view.dtype()
            )));
        }
        if view.shape().len() != rank {
            return Err(fault(format!(
                "has {} axes instead of {rank}",
                view.shape().len()
            )));
        }
        self.taken.push(name.to_owned());
        Ok((view.shape().to_vec(), view.data()))
    }

    /// The text keys that are left; an error when a tensor is left.
    pub(crate) fn finish(self) -> Result<BTreeMap<String, String>, InstrumentError> {
        let mut unknown: Vec<&str> = self
            .tensors
            .names()
            .into_iter()
            .filter(|name| !self.taken.iter().any(|t| t == name))
            .collect();
        unknown.sort_unstable();
        match unknown.first() {
            Some(name) => Err(InstrumentError::Tensor {
                name: name.chars().take(40).collect(),
                problem: "is not known".to_owned(),
            }),
            None => Ok(self.keys),
        }
    }
}
