//! How two channels relate.

/// Normalised correlation of two signals at lag 0: `sum ab / sqrt(sum a^2 sum b^2)`, from -1
/// (opposite) over 0 (independent, or either silent) to 1 (one is the other, scaled).
///
/// # Panics
/// If the lengths differ.
pub fn correlation(a: &[impl Copy + Into<f64>], b: &[impl Copy + Into<f64>]) -> f64 {
    assert_eq!(a.len(), b.len(), "correlate signals of one length");
    let (mut ab, mut aa, mut bb) = (0.0, 0.0, 0.0);
    for (&a, &b) in a.iter().zip(b) {
        let (a, b): (f64, f64) = (a.into(), b.into());
        ab += a * b;
        aa += a * a;
        bb += b * b;
    }
    if aa == 0.0 || bb == 0.0 {
        0.0
    } else {
        ab / (aa * bb).sqrt()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phase_sets_the_correlation_of_two_sines() {
        let sine = |phase: f64| -> Vec<f64> {
            (0..4410)
                .map(|n| (std::f64::consts::TAU * (n as f64 / 441.0) + phase).sin())
                .collect()
        };
        for degrees in [0.0_f64, 30.0, 60.0, 90.0, 120.0, 180.0] {
            let shift = degrees.to_radians();
            let measured = correlation(&sine(0.0), &sine(shift));
            assert!(
                (measured - shift.cos()).abs() < 1e-9,
                "{degrees} degrees: {measured}"
            );
        }
    }

    #[test]
    fn silence_is_related_to_nothing() {
        assert_eq!(correlation(&[0.0_f32; 8], &[1.0_f32; 8]), 0.0);
    }
}
