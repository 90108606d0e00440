//! Between packed values and arrays whose rows lie apart. Core ML says where, and may say so anew at each
//! access.

use half::f16;

/// An array's elements that do not lie where its memory ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Outside;

/// The place of each row of the last dimension, whose elements lie one after the other, in an array of
/// `shape`; `strides` in elements. Errors unless all of them lie within `length` elements.
fn rows(
    shape: &[usize],
    strides: &[usize],
    length: usize,
) -> Result<(usize, impl Iterator<Item = usize>), Outside> {
    let (&width, outer) = shape.split_last().ok_or(Outside)?;
    let (&step, outer_strides) = strides.split_last().ok_or(Outside)?;
    if outer.len() != outer_strides.len() || (step != 1 && width > 1) {
        return Err(Outside);
    }
    let mut last = Some(width.saturating_sub(1));
    for (&count, &stride) in outer.iter().zip(outer_strides) {
        let reach = count.saturating_sub(1).checked_mul(stride);
        last = last
            .zip(reach)
            .and_then(|(last, reach)| last.checked_add(reach));
    }
    let is_empty = shape.contains(&0);
    if !is_empty && last.is_none_or(|last| last >= length) {
        return Err(Outside);
    }
    let rows: usize = if is_empty { 0 } else { outer.iter().product() };
    let place = move |row: usize| {
        let (mut rest, mut place) = (row, 0);
        for (count, stride) in outer.iter().zip(outer_strides).rev() {
            place += rest % count * stride;
            rest /= count;
        }
        place
    };
    Ok((width, (0..rows).map(place)))
}

/// Puts packed `values` into an array; what lies between its rows is left alone.
pub(super) fn scatter(
    values: &[f16],
    array: &mut [f16],
    shape: &[usize],
    strides: &[usize],
) -> Result<(), Outside> {
    let (width, places) = rows(shape, strides, array.len())?;
    for (row, place) in values.chunks_exact(width.max(1)).zip(places) {
        array[place..place + width].copy_from_slice(row);
    }
    Ok(())
}

/// Packs an array's values.
pub(super) fn gather(
    array: &[f16],
    values: &mut [f16],
    shape: &[usize],
    strides: &[usize],
) -> Result<(), Outside> {
    let (width, places) = rows(shape, strides, array.len())?;
    for (row, place) in values.chunks_exact_mut(width.max(1)).zip(places) {
        row.copy_from_slice(&array[place..place + width]);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(count: usize) -> Vec<f16> {
        (1..=count).map(|n| f16::from_f32(n as f32)).collect()
    }

    #[test]
    fn rows_that_lie_apart_are_packed_again() {
        let values = numbers(2 * 3 * 4);
        for strides in [[12, 4, 1], [40, 8, 1], [5, 10, 1]] {
            let mut array = vec![f16::NAN; 80];
            scatter(&values, &mut array, &[2, 3, 4], &strides).unwrap();
            for (index, value) in values.iter().enumerate() {
                let place = index / 12 * strides[0] + index / 4 % 3 * strides[1] + index % 4;
                assert_eq!(array[place], *value, "{strides:?}");
            }
            let written = array.iter().filter(|value| !value.is_nan()).count();
            assert_eq!(written, 24);
            let mut back = vec![f16::ZERO; 24];
            gather(&array, &mut back, &[2, 3, 4], &strides).unwrap();
            assert_eq!(back, values);
        }
    }

    #[test]
    fn nothing_outside_is_touched() {
        let values = numbers(4);
        let mut array = vec![f16::ZERO; 5];
        let shape = [2, 2];
        assert_eq!(scatter(&values, &mut array, &shape, &[3, 1]), Ok(()));
        for strides in [&[4, 1][..], &[2, 2], &[usize::MAX, 1], &[1], &[]] {
            assert_eq!(scatter(&values, &mut array, &shape, strides), Err(Outside));
            let mut back = values.clone();
            assert_eq!(gather(&array, &mut back, &shape, strides), Err(Outside));
            assert_eq!(back, values);
        }
        assert_eq!(scatter(&[], &mut [], &[0, 2], &[2, 1]), Ok(()));
        assert_eq!(scatter(&[], &mut [], &[], &[]), Err(Outside));
    }
}
