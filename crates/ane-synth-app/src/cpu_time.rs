//! Processor time, where the system tells it in a file.

/// Clock ticks a second in /proc; the kernel's interface fixes it at 100 (`USER_HZ`, proc(5)).
const TICKS_A_SECOND: f64 = 100.0;

/// Whose time is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CpuClock {
    /// All threads of this process.
    Process,
    /// The thread that asks.
    Thread,
}

impl CpuClock {
    /// User and system seconds so far; `None` where there is no such file.
    pub(crate) fn now_s(self) -> Option<f64> {
        let file = match self {
            Self::Process => "/proc/self/stat",
            Self::Thread => "/proc/thread-self/stat",
        };
        parse(&std::fs::read_to_string(file).ok()?)
    }
}

/// Fields 14 and 15 of proc(5)'s stat line. The second field, the program's name, may hold blanks
/// and parentheses.
fn parse(stat: &str) -> Option<f64> {
    let after_name = &stat[stat.rfind(')')? + 1..];
    let mut times = after_name.split_whitespace().skip(11);
    let user: u64 = times.next()?.parse().ok()?;
    let system: u64 = times.next()?.parse().ok()?;
    Some((user + system) as f64 / TICKS_A_SECOND)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_two_times_behind_any_name() {
        let line = "7 (a) b) (c) R 1 2 3 4 5 6 7 8 9 10 250 30 0 0 20 0";
        assert_eq!(parse(line), Some(2.8));
        assert_eq!(parse("7 (a) R 1 2"), None);
        assert_eq!(parse(""), None);
    }
}
