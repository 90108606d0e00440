//! What the partials leave: its power density in the noise bands of the synth.

use realfft::RealFftPlanner;
use synth_dsp::filtered_noise::NOISE_BAND_SPACING_HZ;

/// Length of a window, s: 256 samples at 44.1 kHz.
const WINDOW_S: f64 = 256.0 / 44_100.0;
/// Columns averaged, in power.
const SMOOTHED_COLUMNS: usize = 9;
/// Densities below are written as this, dB re full scale^2 / Hz.
pub(super) const FLOOR_DB: f32 = -180.0;

/// Density of `residual` in every band around every `hop`th sample, dB, `[columns, bands]`.
pub(super) fn band_densities_db(
    residual: &[f32],
    hop: usize,
    sample_rate_hz: f64,
    bands: usize,
) -> Vec<f32> {
    let length = ((WINDOW_S * sample_rate_hz / 2.0).round() as usize * 2).max(16);
    let plan = RealFftPlanner::<f32>::new().plan_fft_forward(length);
    let window: Vec<f32> = (0..length)
        .map(|n| {
            let turns = (n as f64 + 0.5) / length as f64;
            (0.5 - 0.5 * (std::f64::consts::TAU * turns).cos()) as f32
        })
        .collect();
    let power: f64 = window.iter().map(|w| f64::from(*w).powi(2)).sum();
    let scale = (2.0 / (sample_rate_hz * power)) as f32;
    let shares = band_shares(length, sample_rate_hz, bands);
    let (mut frame, mut spectrum) = (plan.make_input_vec(), plan.make_output_vec());
    let mut scratch = plan.make_scratch_vec();
    let columns = residual.len().div_ceil(hop);
    let mut densities = vec![0.0_f32; columns * bands];
    let rows = densities.chunks_exact_mut(bands);
    for (column, row) in rows.enumerate() {
        let start = (column * hop) as isize - (length / 2) as isize;
        for ((value, n), w) in frame.iter_mut().zip(start..).zip(&window) {
            let sample = usize::try_from(n).ok().and_then(|n| residual.get(n));
            *value = w * sample.copied().unwrap_or(0.0);
        }
        // The buffers come from the plan: it has nothing to refuse.
        if plan
            .process_with_scratch(&mut frame, &mut spectrum, &mut scratch)
            .is_err()
        {
            continue;
        }
        for &(bin, band, share) in &shares {
            row[band] += share * scale * spectrum[bin].norm_sqr();
        }
    }
    smoothed_db(&densities, columns, bands)
}

/// (bin, band, share): each band is a mean over bins, weighted as the synth's noise falls off from
/// a band's centre to its neighbours'. Bands beyond Nyquist have none.
fn band_shares(length: usize, sample_rate_hz: f64, bands: usize) -> Vec<(usize, usize, f32)> {
    let mut shares = Vec::new();
    for band in 0..bands {
        let centre_hz = band as f64 * NOISE_BAND_SPACING_HZ;
        let weights: Vec<(usize, f64)> = (0..=length / 2)
            .filter_map(|bin| {
                let away = (bin as f64 * sample_rate_hz / length as f64 - centre_hz).abs();
                let weight = 1.0 - away / NOISE_BAND_SPACING_HZ;
                (weight > 0.0).then_some((bin, weight))
            })
            .collect();
        let total: f64 = weights.iter().map(|(_, weight)| weight).sum();
        let weights = weights.into_iter();
        shares.extend(weights.map(|(bin, weight)| (bin, band, (weight / total) as f32)));
    }
    shares
}

/// Mean power over some columns, in dB.
fn smoothed_db(densities: &[f32], columns: usize, bands: usize) -> Vec<f32> {
    let reach = SMOOTHED_COLUMNS / 2;
    let mut answer = vec![FLOOR_DB; columns * bands];
    for column in 0..columns {
        let around = column.saturating_sub(reach)..(column + reach + 1).min(columns);
        let count = around.len() as f32;
        for band in 0..bands {
            let sum: f32 = around.clone().map(|c| densities[c * bands + band]).sum();
            let db = 10.0 * (sum / count).max(1e-30).log10();
            answer[column * bands + band] = db.max(FLOOR_DB);
        }
    }
    answer
}
