//! How far a signal is from the reference it should equal.

/// Signal-to-noise ratio of `samples` against `reference`: `10 log10(sum ref^2 / sum (x-ref)^2)`
/// in dB. Plus infinity where both are equal, minus infinity for an error against silence.
///
/// # Panics
/// If the lengths differ or are 0.
pub fn snr_db(samples: &[impl Copy + Into<f64>], reference: &[impl Copy + Into<f64>]) -> f64 {
    check_lengths(samples.len(), reference.len());
    let mut signal = 0.0;
    let mut noise = 0.0;
    for (&x, &r) in samples.iter().zip(reference) {
        let (x, r): (f64, f64) = (x.into(), r.into());
        signal += r * r;
        noise += (x - r) * (x - r);
    }
    if noise == 0.0 {
        f64::INFINITY
    } else {
        10.0 * (signal / noise).log10()
    }
}

/// Largest error over the reference's peak: `20 log10(max |x-ref| / max |ref|)` in dB. Minus
/// infinity where both are equal; NaN samples give NaN, which no comparison passes.
///
/// # Panics
/// If the lengths differ or are 0.
pub fn max_error_db(samples: &[impl Copy + Into<f64>], reference: &[impl Copy + Into<f64>]) -> f64 {
    check_lengths(samples.len(), reference.len());
    let mut peak: f64 = 0.0;
    let mut error: f64 = 0.0;
    for (&x, &r) in samples.iter().zip(reference) {
        let (x, r): (f64, f64) = (x.into(), r.into());
        if (x - r).is_nan() {
            return f64::NAN;
        }
        peak = peak.max(r.abs());
        error = error.max((x - r).abs());
    }
    if error == 0.0 {
        f64::NEG_INFINITY
    } else {
        20.0 * (error / peak).log10()
    }
}

fn check_lengths(samples: usize, reference: usize) {
    assert_eq!(samples, reference, "compare signals of one length");
    assert!(
        samples > 0,
        "there is nothing to compare in an empty signal"
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_known_error_gives_its_level() {
        let reference: Vec<f64> = (0..1000).map(|n| (n as f64 * 0.1).sin()).collect();
        let samples: Vec<f64> = reference.iter().map(|r| r * 1.001).collect();
        assert!((snr_db(&samples, &reference) - 60.0).abs() < 1e-9);
        assert!((max_error_db(&samples, &reference) + 60.0).abs() < 1e-9);
    }

    #[test]
    fn max_error_is_relative_to_the_peak_of_the_reference() {
        let reference = [0.0_f32, 4.0, 0.0];
        let samples = [0.0_f32, 4.0, 0.004];
        assert!((max_error_db(&samples, &reference) + 60.0).abs() < 1e-5);
    }

    #[test]
    fn equal_signals_have_no_error_and_nan_never_passes() {
        let reference = [1.0_f32, -1.0];
        assert_eq!(snr_db(&reference, &reference), f64::INFINITY);
        assert_eq!(max_error_db(&reference, &reference), f64::NEG_INFINITY);
        let broken = [1.0_f32, f32::NAN];
        assert!(snr_db(&broken, &reference).is_nan());
        assert!(max_error_db(&broken, &reference).is_nan());
    }

    #[test]
    #[should_panic(expected = "one length")]
    fn a_shorter_signal_is_refused() {
        snr_db(&[0.0_f32], &[0.0_f32, 0.0]);
    }
}
