//! What is taken off a recording before it is measured: offset and rumble.

/// Corner of the high-pass, Hz: below every pitch (27.5 Hz is a piano's lowest).
const CORNER_HZ: f64 = 12.0;

/// Takes the offset and what lies below 12 Hz off, without moving anything in time: a second-order
/// Butterworth high-pass run forwards and backwards, begun as if the first sample had lasted for
/// ever.
pub(crate) fn without_rumble(samples: &[f32], sample_rate_hz: f64) -> Vec<f32> {
    let mean = samples.iter().map(|&x| f64::from(x)).sum::<f64>() / samples.len().max(1) as f64;
    let mut x: Vec<f64> = samples.iter().map(|&x| f64::from(x) - mean).collect();
    // Bilinear transform of 1 / (1 + sqrt(2) s + s^2), s inverted.
    let k = (std::f64::consts::PI * CORNER_HZ / sample_rate_hz).tan();
    let norm = 1.0 / (1.0 + std::f64::consts::SQRT_2 * k + k * k);
    let a = [
        2.0 * (k * k - 1.0) * norm,
        (1.0 - std::f64::consts::SQRT_2 * k + k * k) * norm,
    ];
    for _ in 0..2 {
        let (mut s1, mut s2) = (0.0, 0.0);
        for value in &mut x {
            let input = *value;
            let output = norm * input + s1;
            s1 = -2.0 * norm * input - a[0] * output + s2;
            s2 = norm * input - a[1] * output;
            *value = output;
        }
        x.reverse();
    }
    x.into_iter().map(|value| value as f32).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tones_pass_unmoved_and_offsets_do_not() {
        let rate = 44_100.0;
        let tone = |f_hz: f64, n: usize| (std::f64::consts::TAU * f_hz * n as f64 / rate).sin();
        let input: Vec<f32> = (0..88_200)
            .map(|n| (0.3 + 0.5 * tone(55.0, n) + 0.2 * tone(2.0, n)) as f32)
            .collect();
        let output = without_rumble(&input, rate);
        let worst = (20_000..68_000)
            .map(|n| (f64::from(output[n]) - 0.5 * tone(55.0, n)).abs())
            .fold(0.0, f64::max);
        assert!(worst < 0.01, "{worst}");
    }
}
