//! What Core ML made of a program, for people.

use std::fmt;
use std::time::Duration;

/// What computes an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Processor {
    /// The Neural Engine.
    NeuralEngine,
    /// The central processor.
    Cpu,
    /// The graphics processor.
    Gpu,
    /// One that Core ML had not when this was written.
    Other,
}

impl fmt::Display for Processor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NeuralEngine => "the Neural Engine",
            Self::Cpu => "the processor",
            Self::Gpu => "the graphics processor",
            Self::Other => "something else",
        })
    }
}

/// Where Core ML means to compute each operation of a program. It is a plan: what a prediction really does
/// is not told by anybody.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Placement {
    /// Name of the operator, such as `ios16.conv`, and what computes it, in the program's order; without
    /// constants, which nobody computes.
    pub operations: Vec<(String, Processor)>,
}

impl Placement {
    /// How many operations a processor has.
    #[must_use]
    pub fn count(&self, processor: Processor) -> usize {
        let on = |(_, has): &&(String, Processor)| *has == processor;
        self.operations.iter().filter(on).count()
    }
}

/// In a line.
impl fmt::Display for Placement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all = [
            Processor::NeuralEngine,
            Processor::Cpu,
            Processor::Gpu,
            Processor::Other,
        ];
        let counted = all.map(|processor| (processor, self.count(processor)));
        let mut used = counted.into_iter().filter(|(_, count)| *count > 0);
        let Some((processor, count)) = used.next() else {
            return f.write_str("no operation placed");
        };
        let total = self.operations.len();
        write!(f, "{count} of {total} operations on {processor}")?;
        used.try_for_each(|(processor, count)| write!(f, ", {count} on {processor}"))
    }
}

/// What became of a program.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct CoreMlReport {
    /// How long Core ML compiled the package.
    pub compile: Duration,
    /// How long it loaded what it had compiled.
    pub load: Duration,
    /// Median of some predictions after the self-test, one upon the other.
    pub predict: Duration,
    /// Largest difference from the CPU's answers in the self-test, as a part of the largest answer.
    pub self_test_error: f32,
    /// Where it means to compute, or why it does not say.
    pub placement: Result<Placement, String>,
}

impl CoreMlReport {
    /// Where it means to compute, in words.
    #[must_use]
    pub fn placed(&self) -> String {
        match &self.placement {
            Ok(placement) => placement.to_string(),
            Err(why) => format!("where it computes is not known: {why}"),
        }
    }
}

/// In a line.
impl fmt::Display for CoreMlReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} (compiled in {:.1} ms, loaded in {:.1} ms, predicted in {:.0} us, off by {:.1e})",
            self.placed(),
            1e3 * self.compile.as_secs_f64(),
            1e3 * self.load.as_secs_f64(),
            1e6 * self.predict.as_secs_f64(),
            self.self_test_error
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_placement_is_told_in_a_line() {
        let mut placement = Placement::default();
        assert_eq!(placement.to_string(), "no operation placed");
        let conv = || "ios16.conv".to_owned();
        placement.operations = vec![
            (conv(), Processor::Cpu),
            (conv(), Processor::NeuralEngine),
            (conv(), Processor::NeuralEngine),
        ];
        assert_eq!(
            placement.to_string(),
            "2 of 3 operations on the Neural Engine, 1 on the processor"
        );
        placement.operations.truncate(1);
        assert_eq!(placement.to_string(), "1 of 1 operations on the processor");
    }
}
