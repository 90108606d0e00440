//! The most that one core of this machine multiplies and adds.

use mil_runtime::cpu::{Level, MultiplyAdds};

/// Pairs of multiply-adds in a chain: some 50 microseconds.
const PAIRS: u32 = 8_000;

/// Multiply-adds that wait for nothing, at the widest level of this machine.
#[derive(Clone, Copy)]
pub(crate) struct FmaPeak {
    multiply_adds: MultiplyAdds,
}

impl FmaPeak {
    pub(crate) fn new() -> Result<Self, String> {
        let level = Level::widest();
        let multiply_adds = MultiplyAdds::with_level(level)
            .ok_or_else(|| format!("{level} is the widest level here and cannot be run"))?;
        Ok(Self { multiply_adds })
    }

    /// Does the work once. Answers its products and sums.
    pub(crate) fn run(self) -> u64 {
        std::hint::black_box(self.multiply_adds.run(PAIRS)).flops
    }

    /// The rate, where [`Self::run`] takes so long.
    pub(crate) fn gflops(self, us: f64) -> f64 {
        self.run() as f64 / us / 1e3
    }
}
