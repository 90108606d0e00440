//! What a held note does: vibrato, drift of the pitch, fluctuation of the loudness.

use super::value_table;
use crate::analysis::NoteAnalysis;
use crate::corpus::CorpusNote;
use std::f64::consts::TAU;
use synth_model::{CurveTable, CurveTableError};

/// Motion is looked at so many times a second, which leaves out what is faster than a player.
const RATE_HZ: f64 = 50.0;
/// Rates of a vibrato, Hz.
const VIBRATO_HZ: std::ops::RangeInclusive<f64> = 3.0..=9.0;
/// Half width of a vibrato's line in the spectrum, Hz.
const LINE_HZ: f64 = 1.0;
/// A vibrato has this share of all motion of the pitch, and this depth, cents.
const VIBRATO_SHARE: f64 = 0.35;
const LEAST_VIBRATO_CENTS: f64 = 3.0;
/// Shortest sustain that is looked at, s.
const SHORTEST_S: f64 = 0.4;

/// How unsteady a note was.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Unsteadiness {
    /// Rate of the vibrato, Hz; 0 without one.
    pub vibrato_hz: f64,
    /// Its depth, cents, peak.
    pub vibrato_cents: f64,
    /// From the onset until it begins, s.
    pub vibrato_delay_s: f64,
    /// From there until it is full, s.
    pub vibrato_fade_s: f64,
    /// Standard deviation of the rest of the pitch's motion, cents, and its bandwidth, Hz.
    pub drift_cents: f64,
    /// See `drift_cents`.
    pub drift_hz: f64,
    /// Standard deviation of the loudness about its trend, dB, and the bandwidth, Hz.
    pub fluctuation_db: f64,
    /// See `fluctuation_db`.
    pub fluctuation_hz: f64,
}

/// Vibrato, fluctuation and drift tables.
pub(super) fn tables(
    notes: &[&CorpusNote],
) -> Result<(CurveTable, CurveTable, CurveTable), CurveTableError> {
    let measured: Vec<(&CorpusNote, Unsteadiness)> = notes
        .iter()
        .filter_map(|note| Some((*note, unsteadiness(&note.analysis)?)))
        .collect();
    if measured.is_empty() {
        let still = CurveTable::constant(&[0.0, 0.0])?;
        let no_vibrato = CurveTable::constant(&[0.0; 4])?;
        return Ok((no_vibrato, still.clone(), still));
    }
    let pair = |a: fn(&Unsteadiness) -> f64, b: fn(&Unsteadiness) -> f64| {
        let notes: Vec<&CorpusNote> = measured.iter().map(|m| m.0).collect();
        // Standard deviations are smoothed as logarithms: they differ by factors.
        let logs: Vec<f64> = measured.iter().map(|m| a(&m.1).max(1e-3).ln()).collect();
        let spread = value_table(&notes, &logs, f64::exp)?;
        let mut bandwidths: Vec<f64> = measured.iter().map(|m| b(&m.1)).collect();
        with_second_row(&spread, median(&mut bandwidths))
    };
    let fluctuation = pair(|u| u.fluctuation_db, |u| u.fluctuation_hz)?;
    let drift = pair(|u| u.drift_cents, |u| u.drift_hz)?;
    Ok((vibrato_table(&measured)?, fluctuation, drift))
}

fn vibrato_table(measured: &[(&CorpusNote, Unsteadiness)]) -> Result<CurveTable, CurveTableError> {
    let with: Vec<&Unsteadiness> = measured
        .iter()
        .map(|m| &m.1)
        .filter(|u| u.vibrato_hz > 0.0)
        .collect();
    if with.len() * 3 < measured.len() {
        return CurveTable::constant(&[0.0; 4]);
    }
    let of = |value: fn(&Unsteadiness) -> f64| {
        let mut values: Vec<f64> = with.iter().map(|u| value(u)).collect();
        median(&mut values)
    };
    let rest = [of(|u| u.vibrato_delay_s), of(|u| u.vibrato_fade_s)];
    let rate = of(|u| u.vibrato_hz);
    let notes: Vec<&CorpusNote> = measured.iter().map(|m| m.0).collect();
    let depths: Vec<f64> = measured.iter().map(|m| m.1.vibrato_cents).collect();
    let depth = value_table(&notes, &depths, |cents| cents.clamp(0.0, 200.0))?;
    let values = depth
        .values()
        .iter()
        .flat_map(|&cents| [rate as f32, cents, rest[0] as f32, rest[1] as f32])
        .collect();
    CurveTable::new(depth.f0_hz().to_vec(), depth.velocity().to_vec(), 4, values)
}

fn with_second_row(table: &CurveTable, second: f64) -> Result<CurveTable, CurveTableError> {
    let values = table.values().iter().flat_map(|&v| [v, second as f32]);
    let (f0_hz, velocity) = (table.f0_hz().to_vec(), table.velocity().to_vec());
    CurveTable::new(f0_hz, velocity, 2, values.collect())
}

fn median(values: &mut [f64]) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(0.0)
}

/// Measures how a note moves while it is held; `None` for a sustain too short to tell.
#[must_use]
pub fn unsteadiness(analysis: &NoteAnalysis) -> Option<Unsteadiness> {
    let held = analysis.sustain.clone();
    if (held.len() as f64) * analysis.hop_s() < SHORTEST_S {
        return None;
    }
    let step = (1.0 / (RATE_HZ * analysis.hop_s())).round().max(1.0) as usize;
    let rate_hz = 1.0 / (step as f64 * analysis.hop_s());
    let averaged = |value: &dyn Fn(usize) -> f64| -> Vec<f64> {
        let columns: Vec<usize> = held.clone().collect();
        let chunks = columns.chunks_exact(step);
        chunks
            .map(|chunk| chunk.iter().map(|&c| value(c)).sum::<f64>() / step as f64)
            .collect()
    };
    let reference = f64::from(analysis.f0_hz[held.start]).max(1.0);
    let cents = averaged(&|c| 1_200.0 * (f64::from(analysis.f0_hz[c]) / reference).log2());
    let cents = without_trend(&cents);
    let loudness = without_trend(&averaged(&|c| f64::from(analysis.loudness_db[c])));
    let mut answer = Unsteadiness {
        fluctuation_db: deviation(&loudness),
        fluctuation_hz: bandwidth_hz(&loudness, rate_hz, 0.0),
        ..Unsteadiness::default()
    };
    let total = deviation(&cents).powi(2);
    let line = strongest_line(&cents, rate_hz);
    let share = line.power / total.max(1e-12);
    let depth = (2.0 * line.power).sqrt();
    let mut rest = total;
    if share >= VIBRATO_SHARE && depth >= LEAST_VIBRATO_CENTS {
        let before_s =
            (held.start - analysis.sounding.start.min(held.start)) as f64 * analysis.hop_s();
        let (delay_s, fade_s) = fade_in(&cents, rate_hz, line.rate_hz, depth);
        answer.vibrato_hz = line.rate_hz;
        answer.vibrato_cents = depth;
        answer.vibrato_delay_s = before_s + delay_s;
        answer.vibrato_fade_s = fade_s;
        rest = (total - line.power).max(0.02 * total);
    }
    answer.drift_cents = rest.sqrt();
    answer.drift_hz = bandwidth_hz(&cents, rate_hz, answer.vibrato_hz);
    Some(answer)
}

fn without_trend(values: &[f64]) -> Vec<f64> {
    let n = values.len() as f64;
    let (mx, my) = ((n - 1.0) / 2.0, values.iter().sum::<f64>() / n);
    let (mut xy, mut xx) = (0.0, 1e-12);
    for (i, y) in values.iter().enumerate() {
        xy += (i as f64 - mx) * (y - my);
        xx += (i as f64 - mx).powi(2);
    }
    let line = |i: usize| my + xy / xx * (i as f64 - mx);
    values
        .iter()
        .enumerate()
        .map(|(i, y)| y - line(i))
        .collect()
}

fn deviation(values: &[f64]) -> f64 {
    (values.iter().map(|v| v * v).sum::<f64>() / values.len().max(1) as f64).sqrt()
}

/// The frequency below which half of the power lies: what [`Expression`](synth_model::Expression)
/// calls a bandwidth. `left_out_hz` is the rate of a vibrato, whose line does not count; 0 without one.
fn bandwidth_hz(values: &[f64], rate_hz: f64, left_out_hz: f64) -> f64 {
    let n = values.len();
    let resolution_hz = rate_hz / n as f64;
    let counts = |f_hz: f64| left_out_hz == 0.0 || (f_hz - left_out_hz).abs() > LINE_HZ;
    // Bin 0 is nothing but what is left of the mean.
    let powers: Vec<f64> = (1..=n / 2)
        .map(|bin| bin as f64 * resolution_hz)
        .map(|f_hz| {
            if counts(f_hz) {
                power_at(values, rate_hz, f_hz)
            } else {
                0.0
            }
        })
        .collect();
    let half = powers.iter().sum::<f64>() / 2.0;
    let mut below = 0.0;
    for (bin, power) in powers.iter().enumerate() {
        if half > 0.0 && below + power >= half {
            // Each bin stands for what lies half of the resolution to either side.
            let fraction = (half - below) / power.max(1e-12);
            return ((bin as f64 + 0.5 + fraction) * resolution_hz).clamp(0.1, 10.0);
        }
        below += power;
    }
    0.1
}

/// Power of a sine at a frequency: a bin of the periodogram, no window.
fn power_at(values: &[f64], rate_hz: f64, f_hz: f64) -> f64 {
    let (mut re, mut im) = (0.0, 0.0);
    for (i, value) in values.iter().enumerate() {
        let (sin, cos) = (TAU * f_hz * i as f64 / rate_hz).sin_cos();
        re += value * cos;
        im += value * sin;
    }
    let n = values.len();
    2.0 * (re * re + im * im) / (n * n) as f64
}

struct Line {
    rate_hz: f64,
    power: f64,
}

/// The strongest line among the rates of a vibrato, and the power within a line's width of it.
fn strongest_line(values: &[f64], rate_hz: f64) -> Line {
    let n = values.len();
    let resolution_hz = rate_hz / n as f64;
    // Sums over the line's width count all of its power.
    let (from, to) = (*VIBRATO_HZ.start(), *VIBRATO_HZ.end());
    let bins = (from / resolution_hz).ceil() as usize..=(to / resolution_hz).floor() as usize;
    let powers: Vec<(f64, f64)> = bins
        .map(|bin| {
            (
                bin as f64 * resolution_hz,
                power_at(values, rate_hz, bin as f64 * resolution_hz),
            )
        })
        .collect();
    let around = |centre: f64| {
        let near = powers.iter().filter(|p| (p.0 - centre).abs() <= LINE_HZ);
        near.fold((0.0, 0.0), |s, p| (s.0 + p.1, s.1 + p.0 * p.1))
    };
    let best = powers
        .iter()
        .map(|p| around(p.0))
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .unwrap_or((0.0, 0.0));
    Line {
        rate_hz: if best.0 > 0.0 { best.1 / best.0 } else { 0.0 },
        power: best.0,
    }
}

/// Time until a vibrato passes a quarter of its depth, and from there to three quarters, doubled.
fn fade_in(cents: &[f64], rate_hz: f64, vibrato_hz: f64, depth: f64) -> (f64, f64) {
    let period = (rate_hz / vibrato_hz).round().max(2.0) as usize;
    let depths: Vec<f64> = cents
        .windows(period)
        .map(|window| {
            let mean = window.iter().sum::<f64>() / period as f64;
            let power = window.iter().map(|c| (c - mean).powi(2)).sum::<f64>() / period as f64;
            (2.0 * power).sqrt()
        })
        .collect();
    let reach = |share: f64| depths.iter().position(|&d| d >= share * depth).unwrap_or(0);
    let (first, most) = (reach(0.25), reach(0.75));
    let fade_s = 2.0 * most.saturating_sub(first) as f64 / rate_hz;
    let start_s = first as f64 / rate_hz - fade_s / 4.0;
    (start_s.clamp(0.0, 2.0), fade_s.clamp(0.05, 2.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tones(rates_hz: &[f64]) -> Vec<f64> {
        let at = |i: usize, f_hz: f64| (TAU * f_hz * i as f64 / 50.0 + f_hz).sin();
        (0..500)
            .map(|i| rates_hz.iter().map(|&f_hz| at(i, f_hz)).sum())
            .collect()
    }

    #[test]
    fn half_of_the_power_lies_below_the_bandwidth() {
        let even: Vec<f64> = (1..=9).map(f64::from).collect();
        let hz = bandwidth_hz(&tones(&even), 50.0, 0.0);
        assert!((hz - 5.0).abs() < 0.06, "{hz} Hz");
        // 6 Hz is in the middle of what is left beside a vibrato near 1 and 2 Hz.
        let hz = bandwidth_hz(&tones(&even), 50.0, 1.4);
        assert!((hz - 6.0).abs() < 0.06, "{hz} Hz");
        assert_eq!(bandwidth_hz(&[0.0; 100], 50.0, 0.0), 0.1);
    }
}
