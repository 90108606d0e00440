//! From one way of laying out a matrix to the other.

/// Columns whose values are written side by side: as many as a line of the cache holds, so that every line
/// of the source is read once, whatever the length of a row.
const BLOCK: usize = 16;

/// Writes `from`, `[rows, columns]`, to `to` as `[columns, rows]`; both hold a whole number of rows.
///
/// # Realtime safety
/// RT-safe: no allocation, bounded time.
pub(crate) fn transpose(from: &[f32], columns: usize, to: &mut [f32]) {
    debug_assert!(from.len() == to.len() && from.len().is_multiple_of(columns.max(1)));
    if columns == 0 {
        return;
    }
    let rows = from.len() / columns;
    for (first, block) in (0..columns)
        .step_by(BLOCK)
        .zip(to.chunks_mut(BLOCK * rows.max(1)))
    {
        for (row, values) in from.chunks_exact(columns).enumerate() {
            let targets = block.chunks_exact_mut(rows);
            for (target, value) in targets.zip(&values[first..]) {
                target[row] = *value;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_finds_its_place() {
        for rows in [1, 2, 3, 66, 130] {
            for columns in [1, 2, 15, 16, 17, 31, 32, 33, 256, 257] {
                let from: Vec<f32> = (0..rows * columns).map(|i| i as f32).collect();
                let mut to = vec![f32::NAN; from.len()];
                transpose(&from, columns, &mut to);
                for row in 0..rows {
                    for column in 0..columns {
                        assert_eq!(to[column * rows + row], from[row * columns + column]);
                    }
                }
            }
        }
        transpose(&[], 0, &mut []);
        transpose(&[], 5, &mut []);
    }
}
