//! A piece, where it comes from and where it goes.

use std::borrow::Cow;
use std::path::{Path, PathBuf};

use synth_io::audio_file::Container;

use crate::printable;

/// What stands for standard input and output.
pub(crate) const DASH: &str = "-";
/// What standard input is called.
pub(crate) const STDIN_NAME: &str = "standard input";

/// A piece and where it goes.
#[derive(Debug)]
pub(crate) struct Job {
    pub(crate) input: Input,
    pub(crate) output: Output,
    pub(crate) container: Container,
    /// Whether the output's folder is to be made.
    pub(crate) make_folder: bool,
}

#[derive(Debug)]
pub(crate) enum Input {
    File(PathBuf),
    /// Bytes that were there from the beginning, and what they are called.
    Bytes {
        name: &'static str,
        bytes: Cow<'static, [u8]>,
    },
}

impl Input {
    /// As it is called in messages.
    pub(crate) fn name(&self) -> String {
        match self {
            Self::File(path) => printable::path(path),
            Self::Bytes { name, .. } => (*name).to_owned(),
        }
    }

    /// As it is called in JSON, where any text can stand.
    pub(crate) fn json_name(&self) -> String {
        match self {
            Self::File(path) => printable::json(path),
            Self::Bytes { name, .. } if *name == STDIN_NAME => DASH.to_owned(),
            Self::Bytes { name, .. } => (*name).to_owned(),
        }
    }

    /// A file that must not be overwritten.
    pub(crate) fn file(&self) -> Option<&Path> {
        match self {
            Self::File(path) => Some(path),
            Self::Bytes { .. } => None,
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Output {
    File(PathBuf),
    Stdout,
}

impl Output {
    /// As it is called in messages.
    pub(crate) fn name(&self) -> String {
        match self {
            Self::File(path) => printable::path(path),
            Self::Stdout => "standard output".to_owned(),
        }
    }

    /// As it is called in JSON.
    pub(crate) fn json_name(&self) -> String {
        match self {
            Self::File(path) => printable::json(path),
            Self::Stdout => DASH.to_owned(),
        }
    }
}
/// Where the stem of `channel`, counted from 0, lies beside a mix.
pub(crate) fn stem_path(mix: &Path, channel: u8) -> PathBuf {
    let mut name = mix.file_stem().unwrap_or_default().to_owned();
    name.push(format!("-ch{:02}", channel + 1));
    if let Some(ending) = mix.extension() {
        name.push(".");
        name.push(ending);
    }
    mix.with_file_name(name)
}
#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stems_lie_beside_the_mix() {
        let stem = |mix: &str, channel| stem_path(Path::new(mix), channel);
        assert_eq!(stem("x/a.b.wav", 0), Path::new("x/a.b-ch01.wav"));
        assert_eq!(stem("a", 15), Path::new("a-ch16"));
    }
}
