//! Whether a compiled program says what the CPU says.

use ane_bridge::{AneError, AneKernel, Tolerance};
use half::f16;

use crate::ColumnKernel;
use crate::accelerator::{ABSOLUTE_TOLERANCE, Fold, RELATIVE_TOLERANCE, random_columns};
use crate::cpu::conv_chain::ConvChain;

/// Evaluates batches of random columns, full ones, a single column and odd numbers, and compares each
/// with `twin`'s answers. The outputs are filled with a NaN before each.
///
/// # Errors
/// The first answer that is wrong, or what the engine refused.
pub(super) fn pass(
    kernel: &mut AneKernel,
    input: &Fold,
    output: &Fold,
    twin: &mut ConvChain,
) -> Result<(), AneError> {
    let capacity = input.columns();
    let mut asked = vec![f16::ZERO; input.values()];
    let mut expected = vec![f16::ZERO; output.values()];
    let mut answer = vec![0.0; twin.outputs() * capacity];
    let batches = [capacity, 1, 7, capacity / 2 + 1, capacity - 1, capacity];
    for (seed, columns) in (1..).zip(batches) {
        let rows = random_columns(seed, twin.inputs(), capacity, columns);
        input.fill(&rows, capacity, 0, capacity, &mut asked);
        // It was checked to take this many.
        let answered = twin.run(capacity, &rows, &mut answer);
        debug_assert_eq!(answered, Ok(()));
        output.fill(&answer, capacity, 0, capacity, &mut expected);
        let largest = answer.iter().fold(0.0_f32, |most, y| most.max(y.abs()));
        let tolerance = Tolerance {
            absolute: ABSOLUTE_TOLERANCE * largest,
            relative: RELATIVE_TOLERANCE,
        };
        kernel.self_test(&[&asked], &[&expected], tolerance)?;
    }
    Ok(())
}
