//! What was lost or guessed, one line each, and not too many of them.

/// Lines kept of one file.
const MOST_LINES: usize = 40;

/// Lines about one file.
#[derive(Clone, Debug, Default)]
pub(super) struct Warnings {
    lines: Vec<String>,
    more: u64,
}

impl Warnings {
    pub(super) fn add(&mut self, line: String) {
        if self.lines.len() < MOST_LINES {
            self.lines.push(line);
        } else {
            self.more += 1;
        }
    }

    pub(super) fn first(&self) -> Option<&str> {
        self.lines.first().map(String::as_str)
    }

    pub(super) fn into_lines(mut self) -> Vec<String> {
        if self.more > 0 {
            self.lines
                .push(format!("and {} more such faults", self.more));
        }
        self.lines
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_of_lines_is_cut_and_counted() {
        let mut warnings = Warnings::default();
        for number in 0..1000 {
            warnings.add(number.to_string());
        }
        let lines = warnings.into_lines();
        assert_eq!(lines.len(), MOST_LINES + 1);
        assert_eq!(lines[MOST_LINES], "and 960 more such faults");
    }
}
