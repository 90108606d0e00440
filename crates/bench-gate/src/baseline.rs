//! The recorded counts: a file of lines with tabs between their fields.

use std::fmt;
use std::str::FromStr;

/// What a call of a kernel costs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Count {
    pub(crate) kernel: String,
    pub(crate) level: String,
    pub(crate) instructions: u64,
}

/// Counts and the compiler that made what was counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Baseline {
    pub(crate) compiler: String,
    pub(crate) counts: Vec<Count>,
}

const COMPILER: &str = "compiler";

impl Baseline {
    pub(crate) fn find(&self, kernel: &str, level: &str) -> Option<&Count> {
        self.counts
            .iter()
            .find(|count| count.kernel == kernel && count.level == level)
    }
}

impl fmt::Display for Baseline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "# Kernel, level, instructions a call. Written by scripts/bench-gate.sh --record."
        )?;
        writeln!(f, "{COMPILER}\t{}", self.compiler)?;
        for count in &self.counts {
            let Count {
                kernel,
                level,
                instructions,
            } = count;
            writeln!(f, "{kernel}\t{level}\t{instructions}")?;
        }
        Ok(())
    }
}

impl FromStr for Baseline {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut compiler = None;
        let mut counts: Vec<Count> = Vec::new();
        for (index, line) in text.lines().enumerate() {
            let wrong =
                |what: &str| format!("line {}: {what}; record the baseline anew", index + 1);
            if line.starts_with('#') || line.is_empty() {
                continue;
            }
            let fields: Vec<&str> = line.split('\t').collect();
            match fields[..] {
                [COMPILER, name] => compiler = Some(name.to_owned()),
                [kernel, level, instructions] => {
                    let instructions = match instructions.parse() {
                        Ok(instructions) if instructions > 0 => instructions,
                        _ => return Err(wrong("the instructions are no number above 0")),
                    };
                    if counts
                        .iter()
                        .any(|count| count.kernel == kernel && count.level == level)
                    {
                        return Err(wrong("the kernel has been before"));
                    }
                    counts.push(Count {
                        kernel: kernel.to_owned(),
                        level: level.to_owned(),
                        instructions,
                    });
                }
                _ => return Err(wrong("it has neither a compiler nor three fields")),
            }
        }
        let compiler = compiler.ok_or("it names no compiler; record the baseline anew")?;
        Ok(Self { compiler, counts })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let count = |kernel: &str, instructions| Count {
            kernel: kernel.into(),
            level: "avx2".into(),
            instructions,
        };
        let baseline = Baseline {
            compiler: "rustc 1.2.3, LLVM 4.5.6".into(),
            counts: vec![count("network, 1 voice", 123_456), count("exp2_slice", 7)],
        };
        assert_eq!(baseline.to_string().parse(), Ok(baseline));
    }

    #[test]
    fn damage_is_named_by_its_line() {
        let read = |text: &str| text.parse::<Baseline>().unwrap_err();
        assert!(read("exp2\tavx2\t7\n").contains("names no compiler"));
        for (line, why) in [
            ("exp2\tavx2\tmany", "no number"),
            ("exp2\tavx2\t0", "no number"),
            ("exp2\tavx2", "three fields"),
            ("a\tavx2\t1", "has been before"),
        ] {
            let found = read(&format!("compiler\tx\na\tavx2\t1\n{line}\n"));
            assert!(
                found.starts_with("line 3: ") && found.contains(why),
                "{found}"
            );
        }
    }
}
