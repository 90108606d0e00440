//! The most that the multiply-add units give: chains that wait for nothing but themselves.

use std::hint::black_box;

use super::dispatch::Dispatch;
use super::lanes::Lanes;
use super::level::Level;

/// The most chains that any level runs side by side, and the most lanes that one has.
const MOST_CHAINS: usize = 24;
const MOST_LANES: usize = 16;

/// A doubling and a halving: whatever a chain begins with, it is back there after the two.
const FACTORS: [f32; 2] = [1.0, -0.5];

/// Multiply-adds on one instruction set and nothing else, to measure the rate that kernels are held
/// against: 12 independent chains fill the units of processors with 16 vector registers, 24 those of
/// processors with 32 (a latency of 4 cycles on up to 4 units).
#[derive(Clone, Copy)]
pub struct MultiplyAdds {
    dispatch: Dispatch,
}

/// What one [`MultiplyAdds::run`] has done.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MultiplyAddWork {
    /// Products and sums, each lane's counted.
    pub flops: u64,
    /// Of all lanes of all chains, so that nobody can leave the work out: the sum over chains `c` of
    /// `c + 1`, times the lanes.
    pub sum: f32,
}

impl MultiplyAdds {
    /// For one level, or `None` where this machine lacks it.
    #[must_use]
    pub fn with_level(level: Level) -> Option<Self> {
        let dispatch = Dispatch::new(level)?;
        Some(Self { dispatch })
    }

    /// Makes every chain `2 * pairs` multiply-adds long.
    ///
    /// # Realtime safety
    /// RT-safe: no allocation; time depends on `pairs` alone.
    #[must_use]
    pub fn run(&self, pairs: u32) -> MultiplyAddWork {
        // A compiler that knew the factors would multiply by neither.
        self.dispatch.multiply_adds(pairs, black_box(FACTORS))
    }
}

/// The body of every level.
#[allow(
    clippy::needless_range_loop,
    reason = "as in the convolution: loops over constant ranges leave the chains in registers"
)]
#[inline(always)]
pub(super) fn chains<L: Lanes, const CHAINS: usize>(
    lanes: L,
    pairs: u32,
    factors: [f32; 2],
) -> MultiplyAddWork {
    const { assert!(CHAINS <= MOST_CHAINS && L::WIDTH <= MOST_LANES) };
    let mut values = [lanes.splat(0.0); CHAINS];
    for chain in 0..CHAINS {
        values[chain] = lanes.splat(chain as f32 + 1.0);
    }
    let [up, down] = factors.map(|factor| lanes.splat(factor));
    for _ in 0..pairs {
        for chain in 0..CHAINS {
            values[chain] = lanes.mul_add(values[chain], up, values[chain]);
        }
        for chain in 0..CHAINS {
            values[chain] = lanes.mul_add(values[chain], down, values[chain]);
        }
    }
    let mut stored = [0.0; MOST_CHAINS * MOST_LANES];
    for (cell, value) in L::cells_mut(&mut stored).iter_mut().zip(values) {
        lanes.store(value, cell);
    }
    let flops_a_pair = 2 * 2 * (CHAINS * L::WIDTH) as u64;
    MultiplyAddWork {
        flops: u64::from(pairs) * flops_a_pair,
        sum: stored[..CHAINS * L::WIDTH].iter().sum(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_step_is_taken() {
        for level in Level::ALL {
            let Some(dispatch) = Dispatch::new(level) else {
                continue;
            };
            let once = dispatch.multiply_adds(0, [1.0, 0.0]).sum;
            assert!(once > 0.0, "{level}");
            // A doubling and nothing: what is left out would be missing here.
            for pairs in 1..10 {
                let work = dispatch.multiply_adds(pairs, [1.0, 0.0]);
                assert_eq!(work.sum, once * f32::powi(2.0, pairs as i32), "{level}");
                let work = dispatch.multiply_adds(pairs, [0.0, 1.0]);
                assert_eq!(work.sum, once * f32::powi(2.0, pairs as i32), "{level}");
            }
        }
    }
}
