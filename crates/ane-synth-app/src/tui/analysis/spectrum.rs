//! The spectrum of the last moments, in bands that are equally wide to the ear.

use std::f64::consts::TAU;
use std::sync::Arc;

use realfft::num_complex::Complex;
use realfft::{RealFftPlanner, RealToComplex};

/// Samples that are looked at: 93 ms at 44.1 kHz.
pub(super) const WINDOW: usize = 4096;
/// Where the bands begin and end.
pub(crate) const SPECTRUM_HZ: (f32, f32) = (40.0, 18_000.0);
/// Levels below full scale that are shown, dB.
pub(crate) const SPECTRUM_DB: u8 = 90;
/// Bands.
const BANDS: usize = 192;
/// What a band falls from one look to the next at most, dB.
const FALL_DB: u8 = 4;

/// Measures it.
pub(super) struct SpectrumMeter {
    transform: Arc<dyn RealToComplex<f32>>,
    window: Vec<f32>,
    input: Vec<f32>,
    output: Vec<Complex<f32>>,
    scratch: Vec<Complex<f32>>,
    shown: Vec<u8>,
}

impl SpectrumMeter {
    pub(super) fn new() -> Self {
        let transform = RealFftPlanner::new().plan_fft_forward(WINDOW);
        let hann = |n: usize| {
            let turn = TAU * n as f64 / WINDOW as f64;
            // A sine at full scale reads 1: the mean of the window is a half, and so is that of a sine's
            // magnitude.
            ((0.5 - 0.5 * turn.cos()) * 4.0 / WINDOW as f64) as f32
        };
        Self {
            window: (0..WINDOW).map(hann).collect(),
            input: transform.make_input_vec(),
            output: transform.make_output_vec(),
            scratch: transform.make_scratch_vec(),
            transform,
            shown: vec![0; BANDS],
        }
    }

    /// The levels of the bands, of the last [`WINDOW`] samples.
    pub(super) fn look(&mut self, samples: &[f32], sample_rate_hz: u32) -> Vec<u8> {
        let is_silent = samples.iter().all(|x| x.abs() < 1e-6);
        let bands: Vec<u8> = match is_silent {
            true => vec![0; BANDS],
            false => self.measure(samples, sample_rate_hz),
        };
        for (shown, band) in self.shown.iter_mut().zip(bands) {
            *shown = band.max(shown.saturating_sub(FALL_DB));
        }
        self.shown.clone()
    }

    fn measure(&mut self, samples: &[f32], sample_rate_hz: u32) -> Vec<u8> {
        let newest = &samples[samples.len().saturating_sub(WINDOW)..];
        self.input.fill(0.0);
        for ((input, x), window) in self.input.iter_mut().zip(newest).zip(&self.window) {
            *input = x * window;
        }
        let (input, output) = (&mut self.input, &mut self.output);
        let done = self
            .transform
            .process_with_scratch(input, output, &mut self.scratch);
        if done.is_err() {
            return vec![0; BANDS];
        }
        let bin_hz = sample_rate_hz as f32 / WINDOW as f32;
        let bin = |hz: f32| (hz / bin_hz).round() as usize;
        let band = |band: usize| {
            let bins = bin(edge_hz(band))..bin(edge_hz(band + 1)).max(bin(edge_hz(band)) + 1);
            let magnitudes = self.output.get(bins.start..bins.end.min(self.output.len()));
            let magnitudes = magnitudes.unwrap_or(&[]).iter();
            let most = magnitudes.map(|x| x.norm()).fold(0.0, f32::max);
            let db = 20.0 * most.log10() + f32::from(SPECTRUM_DB);
            // Nothing, and what is no number, is 0.
            db.round().clamp(0.0, f32::from(SPECTRUM_DB)) as u8
        };
        (0..BANDS).map(band).collect()
    }
}

/// Where a band begins.
fn edge_hz(band: usize) -> f32 {
    let (low, high) = SPECTRUM_HZ;
    low * (high / low).powf(band as f32 / BANDS as f32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tone_is_seen_in_its_band_at_its_level() {
        for (hz, amplitude, db) in [(1000.0, 1.0, 90), (5000.0, 0.1, 70), (200.0, 0.01, 50)] {
            let tone: Vec<f32> = (0..WINDOW)
                .map(|n| (amplitude * (TAU * hz * n as f64 / 48_000.0).sin()) as f32)
                .collect();
            let bands = SpectrumMeter::new().look(&tone, 48_000);
            let (highest, level) = bands.iter().enumerate().max_by_key(|(_, x)| **x).unwrap();
            // A tone between two bins reads up to 1.4 dB low.
            assert!(level.abs_diff(db) <= 2, "{hz} Hz: {level}");
            let (from, to) = (edge_hz(highest), edge_hz(highest + 1));
            let near = (from * 0.95..to * 1.05).contains(&(hz as f32));
            assert!(near, "{hz} Hz between {from} and {to}");
        }
    }

    #[test]
    fn it_falls_to_nothing_in_silence() {
        let mut meter = SpectrumMeter::new();
        let tone: Vec<f32> = (0..WINDOW).map(|n| (0.1 * n as f32).sin()).collect();
        let loud = meter.look(&tone, 44_100);
        assert!(loud.iter().any(|level| *level > 0));
        for _ in 0..30 {
            meter.look(&[0.0; WINDOW], 44_100);
        }
        assert_eq!(meter.look(&[0.0; WINDOW], 44_100), [0; BANDS]);
        assert_eq!(meter.look(&[0.3; 100], 8000).len(), BANDS);
    }
}
