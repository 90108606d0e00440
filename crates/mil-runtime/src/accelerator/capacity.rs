//! How many columns one dispatch has. A compiled program has one width for ever.

/// The widths that programs are compiled for: rows of 128 bytes and more, as every rule reported of the
/// hardware wants them, and few enough that the system's cache holds them all.
pub const CAPACITIES: [usize; 3] = [64, 256, 1024];

/// The width for calls of up to `max_columns` columns: the smallest that takes them at once, or the
/// largest, which then takes several dispatches.
#[must_use]
pub fn capacity(max_columns: usize) -> usize {
    let [.., largest] = CAPACITIES;
    let fits = CAPACITIES.into_iter().find(|&width| width >= max_columns);
    fits.unwrap_or(largest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_smallest_that_fits_is_taken() {
        for (columns, width) in [
            (1, 64),
            (64, 64),
            (65, 256),
            (256, 256),
            (257, 1024),
            (1024, 1024),
            (1025, 1024),
            (usize::MAX, 1024),
        ] {
            assert_eq!(capacity(columns), width, "{columns}");
        }
    }
}
