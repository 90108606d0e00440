//! Types and constants.

use half::f16;

use crate::text::WEIGHT_FILE_PATH;
use crate::text::syntax::{Dim, Payload, Scalar, Type};
use crate::{Constant, DataType, Literal, TensorType};

/// A type of fixed shape, or why it is none.
pub(crate) fn tensor_type(ty: &Type) -> Result<TensorType, String> {
    let (element, dims) = ty.as_tensor().ok_or_else(|| format!("{ty} is no tensor"))?;
    let data_type = match element {
        Scalar::Fp16 => DataType::Fp16,
        Scalar::Fp32 => DataType::Fp32,
        Scalar::Int32 => DataType::Int32,
        Scalar::Bool => DataType::Bool,
        Scalar::String => DataType::String,
        _ => return Err(format!("elements of {} cannot be kept", element.mil_name())),
    };
    let shape = dims.iter().map(|dim| match dim {
        Dim::Fixed(dim) => {
            usize::try_from(*dim).map_err(|_| format!("{dim} is too large a dimension"))
        }
        Dim::Unknown => Err(format!("{ty} has a dimension that is not fixed; fix it")),
    });
    Ok(TensorType::new(
        data_type,
        shape.collect::<Result<Vec<_>, _>>()?,
    ))
}

/// The constant of type `ty` that `payload` spells.
pub(crate) fn constant(payload: &Payload, ty: &TensorType) -> Result<Constant, String> {
    if let Payload::Blob(blob) = payload {
        if blob.path.as_text() != Some(WEIGHT_FILE_PATH) {
            return Err(format!("its file is {}, not {WEIGHT_FILE_PATH}", blob.path));
        }
        let offset = match blob.offset.payload {
            Payload::Integer(offset) => u64::try_from(offset).ok(),
            _ => None,
        };
        let offset = offset.ok_or_else(|| format!("{} is no offset", blob.offset))?;
        return Ok(Constant::Blob { offset });
    }
    literal(payload, ty).map(Constant::Literal)
}

/// The elements of type `ty` that `payload` lists, which is nested by its shape.
pub(super) fn literal(payload: &Payload, ty: &TensorType) -> Result<Literal, String> {
    let mut elements = Vec::new();
    flatten(payload, &ty.shape, &mut elements)?;
    let all = elements.into_iter();
    let wrong = || {
        format!(
            "one of its elements is no {} that can be kept",
            ty.data_type
        )
    };
    Ok(match ty.data_type {
        DataType::Fp16 => Literal::Fp16(collect(all, to_fp16, wrong)?),
        DataType::Fp32 => Literal::Fp32(collect(all, to_fp32, wrong)?),
        DataType::Int32 => Literal::Int32(collect(all, to_int32, wrong)?),
        DataType::Bool => Literal::Bool(collect(
            all,
            |payload| match payload {
                Payload::Bool(value) => Some(*value),
                _ => None,
            },
            wrong,
        )?),
        DataType::String => match payload {
            Payload::Text(text) => Literal::String(text.clone()),
            _ => return Err("a text constant must be one text".to_owned()),
        },
    })
}

fn collect<'a, T>(
    all: impl Iterator<Item = &'a Payload>,
    take: impl Fn(&Payload) -> Option<T>,
    wrong: impl Fn() -> String,
) -> Result<Vec<T>, String> {
    all.map(|payload| take(payload).ok_or_else(&wrong))
        .collect()
}

/// The elements in row-major order; `shape` is outermost first.
fn flatten<'a>(
    payload: &'a Payload,
    shape: &[usize],
    elements: &mut Vec<&'a Payload>,
) -> Result<(), String> {
    let Some((&dim, inner)) = shape.split_first() else {
        elements.push(payload);
        return Ok(());
    };
    match payload {
        Payload::List(items) if items.len() == dim => items
            .iter()
            .try_for_each(|item| flatten(item, inner, elements)),
        Payload::List(items) => Err(format!(
            "a dimension of {dim} is declared, and {} elements are listed",
            items.len()
        )),
        _ => Err(format!(
            "a dimension of {dim} is declared, and no list stands there"
        )),
    }
}

fn float(payload: &Payload) -> Option<f64> {
    match payload {
        Payload::Float(value) => Some(*value),
        Payload::Integer(value) => Some(*value as f64),
        _ => None,
    }
}

fn to_fp16(payload: &Payload) -> Option<f16> {
    float(payload)
        .map(f16::from_f64)
        .filter(|value| value.is_finite())
}

fn to_fp32(payload: &Payload) -> Option<f32> {
    float(payload)
        .map(|value| value as f32)
        .filter(|value| value.is_finite())
}

fn to_int32(payload: &Payload) -> Option<i32> {
    match payload {
        Payload::Integer(value) => i32::try_from(*value).ok(),
        _ => None,
    }
}
