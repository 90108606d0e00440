//! On a Mac: what becomes of each rung there. Elsewhere it says why it is skipped, and with
//! `ANE_BRIDGE_REQUIRE_HARDWARE=1` that is a failure.

use mil_runtime::ane::{Ane, AneDevice, AneOptions, CAPACITIES, Rung};
use mil_runtime::cpu::CpuDevice;
use mil_runtime::{ColumnKernel, Device};

use crate::engine::classic;
use crate::network::SplitMix;

/// The machine's engine with these rungs.
fn engine(rungs: &[Rung]) -> Option<AneDevice> {
    let options = AneOptions {
        rungs: rungs.to_vec(),
        least_columns: 1,
        ..AneOptions::default()
    };
    let device = AneDevice::with(Ane::system(), options);
    match device.availability() {
        Ok(()) => Some(device),
        Err(why) => {
            let required =
                std::env::var_os("ANE_BRIDGE_REQUIRE_HARDWARE").is_some_and(|value| value == "1");
            assert!(!required, "{why}");
            println!("skipped: {why}");
            None
        }
    }
}

#[test]
fn the_ladder_passes_and_answers_as_the_cpu_does() {
    let Some(device) = engine(&Rung::LADDER) else {
        return;
    };
    let (program, weights) = classic(1);
    for capacity in CAPACITIES {
        let (report, kernel) = device.climb(&program, &weights, capacity).unwrap();
        println!("{report}\n");
        let mut kernel = kernel.unwrap_or_else(|| panic!("no rung passed:\n{report}"));
        let mut cpu = CpuDevice::new()
            .prepare_columns(&program, &weights, capacity)
            .unwrap();
        let mut worst = 0.0_f32;
        for columns in [1, 17, capacity - 1, capacity] {
            let x = SplitMix(columns as u64).uniforms(4 * columns);
            let (mut y, mut expected) = (vec![0.0; 66 * columns], vec![0.0; 66 * columns]);
            kernel.run(columns, &x, &mut y).unwrap();
            cpu.run(columns, &x, &mut expected).unwrap();
            let largest = expected.iter().fold(0.0_f32, |most, y| most.max(y.abs()));
            for (y, expected) in y.iter().zip(&expected) {
                worst = worst.max((y - expected).abs() / largest);
            }
        }
        println!("{capacity} columns: off by {worst:.1e} of the largest answer at most\n");
        assert!(worst < 2e-2, "{worst}");
    }
}

/// Every rung alone, the seed's form too: which are taken is what is to be found out.
#[test]
fn every_rung_is_told() {
    for rung in Rung::LADDER.into_iter().chain([Rung::BATCHED]) {
        let Some(device) = engine(&[rung]) else {
            return;
        };
        let (program, weights) = classic(2);
        let (report, _) = device.climb(&program, &weights, 64).unwrap();
        println!("{report}\n");
    }
}
