//! What a file's name says of the note in it. Hints only: the pitch is always measured.

/// How loud a note was meant to be played.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Dynamic {
    /// ppp
    Ppp,
    /// pp
    Pp,
    /// p
    P,
    /// mp
    Mp,
    /// mf
    Mf,
    /// f
    F,
    /// ff
    Ff,
    /// fff
    Fff,
}

impl Dynamic {
    /// The MIDI velocity, 0..=1, that stands for a dynamic: steps of 16 of 127 from ppp at 16, as
    /// notation programs play them.
    #[must_use]
    pub fn velocity(self) -> f32 {
        (16.0 + 16.0 * f32::from(self as u8)).min(127.0) / 127.0
    }

    /// The word in a score.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Ppp => "ppp",
            Self::Pp => "pp",
            Self::P => "p",
            Self::Mp => "mp",
            Self::Mf => "mf",
            Self::F => "f",
            Self::Ff => "ff",
            Self::Fff => "fff",
        }
    }
}

/// What a file name hints at.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NameHints {
    /// MIDI key of the pitch that the name gives (A4 = 69); octave names differ between makers, so a
    /// whole number of octaves may be missing.
    pub key: Option<u8>,
    /// The dynamic that the name gives.
    pub dynamic: Option<Dynamic>,
    /// A take, round robin or variant, as written.
    pub take: Option<String>,
}
