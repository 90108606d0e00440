//! A meter for the highest value of a waveform, also between its samples, while it streams by.
//!
//! The limiter's detector is another thing: it errs on the high side so that a limit holds.

use std::f64::consts::PI;

/// Points a sample; a peak between two of them is read at most 0.17 dB low (a sine at the Nyquist
/// frequency, a sixteenth of a period away: `cos(pi/16)`). ITU-R BS.1770-5, annex 2, asks for 4.
const OVERSAMPLING: usize = 8;
/// Samples to each side of a point.
const REACH: usize = 12;
const TAPS: usize = 2 * REACH;
/// Samples examined at once: most are too quiet to matter and are passed over together.
const CHUNK: usize = 64;

/// Measures one channel; silence is assumed before and after it.
#[derive(Clone, Debug)]
pub struct TruePeakMeter {
    interpolators: Vec<[f32; TAPS]>,
    /// No point is higher than this times the highest of the samples around it.
    gain_bound: f32,
    /// The last `TAPS - 1` samples, then the chunk being filled.
    window: Vec<f32>,
    sample_peak: f32,
    peak: f32,
}

impl Default for TruePeakMeter {
    fn default() -> Self {
        Self::new()
    }
}

impl TruePeakMeter {
    /// A meter that has heard nothing.
    #[must_use]
    pub fn new() -> Self {
        let interpolators: Vec<_> = (1..OVERSAMPLING)
            .map(|step| interpolator(step as f64 / OVERSAMPLING as f64))
            .collect();
        let sums = interpolators
            .iter()
            .map(|taps| taps.iter().map(|tap| tap.abs()).sum::<f32>());
        let gain_bound = sums.fold(1.0, f32::max);
        let mut window = Vec::with_capacity(TAPS - 1 + CHUNK);
        window.resize(TAPS - 1, 0.0);
        Self {
            interpolators,
            gain_bound,
            window,
            sample_peak: 0.0,
            peak: 0.0,
        }
    }

    /// Takes the next samples, full scale 1; the reading does not depend on how they are cut.
    ///
    /// # Realtime safety
    /// RT-safe: no allocation, bounded by the slice length.
    pub fn process(&mut self, samples: &[f32]) {
        for &sample in samples {
            self.sample_peak = self.sample_peak.max(sample.abs());
            self.window.push(sample);
            if self.window.len() == TAPS - 1 + CHUNK {
                self.examine();
            }
        }
    }

    /// The highest magnitude of a sample so far.
    #[must_use]
    pub fn sample_peak(&self) -> f32 {
        self.sample_peak
    }

    /// The highest magnitude of the waveform since the last call, up to some samples ago, which count for the
    /// next: for a meter that is looked at now and then.
    #[must_use = "it is forgotten"]
    pub fn take(&mut self) -> f32 {
        let peak = self.peak.max(self.sample_peak);
        self.peak = 0.0;
        self.sample_peak = 0.0;
        peak
    }

    /// The highest magnitude of the whole waveform.
    #[must_use]
    pub fn finish(mut self) -> f32 {
        self.process(&[0.0; TAPS]);
        self.examine();
        self.peak.max(self.sample_peak)
    }

    fn examine(&mut self) {
        let highest = self
            .window
            .iter()
            .fold(0.0_f32, |peak, x| peak.max(x.abs()));
        if highest * self.gain_bound > self.peak {
            for place in self.window.windows(TAPS) {
                for taps in &self.interpolators {
                    let value: f32 = place.iter().zip(taps).map(|(x, tap)| x * tap).sum();
                    self.peak = self.peak.max(value.abs());
                }
            }
        }
        let used = self.window.len() - (TAPS - 1);
        self.window.drain(..used);
    }
}

/// Hann-windowed sinc for the point `fraction` of a sample after tap `REACH - 1`.
fn interpolator(fraction: f64) -> [f32; TAPS] {
    std::array::from_fn(|tap| {
        let t = tap as f64 - (REACH - 1) as f64 - fraction;
        let window = 0.5 + 0.5 * (PI * t / REACH as f64).cos();
        (window * (PI * t).sin() / (PI * t)) as f32
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn measure(samples: &[f32]) -> f64 {
        let mut whole = TruePeakMeter::new();
        whole.process(samples);
        let mut cut = TruePeakMeter::new();
        for piece in samples.chunks(7) {
            cut.process(piece);
        }
        let peak = whole.finish();
        assert_eq!(peak.to_bits(), cut.finish().to_bits());
        20.0 * f64::from(peak).log10()
    }

    #[test]
    fn agrees_with_the_twin() {
        for f_norm in [0.01, 0.1234, 0.25, 0.3, 0.4] {
            for phase in [0.0, PI / 4.0, 1.9] {
                let tone: Vec<f32> = (0..3000)
                    .map(|n| {
                        let t = f64::from(n);
                        // Smooth ends, so that only the tone counts.
                        let envelope = (PI * (t + 0.5) / 3000.0).sin().powi(2);
                        (0.5 * envelope * (2.0 * PI * f_norm * t + phase).sin()) as f32
                    })
                    .collect();
                let (measured, twin) = (measure(&tone), testkit::true_peak_dbfs(&tone));
                assert!(
                    (measured - twin).abs() < 0.2,
                    "{f_norm} {phase}: {measured} {twin}"
                );
            }
        }
    }

    #[test]
    fn what_was_taken_counts_no_more() {
        use std::f32::consts::FRAC_PI_4;
        let tone: Vec<f32> = (0..6400)
            .map(|n| ((n as f32 + 1.0) * FRAC_PI_4).sin() * if n < 3200 { 0.8 } else { 0.1 })
            .collect();
        let mut meter = TruePeakMeter::new();
        meter.process(&tone[..3200]);
        // A quarter of the rate, sampled beside its peaks.
        assert!((meter.take() - 0.8).abs() < 0.01);
        meter.process(&tone[3200..4800]);
        let _ = meter.take();
        meter.process(&tone[4800..]);
        assert!((meter.take() - 0.1).abs() < 0.01);
    }

    #[test]
    fn quiet_stretches_and_the_last_sample_count() {
        let mut samples = vec![0.1_f32; 500];
        samples[499] = 0.5;
        assert!(measure(&samples) > -6.03);
        assert_eq!(measure(&[]), f64::NEG_INFINITY);
        assert_eq!(measure(&[0.0; 100]), f64::NEG_INFINITY);
    }
}
