//! How long a call takes, one after the other and at the pace of an audio callback.

use std::time::{Duration, Instant};

use cpu_time::ThreadTime;
use serde::Serialize;

use crate::quantile::{micros, quantile};

/// What the waiting times of some calls were, in microseconds.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Latency {
    pub(super) calls: usize,
    pub(super) p50_us: f64,
    pub(super) p99_us: f64,
    pub(super) p999_us: f64,
    pub(super) max_us: f64,
    /// Processor time of the calling thread, mean.
    pub(super) cpu_us: f64,
}

/// Calls `run` so often, each as soon as the one before is done or, with a `pace`, each so much after the
/// one before it began. In between the thread sleeps, and its processor may.
pub(super) fn measure(calls: usize, pace: Option<Duration>, mut run: impl FnMut()) -> Latency {
    let mut waits_us = Vec::with_capacity(calls);
    let mut cpu = Duration::ZERO;
    let mut due = Instant::now();
    for _ in 0..calls {
        if let Some(pace) = pace {
            due += pace;
            std::thread::sleep(due.saturating_duration_since(Instant::now()));
        }
        let thread = ThreadTime::now();
        let begun = Instant::now();
        run();
        waits_us.push(micros(begun.elapsed()));
        cpu += thread.elapsed();
    }
    waits_us.sort_by(f64::total_cmp);
    Latency {
        calls,
        p50_us: quantile(&waits_us, 0.5),
        p99_us: quantile(&waits_us, 0.99),
        p999_us: quantile(&waits_us, 0.999),
        max_us: quantile(&waits_us, 1.0),
        cpu_us: micros(cpu) / calls as f64,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_call_is_made_and_the_quantiles_are_in_order() {
        let mut made = 0;
        let latency = measure(50, None, || made += 1);
        assert_eq!((made, latency.calls), (50, 50));
        let ordered = [
            latency.p50_us,
            latency.p99_us,
            latency.p999_us,
            latency.max_us,
        ];
        assert!(ordered.is_sorted(), "{latency:?}");
    }

    #[test]
    fn a_pace_is_kept_from_call_to_call() {
        let begun = Instant::now();
        measure(5, Some(Duration::from_millis(4)), || {});
        // Sleeping is never too short; how long it really is is up to the machine.
        assert!(begun.elapsed() >= Duration::from_millis(20));
    }
}
