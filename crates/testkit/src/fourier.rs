//! Plans of Fourier transforms, made into machine code here, once: the planner is generic, and every test
//! that names it takes a quarter of a minute more to build.

use realfft::{ComplexToReal, RealFftPlanner, RealToComplex};
use std::sync::Arc;

/// The transform of `length` real numbers to `length / 2 + 1` complex ones, not normalised.
pub fn forward_fft(length: usize) -> Arc<dyn RealToComplex<f64>> {
    RealFftPlanner::new().plan_fft_forward(length)
}

/// The way back to `length` real numbers, which come out `length` times as large.
pub fn inverse_fft(length: usize) -> Arc<dyn ComplexToReal<f64>> {
    RealFftPlanner::new().plan_fft_inverse(length)
}
