//! Plain code, compiled again for each instruction set.

use super::dispatch::{Dispatch, Kernel};
use super::level::Level;
use super::vector::Vector;

/// A computation in plain Rust, of loops that the compiler turns into vector code.
///
/// `run` and everything it calls must be `#[inline(always)]`: code that stays a function of its own
/// is compiled for the baseline instruction set, which is slower and nothing worse. The results have the same
/// bits at every level, since Rust neither fuses nor reorders what is written in floats.
pub trait PlainKernel {
    /// Computes.
    fn run(self);
}

/// Runs plain code with the instructions of a level.
#[derive(Clone, Copy, Debug)]
pub struct PlainCode {
    dispatch: Dispatch,
}

impl Default for PlainCode {
    fn default() -> Self {
        Self::new()
    }
}

impl PlainCode {
    /// For the level that [`Level::detect`] names.
    #[must_use]
    pub fn new() -> Self {
        Self {
            dispatch: Dispatch::detect(),
        }
    }

    /// For one level, or `None` if this machine lacks it.
    #[must_use]
    pub fn with_level(level: Level) -> Option<Self> {
        let dispatch = Dispatch::with_level(level)?;
        Some(Self { dispatch })
    }

    /// Runs a kernel.
    ///
    /// # Realtime safety
    /// As the kernel's.
    #[inline]
    pub fn run<K: PlainKernel>(self, kernel: K) {
        self.dispatch.run(Plain(kernel));
    }
}

struct Plain<K>(K);

impl<K: PlainKernel> Kernel for Plain<K> {
    #[inline(always)]
    fn run<V: Vector>(self) {
        self.0.run();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Sums<'a>(&'a [f32], &'a mut [f32]);

    impl PlainKernel for Sums<'_> {
        #[inline(always)]
        fn run(self) {
            for (sum, x) in self.1.iter_mut().zip(self.0) {
                *sum = *sum * x + 0.1;
            }
        }
    }

    #[test]
    fn the_bits_are_the_same_at_every_level() {
        let x: Vec<f32> = (0..1000).map(|i| (i as f32).sin()).collect();
        let at = |code: PlainCode| {
            let mut sums = x.clone();
            (0..5).for_each(|_| code.run(Sums(&x, &mut sums)));
            sums
        };
        let expected = at(PlainCode::default());
        for level in Level::ALL {
            if let Some(code) = PlainCode::with_level(level) {
                assert_eq!(at(code), expected, "{level}");
            }
        }
    }
}
