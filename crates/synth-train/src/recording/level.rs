//! Where something sounds: the level over time, the recording's own background, stretches above it.

use std::ops::Range;

use super::listening::Listening;

/// Length of a level, s.
pub(super) const CELL_S: f64 = 0.01;
/// Levels are means over this much: three periods of the lowest bass (calibration.md, section 1).
const SMOOTHING_S: f64 = 0.06;
/// A background is flat over this much, s, ...
const FLAT_S: f64 = 0.2;
/// ... within this much, dB, ...
const FLAT_DB: f32 = 6.0;
/// ... and this far below the loudest.
const QUIET_DB: f32 = 20.0;
/// A stretch begins this far above the background, dB, ...
const BEGIN_DB: f32 = 10.0;
/// ... ends this far above it ...
const END_DB: f32 = 5.0;
/// ... and has to come this far above it to be worth a look.
const WORTH_DB: f32 = 14.0;
/// Nothing sounds below this, re the loudest, dB.
const RANGE_DB: f32 = 60.0;
/// A stretch has to come within this of the loudest, dB: what does not is breath and handling.
const NOTE_RANGE_DB: f32 = 42.0;
/// The smoothing makes an onset this much early already; with what is put before it that is 0.1 s.
const PRE_ROLL_S: f64 = 0.07;
/// Kept behind the end, s.
const TAIL_S: f64 = 0.05;
/// Gaps up to this are no silence, s: low notes pulse.
const GAP_S: f64 = 0.06;
/// A new attack within a stretch: the level rises by this much, dB, ...
const ATTACK_DB: f32 = 14.0;
/// ... within this time, s.
const ATTACK_S: f64 = 0.15;

/// Level of a recording, one a cell of 10 ms.
pub(super) struct Level {
    /// Samples a cell.
    pub(super) cell: usize,
    /// dBFS, smoothed, at least -200.
    pub(super) db: Vec<f32>,
}

/// Something that sounds between silences, in samples.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Stretch {
    /// From the onset's first cell to where it drowns in the background.
    pub(super) sounding: Range<usize>,
    /// The same with up to 0.1 s before, as far as it is free.
    pub(super) free: Range<usize>,
}

impl Level {
    pub(super) fn of(listening: &Listening) -> Self {
        let cell = ((listening.rate_hz * CELL_S).round() as usize).max(1);
        let powers: Vec<f64> = listening
            .above_rumble
            .chunks(cell)
            .map(|c| c.iter().map(|&x| f64::from(x).powi(2)).sum::<f64>() / c.len() as f64)
            .collect();
        let reach = (SMOOTHING_S / CELL_S / 2.0).round() as usize;
        let db = (0..powers.len())
            .map(|i| {
                let near = &powers[i.saturating_sub(reach)..(i + reach + 1).min(powers.len())];
                let mean = near.iter().sum::<f64>() / near.len() as f64;
                10.0 * mean.max(1e-20).log10() as f32
            })
            .collect();
        Self { cell, db }
    }

    /// The loudest, dBFS.
    pub(super) fn loudest_db(&self) -> f32 {
        self.db.iter().copied().fold(-200.0, f32::max)
    }

    /// Cells of the middle of `stretch` that are within `range_db` of its loudest: from the first to
    /// the last, as samples.
    pub(super) fn loud_part(&self, stretch: &Range<usize>, range_db: f32) -> Range<usize> {
        let cells = stretch.start / self.cell..stretch.end.div_ceil(self.cell).min(self.db.len());
        let levels = &self.db[cells.clone()];
        let floor = levels.iter().copied().fold(-200.0, f32::max) - range_db;
        let first = levels.iter().position(|&db| db >= floor).unwrap_or(0);
        let last = levels.iter().rposition(|&db| db >= floor).unwrap_or(0);
        let sample = |cell: usize| (cells.start + cell) * self.cell;
        sample(first).max(stretch.start)..sample(last + 1).min(stretch.end)
    }

    /// Windows that are flat and quiet, as `(first sample, mean level)`, quietest first: background,
    /// or a note dying away slowly.
    pub(super) fn quiet_windows(&self) -> Vec<(usize, f32)> {
        let length = (FLAT_S / CELL_S) as usize;
        let quiet = self.loudest_db() - QUIET_DB;
        let windows = self.db.windows(length).enumerate().step_by(length / 4);
        let mut found: Vec<_> = windows
            .filter_map(|(i, window)| {
                let high = window.iter().copied().fold(-200.0, f32::max);
                let low = window.iter().copied().fold(0.0, f32::min);
                let mean = window.iter().sum::<f32>() / length as f32;
                let is_flat = high - low <= FLAT_DB && high <= quiet;
                is_flat.then_some((i * self.cell, mean))
            })
            .collect();
        found.sort_by(|a, b| a.1.total_cmp(&b.1));
        found
    }

    /// What sounds above `background_db`; the whole recording where there is no background.
    pub(super) fn stretches(&self, background_db: Option<f32>, samples: usize) -> Vec<Stretch> {
        let loudest = self.loudest_db();
        let background = background_db.unwrap_or(-200.0);
        let begin = (background + BEGIN_DB).max(loudest - RANGE_DB);
        let end = (background + END_DB).max(loudest - RANGE_DB - BEGIN_DB + END_DB);
        let worth = (background + WORTH_DB).max(loudest - NOTE_RANGE_DB);
        let mut cells = self.above(begin, end);
        join_over_gaps(&mut cells, (GAP_S / CELL_S) as usize);
        cells.retain(|range| self.db[range.clone()].iter().any(|&db| db >= worth));
        let cells: Vec<_> = cells
            .into_iter()
            .flat_map(|r| self.split_at_attacks(r))
            .collect();
        let pre_roll = (PRE_ROLL_S / CELL_S) as usize;
        let tail = (TAIL_S / CELL_S) as usize;
        let sample = |cell: usize| (cell * self.cell).min(samples);
        let stretch = |(i, range): (usize, &Range<usize>)| {
            let before = if i == 0 { 0 } else { cells[i - 1].end };
            let after = cells.get(i + 1).map_or(self.db.len(), |next| next.start);
            let start = range.start.saturating_sub(pre_roll).max(before);
            let end = (range.end + tail).min(after.max(range.end));
            Stretch {
                sounding: sample(range.start)..sample(range.end),
                free: sample(start)..sample(end),
            }
        };
        cells.iter().enumerate().map(stretch).collect()
    }

    /// Ranges of cells that come above `begin` and have not yet gone below `end`.
    fn above(&self, begin: f32, end: f32) -> Vec<Range<usize>> {
        let mut found = Vec::new();
        let mut since: Option<usize> = None;
        for (i, &db) in self.db.iter().enumerate() {
            match since {
                None if db >= begin => since = Some(i),
                Some(first) if db < end => {
                    found.push(first..i);
                    since = None;
                }
                _ => {}
            }
        }
        found.extend(since.map(|first| first..self.db.len()));
        found
    }

    /// Splits where the level, having fallen, rises as only a new attack does.
    fn split_at_attacks(&self, range: Range<usize>) -> Vec<Range<usize>> {
        let reach = (ATTACK_S / CELL_S) as usize;
        let mut found = Vec::new();
        let mut start = range.start;
        // Loudest since the present piece began, and the lowest cell since then.
        let mut high = f32::MIN;
        let mut low = range.start;
        for i in range.clone() {
            let db = self.db[i];
            if db <= self.db[low] || high == f32::MIN {
                low = i;
            }
            let has_fallen = high - self.db[low] >= ATTACK_DB;
            let valley = i - reach.min(i - start)..=i;
            let (at, lowest) = valley
                .map(|c| (c, self.db[c]))
                .min_by(|a, b| a.1.total_cmp(&b.1))
                .unwrap_or((i, db));
            if has_fallen && at > start && at >= low && db - lowest >= ATTACK_DB {
                found.push(start..at);
                start = at;
                (high, low) = (db, i);
            }
            if db > high {
                (high, low) = (db, i);
            }
        }
        found.push(start..range.end);
        found
    }
}

fn join_over_gaps(ranges: &mut Vec<Range<usize>>, gap: usize) {
    ranges.dedup_by(|next, kept| {
        let joins = next.start <= kept.end + gap;
        if joins {
            kept.end = next.end;
        }
        joins
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn level(db: &[(usize, f32)]) -> Level {
        let db = db.iter().flat_map(|&(count, db)| vec![db; count]).collect();
        Level { cell: 441, db }
    }

    fn cells(level: &Level, background_db: Option<f32>) -> Vec<Range<usize>> {
        let found = level.stretches(background_db, level.db.len() * level.cell);
        let cells = |r: Range<usize>| r.start / level.cell..r.end / level.cell;
        found.into_iter().map(|s| cells(s.sounding)).collect()
    }

    #[test]
    fn notes_stand_between_silences() {
        let level = level(&[
            (50, -70.0),
            (100, -20.0),
            (40, -70.0),
            (80, -35.0),
            (30, -70.0),
        ]);
        let quiet = level.quiet_windows();
        assert_eq!((quiet[0].1, quiet[10].1), (-70.0, -70.0));
        assert_eq!(cells(&level, Some(-70.0)), [50..150, 190..270]);
        let found = level.stretches(Some(-70.0), 300 * 441);
        assert_eq!(found[0].free, 43 * 441..155 * 441);
    }

    #[test]
    fn a_file_without_silence_is_one_note() {
        let level = level(&[(3, -60.0), (2, -30.0), (400, -20.0)]);
        assert!(level.quiet_windows().is_empty());
        assert_eq!(cells(&level, None), vec![0..405; 1]);
    }

    #[test]
    fn a_new_attack_splits_and_a_swell_does_not() {
        let struck = level(&[(60, -20.0), (5, -38.0), (60, -21.0)]);
        assert_eq!(cells(&struck, None).len(), 2);
        let swell: Vec<_> = (0..100)
            .map(|i: i32| (1, -20.0 - 0.5 * (50 - (i - 50).abs()) as f32))
            .collect();
        assert_eq!(cells(&level(&swell), None).len(), 1);
    }

    #[test]
    fn short_gaps_are_no_silence() {
        let level = level(&[
            (20, -70.0),
            (30, -20.0),
            (4, -66.0),
            (30, -20.0),
            (20, -70.0),
        ]);
        assert_eq!(cells(&level, Some(-70.0)).len(), 2, "an attack follows");
        let soft: Vec<_> = level.db.iter().map(|db| (1, db.max(-30.0))).collect();
        assert_eq!(cells(&self::level(&soft), None).len(), 1);
    }
}
