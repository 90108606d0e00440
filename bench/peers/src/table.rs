//! A table in Markdown.

use std::fmt;

/// A heading, a line about it, a table, and what could not be measured.
pub(crate) struct Table {
    pub(crate) title: &'static str,
    pub(crate) about: String,
    pub(crate) columns: Vec<String>,
    /// Each as long as `columns`.
    pub(crate) rows: Vec<Vec<String>>,
    /// Names and reasons.
    pub(crate) not_measured: Vec<(String, String)>,
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "## {}\n\n{}\n", self.title, self.about)?;
        writeln!(f, "| {} |", self.columns.join(" | "))?;
        writeln!(f, "|{}", "---|".repeat(self.columns.len()))?;
        for row in &self.rows {
            writeln!(f, "| {} |", row.join(" | "))?;
        }
        for (name, reason) in &self.not_measured {
            writeln!(f, "\nNot measured: {name}: {reason}")?;
        }
        Ok(())
    }
}

/// Three significant digits, without an exponent.
pub(crate) fn three_digits(value: f64) -> String {
    let decimals = match value {
        _ if value < 10.0 => 2,
        _ if value < 100.0 => 1,
        _ => 0,
    };
    format!("{value:.decimals$}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_three_digits() {
        let printed = [1.2345, 12.345, 123.45, 12345.6].map(three_digits);
        assert_eq!(printed, ["1.23", "12.3", "123", "12346"]);
    }

    #[test]
    fn a_table_is_markdown() {
        let table = Table {
            title: "Title",
            about: "About.".to_owned(),
            columns: vec!["a".to_owned(), "b".to_owned()],
            rows: vec![vec!["1".to_owned(), "2".to_owned()]],
            not_measured: vec![("x".to_owned(), "gone".to_owned())],
        };
        let expected =
            "## Title\n\nAbout.\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\nNot measured: x: gone\n";
        assert_eq!(table.to_string(), expected);
    }
}
