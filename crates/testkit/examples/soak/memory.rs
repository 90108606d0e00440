//! Whether memory stays what it is.

use crate::footprint::Footprint;

/// How memory went after a while.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Growth {
    /// The most up to then, KiB.
    pub(crate) before_kib: u64,
    /// By how much the most after it is above that, KiB.
    pub(crate) more_kib: i64,
    /// The trend after it, KiB a minute.
    pub(crate) slope_kib: f64,
}

impl Growth {
    /// `None` where there is nothing before or after.
    pub(crate) fn after(seen: &[Footprint], at_s: f64) -> Option<Self> {
        let at = seen.partition_point(|footprint| footprint.at_s < at_s);
        let (before, after) = seen.split_at(at);
        let most = |part: &[Footprint]| part.iter().map(|it| it.memory_kib).max();
        let before_kib = most(before)?;
        Some(Self {
            before_kib,
            more_kib: most(after)? as i64 - before_kib as i64,
            slope_kib: slope(after),
        })
    }
}

/// By least squares, KiB a minute.
fn slope(seen: &[Footprint]) -> f64 {
    let count = seen.len().max(1) as f64;
    let mean = |of: fn(&Footprint) -> f64| seen.iter().map(of).sum::<f64>() / count;
    let (at, memory) = (mean(|it| it.at_s), mean(|it| it.memory_kib as f64));
    let (mut both, mut squares) = (0.0, 0.0);
    for footprint in seen {
        let from = footprint.at_s - at;
        both += from * (footprint.memory_kib as f64 - memory);
        squares += from * from;
    }
    match squares > 0.0 {
        true => 60.0 * both / squares,
        false => 0.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(memory_kib: impl Fn(u64) -> u64) -> Vec<Footprint> {
        let at = |second| Footprint {
            at_s: second as f64,
            memory_kib: memory_kib(second),
            threads: 1,
            files: 1,
        };
        (1..=300).map(at).collect()
    }

    #[test]
    fn growth_is_what_comes_after() {
        let flat = Growth::after(&seen(|s| 5000 + s % 7), 60.0).unwrap();
        assert_eq!((flat.before_kib, flat.more_kib), (5006, 0));
        assert!(flat.slope_kib.abs() < 0.1, "{flat:?}");
        let leak = Growth::after(&seen(|s| 5000 + 10 * s), 60.0).unwrap();
        assert_eq!((leak.before_kib, leak.more_kib), (5590, 2410));
        assert!((leak.slope_kib - 600.0).abs() < 1e-6, "{leak:?}");
        assert_eq!(Growth::after(&seen(|s| s), 0.0), None);
        assert_eq!(Growth::after(&seen(|s| s), 301.0), None);
    }
}
