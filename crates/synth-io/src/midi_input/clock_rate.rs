//! How fast an audio device's clock runs, measured by the system's.

/// Older callbacks count for less: after this many seconds, 37 %.
const MEMORY_S: f64 = 120.0;
/// Less than so many seconds say nothing.
const LEAST_S: f64 = 5.0;

/// A straight line through (time that should have passed, time that passed) of all callbacks, by
/// least squares with exponential forgetting. The sums are kept about the newest callback, so they
/// stay exact however long it runs.
///
/// # Realtime safety
/// RT-safe: no allocation, bounded time.
#[derive(Debug, Clone, Default)]
pub(super) struct ClockRate {
    age_s: f64,
    /// Sums of 1, x, x x, y and x y, where x is the nominal time before the newest callback (negative)
    /// and y the time by which a callback came too late for the nominal rate.
    ones: f64,
    x: f64,
    xx: f64,
    y: f64,
    xy: f64,
}

impl ClockRate {
    /// Takes a callback that comes `nominal_s` after the one before by its samples and the nominal
    /// rate, and `late_s` later than that rate would have it since the beginning.
    pub(super) fn take(&mut self, nominal_s: f64, late_s: f64) {
        // Moves the origin of x to the new callback.
        self.xx += nominal_s * (nominal_s * self.ones - 2.0 * self.x);
        self.xy -= nominal_s * self.y;
        self.x -= nominal_s * self.ones;
        let keep = (-nominal_s / MEMORY_S).exp();
        for sum in [
            &mut self.ones,
            &mut self.x,
            &mut self.xx,
            &mut self.y,
            &mut self.xy,
        ] {
            *sum *= keep;
        }
        self.ones += 1.0;
        self.y += late_s;
        self.age_s += nominal_s;
    }

    /// By how many millionths the device runs faster than its nominal rate; `None` before there is
    /// enough to tell.
    pub(super) fn offset_ppm(&self) -> Option<f64> {
        let spread = self.ones * self.xx - self.x * self.x;
        if self.age_s < LEAST_S || spread <= 0.0 {
            return None;
        }
        let slope = (self.ones * self.xy - self.x * self.y) / spread;
        // Time that passes is 1 + slope of what should pass.
        Some((1.0 / (1.0 + slope) - 1.0) * 1e6)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::midi_input::simulation::Random;

    fn measured_ppm(true_ppm: f64, period_s: f64, jitter_s: f64, seconds: f64, seed: u64) -> f64 {
        let mut random = Random::new(seed);
        let mut rate = ClockRate::default();
        let real_s = period_s / (1.0 + true_ppm * 1e-6);
        for k in 0..(seconds / period_s) as u64 {
            let late_s = k as f64 * (real_s - period_s) + random.between(-jitter_s, jitter_s);
            rate.take(period_s, late_s);
        }
        rate.offset_ppm().unwrap()
    }

    #[test]
    fn the_rate_is_found_through_jitter() {
        let period_s = 256.0 / 48_000.0;
        for seed in 0..20 {
            for ppm in [-1000.0, -50.0, 0.0, 120.0] {
                let found = measured_ppm(ppm, period_s, 0.4 * period_s, 30.0, seed);
                assert!((found - ppm).abs() < 10.0, "{ppm} {found}");
            }
        }
    }

    #[test]
    fn hours_later_it_is_as_exact() {
        let found = measured_ppm(37.0, 0.01, 0.001, 4.0 * 3600.0, 1);
        assert!((found - 37.0).abs() < 0.5, "{found}");
    }

    #[test]
    fn a_change_is_followed() {
        let mut rate = ClockRate::default();
        let mut late_s = 0.0;
        for k in 0..200_000 {
            late_s += if k < 100_000 { -1e-6 } else { 1e-6 };
            rate.take(0.01, late_s);
        }
        let ppm = rate.offset_ppm().unwrap();
        assert!((ppm + 100.0).abs() < 2.0, "{ppm}");
    }

    #[test]
    fn at_first_it_says_nothing() {
        let mut rate = ClockRate::default();
        for _ in 0..499 {
            assert_eq!(rate.offset_ppm(), None);
            rate.take(0.01, 0.0);
        }
        for _ in 0..3 {
            rate.take(0.01, 0.0);
        }
        assert_eq!(rate.offset_ppm(), Some(0.0));
    }
}
