//! Columns that a self-test asks for.

use half::f16;

/// `[channels, capacity]`: FP16 numbers in -1..1 in the first `columns` columns, zeros behind them.
pub(crate) fn random_columns(
    seed: u64,
    channels: usize,
    capacity: usize,
    columns: usize,
) -> Vec<f32> {
    // Steele, Lea and Flood's SplitMix64.
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let mut uniform = || {
        state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = state;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^= z >> 31;
        let value = (z >> 40) as f32 / (1 << 23) as f32 - 1.0;
        f16::from_f32(value).to_f32()
    };
    let mut rows = vec![0.0; channels * capacity];
    for row in rows.chunks_exact_mut(capacity) {
        row[..columns].fill_with(&mut uniform);
    }
    rows
}
