//! How a released note dies away.

use crate::renderer::TimeScale;
use synth_dsp::exponential::db_to_gain;

/// A released voice ends at this level, which played back with full scale at 100 dB is the threshold of hearing
/// ...
const SILENT_DBA: f32 = -100.0;
/// ... but not before it has fallen by so much, and at the latest when it has fallen by that much. What is left
/// there is taken off smoothly, so the voice ends at exactly zero.
const END_DB: std::ops::RangeInclusive<f32> = 50.0..=90.0;
/// The fall sets in over this time; a fall that starts at full slope is a kink that can be heard on
/// a pure low tone.
const EASE_S: f32 = 0.010;
/// Bounds of the time for 60 dB, seconds.
const T60_S: std::ops::RangeInclusive<f32> = 0.005..=120.0;

/// A release: linear in dB after a short ease-in. Its slope may change on the way, as the damper
/// pedal does it; each change begins a new leg.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Release {
    /// With nothing holding the damper off.
    free_slope_db_per_s: f32,
    /// Attenuation and slope where the present leg begins, and the slope it eases into.
    base_db: f32,
    slope_from: f32,
    slope_to: f32,
    /// How much longer than of itself the fall takes.
    stretch: f32,
    /// Attenuation at which it ends, and the gain there.
    end_db: f32,
    floor: f32,
    /// Absolute sample at which the present leg begins.
    start: u64,
}

impl Release {
    /// `t60_s`: time for 60 dB, kept within 5 ms..=120 s.
    pub(crate) fn new(t60_s: f32) -> Self {
        let t60_s = if t60_s.is_finite() {
            t60_s.clamp(*T60_S.start(), *T60_S.end())
        } else {
            0.2
        };
        let slope = 60.0 / t60_s;
        Self {
            free_slope_db_per_s: slope,
            base_db: 0.0,
            slope_from: 0.0,
            slope_to: slope,
            stretch: 1.0,
            end_db: *END_DB.end(),
            floor: db_to_gain(-END_DB.end()),
            start: 0,
        }
    }

    /// The key is let go at `start`, at so many dBA; the fall takes `stretch` times as long as a free one.
    pub(crate) fn begin(&mut self, start: u64, stretch: f32, loudness_db: f32) {
        let end_db = loudness_db - SILENT_DBA;
        self.end_db = end_db.clamp(*END_DB.start(), *END_DB.end());
        self.floor = db_to_gain(-self.end_db);
        self.base_db = 0.0;
        self.slope_from = 0.0;
        self.slope_to = self.free_slope_db_per_s / stretch;
        self.stretch = stretch;
        self.start = start;
    }

    /// How much longer than of itself the fall takes.
    pub(crate) fn stretch(&self) -> f32 {
        self.stretch
    }

    /// From `start` on, `leg_s` seconds into the present leg, the fall takes `stretch` times as long
    /// as a free one.
    pub(crate) fn change(&mut self, start: u64, leg_s: f32, stretch: f32) {
        let base_db = self.attenuation_db(leg_s);
        let eased = (leg_s / EASE_S).clamp(0.0, 1.0);
        self.slope_from += (self.slope_to - self.slope_from) * eased;
        self.slope_to = self.free_slope_db_per_s / stretch;
        self.stretch = stretch;
        self.base_db = base_db;
        self.start = start;
    }

    /// Moves over to samples of another length.
    pub(super) fn rescale(&mut self, scale: &TimeScale) {
        self.start = scale.moment(self.start);
    }

    /// Absolute sample at which the present leg begins.
    pub(crate) fn start(&self) -> u64 {
        self.start
    }

    /// Attenuation at a time counted from the present leg's start, >= 0 dB.
    pub(crate) fn attenuation_db(self, time_s: f32) -> f32 {
        let time_s = time_s.max(0.0);
        let way = self.slope_to - self.slope_from;
        let fallen = if time_s < EASE_S {
            self.slope_from * time_s + way * (time_s * time_s / (2.0 * EASE_S))
        } else {
            self.slope_to * time_s - way * (EASE_S / 2.0)
        };
        self.base_db + fallen
    }

    /// Seconds from the present leg's start until the voice is silent.
    pub(crate) fn duration_s(self) -> f32 {
        let eased_db = EASE_S / 2.0 * (self.slope_from + self.slope_to);
        let left_db = self.end_db - self.base_db - eased_db;
        EASE_S + (left_db / self.slope_to).max(0.0)
    }

    /// Turns a plain gain of the attenuation into one that is 1 at 0 dB and 0 at the end.
    #[inline(always)]
    pub(crate) fn land(&self, gain: f32) -> f32 {
        ((gain - self.floor) / (1.0 - self.floor)).max(0.0)
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
        assert!((end - END_DB.end()).abs() < 1e-3);
        assert!(release.land(10f32.powf(-end / 20.0)) < 1e-8);
        assert_eq!(release.land(1.0), 1.0);
    }

    #[test]
    fn a_soft_note_ends_sooner_at_the_threshold_of_hearing() {
        let ends_db = [0.0, -10.0, -30.0, -45.0, -80.0, f32::NEG_INFINITY].map(|loudness_db| {
            let mut release = Release::new(0.4);
            release.begin(77, 1.0, loudness_db);
            let end_s = release.duration_s();
            let end_db = release.attenuation_db(end_s);
            assert!(release.land(db_to_gain(-end_db)) < 1e-6, "{loudness_db}");
            assert_eq!(release.land(1.0), 1.0);
            end_db.round()
        });
        assert_eq!(ends_db, [90.0, 90.0, 70.0, 55.0, 50.0, 50.0]);
    }

    #[test]
    fn it_starts_without_a_kink() {
        let release = Release::new(0.18);
        assert_eq!(release.attenuation_db(0.0), 0.0);
        let first = release.attenuation_db(1.0 / 44_100.0);
        assert!(first < 1e-4, "{first}");
    }

    #[test]
    fn a_change_of_slope_has_neither_a_step_nor_a_kink_and_the_end_moves() {
        for at_s in [0.0, 0.004, 0.01, 0.05] {
            let mut release = Release::new(0.3);
            release.begin(1000, 1.0, 0.0);
            let before = release;
            release.change(2000, at_s, 4.0);
            assert_eq!(release.start(), 2000);
            assert_eq!(release.attenuation_db(0.0), before.attenuation_db(at_s));
            let step_s = 1e-4;
            let old = before.attenuation_db(at_s + step_s) - before.attenuation_db(at_s);
            let new = release.attenuation_db(step_s) - release.attenuation_db(0.0);
            assert!((new - old).abs() < 0.003, "{at_s}: {old} {new}");
            let later = release.attenuation_db(0.5) - release.attenuation_db(0.2);
            assert!((later - 15.0).abs() < 1e-3, "{later}");
            let end = release.attenuation_db(release.duration_s());
            assert!((end - END_DB.end()).abs() < 1e-2, "{end}");
        }
    }

    #[test]
    fn a_change_shortly_before_the_end_still_ends() {
        let mut release = Release::new(0.005);
        release.begin(0, 1.0, 0.0);
        release.change(400, release.duration_s() - 1e-4, 8.0);
        let end_s = release.duration_s();
        assert!(end_s < 0.011 && release.attenuation_db(end_s) >= *END_DB.end());
    }
}
