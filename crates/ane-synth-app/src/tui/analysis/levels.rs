//! Peaks of both sides, as a meter shows them.

use std::time::{Duration, Instant};

use synth_dsp::true_peak::TruePeakMeter;

use super::SideLevel;

/// How fast a meter falls, dB a second.
const FALL_DB_S: f32 = 26.0;
/// How long a peak is held.
const HOLD: Duration = Duration::from_millis(1500);
/// Below this a level is silence, dBFS.
const SILENCE_DB: f32 = -90.0;

/// A level in tenths of a decibel; silence has none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Level(Option<i32>);

impl Level {
    /// The level of an amplitude, full scale being 1.
    pub(crate) fn of(amplitude: f32) -> Self {
        Self::of_db(20.0 * amplitude.log10())
    }

    fn of_db(db: f32) -> Self {
        Self((db > SILENCE_DB).then(|| (10.0 * db).round() as i32))
    }

    /// In dBFS.
    pub(crate) fn db(self) -> Option<f32> {
        self.0.map(|tenths| tenths as f32 / 10.0)
    }
}

/// A peak and since when.
#[derive(Clone, Copy)]
struct Held {
    peak: f32,
    since: Option<Instant>,
}

impl Held {
    const NOTHING: Self = Self {
        peak: 0.0,
        since: None,
    };

    fn take(&mut self, peak: f32, now: Instant) {
        let is_over = |since: Instant| now.saturating_duration_since(since) > HOLD;
        if peak >= self.peak || self.since.is_none_or(is_over) {
            *self = Self {
                peak,
                since: Some(now),
            };
        }
    }
}

/// Meters of both sides.
pub(super) struct LevelMeters {
    meters: [TruePeakMeter; 2],
    /// Largest samples since the last look.
    peaks: [f32; 2],
    falling: [f32; 2],
    held: [Held; 2],
    true_peak: Held,
    most_true_peak: f32,
    looked: Option<Instant>,
    side: Vec<f32>,
}

impl LevelMeters {
    pub(super) fn new() -> Self {
        Self {
            meters: [TruePeakMeter::new(), TruePeakMeter::new()],
            peaks: [0.0; 2],
            falling: [0.0; 2],
            held: [Held::NOTHING; 2],
            true_peak: Held::NOTHING,
            most_true_peak: 0.0,
            looked: None,
            side: Vec::new(),
        }
    }

    /// Takes samples, left and right in turn.
    pub(super) fn take(&mut self, interleaved: &[f32]) {
        for side in 0..2 {
            self.side.clear();
            let samples = interleaved.chunks_exact(2).map(|frame| frame[side]);
            self.side.extend(samples);
            self.meters[side].process(&self.side);
            let largest = self.side.iter().fold(0.0_f32, |most, x| most.max(x.abs()));
            self.peaks[side] = self.peaks[side].max(largest);
        }
    }

    /// What is to be shown: both sides, the true peak and the highest there was.
    pub(super) fn look(&mut self, now: Instant) -> ([SideLevel; 2], Level, Level) {
        let since = self.looked.replace(now);
        let passed = since.map_or(Duration::ZERO, |since| now.saturating_duration_since(since));
        let fall = 10_f32.powf(-FALL_DB_S * passed.as_secs_f32() / 20.0);
        let peaks = std::mem::take(&mut self.peaks);
        let sides = std::array::from_fn(|side| {
            let peak = peaks[side];
            self.falling[side] = peak.max(self.falling[side] * fall);
            self.held[side].take(peak, now);
            SideLevel {
                now: Level::of(self.falling[side]),
                held: Level::of(self.held[side].peak),
            }
        });
        let true_peak = self.meters.iter_mut().map(TruePeakMeter::take);
        let true_peak = true_peak.fold(0.0, f32::max);
        self.true_peak.take(true_peak, now);
        self.most_true_peak = self.most_true_peak.max(true_peak);
        let most = Level::of(self.most_true_peak);
        (sides, Level::of(self.true_peak.peak), most)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_peak_is_held_and_falls_to_silence() {
        let mut meters = LevelMeters::new();
        let begun = Instant::now();
        let at = |ms| begun + Duration::from_millis(ms);
        let mut look = |samples: &[f32], ms| {
            meters.take(samples);
            meters.look(at(ms))
        };
        let (sides, true_peak, _) = look(&[0.0; 8], 0);
        assert_eq!(sides, [SideLevel::default(); 2]);
        assert_eq!(true_peak.db(), None);
        let mut loud = vec![0.0; 2000];
        loud[1000] = 0.5;
        let (sides, ..) = look(&loud, 33);
        assert_eq!(sides[0].now.db(), Some(-6.0));
        assert_eq!(sides[0].held.db(), Some(-6.0));
        assert_eq!(sides[1], SideLevel::default());
        let (sides, true_peak, most) = look(&[0.0; 8], 1033);
        assert_eq!(sides[0].now.db(), Some(-32.0));
        assert_eq!(sides[0].held.db(), Some(-6.0));
        assert!((true_peak.db().unwrap() + 6.0).abs() < 0.2);
        let (sides, true_peak, _) = look(&[0.0; 8], 9000);
        assert_eq!(sides, [SideLevel::default(); 2]);
        assert_eq!(true_peak.db(), None);
        assert!((most.db().unwrap() + 6.0).abs() < 0.2);
    }

    #[test]
    fn levels_are_in_order_and_what_is_no_number_is_silence() {
        assert!(Level::of(0.0) < Level::of(0.1) && Level::of(0.1) < Level::of(1.0));
        assert_eq!(Level::of(f32::NAN).db(), None);
        assert_eq!(Level::of(1.0).db(), Some(0.0));
    }
}
