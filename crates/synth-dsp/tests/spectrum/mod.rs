//! Averaged spectra of a stereo signal, in physical units.

/// One-sided densities per Hz, one value per bin of `bin_hz`.
pub(crate) struct Densities {
    pub(crate) bin_hz: f64,
    pub(crate) ll: Vec<f64>,
    pub(crate) rr: Vec<f64>,
    /// Real part of the cross density.
    pub(crate) lr: Vec<f64>,
}

/// Welch's method: Hann windows of `length` samples, half overlapped.
pub(crate) fn welch(sample_rate_hz: u32, left: &[f64], right: &[f64], length: usize) -> Densities {
    let plan = testkit::forward_fft(length);
    let window = (0..length)
        .map(|i| {
            (std::f64::consts::PI * i as f64 / length as f64)
                .sin()
                .powi(2)
        })
        .collect::<Vec<_>>();
    let energy = window.iter().map(|w| w * w).sum::<f64>();
    let mut sums = [
        vec![0.0; length / 2 + 1],
        vec![0.0; length / 2 + 1],
        vec![0.0; length / 2 + 1],
    ];
    let mut blocks = 0.0;
    let mut spectra = [plan.make_output_vec(), plan.make_output_vec()];
    for start in (0..=left.len() - length).step_by(length / 2) {
        for (spectrum, channel) in spectra.iter_mut().zip([left, right]) {
            let mut block = channel[start..]
                .iter()
                .zip(&window)
                .map(|(x, w)| x * w)
                .collect::<Vec<_>>();
            plan.process(&mut block, spectrum).unwrap();
        }
        for (bin, (l, r)) in spectra[0].iter().zip(&spectra[1]).enumerate() {
            sums[0][bin] += l.norm_sqr();
            sums[1][bin] += r.norm_sqr();
            sums[2][bin] += l.re * r.re + l.im * r.im;
        }
        blocks += 1.0;
    }
    let fs = f64::from(sample_rate_hz);
    let [ll, rr, lr] = sums.map(|sum| {
        sum.into_iter()
            .map(|value| 2.0 * value / (blocks * energy * fs))
            .collect::<Vec<_>>()
    });
    Densities {
        bin_hz: fs / length as f64,
        ll,
        rr,
        lr,
    }
}

/// Mean of `density` from `lo_hz` to `hi_hz`.
pub(crate) fn mean_density(density: &[f64], bin_hz: f64, lo_hz: f64, hi_hz: f64) -> f64 {
    let lo = (lo_hz / bin_hz).ceil() as usize;
    let hi = ((hi_hz / bin_hz).floor() as usize).min(density.len() - 1);
    density[lo..=hi].iter().sum::<f64>() / (hi - lo + 1) as f64
}

/// Ten times the decimal logarithm of a power ratio.
pub(crate) fn ratio_db(power: f64, reference: f64) -> f64 {
    10.0 * (power / reference).log10()
}
