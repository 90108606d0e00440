//! DDSP's output non-linearity, for the classic head.

use crate::exp2_log2::{exp2, log2};

/// `2 * sigmoid(x)^ln(10) + 1e-7`: a positive amplitude between 1e-7 and 2.
///
/// Source: Engel et al. 2020, "DDSP: Differentiable Digital Signal Processing", `exp_sigmoid` with
/// its default exponent 10, maximum 2 and threshold 1e-7.
///
/// # Realtime safety
/// RT-safe: two exponentials and a logarithm in plain arithmetic.
pub(crate) fn exp_sigmoid(x: f32) -> f32 {
    let denominator = 1.0 + exp2(-x * std::f32::consts::LOG2_E);
    let log2_sigmoid = -log2(denominator) as f32;
    2.0 * exp2(std::f32::consts::LN_10 * log2_sigmoid) + 1e-7
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agrees_with_the_formula() {
        for i in -4000..=4000 {
            let x = i as f32 / 100.0;
            let sigmoid = 1.0 / (1.0 + (-f64::from(x)).exp());
            let want = 2.0 * sigmoid.powf(std::f64::consts::LN_10) + 1e-7;
            let have = f64::from(exp_sigmoid(x));
            assert!((have / want - 1.0).abs() < 3e-5, "{x}: {have} for {want}");
        }
        assert!((exp_sigmoid(65504.0) - 2.0).abs() < 1e-5);
        assert!((exp_sigmoid(-65504.0) - 1e-7).abs() < 1e-12);
    }
}
