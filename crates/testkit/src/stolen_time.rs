//! What the host of a virtual machine takes of its processors.

use std::fs;
use std::time::Duration;

/// The clock that /proc counts CPU time by, USER_HZ of Linux's interface (time(7)).
const TICK: Duration = Duration::from_millis(10);

/// Time that the machine's host has kept of all its processors since it began; none where the system does
/// not tell.
///
/// A thread that ran then has it in its CPU time where the system does not know better, so beside much of it
/// CPU time is no proof of what a program takes.
#[must_use]
pub fn stolen_by_the_host() -> Duration {
    let stat = fs::read_to_string("/proc/stat").unwrap_or_default();
    let total = stat.lines().next().unwrap_or_default();
    // "cpu", then user, nice, system, idle, waiting, two kinds of interrupts, stolen (proc(5)).
    let field = total.split_whitespace().nth(8);
    let ticks = field.and_then(|ticks| ticks.parse().ok()).unwrap_or(0);
    TICK * ticks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_never_comes_back() {
        let before = stolen_by_the_host();
        assert!(stolen_by_the_host() >= before);
    }
}
