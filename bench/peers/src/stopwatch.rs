//! Measuring by turns.

use std::time::{Duration, Instant};

use crate::Failure;

/// What is shorter than this is timed several calls at a time, or reading the clock would show.
const SHORTEST_SAMPLE_US: f64 = 20.0;
/// Most samples that a candidate takes in one turn.
const MOST_SAMPLES_A_TURN: usize = 50;

/// Something to measure. It may live in a process of its own, so it takes its times itself.
pub(crate) trait Candidate {
    /// Microseconds of `samples` calls, after one that is not measured: other candidates' data is in the
    /// caches.
    fn turn(&mut self, samples: usize) -> Result<Vec<f64>, Failure>;
}

/// How often things are measured.
#[derive(Clone, Copy)]
pub(crate) struct Effort {
    pub(crate) quick: bool,
    /// Turns of every candidate.
    rounds: usize,
    /// What a candidate may take in all, in microseconds.
    budget_us: f64,
}

impl Effort {
    /// Half a second a candidate, in 40 turns; or a few calls of each.
    pub(crate) fn new(quick: bool) -> Self {
        let (rounds, budget_us) = if quick { (2, 1e4) } else { (40, 5e5) };
        Self {
            quick,
            rounds,
            budget_us,
        }
    }
}

/// What one call takes, in microseconds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Timing {
    /// The shortest sample.
    pub(crate) best_us: f64,
    /// The 5th percentile.
    pub(crate) p5_us: f64,
}

/// Measures all candidates in one run, by turns, so that a slower or busier moment of the machine hits all
/// of them.
pub(crate) fn compare(
    effort: Effort,
    candidates: &mut [&mut dyn Candidate],
) -> Result<Vec<Timing>, Failure> {
    let mut samples_a_turn = Vec::new();
    for candidate in &mut *candidates {
        let pilot = candidate.turn(3)?;
        let call_us = pilot.into_iter().fold(f64::INFINITY, f64::min);
        let turn_us = effort.budget_us / effort.rounds as f64;
        let samples = (turn_us / call_us.max(SHORTEST_SAMPLE_US)) as usize;
        samples_a_turn.push(samples.clamp(1, MOST_SAMPLES_A_TURN));
    }
    let mut logs = vec![Vec::new(); candidates.len()];
    for _ in 0..effort.rounds {
        for ((candidate, &samples), log) in
            candidates.iter_mut().zip(&samples_a_turn).zip(&mut logs)
        {
            log.extend(candidate.turn(samples)?);
        }
    }
    Ok(logs.into_iter().map(timing).collect())
}

fn timing(mut samples_us: Vec<f64>) -> Timing {
    samples_us.sort_by(f64::total_cmp);
    // The nearest rank.
    let rank = (0.05 * samples_us.len() as f64).ceil() as usize;
    Timing {
        best_us: samples_us[0],
        p5_us: samples_us[rank.max(1) - 1],
    }
}

/// A function of this process.
pub(crate) struct Called<F> {
    call: F,
    calls_a_sample: u32,
}

impl<F: FnMut() -> Result<(), Failure>> Called<F> {
    /// Calls it a few times, to warm up and to learn how many calls a sample needs.
    pub(crate) fn new(mut call: F) -> Result<Self, Failure> {
        let mut shortest = Duration::MAX;
        for _ in 0..5 {
            let begun = Instant::now();
            call()?;
            shortest = shortest.min(begun.elapsed());
        }
        let calls = SHORTEST_SAMPLE_US / micros(shortest).max(1e-3);
        Ok(Self {
            call,
            calls_a_sample: calls.ceil().max(1.0) as u32,
        })
    }

    /// One whose number of calls a sample is known from before.
    pub(crate) fn with_calls(calls_a_sample: u32, call: F) -> Self {
        Self {
            call,
            calls_a_sample,
        }
    }

    /// Calls that make a sample.
    pub(crate) fn calls_a_sample(&self) -> u32 {
        self.calls_a_sample
    }
}

impl<F: FnMut() -> Result<(), Failure>> Candidate for Called<F> {
    fn turn(&mut self, samples: usize) -> Result<Vec<f64>, Failure> {
        (self.call)()?;
        let mut taken = Vec::with_capacity(samples);
        for _ in 0..samples {
            let begun = Instant::now();
            for _ in 0..self.calls_a_sample {
                (self.call)()?;
            }
            taken.push(micros(begun.elapsed()) / f64::from(self.calls_a_sample));
        }
        Ok(taken)
    }
}

/// A duration in microseconds.
pub(crate) fn micros(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e6
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_low_quantile_is_a_sample_that_occurred() {
        let timing = timing((1..=100).rev().map(f64::from).collect());
        assert_eq!((timing.best_us, timing.p5_us), (1.0, 5.0));
    }

    #[test]
    fn one_that_does_more_takes_longer() {
        let work = |rounds: u32| {
            Called::new(move || {
                for round in 0..rounds {
                    std::hint::black_box(f64::from(round).sqrt());
                }
                Ok(())
            })
            .unwrap()
        };
        let (mut less, mut more) = (work(1_000), work(100_000));
        let timings = compare(Effort::new(true), &mut [&mut less, &mut more]).unwrap();
        assert!(timings[1].p5_us > 10.0 * timings[0].p5_us, "{timings:?}");
    }

    #[test]
    fn a_candidate_that_fails_ends_the_run() {
        let mut calls = 0;
        let mut failing = Called::new(move || {
            calls += 1;
            if calls > 7 {
                Err("broken".into())
            } else {
                Ok(())
            }
        })
        .unwrap();
        assert!(compare(Effort::new(true), &mut [&mut failing]).is_err());
    }
}
