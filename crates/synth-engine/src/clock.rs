//! Sample rate and control hop.

/// The renderer's clock: how samples, seconds and control frames relate.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Clock {
    pub(crate) sample_rate_hz: u32,
    /// Samples from one control frame to the next; a power of two.
    pub(crate) hop: u32,
    /// Seconds from one sample to the next.
    sample_s: f32,
}

impl Clock {
    /// Keeps the hop near 1.4 ms from 44.1 kHz up: 64 samples up to 50 kHz, 128 up to 100 kHz, 256
    /// above.
    pub(crate) fn new(sample_rate_hz: u32) -> Self {
        let hop = match sample_rate_hz {
            0..=50_000 => 64,
            50_001..=100_000 => 128,
            _ => 256,
        };
        Self {
            sample_rate_hz,
            hop,
            sample_s: (1.0 / f64::from(sample_rate_hz)) as f32,
        }
    }

    pub(crate) fn seconds(&self, samples: u64) -> f64 {
        samples as f64 / f64::from(self.sample_rate_hz)
    }

    /// Short times, without a division.
    pub(crate) fn seconds_f32(&self, samples: u64) -> f32 {
        samples as f32 * self.sample_s
    }

    pub(crate) fn samples(&self, seconds: f64) -> u64 {
        (seconds * f64::from(self.sample_rate_hz)).ceil() as u64
    }
}
