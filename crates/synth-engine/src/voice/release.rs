//! How a released note dies away.

/// Attenuation at which a released voice ends; what is left there is taken off smoothly, so the
/// voice ends at exactly zero.
const END_DB: f32 = 90.0;
/// The fall sets in over this time; a fall that starts at full slope is a kink that can be heard on
/// a pure low tone.
const EASE_S: f32 = 0.010;

/// A release: linear in dB after a short ease-in.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Release {
    slope_db_per_s: f32,
}

impl Release {
    /// `t60_s`: time for 60 dB, kept within 5 ms..=120 s.
    pub(crate) fn new(t60_s: f32) -> Self {
        let t60_s = if t60_s.is_finite() {
            t60_s.clamp(0.005, 120.0)
        } else {
            0.2
        };
        Self {
            slope_db_per_s: 60.0 / t60_s,
        }
    }

    /// Attenuation `time_s` after the release, >= 0 dB.
    pub(crate) fn attenuation_db(self, time_s: f32) -> f32 {
        let time_s = time_s.max(0.0);
        let eased = if time_s < EASE_S {
            time_s * time_s / (2.0 * EASE_S)
        } else {
            time_s - EASE_S / 2.0
        };
        self.slope_db_per_s * eased
    }

    /// Seconds until the voice is silent.
    pub(crate) fn duration_s(self) -> f32 {
        EASE_S / 2.0 + END_DB / self.slope_db_per_s
    }

    /// Turns a plain gain of the attenuation into one that is 1 at 0 dB and 0 at the end.
    pub(crate) fn land(gain: f32) -> f32 {
        let floor = 10f32.powf(-END_DB / 20.0);
        ((gain - floor) / (1.0 - floor)).max(0.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_falls_60_db_in_its_time_and_ends_at_zero() {
        let release = Release::new(0.3);
        let a = release.attenuation_db(0.1);
        let b = release.attenuation_db(0.4);
        assert!((b - a - 60.0).abs() < 1e-3, "{}", b - a);
        let end = release.attenuation_db(release.duration_s());
        assert!((end - END_DB).abs() < 1e-3);
        assert!(Release::land(10f32.powf(-end / 20.0)) < 1e-8);
        assert_eq!(Release::land(1.0), 1.0);
    }

    #[test]
    fn it_starts_without_a_kink() {
        let release = Release::new(0.18);
        assert_eq!(release.attenuation_db(0.0), 0.0);
        let first = release.attenuation_db(1.0 / 44_100.0);
        assert!(first < 1e-4, "{first}");
    }
}
