//! The number a fit computes with: `f32` to train, `f64` to check its gradients.

use ndarray::LinalgScalar;
use std::fmt::Debug;
use std::ops::{AddAssign, Neg};

/// A floating-point type the training arithmetic can be instantiated for.
pub trait Real: LinalgScalar + PartialOrd + Neg<Output = Self> + AddAssign + Debug {
    /// Nearest value to `x`.
    fn from_f64(x: f64) -> Self;
    /// The value, widened if need be.
    fn to_f64(self) -> f64;
    /// Square root.
    fn square_root(self) -> Self;
    /// Neither infinite nor NaN.
    fn finite(self) -> bool;
}

macro_rules! real {
    ($name:ty) => {
        impl Real for $name {
            fn from_f64(x: f64) -> Self {
                x as $name
            }
            fn to_f64(self) -> f64 {
                f64::from(self)
            }
            fn square_root(self) -> Self {
                self.sqrt()
            }
            fn finite(self) -> bool {
                self.is_finite()
            }
        }
    };
}

real!(f32);
real!(f64);
