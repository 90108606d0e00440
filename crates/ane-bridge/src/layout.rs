//! Where the values of a tensor lie among the bytes of its surface.
//!
//! Value n, c, h, w is at `n * batch + c * plane + h * row + 2 * w`, with the strides that the runtime
//! names after loading. They are never assumed, and never trusted either.

use crate::attributes::TensorStatus;
use crate::error::{AneError, Direction};
use crate::io_spec::TensorSpec;
use half::f16;

/// Bytes of one FP16 value.
const VALUE: usize = 2;
/// No tensor of the allowed size needs more, with rows padded however the hardware likes.
const MOST_BYTES: usize = 1 << 30;

/// How far apart the values of a tensor lie in the hardware's memory, in bytes; the next value along the
/// width is always 2 bytes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Strides {
    /// From one batch to the next.
    pub batch: usize,
    /// From one channel to the next.
    pub plane: usize,
    /// From one row to the next.
    pub row: usize,
}

/// A tensor's shape with its strides in bytes: no two values overlap and all lie in [`Layout::bytes`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Layout {
    shape: [usize; 4],
    batch: usize,
    plane: usize,
    row: usize,
}

impl Layout {
    /// The layout that `status` describes, where it can be true of `spec`.
    pub(crate) fn new(
        direction: Direction,
        spec: &TensorSpec,
        status: &TensorStatus,
    ) -> Result<Self, AneError> {
        Self::read(spec, status).map_err(|what| AneError::Layout {
            what: format!("the {direction} {:?} {what}", spec.name()),
        })
    }

    pub(crate) fn strides(&self) -> Strides {
        let &Self {
            batch, plane, row, ..
        } = self;
        Strides { batch, plane, row }
    }

    fn read(spec: &TensorSpec, status: &TensorStatus) -> Result<Self, String> {
        if let Some(kind) = &status.type_name
            && kind != "Float16"
        {
            return Err(format!(
                "holds {kind} and not Float16 (declare the program's inputs and outputs as fp16)"
            ));
        }
        let shape = spec.shape();
        for (axis, (&size, found)) in ["N", "C", "H", "W"]
            .iter()
            .zip(shape.iter().zip(status.sizes))
        {
            if let Some(found) = found
                && usize::try_from(found) != Ok(size)
            {
                return Err(format!(
                    "has {axis} = {found} in the compiled program, and {size} was announced"
                ));
            }
        }
        if let Some(depth) = status.depth
            && depth != 1
        {
            return Err(format!("has the depth {depth}, and only 1 is known"));
        }
        let [n, c, h, w] = shape;
        let row = stride("RowStride", status.row_stride, w * VALUE)?;
        let plane = stride("PlaneStride", status.plane_stride, h * row)?;
        // With one batch nothing is ever added, and some versions leave it out.
        let least = c * plane;
        let batch = match status.batch_stride {
            None if n == 1 => least,
            given => stride("BatchStride", given, least)?,
        };
        match n.checked_mul(batch) {
            Some(bytes) if bytes <= MOST_BYTES => Ok(Self {
                shape,
                batch,
                plane,
                row,
            }),
            _ => Err(format!(
                "is said to take {n} x {batch} bytes, which cannot be"
            )),
        }
    }

    /// Bytes from the first value to the end of the last batch.
    pub(crate) fn bytes(&self) -> usize {
        self.shape[0] * self.batch
    }

    /// Values of the packed tensor.
    pub(crate) fn values(&self) -> usize {
        self.shape.iter().product()
    }

    /// Spreads the packed `values` over `bytes`; the padding between rows is left as it is.
    pub(crate) fn pack(&self, values: &[f16], bytes: &mut [u8]) {
        for (row, at) in values.chunks_exact(self.shape[3]).zip(self.rows()) {
            let target = &mut bytes[at..at + row.len() * VALUE];
            for (target, value) in target.chunks_exact_mut(VALUE).zip(row) {
                target.copy_from_slice(&value.to_le_bytes());
            }
        }
    }

    /// Gathers the packed `values` out of `bytes`.
    pub(crate) fn unpack(&self, bytes: &[u8], values: &mut [f16]) {
        for (row, at) in values.chunks_exact_mut(self.shape[3]).zip(self.rows()) {
            let source = &bytes[at..at + row.len() * VALUE];
            for (value, source) in row.iter_mut().zip(source.chunks_exact(VALUE)) {
                *value = f16::from_le_bytes([source[0], source[1]]);
            }
        }
    }

    /// Byte at which each row begins, in the order of the packed tensor.
    fn rows(&self) -> impl Iterator<Item = usize> {
        let [n, c, h, _] = self.shape;
        let (batch, plane, row) = (self.batch, self.plane, self.row);
        (0..n).flat_map(move |n| {
            (0..c).flat_map(move |c| (0..h).map(move |h| n * batch + c * plane + h * row))
        })
    }
}

/// A stride that leaves room for what it strides over, which takes `least` bytes.
fn stride(name: &str, given: Option<i64>, least: usize) -> Result<usize, String> {
    let given = given.ok_or_else(|| format!("comes without a {name}"))?;
    match usize::try_from(given) {
        Ok(stride) if (least..=MOST_BYTES).contains(&stride) && stride.is_multiple_of(VALUE) => {
            Ok(stride)
        }
        _ => Err(format!(
            "has a {name} of {given}, which should be even and at least {least}"
        )),
    }
}
