//! Measuring by turns.

use std::time::{Duration, Instant};

use cpu_time::ThreadTime;

use crate::quantile::{micros, quantile};

/// What is shorter than this is timed several calls at a time, or reading the clock would show.
const SHORTEST_SAMPLE: Duration = Duration::from_micros(20);
/// A call longer than this is measured fewer times.
const LONG_CALL: Duration = Duration::from_millis(1);
/// Samples that a candidate takes before the next one has its turn. Before them a call goes
/// unmeasured: another candidate's data is in the caches.
const SAMPLES_A_TURN: usize = 10;

/// How often things are measured.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Effort {
    /// Whether it is only to be seen that everything runs.
    pub(crate) quick: bool,
    /// Samples of a candidate: 2000 make the 5th percentile stand still within a hundredth.
    pub(crate) samples: usize,
    /// Samples of one whose calls take more than a millisecond.
    pub(crate) samples_if_long: usize,
}

impl Effort {
    pub(crate) fn new(quick: bool) -> Self {
        let (samples, samples_if_long) = if quick { (20, 20) } else { (2000, 500) };
        Self {
            quick,
            samples,
            samples_if_long,
        }
    }
}

/// What one call takes, in microseconds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Timing {
    /// The shortest sample.
    pub(crate) best_us: f64,
    /// Quantiles of the time that the caller waits.
    pub(crate) p5_us: f64,
    pub(crate) p50_us: f64,
    pub(crate) p99_us: f64,
    /// Mean processor time of the calling thread.
    pub(crate) cpu_us: f64,
}

/// Something to call again and again.
pub(crate) type Candidate<'a> = Box<dyn FnMut() + 'a>;

/// Measures all candidates in one run, by turns, so that a slower or busier moment of the machine
/// hits all of them.
pub(crate) fn compare(effort: Effort, candidates: &mut [Candidate<'_>]) -> Vec<Timing> {
    let mut logs: Vec<Log> = candidates
        .iter_mut()
        .map(|run| Log::new(effort, run))
        .collect();
    while logs.iter().any(Log::wants_more) {
        for (log, run) in logs.iter_mut().zip(&mut *candidates) {
            if log.wants_more() {
                log.take_turn(run);
            }
        }
    }
    logs.iter_mut().map(Log::timing).collect()
}

/// The samples of one candidate.
struct Log {
    calls_a_sample: u32,
    wanted: usize,
    /// Microseconds a call.
    samples_us: Vec<f64>,
    cpu: Duration,
    calls: u64,
}

impl Log {
    /// Calls it a few times, to warm up and to learn how long it takes.
    fn new(effort: Effort, run: &mut Candidate<'_>) -> Self {
        let mut shortest = Duration::MAX;
        for _ in 0..5 {
            let begun = Instant::now();
            run();
            shortest = shortest.min(begun.elapsed());
        }
        let shortest_s = shortest.as_secs_f64().max(1e-9);
        let calls_a_sample = (SHORTEST_SAMPLE.as_secs_f64() / shortest_s).ceil().max(1.0) as u32;
        let wanted = match shortest > LONG_CALL {
            true => effort.samples_if_long,
            false => effort.samples,
        };
        Self {
            calls_a_sample,
            wanted,
            samples_us: Vec::with_capacity(wanted + SAMPLES_A_TURN),
            cpu: Duration::ZERO,
            calls: 0,
        }
    }

    fn wants_more(&self) -> bool {
        self.samples_us.len() < self.wanted
    }

    fn take_turn(&mut self, run: &mut Candidate<'_>) {
        run();
        let cpu = ThreadTime::now();
        for _ in 0..SAMPLES_A_TURN {
            let begun = Instant::now();
            for _ in 0..self.calls_a_sample {
                run();
            }
            let taken = begun.elapsed();
            self.samples_us
                .push(micros(taken) / f64::from(self.calls_a_sample));
        }
        self.cpu += cpu.elapsed();
        self.calls += SAMPLES_A_TURN as u64 * u64::from(self.calls_a_sample);
    }

    fn timing(&mut self) -> Timing {
        self.samples_us.sort_by(f64::total_cmp);
        Timing {
            best_us: self.samples_us[0],
            p5_us: quantile(&self.samples_us, 0.05),
            p50_us: quantile(&self.samples_us, 0.5),
            p99_us: quantile(&self.samples_us, 0.99),
            cpu_us: micros(self.cpu) / self.calls as f64,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_candidate_that_does_more_takes_more_processor_time() {
        let work = |rounds: u32| -> Candidate<'static> {
            Box::new(move || {
                for round in 0..rounds {
                    std::hint::black_box(f64::from(round).sqrt());
                }
            })
        };
        let timings = compare(Effort::new(true), &mut [work(1_000), work(50_000)]);
        let [less, more] = timings[..] else {
            panic!("two candidates, {} timings", timings.len())
        };
        assert!(less.p5_us <= less.p50_us && less.p50_us <= less.p99_us);
        assert!(more.cpu_us > 10.0 * less.cpu_us, "{more:?} {less:?}");
    }
}
