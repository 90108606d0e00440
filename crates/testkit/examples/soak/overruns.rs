//! Which overruns are the program's own. CPU time of a thread is no proof: the host of a virtual machine may
//! stop a processor for milliseconds, and what is lost is charged to whatever thread was there.

use std::time::Duration;

use serde_json::Value;

use crate::stalls::Stalls;

/// A block's work is known to fit its time when at least so many blocks had as much or more of it,
const LEAST_ALIKE: u64 = 10;
/// and all but one in so many of them took less than two thirds of that time.
const ONE_IN: u64 = 10;
/// Of more overruns than one in so many blocks it does not matter what they are like, since what a program does
/// so often may be its own: each must have a stall of fixed work beside it that is as long.
const BLOCKS_FOR_ONE: u64 = 10_000;

/// What is said of the overruns.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Verdict {
    pub(crate) overruns: u64,
    /// Those whose work was seen to be done in far less time again and again.
    pub(crate) easy_work: u64,
    /// Of the others, and of all if they are many, those that have each a stall of fixed work beside it that is
    /// as long.
    pub(crate) stalled: u64,
    pub(crate) own: u64,
}

impl Verdict {
    /// From the summary of what was played; `None` where it does not tell.
    pub(crate) fn of(summary: &Value, stalls: &Stalls) -> Option<Self> {
        let overruns = summary["overruns"].as_u64()?;
        let blocks = summary["blocks"].as_u64()?;
        let heaviest = summary["heaviest_blocks"].as_array()?;
        let over: Vec<&Value> = heaviest
            .iter()
            .filter(|block| block["load"].as_f64().is_some_and(|load| load > 1.0))
            .collect();
        let (easy, others): (Vec<&Value>, Vec<&Value>) =
            over.into_iter().partition(|block| is_easy_work(block));
        let are_many = overruns > blocks.div_ceil(BLOCKS_FOR_ONE);
        let easy_work = easy.len() as u64;
        let to_explain = others
            .into_iter()
            .chain(easy.into_iter().filter(|_| are_many));
        let stalled = stalls.explain(to_explain.filter_map(over_by));
        let excused = match are_many {
            true => stalled,
            false => easy_work + stalled,
        };
        Some(Self {
            overruns,
            easy_work,
            stalled,
            own: overruns.saturating_sub(excused),
        })
    }
}

fn is_easy_work(block: &Value) -> bool {
    let count = |name: &str| block[name].as_u64();
    let (Some(alike), Some(easy)) = (count("alike"), count("alike_easy")) else {
        return false;
    };
    alike >= LEAST_ALIKE && (alike - easy.min(alike)) * ONE_IN <= alike
}

/// How much longer than it lasts a block took.
fn over_by(block: &Value) -> Option<Duration> {
    let number = |name: &str| block[name].as_f64();
    let length_s = number("frames")? / number("sample_rate_hz")?;
    Duration::try_from_secs_f64((number("load")? - 1.0) * length_s).ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn summary(blocks: u64, loads: &[(f64, u64, u64)]) -> Value {
        let heaviest: Vec<Value> = loads
            .iter()
            .map(|(load, alike, easy)| {
                json!({"load": load, "frames": 480, "sample_rate_hz": 48_000,
                       "alike": alike, "alike_easy": easy})
            })
            .collect();
        let over = loads.iter().filter(|(load, ..)| *load > 1.0).count();
        json!({"overruns": over, "blocks": blocks, "heaviest_blocks": heaviest})
    }

    fn own(blocks: u64, loads: &[(f64, u64, u64)]) -> u64 {
        let verdict = Verdict::of(&summary(blocks, loads), &Stalls::default());
        verdict.unwrap().own
    }

    #[test]
    fn work_that_takes_long_again_and_again_is_our_own() {
        assert_eq!(own(1000, &[(0.9, 0, 0)]), 0);
        assert_eq!(own(1000, &[(1.1, 0, 0)]), 1);
        assert_eq!(own(1000, &[(1.1, 9, 9)]), 1, "too few to tell");
        assert_eq!(own(1000, &[(1.1, 100, 89)]), 1, "often hard");
        assert_eq!(own(1000, &[(1.1, 100, 90)]), 0);
        assert_eq!(own(20_000, &[(3.0, 500, 499), (1.1, 5, 5)]), 1);
    }

    #[test]
    fn many_are_our_own_whatever_they_are_like() {
        let easy = [(1.5, 1000, 1000); 4];
        assert_eq!(own(30_000, &easy[..3]), 0);
        assert_eq!(own(30_000, &easy), 4);
        assert_eq!(own(30_001, &easy), 0);
    }

    #[test]
    fn many_are_excused_where_fixed_work_was_held_up_as_often_and_as_long() {
        // Each is 5 ms over its 10.
        let summary = summary(10_000, &[(1.5, 1000, 1000); 3]);
        let own = |stalls_ms: &[u64]| {
            let mut stalls = Stalls::default();
            for ms in stalls_ms {
                stalls.take(Duration::from_millis(*ms), Duration::ZERO);
            }
            Verdict::of(&summary, &stalls).unwrap().own
        };
        assert_eq!(own(&[]), 3);
        assert_eq!(own(&[9, 9]), 1);
        assert_eq!(own(&[9, 4, 9, 4]), 1, "two are too short");
        assert_eq!(own(&[6, 6, 6]), 0);
    }

    #[test]
    fn what_is_not_told_is_not_judged() {
        assert_eq!(Verdict::of(&json!({}), &Stalls::default()), None);
    }
}
