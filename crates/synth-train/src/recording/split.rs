//! From the course of a pitch to notes: where it steps from one to another.

use std::ops::Range;

use super::tracker::{HOP_S, Track};

/// A step of the pitch, cents: more than vibrato moves the mean.
const STEP_CENTS: f64 = 80.0;
/// Means over this much on either side of a step, s: a cycle of vibrato.
const SIDE_S: f64 = 0.2;
/// Left out on either side of a step, s.
const GUARD_S: f64 = 0.03;
/// Shorter means at the ends, s.
const SHORTEST_SIDE_S: f64 = 0.1;
/// Unvoiced frames that a note outlasts, s.
const GAP_S: f64 = 0.06;
/// A pitch that moves farther than this ...
const WANDER_CENTS: f64 = 300.0;
/// ... and this fast within 60 ms is a run of short notes and no glide.
const RUN_CENTS: f64 = 100.0;

/// A long note beside short ones holds still within this, cents ...
const PLATEAU_CENTS: f64 = 80.0;
/// ... for this long, s.
const PLATEAU_S: f64 = 0.3;

/// A note's frames in a track, and its pitch there.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Segment {
    pub(super) frames: Range<usize>,
    /// Cents re 1 Hz, one a frame.
    pub(super) cents: Vec<f64>,
}

impl Segment {
    /// Seconds.
    pub(super) fn length_s(&self) -> f64 {
        self.frames.len() as f64 * HOP_S
    }

    /// Median, Hz.
    pub(super) fn f0_hz(&self) -> f64 {
        let mut sorted = self.cents.clone();
        sorted.sort_by(f64::total_cmp);
        hz(sorted[sorted.len() / 2])
    }

    /// Whether it is many short notes, which a mean over a vibrato's cycle does not part.
    pub(super) fn is_run(&self) -> bool {
        let mut sorted = self.cents.clone();
        sorted.sort_by(f64::total_cmp);
        let range = sorted[sorted.len() * 19 / 20] - sorted[sorted.len() / 20];
        let reach = frames(0.06);
        let fastest = (reach..self.cents.len())
            .map(|i| (self.cents[i] - self.cents[i - reach]).abs())
            .fold(0.0, f64::max);
        range > WANDER_CENTS && fastest > RUN_CENTS
    }
}

/// A pitch given in cents re 1 Hz, Hz.
pub(super) fn hz(cents: f64) -> f64 {
    (cents / 1200.0).exp2()
}

fn frames(seconds: f64) -> usize {
    (seconds / HOP_S).round() as usize
}

/// The notes of a track, rising in time; short ones too.
pub(super) fn segments(track: &Track) -> Vec<Segment> {
    let steps = voiced(track).into_iter().flat_map(|run| split(&run));
    steps
        .flat_map(|segment| match segment.is_run() {
            true => plateaus(&segment),
            false => vec![segment],
        })
        .collect()
}

/// Parts of a run of short notes: long notes that it begins, ends or rests with, and what is between.
fn plateaus(run: &Segment) -> Vec<Segment> {
    let mut bounds = vec![0, run.cents.len()];
    let mut first = 0;
    while first < run.cents.len() {
        let (mut low, mut high) = (f64::MAX, f64::MIN);
        let held = run.cents[first..].iter().take_while(|&&c| {
            (low, high) = (low.min(c), high.max(c));
            high - low <= PLATEAU_CENTS
        });
        let length = held.count();
        if length >= frames(PLATEAU_S) {
            bounds.extend([first, first + length]);
            first += length;
        } else {
            first += 1;
        }
    }
    bounds.sort_unstable();
    bounds.dedup();
    parts(run, &bounds)
}

/// Runs of frames with a pitch; short gaps are bridged.
fn voiced(track: &Track) -> Vec<Segment> {
    let mut runs: Vec<Segment> = Vec::new();
    for (i, f0_hz) in track.iter().enumerate() {
        let Some(cents) = f0_hz.map(|hz| 1200.0 * hz.log2()) else {
            continue;
        };
        match runs.last_mut() {
            Some(run) if i - run.frames.end <= frames(GAP_S) => {
                let last = run.cents.last().copied().unwrap_or(cents);
                let gap = i - run.frames.end;
                let bridge = |j: usize| last + (cents - last) * j as f64 / (gap + 1) as f64;
                run.cents.extend((1..=gap).map(bridge));
                run.cents.push(cents);
                run.frames.end = i + 1;
            }
            _ => runs.push(Segment {
                frames: i..i + 1,
                cents: vec![cents],
            }),
        }
    }
    runs
}

/// Splits where the pitch steps.
fn split(run: &Segment) -> Vec<Segment> {
    let steps: Vec<f64> = (0..run.cents.len()).map(|i| step(&run.cents, i)).collect();
    let reach = frames(SIDE_S) / 2;
    let is_top = |i: usize| {
        let near = &steps[i.saturating_sub(reach)..(i + reach + 1).min(steps.len())];
        let before = &steps[i.saturating_sub(reach)..i];
        steps[i] > STEP_CENTS
            && near.iter().all(|&s| s <= steps[i])
            && before.iter().all(|&s| s < steps[i])
    };
    let mut bounds = vec![0];
    let tops = (0..steps.len()).filter(|&i| is_top(i));
    bounds.extend(tops.map(|i| steepest(&run.cents, i)));
    bounds.push(steps.len());
    parts(run, &bounds)
}

/// What lies between rising bounds.
fn parts(run: &Segment, bounds: &[usize]) -> Vec<Segment> {
    let part = |pair: &[usize]| Segment {
        frames: run.frames.start + pair[0]..run.frames.start + pair[1],
        cents: run.cents[pair[0]..pair[1]].to_vec(),
    };
    bounds.windows(2).map(part).collect()
}

/// Where the pitch moves fastest near `at`: within the guards the means do not tell.
fn steepest(cents: &[f64], at: usize) -> usize {
    let reach = 2 * frames(GUARD_S);
    let near = at.saturating_sub(reach).max(1)..(at + reach + 1).min(cents.len());
    let slope = |i: &usize| (cents[*i] - cents[*i - 1]).abs();
    near.max_by(|a, b| slope(a).total_cmp(&slope(b)))
        .unwrap_or(at)
}

/// Height of the step at `at`, cents; 0 where a line fits better than two levels.
fn step(cents: &[f64], at: usize) -> f64 {
    let (side, guard) = (frames(SIDE_S), frames(GUARD_S));
    let left = at.saturating_sub(guard + side)..at.saturating_sub(guard);
    let right = (at + guard).min(cents.len())..(at + guard + side).min(cents.len());
    if left.len().min(right.len()) < frames(SHORTEST_SIDE_S) {
        return 0.0;
    }
    let mean = |range: &Range<usize>| cents[range.clone()].iter().sum::<f64>() / range.len() as f64;
    let (low, high) = (mean(&left), mean(&right));
    let spread = |range: &Range<usize>, mean: f64| -> f64 {
        cents[range.clone()]
            .iter()
            .map(|c| (c - mean).powi(2))
            .sum()
    };
    let levels = spread(&left, low) + spread(&right, high);
    let points = || {
        left.clone()
            .chain(right.clone())
            .map(|i| (i as f64, cents[i]))
    };
    if levels < spread_about_line(points) {
        (high - low).abs()
    } else {
        0.0
    }
}

/// Sum of squares about the least-squares line.
fn spread_about_line<I: Iterator<Item = (f64, f64)>>(points: impl Fn() -> I) -> f64 {
    let count = points().count() as f64;
    let (sum_x, sum_y) = points().fold((0.0, 0.0), |(sx, sy), (x, y)| (sx + x, sy + y));
    let (mean_x, mean_y) = (sum_x / count, sum_y / count);
    let (mut xx, mut xy, mut yy) = (0.0, 0.0, 0.0);
    for (x, y) in points() {
        xx += (x - mean_x).powi(2);
        xy += (x - mean_x) * (y - mean_y);
        yy += (y - mean_y).powi(2);
    }
    yy - xy * xy / xx.max(1e-9)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lengths(cents: &[f64]) -> Vec<usize> {
        let track: Track = cents
            .iter()
            .map(|&c| (!c.is_nan()).then(|| hz(c)))
            .collect();
        segments(&track).iter().map(|s| s.frames.len()).collect()
    }

    fn vibrato(i: usize, rate_hz: f64, depth: f64) -> f64 {
        6000.0 + depth * (std::f64::consts::TAU * rate_hz * i as f64 * HOP_S).sin()
    }

    #[test]
    fn legato_steps_split() {
        let notes: Vec<f64> = (0..120).map(|i| 6000.0 + 100.0 * (i / 40) as f64).collect();
        assert_eq!(lengths(&notes), [40, 40, 40]);
        let with_vibrato: Vec<f64> = (0..160)
            .map(|i| vibrato(i, 5.5, 30.0) + if i < 80 { 0.0 } else { 200.0 })
            .collect();
        let lengths = lengths(&with_vibrato);
        assert!(
            lengths.len() == 2 && lengths[0].abs_diff(80) <= 3,
            "{lengths:?}"
        );
    }

    #[test]
    fn vibrato_and_glides_do_not_split() {
        for rate_hz in [3.5, 5.0, 7.0] {
            let note: Vec<f64> = (0..300).map(|i| vibrato(i, rate_hz, 70.0)).collect();
            assert_eq!(lengths(&note), [300], "vibrato at {rate_hz} Hz");
        }
        let glide: Vec<f64> = (0..200).map(|i| 6000.0 + 6.0 * f64::from(i)).collect();
        assert_eq!(lengths(&glide), [200]);
    }

    #[test]
    fn gaps_part_notes_when_they_are_long_enough() {
        let mut cents = vec![6000.0; 200];
        cents[50..54].fill(f64::NAN);
        cents[100..112].fill(f64::NAN);
        assert_eq!(lengths(&cents), [100, 88]);
    }

    #[test]
    fn a_fast_scale_is_a_run_and_a_glide_is_none() {
        let segment = |cents: Vec<f64>| Segment {
            frames: 0..cents.len(),
            cents,
        };
        let scale = (0..120)
            .map(|i| 6000.0 + 200.0 * f64::from(i / 10))
            .collect();
        assert!(segment(scale).is_run());
        let glide = (0..120).map(|i| 6000.0 + 10.0 * f64::from(i)).collect();
        assert!(!segment(glide).is_run());
        let trill = (0..120).map(|i| vibrato(i, 6.0, 100.0)).collect();
        assert!(!segment(trill).is_run());
    }
}
