//! What is told at the end: one row for each thing that was measured.

use std::fmt::{self, Display};

/// What became of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    /// Nothing is asked of it.
    Told,
    Kept,
    Breach,
}

struct Row {
    what: &'static str,
    measured: String,
    limit: String,
    verdict: Verdict,
}

/// All that was measured, and what it should be.
#[derive(Default)]
pub(crate) struct Table {
    rows: Vec<Row>,
}

impl Table {
    /// A figure of which nothing is asked.
    pub(crate) fn tell(&mut self, what: &'static str, measured: impl Display) {
        self.add(what, measured.to_string(), String::new(), Verdict::Told);
    }

    /// A figure, and whether it is as it must be.
    pub(crate) fn judge(
        &mut self,
        what: &'static str,
        measured: impl Display,
        limit: impl Display,
        is_kept: bool,
    ) {
        let verdict = match is_kept {
            true => Verdict::Kept,
            false => Verdict::Breach,
        };
        self.add(what, measured.to_string(), limit.to_string(), verdict);
    }

    /// A count of what must not be.
    pub(crate) fn none_of(&mut self, what: &'static str, count: u64) {
        self.judge(what, count, 0, count == 0);
    }

    fn add(&mut self, what: &'static str, measured: String, limit: String, verdict: Verdict) {
        self.rows.push(Row {
            what,
            measured,
            limit,
            verdict,
        });
    }

    pub(crate) fn breaches(&self) -> usize {
        let mut rows = self.rows.iter();
        rows.by_ref()
            .filter(|row| row.verdict == Verdict::Breach)
            .count()
    }
}

impl Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = |cell: fn(&Row) -> &str, header: &str| {
            let widths = self.rows.iter().map(|row| cell(row).chars().count());
            widths.max().unwrap_or(0).max(header.len())
        };
        let what = width(|row| row.what, "what");
        let measured = width(|row| &row.measured, "measured");
        let limit = width(|row| &row.limit, "limit");
        writeln!(
            f,
            "{:<what$}  {:>measured$}  {:>limit$}",
            "what", "measured", "limit"
        )?;
        for row in &self.rows {
            let verdict = match row.verdict {
                Verdict::Told => "",
                Verdict::Kept => "  ok",
                Verdict::Breach => "  BREACH",
            };
            let line = format!(
                "{:<what$}  {:>measured$}  {:>limit$}{verdict}",
                row.what, row.measured, row.limit
            );
            writeln!(f, "{}", line.trim_end())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn breaches_are_counted_and_shown() {
        let mut table = Table::default();
        table.tell("minutes", "2.0");
        table.none_of("overruns", 0);
        assert_eq!(table.breaches(), 0);
        table.none_of("allocations", 3);
        table.judge("memory", "5 KiB", "below 1024 KiB", true);
        assert_eq!(table.breaches(), 1);
        let text = table.to_string();
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[1].trim_end(), "minutes           2.0");
        assert!(lines[2].ends_with(" 0  ok"), "{text}");
        assert!(lines[3].ends_with("3               0  BREACH"), "{text}");
    }
}
