//! Running one generic body on the instruction set that was chosen once.

use super::level::Level;
use super::vector::{Vector, scalar};

/// A computation that is compiled once per level.
///
/// `run` and everything it calls must be `#[inline(always)]`: code that stays a function of its own
/// is compiled for the baseline instruction set.
pub(crate) trait Kernel {
    /// Computes with the level's registers.
    fn run<V: Vector>(self);
}

/// Proof that this machine has a level: it is only made by checking.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Dispatch {
    level: Level,
}

impl Dispatch {
    /// The level [`Level::detect`] names.
    pub(crate) fn detect() -> Self {
        Self {
            level: Level::detect(),
        }
    }

    /// `None` if this machine lacks the level.
    pub(crate) fn with_level(level: Level) -> Option<Self> {
        level.is_available().then_some(Self { level })
    }

    pub(crate) fn level(self) -> Level {
        self.level
    }

    /// Runs the kernel on the chosen level.
    #[inline]
    pub(crate) fn run<K: Kernel>(self, kernel: K) {
        match self.level {
            #[cfg(target_arch = "x86_64")]
            // SAFETY: a Dispatch at this level exists only if its CPU features were detected.
            Level::Avx512 => unsafe { x86_64::avx512(kernel) },
            #[cfg(target_arch = "x86_64")]
            // SAFETY: as above.
            Level::Avx2 => unsafe { x86_64::avx2(kernel) },
            #[cfg(target_arch = "x86_64")]
            Level::Sse2 => kernel.run::<super::vector::x86_64::F32x4>(),
            #[cfg(target_arch = "aarch64")]
            Level::Neon => kernel.run::<super::vector::neon::F32x4>(),
            #[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
            Level::Simd128 => kernel.run::<super::vector::simd128::F32x4>(),
            _ => kernel.run::<scalar::F32x1>(),
        }
    }
}

#[cfg(target_arch = "x86_64")]
mod x86_64 {
    use super::Kernel;
    use crate::simd::vector::x86_64::{F32x8, F32x16};

    #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx2,fma")]
    pub(super) fn avx512<K: Kernel>(kernel: K) {
        kernel.run::<F32x16>();
    }

    #[target_feature(enable = "avx2,fma")]
    pub(super) fn avx2<K: Kernel>(kernel: K) {
        kernel.run::<F32x8>();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Widths<'a>(&'a mut (usize, bool));

    impl Kernel for Widths<'_> {
        #[inline(always)]
        fn run<V: Vector>(self) {
            *self.0 = (V::WIDTH, V::FUSED);
        }
    }

    /// Writes one result of each operation on lanes 0, 1, 2...
    struct Operations<'a>(&'a mut Vec<f32>);

    impl Kernel for Operations<'_> {
        #[inline(always)]
        fn run<V: Vector>(self) {
            let ramp: Vec<f32> = (0..V::WIDTH).map(|i| i as f32 - 1.0).collect();
            let x = V::load(&ramp);
            let results = [
                x,
                x.add(V::splat(0.25)),
                x.mul(V::splat(3.0)),
                x.mul_add(V::splat(2.0), V::splat(0.5)),
                x.mul(V::splat(0.75)).clamp_unit(),
                x.flip(V::splat(-0.0)).flip(V::splat(0.0)),
            ];
            for result in results {
                let mut lanes = vec![f32::NAN; V::WIDTH];
                result.store(&mut lanes);
                self.0.extend(lanes);
            }
            self.0.push(V::mul_add_scalar(2.0, 3.0, 1.0));
        }
    }

    #[test]
    fn every_available_level_runs_its_own_body() {
        for level in Level::ALL {
            let Some(dispatch) = Dispatch::with_level(level) else {
                continue;
            };
            let mut seen = (0, false);
            dispatch.run(Widths(&mut seen));
            let expected = match level {
                Level::Avx512 => (16, true),
                Level::Avx2 => (8, true),
                Level::Neon => (4, true),
                Level::Sse2 | Level::Simd128 => (4, false),
                Level::Scalar => (1, false),
            };
            assert_eq!((dispatch.level(), seen), (level, expected));
        }
    }

    #[test]
    fn operations_mean_the_same_on_every_level() {
        for level in Level::ALL {
            let Some(dispatch) = Dispatch::with_level(level) else {
                continue;
            };
            let mut results = Vec::new();
            dispatch.run(Operations(&mut results));
            let width = (results.len() - 1) / 6;
            let ramp = (0..width).map(|i| i as f32 - 1.0);
            let mut expected: Vec<f32> = ramp.clone().collect();
            expected.extend(ramp.clone().map(|x| x + 0.25));
            expected.extend(ramp.clone().map(|x| x * 3.0));
            expected.extend(ramp.clone().map(|x| x * 2.0 + 0.5));
            expected.extend(ramp.clone().map(|x| (x * 0.75).clamp(0.0, 1.0)));
            expected.extend(ramp.map(|x| -x));
            expected.push(7.0);
            assert_eq!(results, expected, "{level}");
        }
    }
}
