//! What was measured.

use mil_runtime::cpu::Level;

use crate::accelerators::Why;
use crate::stopwatch::{Candidate, Effort, Timing, compare};

/// Everything that the command prints.
pub(crate) struct Report {
    pub(crate) quick: bool,
    pub(crate) machine: String,
    /// The instruction set in use.
    pub(crate) level: Level,
    pub(crate) rate: NetworkRate,
    pub(crate) oscillators: OscillatorFigures,
    pub(crate) tables: [Table; 4],
    pub(crate) voices: Vec<VoiceCost>,
    pub(crate) shared: Vec<SharedCost>,
}

/// How near the network comes to what the processor could do.
pub(crate) struct NetworkRate {
    /// Products and sums a nanosecond of multiply-adds that wait for nothing, on one core at the widest
    /// level that it has.
    pub(crate) fma_peak_gflops: f64,
    /// The network's rate over that.
    pub(crate) network_peak_share: f64,
}

/// The oscillator bank beside plain sines, on amplitudes of 1/k and on equal ones.
pub(crate) struct OscillatorFigures {
    pub(crate) times_scalar: f64,
    /// Against f64, over the keyboard: the worst pitch.
    pub(crate) snr_db: f64,
    pub(crate) flat_times_scalar: f64,
    pub(crate) flat_snr_db: f64,
}

/// What so many held voices cost a buffer, in processor time.
pub(crate) struct VoiceCost {
    pub(crate) voices: usize,
    pub(crate) us: f64,
}

/// What one thing that all voices share costs a buffer, in processor time.
pub(crate) struct SharedCost {
    pub(crate) name: &'static str,
    pub(crate) us: f64,
}

/// One table.
pub(crate) struct Table {
    /// By which JSON knows it.
    pub(crate) name: &'static str,
    pub(crate) title: &'static str,
    /// The row that the others are compared with.
    pub(crate) baseline: &'static str,
    /// Whether it is something that is done for every buffer.
    pub(crate) is_for_each_buffer: bool,
    pub(crate) rows: Vec<Row>,
}

/// One row.
pub(crate) struct Row {
    pub(crate) name: &'static str,
    pub(crate) result: Result<Measured, Why>,
}

/// What a row says.
pub(crate) struct Measured {
    pub(crate) timing: Timing,
    /// How many times faster than the baseline, by the 5th percentiles.
    pub(crate) ratio: f64,
}

/// A row to be measured, or why it cannot be.
pub(crate) type Entry<'a> = (&'static str, Result<Candidate<'a>, Why>);

impl Table {
    /// Measures the entries by turns, and the candidates `beside` them, whose timings are answered apart.
    ///
    /// # Panics
    /// If the baseline is not among the entries that can be measured.
    pub(crate) fn measure(
        mut self,
        effort: Effort,
        entries: Vec<Entry<'_>>,
        beside: Vec<Candidate<'_>>,
    ) -> (Self, Vec<Timing>) {
        let mut candidates = Vec::new();
        let mut whys = Vec::new();
        for (name, entry) in entries {
            match entry {
                Ok(candidate) => {
                    candidates.push(candidate);
                    whys.push((name, None));
                }
                Err(why) => whys.push((name, Some(why))),
            }
        }
        candidates.extend(beside);
        let mut timings = compare(effort, &mut candidates).into_iter();
        let mut rows: Vec<(&'static str, Result<Timing, Why>)> = Vec::new();
        for (name, why) in whys {
            let result = match why {
                None => Ok(timings.next().expect("one timing a candidate")),
                Some(why) => Err(why),
            };
            rows.push((name, result));
        }
        let baseline = rows.iter().find(|(name, _)| *name == self.baseline);
        let baseline_us = match baseline {
            Some((_, Ok(timing))) => timing.p5_us,
            _ => panic!("{}: no baseline was measured", self.name),
        };
        let row = |(name, result): (&'static str, Result<Timing, Why>)| Row {
            name,
            result: result.map(|timing| Measured {
                ratio: baseline_us / timing.p5_us,
                timing,
            }),
        };
        self.rows = rows.into_iter().map(row).collect();
        (self, timings.collect())
    }

    /// The row called `name`.
    ///
    /// # Panics
    /// If it was not measured.
    pub(crate) fn measured(&self, name: &str) -> &Measured {
        let row = self.rows.iter().find(|row| row.name == name);
        match row.map(|row| &row.result) {
            Some(Ok(measured)) => measured,
            _ => panic!("{}: {name} was not measured", self.name),
        }
    }
}
