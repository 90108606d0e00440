//! What was counted, held against what was recorded.

use std::fmt::Write;

use crate::baseline::{Baseline, Count};

/// By how much a kernel may cost more than recorded, and from where on it is worth recording that it costs
/// less.
const LIMIT_PERCENT: u64 = 3;

/// What the comparison says.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Comparison {
    /// One line a kernel, with a heading.
    pub(crate) table: String,
    /// Why the gate is not passed.
    pub(crate) failures: Vec<String>,
    /// What else should be known.
    pub(crate) remarks: Vec<String>,
}

/// Holds `counts`, all those of `levels`, against the baseline.
pub(crate) fn compare(baseline: &Baseline, counts: &[Count], levels: &[&str]) -> Comparison {
    let mut comparison = Comparison::default();
    comparison.row("kernel", "level", "baseline", "now", "change");
    for count in counts {
        let now = count.instructions.to_string();
        let (kernel, level) = (&count.kernel, &count.level);
        match baseline.find(kernel, level) {
            Some(recorded) => {
                let was = recorded.instructions;
                let change = format!("{:+.2} %", change_percent(was, count.instructions));
                comparison.row(kernel, level, &was.to_string(), &now, &change);
                comparison.judge(count, was);
            }
            None => {
                comparison.row(kernel, level, "-", &now, "new");
                let failure = format!("{kernel} ({level}) is not in the baseline; record it anew");
                comparison.failures.push(failure);
            }
        }
    }
    for recorded in &baseline.counts {
        let Count { kernel, level, .. } = recorded;
        if counts
            .iter()
            .any(|count| count.kernel == *kernel && count.level == *level)
        {
            continue;
        }
        let was = recorded.instructions.to_string();
        comparison.row(kernel, level, &was, "-", "not counted");
        if levels.contains(&level.as_str()) {
            let failure =
                format!("{kernel} ({level}) is no longer counted; record the baseline anew");
            comparison.failures.push(failure);
        } else {
            let remark = format!("{kernel}: this machine lacks the level {level}");
            comparison.remarks.push(remark);
        }
    }
    comparison
}

impl Comparison {
    fn row(&mut self, kernel: &str, level: &str, recorded: &str, now: &str, change: &str) {
        // Writing to a string cannot fail.
        let _ = writeln!(
            self.table,
            "{kernel:<26} {level:<5} {recorded:>12} {now:>12} {change:>12}"
        );
    }

    fn judge(&mut self, count: &Count, was: u64) {
        let Count {
            kernel,
            level,
            instructions: now,
        } = count;
        let size = change_percent(was, *now).abs();
        if now * 100 > was * (100 + LIMIT_PERCENT) {
            self.failures.push(format!(
                "{kernel} ({level}) takes {size:.2} % more instructions than recorded, {LIMIT_PERCENT} % are allowed"
            ));
        } else if now * 100 < was * (100 - LIMIT_PERCENT) {
            self.remarks.push(format!(
                "{kernel} ({level}) takes {size:.2} % fewer instructions than recorded: record the baseline anew, so \
                 that it stays so"
            ));
        }
    }
}

fn change_percent(recorded: u64, now: u64) -> f64 {
    (now as f64 / recorded as f64 - 1.0) * 100.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(kernel: &str, level: &str, instructions: u64) -> Count {
        Count {
            kernel: kernel.into(),
            level: level.into(),
            instructions,
        }
    }

    fn baseline(counts: &[Count]) -> Baseline {
        Baseline {
            compiler: String::new(),
            counts: counts.to_vec(),
        }
    }

    #[test]
    fn more_than_the_limit_fails_and_is_named() {
        let recorded = baseline(&[count("exp2", "avx2", 1000), count("noise", "avx2", 1000)]);
        let with = |now| {
            let counts = [count("exp2", "avx2", now), count("noise", "avx2", 1000)];
            compare(&recorded, &counts, &["avx2"])
        };
        for passes in [1000, 1030, 970] {
            let found = with(passes);
            assert_eq!(
                (found.failures.len(), found.remarks.len()),
                (0, 0),
                "{found:?}"
            );
        }
        let found = with(1050).failures;
        assert_eq!(found.len(), 1);
        assert!(
            found[0].starts_with("exp2 (avx2) takes 5.00 % more"),
            "{found:?}"
        );
        assert_eq!(with(1031).failures.len(), 1);
    }

    #[test]
    fn a_cheaper_kernel_asks_for_a_new_baseline() {
        let found = compare(
            &baseline(&[count("exp2", "avx2", 1000)]),
            &[count("exp2", "avx2", 900)],
            &["avx2"],
        );
        assert_eq!(found.failures.len(), 0);
        assert!(found.remarks[0].contains("10.00 % fewer"), "{found:?}");
        assert!(found.table.contains("-10.00 %"), "{found:?}");
    }

    #[test]
    fn kernels_that_come_and_go_fail_unless_their_level_is_missing_here() {
        let recorded = baseline(&[count("a", "avx2", 10), count("a", "sse2", 20)]);
        let found = compare(&recorded, &[count("b", "sse2", 20)], &["sse2"]);
        assert_eq!(found.failures.len(), 2, "{found:?}");
        assert!(found.failures[0].contains("b (sse2) is not in the baseline"));
        assert!(found.failures[1].contains("a (sse2) is no longer counted"));
        assert_eq!(found.remarks, ["a: this machine lacks the level avx2"]);
    }
}
