//! All that a picture of the interface depends on: two equal models are the same picture.

use std::sync::Arc;

use synth_engine::{Parameter, ParameterInfo};

use crate::tui::analysis::SoundShown;
use crate::tui::link::{Snapshot, Told};

/// Views of the sound.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum ViewKind {
    #[default]
    Scope,
    Spectrum,
    /// What the network says to the last note.
    Harmonics,
}

impl ViewKind {
    /// The next one around.
    pub(crate) fn next(self) -> Self {
        match self {
            Self::Scope => Self::Spectrum,
            Self::Spectrum => Self::Harmonics,
            Self::Harmonics => Self::Scope,
        }
    }
}

/// A row of a list to choose from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Choice {
    pub(crate) name: String,
    pub(crate) remark: String,
    /// What is told of the one that is chosen.
    pub(crate) description: String,
    /// Whether it is the one in use.
    pub(crate) is_used: bool,
}

/// A list to choose from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct List {
    pub(crate) title: &'static str,
    /// What was typed to find something; `None` where that is of no use.
    pub(crate) query: Option<String>,
    pub(crate) choices: Vec<Choice>,
    /// The one that Enter takes.
    pub(crate) at: usize,
    /// In the place of choices, while there are none.
    pub(crate) remark: String,
}

/// What lies over the instrument.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum Overlay {
    #[default]
    None,
    /// Scrolled down by so many lines.
    Help(u16),
    List(List),
    /// A line that is being typed.
    Prompt(String),
}

/// The piano of the computer's keyboard.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Hands {
    /// A bit for each note that sounds.
    pub(crate) down: u128,
    /// The key that Z plays.
    pub(crate) lowest: i16,
    pub(crate) octave: i8,
    pub(crate) velocity: u8,
    pub(crate) latch: bool,
    pub(crate) tells_releases: bool,
}

/// A picture.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Model {
    /// How it goes, once that is known.
    pub(crate) snapshot: Option<Arc<Snapshot>>,
    pub(crate) sound: SoundShown,
    pub(crate) hands: Hands,
    /// The knob that keys turn.
    pub(crate) knob: usize,
    pub(crate) view: ViewKind,
    pub(crate) overlay: Overlay,
    /// The last lines, the newest last.
    pub(crate) lines: Vec<Told>,
    /// The newest of them, if it is new.
    pub(crate) notice: Option<Told>,
}

impl Model {
    pub(crate) fn knob(&self) -> &'static ParameterInfo {
        let table = Parameter::table();
        &table[self.knob.min(table.len() - 1)]
    }
}
