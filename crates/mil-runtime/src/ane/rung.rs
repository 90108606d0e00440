//! The forms in which a network is offered to the Neural Engine's compiler.

use std::fmt;

use mil::{BiasForm, CheckError, Dialect, Program, Weights};

use crate::accelerator::Form;
use crate::cpu::conv_chain::ConvLayer;

/// Channels come in multiples of this on the padded rungs: odd channel numbers have been reported to be
/// refused on an M3 Pro (maderix/ANE, one report).
const CHANNEL_MULTIPLE: usize = 32;
/// Batches of the seed's form.
const SEED_BATCHES: usize = 8;

/// One form of a network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Rung {
    /// Spelling of the program's text.
    pub dialect: Dialect,
    /// Where biases are added.
    pub bias: BiasForm,
    /// Whether every layer's channels are filled up with zeros to a multiple of 32.
    pub is_padded: bool,
    /// Whether the columns stand in 8 batches and not in one row.
    pub is_batched: bool,
}

impl Rung {
    /// The rungs in the order in which they are tried.
    ///
    /// Program 1.0 first, which is reported to work from the M1 to the M5, with biases where Apple's own
    /// compiler prints them; then added, since Orion reports that the in-memory compiler refuses the
    /// former; then both in program 1.3, which newer projects use; then with padded channels, in the
    /// three forms of which somebody reports that they run.
    pub const LADDER: [Self; 7] = [
        Self::new(Dialect::Ios16, BiasForm::InConv),
        Self::new(Dialect::Ios16, BiasForm::Add),
        Self::new(Dialect::Ios18, BiasForm::InConv),
        Self::new(Dialect::Ios18, BiasForm::Add),
        Self::new(Dialect::Ios16, BiasForm::InConv).padded(),
        Self::new(Dialect::Ios16, BiasForm::Add).padded(),
        Self::new(Dialect::Ios18, BiasForm::Add).padded(),
    ];

    /// The seed's form, `[8, C, 1, N / 8]`, in program 1.0: for measuring, and an optional last rung. Its
    /// rows break the rules reported of the hardware, and nobody reported a program of several batches
    /// that runs.
    pub const BATCHED: Self = Self {
        is_batched: true,
        ..Self::new(Dialect::Ios16, BiasForm::InConv)
    };

    const fn new(dialect: Dialect, bias: BiasForm) -> Self {
        Self {
            dialect,
            bias,
            is_padded: false,
            is_batched: false,
        }
    }

    const fn padded(self) -> Self {
        Self {
            is_padded: true,
            ..self
        }
    }

    /// Its name in files: letters, digits and `-`.
    #[must_use]
    pub fn name(&self) -> String {
        let bias = match self.bias {
            BiasForm::InConv => "bias",
            BiasForm::Add => "add",
        };
        let padded = if self.is_padded { "-padded" } else { "" };
        let batched = if self.is_batched { "-batched" } else { "" };
        format!("{}-{bias}{padded}{batched}", self.dialect.opset())
    }

    /// The rung of that name, of [`Rung::LADDER`] and [`Rung::BATCHED`].
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        let mut all = Self::LADDER.into_iter().chain([Self::BATCHED]);
        all.find(|rung| rung.name() == name)
    }

    /// How its programs are written.
    pub(super) fn form(&self) -> Form {
        Form {
            bias: self.bias,
            channel_multiple: if self.is_padded { CHANNEL_MULTIPLE } else { 1 },
            batches: if self.is_batched { SEED_BATCHES } else { 1 },
        }
    }

    /// The network of `layers` for `columns` columns in this form, and its blob file. Values are called
    /// `features`, `layer0`, `hidden0`, ..., `answer`, whatever they were called where the layers come
    /// from: the same network is the same program to the system's cache.
    ///
    /// Weights are rounded to FP16, which those of a prepared program already are.
    ///
    /// # Errors
    /// No layers, no columns or too many, and a number of columns that does not fill the batches.
    pub fn program(
        &self,
        layers: &[ConvLayer],
        columns: usize,
    ) -> Result<(Program, Weights), CheckError> {
        self.form().program(layers, columns)
    }
}

/// In words.
impl fmt::Display for Rung {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bias = match self.bias {
            BiasForm::InConv => "bias in the convolution",
            BiasForm::Add => "bias added",
        };
        write!(f, "program {}, {bias}", self.dialect.version())?;
        if self.is_padded {
            write!(f, ", channels padded to {CHANNEL_MULTIPLE}s")?;
        }
        if self.is_batched {
            write!(f, ", {SEED_BATCHES} batches")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn names_are_distinct_and_found_again() {
        let all: Vec<Rung> = Rung::LADDER.into_iter().chain([Rung::BATCHED]).collect();
        let names: HashSet<String> = all.iter().map(Rung::name).collect();
        let words: HashSet<String> = all.iter().map(ToString::to_string).collect();
        assert_eq!((names.len(), words.len()), (all.len(), all.len()));
        for rung in all {
            assert_eq!(Rung::named(&rung.name()), Some(rung));
            let is_plain = |c: char| c.is_ascii_alphanumeric() || c == '-';
            assert!(rung.name().chars().all(is_plain));
        }
        assert_eq!(Rung::named("ios17-bias"), None);
        assert_eq!(
            Rung::LADDER[0].to_string(),
            "program 1.0, bias in the convolution"
        );
    }

    #[test]
    fn what_is_no_network_is_refused() {
        let layer = ConvLayer {
            inputs: 2,
            outputs: 1,
            weight: vec![1.0, 2.0],
            bias: vec![0.5],
            relu: false,
        };
        let one = std::slice::from_ref(&layer);
        assert!(Rung::LADDER[0].program(one, 64).is_ok());
        assert!(Rung::LADDER[0].program(one, 0).is_err());
        assert!(Rung::LADDER[0].program(one, usize::MAX).is_err());
        assert!(Rung::LADDER[0].program(&[], 64).is_err());
        assert!(Rung::BATCHED.program(one, 64).is_ok());
        assert!(Rung::BATCHED.program(one, 63).is_err());
    }
}
