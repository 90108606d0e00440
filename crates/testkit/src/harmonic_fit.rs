//! Least-squares fit of a harmonic series to a steady sound.
//!
//! The model is `x(t) = sum over m = -M..M of c_m e^(i m w t)` with `c_-m` the conjugate of `c_m`,
//! over times centred on the slice's middle. Its normal equations are a real symmetric Toeplitz
//! matrix of Dirichlet kernels, nearly diagonal when the slice holds many periods: conjugate
//! gradients solve it in a few steps, for hundreds of harmonics.

use std::f64::consts::TAU;

/// What [`fit_harmonics`] found.
#[derive(Clone, Debug)]
pub struct HarmonicFit {
    /// The fundamental that fits best, in cycles per sample.
    pub f0_norm: f64,
    /// Constant part, full scale.
    pub dc: f64,
    /// Peak amplitude of harmonic k+1, for all below the Nyquist frequency.
    pub amplitudes: Vec<f64>,
    /// Energy (sum of squares) of the harmonics without the constant.
    pub harmonic_energy: f64,
    /// Energy of what neither the constant nor a harmonic explains.
    pub residual_energy: f64,
}

/// Fits a constant and all harmonics of `f0_norm` (cycles per sample) below the Nyquist frequency
/// to `samples`, refining the fundamental by at most a quarter of a turn of the highest harmonic
/// over the slice: that is far more than the rounding of a frequency to `f32`, far less than a
/// mistuning or a drift, which show as residual.
///
/// # Panics
/// If `f0_norm` is not in (0, 0.5) or the slice holds fewer than 8 periods.
pub fn fit_harmonics(samples: &[impl Copy + Into<f64>], f0_norm: f64) -> HarmonicFit {
    assert!(
        f0_norm > 0.0 && f0_norm < 0.5,
        "the fundamental must be above DC, below Nyquist"
    );
    let samples: Vec<f64> = samples.iter().map(|&x| x.into()).collect();
    let length = samples.len() as f64;
    assert!(
        length * f0_norm >= 8.0,
        "a harmonic fit needs at least 8 periods"
    );

    let harmonics = (1..).take_while(|&k| f64::from(k) * f0_norm < 0.5).count();
    let range = 0.25 / (length * harmonics as f64);
    let mut refined = f0_norm;
    let mut series = Series::fit(&samples, refined, harmonics);
    for _ in 0..8 {
        let step = series.frequency_step(&samples, refined);
        let next = (refined + step).clamp(f0_norm - range, f0_norm + range);
        let moved = (next - refined).abs();
        refined = next;
        series = Series::fit(&samples, refined, harmonics);
        if moved * length * (harmonics as f64) < 1e-11 {
            break;
        }
    }
    series.measure(&samples, refined)
}

/// `c_m = cosine[m] + i sine[m]` for `m = 0..=M`.
struct Series {
    cosine: Vec<f64>,
    sine: Vec<f64>,
}

impl Series {
    fn fit(samples: &[f64], f0_norm: f64, harmonics: usize) -> Self {
        let mut cosine_sum = vec![0.0; harmonics + 1];
        let mut sine_sum = vec![0.0; harmonics + 1];
        for (x, angle) in samples.iter().zip(angles(samples.len(), f0_norm)) {
            let (rotation_sin, rotation_cos) = angle.sin_cos();
            let (mut re, mut im) = (*x, 0.0);
            for (cosine, sine) in cosine_sum.iter_mut().zip(&mut sine_sum) {
                *cosine += re;
                *sine -= im;
                (re, im) = (
                    re * rotation_cos - im * rotation_sin,
                    re * rotation_sin + im * rotation_cos,
                );
            }
        }
        let kernel = dirichlet_kernel(samples.len(), f0_norm, 2 * harmonics);
        Self {
            cosine: solve_toeplitz(&kernel, &cosine_sum, 1.0),
            sine: solve_toeplitz(&kernel, &sine_sum, -1.0),
        }
    }

    /// The model's harmonics at one angle of the fundamental, and their slope over that angle.
    fn evaluate(&self, angle: f64) -> (f64, f64) {
        let (rotation_sin, rotation_cos) = angle.sin_cos();
        let (mut re, mut im) = (rotation_cos, rotation_sin);
        let (mut value, mut slope) = (0.0, 0.0);
        for (m, (cosine, sine)) in self.cosine.iter().zip(&self.sine).enumerate().skip(1) {
            value += 2.0 * (cosine * re - sine * im);
            slope -= 2.0 * m as f64 * (cosine * im + sine * re);
            (re, im) = (
                re * rotation_cos - im * rotation_sin,
                re * rotation_sin + im * rotation_cos,
            );
        }
        (value, slope)
    }

    /// Gauss-Newton step of the fundamental, in cycles per sample.
    fn frequency_step(&self, samples: &[f64], f0_norm: f64) -> f64 {
        let (mut along, mut length) = (0.0, 0.0);
        for ((n, x), angle) in samples
            .iter()
            .enumerate()
            .zip(angles(samples.len(), f0_norm))
        {
            let (value, slope) = self.evaluate(angle);
            let direction = TAU * centred_time(n, samples.len()) * slope;
            along += (x - self.cosine[0] - value) * direction;
            length += direction * direction;
        }
        if length == 0.0 { 0.0 } else { along / length }
    }

    fn measure(&self, samples: &[f64], f0_norm: f64) -> HarmonicFit {
        let (mut harmonic_energy, mut residual_energy) = (0.0, 0.0);
        for (x, angle) in samples.iter().zip(angles(samples.len(), f0_norm)) {
            let (value, _) = self.evaluate(angle);
            harmonic_energy += value * value;
            residual_energy += (x - self.cosine[0] - value).powi(2);
        }
        let amplitudes = self
            .cosine
            .iter()
            .zip(&self.sine)
            .skip(1)
            .map(|(c, s)| 2.0 * c.hypot(*s))
            .collect();
        HarmonicFit {
            f0_norm,
            dc: self.cosine[0],
            amplitudes,
            harmonic_energy,
            residual_energy,
        }
    }
}

/// Sample `n`'s distance from the slice's middle. Centred, because then amplitude and frequency
/// are nearly independent unknowns.
fn centred_time(n: usize, len: usize) -> f64 {
    n as f64 - (len as f64 - 1.0) / 2.0
}

/// The fundamental's angle at every sample, in radians within a turn.
fn angles(len: usize, f0_norm: f64) -> impl Iterator<Item = f64> {
    (0..len).map(move |n| TAU * (f0_norm * centred_time(n, len)).fract())
}

/// `D(j) = sum over the slice of e^(i j w t)`, real because times are centred.
fn dirichlet_kernel(len: usize, f0_norm: f64, last: usize) -> Vec<f64> {
    let half = TAU * f0_norm / 2.0;
    (0..=last)
        .map(|j| match j {
            0 => len as f64,
            j => (j as f64 * half * len as f64).sin() / (j as f64 * half).sin(),
        })
        .collect()
}

/// Solves `sum over l = -M..M of D(|m-l|) u_l = right_m` for `u_0..=u_M`, where `u_-l` is
/// `parity * u_l` (1 or -1) and `right` has the same parity, by conjugate gradients.
fn solve_toeplitz(kernel: &[f64], right: &[f64], parity: f64) -> Vec<f64> {
    let order = right.len() - 1;
    let apply = |u: &[f64]| -> Vec<f64> {
        (0..=order)
            .map(|m| {
                let own = if parity > 0.0 { kernel[m] * u[0] } else { 0.0 };
                let pairs: f64 = (1..=order)
                    .map(|l| (kernel[m.abs_diff(l)] + parity * kernel[m + l]) * u[l])
                    .sum();
                own + pairs
            })
            .collect()
    };
    // Both halves count in the inner product, the middle once.
    let dot = |a: &[f64], b: &[f64]| -> f64 {
        a[0] * b[0] + 2.0 * a[1..].iter().zip(&b[1..]).map(|(a, b)| a * b).sum::<f64>()
    };

    let mut solution = vec![0.0; order + 1];
    let mut residual = right.to_vec();
    if parity < 0.0 {
        residual[0] = 0.0;
    }
    let mut direction = residual.clone();
    let mut energy = dot(&residual, &residual);
    let enough = energy * 1e-30;
    for _ in 0..200 {
        if energy <= enough {
            break;
        }
        let image = apply(&direction);
        let step = energy / dot(&direction, &image);
        for m in 0..=order {
            solution[m] += step * direction[m];
            residual[m] -= step * image[m];
        }
        let next = dot(&residual, &residual);
        for (direction, residual) in direction.iter_mut().zip(&residual) {
            *direction = residual + next / energy * *direction;
        }
        energy = next;
    }
    solution
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amplitudes_constant_and_frequency_come_back() {
        let f0_norm = 0.013_579;
        let partials = [0.5, 0.0, 0.25, 0.01];
        let samples: Vec<f64> = (0..9001)
            .map(|n| {
                let angle = TAU * f0_norm * f64::from(n);
                let sum: f64 = partials
                    .iter()
                    .zip(1..)
                    .map(|(a, k)| a * (f64::from(k) * angle + f64::from(k)).cos())
                    .sum();
                sum - 0.125
            })
            .collect();
        let fit = fit_harmonics(&samples, f0_norm * (1.0 + 3e-7));
        assert_eq!(fit.amplitudes.len(), 36);
        assert!((fit.f0_norm / f0_norm - 1.0).abs() < 1e-13);
        assert!((fit.dc + 0.125).abs() < 1e-12);
        for (k, amplitude) in fit.amplitudes.iter().enumerate() {
            let expected = partials.get(k).copied().unwrap_or(0.0);
            assert!(
                (amplitude - expected).abs() < 1e-10,
                "partial {}: {amplitude}",
                k + 1
            );
        }
        assert!(fit.residual_energy < 1e-18 * fit.harmonic_energy);
    }

    #[test]
    fn a_mistuned_note_leaves_a_residual() {
        let samples: Vec<f64> = (0..32_749)
            .map(|n| (TAU * 0.02 * f64::from(n)).sin())
            .collect();
        let fit = fit_harmonics(&samples, 0.02 * 1.0006);
        assert!(fit.residual_energy > 0.01 * fit.harmonic_energy);
    }

    #[test]
    fn a_harmonic_at_the_edge_of_nyquist_does_not_break_the_fit() {
        let f0_norm = 0.1 - 1e-9;
        let samples: Vec<f64> = (0..1000)
            .map(|n| (TAU * f0_norm * f64::from(n)).sin())
            .collect();
        let fit = fit_harmonics(&samples, f0_norm);
        assert_eq!(fit.amplitudes.len(), 5);
        assert!(
            (fit.amplitudes[0] - 1.0).abs() < 1e-6,
            "{:?}",
            fit.amplitudes
        );
        assert!(fit.residual_energy < 1e-12 * fit.harmonic_energy);
    }
}
