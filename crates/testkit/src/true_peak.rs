//! The highest value of the waveform between the samples.

use std::f64::consts::PI;

/// Points per sample. A peak between two of them is read low by at most 0.04 dB (a sine at the
/// Nyquist frequency, half a step away: `cos(pi/32)`).
const OVERSAMPLING: usize = 16;
/// Samples to each side of a point. With [`KAISER_BETA`] the interpolator is flat within 0.01 dB
/// up to 0.45 of the sample rate.
const REACH: usize = 48;
/// Kaiser window shape: side lobes about -90 dB.
const KAISER_BETA: f64 = 9.0;

/// True peak in dB re full scale: the highest magnitude of the band-limited waveform on a grid 16
/// times finer than the samples', silence assumed before and after. Minus infinity in silence.
///
/// Oversampled peak as in ITU-R BS.1770-5, annex 2, with four times its rate and a longer filter.
pub fn true_peak_dbfs(samples: &[impl Copy + Into<f64>]) -> f64 {
    let mut padded = vec![0.0; samples.len() + 2 * REACH];
    for (padded, &x) in padded[REACH..].iter_mut().zip(samples) {
        *padded = x.into();
    }
    let mut peak = padded.iter().fold(0.0, peak_of);
    for step in 1..OVERSAMPLING {
        let taps = interpolator(step as f64 / OVERSAMPLING as f64);
        for window in padded.windows(taps.len()) {
            let value = window
                .iter()
                .zip(&taps)
                .map(|(x, tap)| x * tap)
                .sum::<f64>();
            peak = peak_of(peak, &value);
        }
    }
    20.0 * peak.log10()
}

/// NaN once seen stays, so that no comparison passes with it.
fn peak_of(peak: f64, value: &f64) -> f64 {
    if peak.is_nan() || value.is_nan() {
        f64::NAN
    } else {
        peak.max(value.abs())
    }
}

/// Windowed sinc for the point `fraction` of a sample after the window's sample `REACH - 1`.
fn interpolator(fraction: f64) -> Vec<f64> {
    (0..2 * REACH)
        .map(|tap| {
            let t = tap as f64 - (REACH as f64 - 1.0) - fraction;
            let edge = (1.0 - (t / REACH as f64).powi(2)).max(0.0).sqrt();
            let window = bessel_i0(KAISER_BETA * edge) / bessel_i0(KAISER_BETA);
            window * (PI * t).sin() / (PI * t)
        })
        .collect()
}

/// Modified Bessel function of the first kind, order 0, by its power series.
fn bessel_i0(x: f64) -> f64 {
    let mut term = 1.0;
    let mut sum = 1.0;
    for k in 1..60 {
        term *= (x / (2.0 * f64::from(k))).powi(2);
        sum += term;
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::f64::consts::TAU;

    #[test]
    fn the_textbook_case_reads_three_db_above_its_samples() {
        // A quarter of the rate at 45 degrees: every sample is 0.707 of the peak.
        let tone: Vec<f64> = (0..400)
            .map(|n| (TAU / 4.0 * f64::from(n) + PI / 4.0).sin())
            .collect();
        let faded: Vec<f64> = fade(&tone);
        let sample_peak_db = 20.0 * faded.iter().fold(0.0, |m: f64, x| m.max(x.abs())).log10();
        assert!((sample_peak_db + 3.01).abs() < 0.01);
        assert!(
            true_peak_dbfs(&faded).abs() < 0.01,
            "{}",
            true_peak_dbfs(&faded)
        );
    }

    #[test]
    fn sines_of_any_frequency_and_phase_read_their_amplitude() {
        for f_norm in [0.01, 0.1234, 0.3, 0.41, 0.45] {
            for phase in [0.0, 0.7, 1.9] {
                let tone: Vec<f64> = (0..2000)
                    .map(|n| 0.5 * (TAU * f_norm * f64::from(n) + phase).sin())
                    .collect();
                let peak_db = true_peak_dbfs(&fade(&tone));
                assert!(
                    (peak_db + 6.0206).abs() < 0.05,
                    "{f_norm}, {phase}: {peak_db}"
                );
            }
        }
    }

    #[test]
    fn the_first_and_the_last_sample_count() {
        let mut impulse = [0.0_f32; 10];
        impulse[0] = 0.5;
        assert!((true_peak_dbfs(&impulse) + 6.0206).abs() < 1e-3);
        impulse[0] = 0.0;
        impulse[9] = -0.5;
        assert!((true_peak_dbfs(&impulse) + 6.0206).abs() < 1e-3);
    }

    #[test]
    fn silence_has_no_peak_and_nan_never_passes() {
        assert_eq!(true_peak_dbfs(&[0.0_f32; 5]), f64::NEG_INFINITY);
        assert_eq!(true_peak_dbfs(&[0.0_f64; 0]), f64::NEG_INFINITY);
        assert!(true_peak_dbfs(&[0.1_f32, f32::NAN, 0.1]).is_nan());
    }

    /// Smooth ends, so that the truncated sine's own overshoot does not count.
    fn fade(tone: &[f64]) -> Vec<f64> {
        let len = tone.len() as f64;
        tone.iter()
            .enumerate()
            .map(|(n, x)| {
                let edge = (n as f64 + 0.5).min(len - 0.5 - n as f64) / (len / 4.0);
                x * (0.5 - 0.5 * (PI * edge.min(1.0)).cos())
            })
            .collect()
    }
}
