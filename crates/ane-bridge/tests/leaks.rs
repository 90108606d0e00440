//! Whether kernels give back what they took, on a machine with a Neural Engine: in a process of its own, for
//! it looks at the memory of all of it. Elsewhere it is skipped as the other tests on hardware are.

mod programs;

use std::process::Command;

use ane_bridge::{AneError, AneKernel};
use half::f16;
use programs::{around_zero, io, is_here, rectified, relu};

const SHAPE: [usize; 4] = [1, 4, 1, 64];
const KERNELS: usize = 40;
const EVALUATIONS: usize = 250;
/// By how much memory may have grown after all kernels, KiB. Their surfaces alone would take 5 MiB, and a
/// hundred bytes left at each evaluation 1 MiB.
const MOST_GROWTH_KIB: u64 = 768;

#[test]
fn kernels_and_evaluations_leave_nothing() {
    if !is_here("kernels_and_evaluations_leave_nothing") {
        return;
    }
    let nothing_yet = resident_kib();
    let planted = vec![1_u8; 32 << 20];
    let grown = resident_kib() - nothing_yet;
    assert!(
        (30_000..40_000).contains(&grown),
        "{grown} of {}",
        planted.len()
    );
    drop(planted);
    for _ in 0..4 {
        use_one().unwrap();
    }
    let before = resident_kib();
    for _ in 0..KERNELS {
        use_one().unwrap();
    }
    let after = resident_kib();
    eprintln!("resident: {before} KiB, after {KERNELS} kernels {after} KiB");
    assert!(after < before + MOST_GROWTH_KIB, "{before} {after}");
}

/// The same program each time, so that only the first one is compiled.
fn use_one() -> Result<(), AneError> {
    let text = relu(SHAPE, "leaks");
    let mut kernel = AneKernel::compile(text.as_bytes(), None, &io(SHAPE, SHAPE))?;
    let input = around_zero(SHAPE.iter().product());
    let mut output = vec![f16::ZERO; input.len()];
    for _ in 0..EVALUATIONS {
        kernel.write_input_f16(0, &input)?;
        kernel.eval()?;
        kernel.read_output_f16(0, &mut output)?;
    }
    assert_eq!(output, rectified(&input));
    kernel.close()
}

/// Resident memory of this process, as the system tells.
fn resident_kib() -> u64 {
    let pid = std::process::id().to_string();
    let told = Command::new("ps").args(["-o", "rss=", "-p", &pid]).output();
    let told = String::from_utf8(told.unwrap().stdout).unwrap();
    told.trim().parse().unwrap()
}
