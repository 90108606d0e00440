//! Why the gate is not passed, and how the scripts are told.

use thiserror::Error;

/// Each is one exit code.
#[derive(Debug, Error)]
pub(crate) enum Failure {
    /// What the kernels cost is not what was recorded.
    #[error("{}", .0.join("\n"))]
    Regression(Vec<String>),
    /// The question could not be answered.
    #[error("{0}")]
    Cannot(String),
    /// It was answered for another compiler than the baseline's, which decides nothing.
    #[error("NOTHING WAS CHECKED: {0}")]
    NotExact(String),
}

impl Failure {
    pub(crate) fn exit_code(&self) -> u8 {
        match self {
            Self::Regression(_) => 1,
            Self::Cannot(_) => 2,
            Self::NotExact(_) => 3,
        }
    }
}
