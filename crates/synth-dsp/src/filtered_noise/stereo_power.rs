//! Band powers of a stereo bus: what the voices add up and the noise generator reproduces.

/// Number of noise bands.
pub const NOISE_BANDS: usize = 65;

/// Distance between band centres in Hz; band `j` is centred at `j * NOISE_BAND_SPACING_HZ`.
///
/// 65 bands from 0 Hz to 22.05 kHz, the layout of DDSP's filtered noise (Engel et al., "DDSP:
/// Differentiable Digital Signal Processing", ICLR 2020) at 44.1 kHz, but fixed in Hz so that an
/// instrument sounds the same at every sample rate.
pub const NOISE_BAND_SPACING_HZ: f64 = 44_100.0 / 128.0;

/// Power and cross power of a stereo noise, as densities per Hz (one-sided, full scale² / Hz).
///
/// Between band centres the powers are interpolated linearly; from the last centre on (22.05 kHz)
/// they fall linearly to zero over one band spacing.
#[derive(Clone, Debug, PartialEq)]
pub struct StereoBandPower {
    /// Power density of the left channel.
    pub ll: [f32; NOISE_BANDS],
    /// Power density of the right channel.
    pub rr: [f32; NOISE_BANDS],
    /// Cross power density; `lr / sqrt(ll * rr)` is the correlation of the channels, -1..=1.
    pub lr: [f32; NOISE_BANDS],
}

impl StereoBandPower {
    /// No noise at all.
    pub const SILENT: Self = Self {
        ll: [0.0; NOISE_BANDS],
        rr: [0.0; NOISE_BANDS],
        lr: [0.0; NOISE_BANDS],
    };

    /// Sets every power to zero.
    ///
    /// # Realtime safety
    /// RT-safe: no allocation, bounded time.
    pub fn clear(&mut self) {
        self.ll.fill(0.0);
        self.rr.fill(0.0);
        self.lr.fill(0.0);
    }

    /// Adds an independent noise of density `power` panned with the amplitude gains `left_gain` and
    /// `right_gain`. Bands that `power` lacks are left as they are, those beyond the last ignored.
    ///
    /// # Realtime safety
    /// RT-safe: no allocation, bounded time.
    #[inline(always)]
    pub fn add_panned(&mut self, power: &[f32], left_gain: f32, right_gain: f32) {
        let (ll, rr, lr) = (
            left_gain * left_gain,
            right_gain * right_gain,
            left_gain * right_gain,
        );
        let channels = self.ll.iter_mut().zip(&mut self.rr).zip(&mut self.lr);
        for (((sum_ll, sum_rr), sum_lr), &p) in channels.zip(power) {
            *sum_ll += ll * p;
            *sum_rr += rr * p;
            *sum_lr += lr * p;
        }
    }
}

impl Default for StereoBandPower {
    fn default() -> Self {
        Self::SILENT
    }
}
