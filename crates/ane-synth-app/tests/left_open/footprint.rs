//! What a process holds of the machine, as Linux tells in /proc.

use std::fs;

/// The clock that /proc counts CPU time by, USER_HZ of Linux's interface (time(7)).
const TICKS_A_SECOND: f64 = 100.0;

/// One look.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Footprint {
    /// Since the watch began, seconds.
    at_s: f64,
    /// Resident memory that is the process's own.
    pub(crate) memory_kib: u64,
    /// CPU time of all its threads, seconds.
    cpu_s: f64,
}

impl Footprint {
    /// How busy one core would have been with the process since another look.
    pub(crate) fn share_of_a_core(&self, since: &Self) -> f64 {
        (self.cpu_s - since.cpu_s) / (self.at_s - since.at_s)
    }
}

pub(crate) fn look(process: u32, at_s: f64) -> Footprint {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let memory = status
        .lines()
        .find_map(|line| line.strip_prefix("RssAnon:"));
    let memory_kib = memory.and_then(|memory| memory.split_whitespace().next());
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).unwrap();
    // Behind the name in brackets; user's time is the 14th field of all, the system's the next.
    let (_, fields) = stat.rsplit_once(')').unwrap();
    let ticks = fields.split_whitespace().skip(11).take(2);
    let ticks: f64 = ticks.map(|ticks| ticks.parse::<f64>().unwrap()).sum();
    Footprint {
        at_s,
        memory_kib: memory_kib.unwrap().parse().unwrap(),
        cpu_s: ticks / TICKS_A_SECOND,
    }
}

/// By how much the median of the last minute is above that of the second; where there are fewer minutes than
/// four, of the last quarter above that of the second.
pub(crate) fn growth_kib(seen: &[Footprint]) -> i64 {
    let all_s = seen.last().unwrap().at_s;
    let part_s = (all_s / 4.0).min(60.0);
    let median = |from_s: f64, to_s: f64| {
        let within = seen.iter().filter(|it| (from_s..=to_s).contains(&it.at_s));
        let mut memory: Vec<u64> = within.map(|it| it.memory_kib).collect();
        memory.sort_unstable();
        memory[memory.len() / 2] as i64
    };
    median(all_s - part_s, all_s) - median(part_s, 2.0 * part_s)
}
