//! The interface on a terminal: a piano that is played by the keys of the computer's keyboard and by the mouse,
//! and everything that there is to see and to change.
//!
//! It runs on a thread of its own beside the session, which plays. They share nothing but the two ends of a
//! [`link`](mod@link) and a [`Tap`] of the sound. What is drawn is a pure function of a
//! [`Model`](view::model::Model); what keys do is decided in [`app`] and [`keyboard`], without a terminal.

mod analysis;
mod app;
mod catalogue;
mod interface;
mod kept;
mod keyboard;
mod link;
mod terminal;
mod view;

use std::env;
use std::io::{IsTerminal, stdin, stdout};
use std::sync::mpsc::SyncSender;

use crate::error::AppError;
use crate::instruments::NamedInstrument;
use crate::play::tap::Tap;
use interface::Parts;
pub(crate) use interface::Running;
pub(crate) use kept::{Keeper, Kept};
pub(crate) use link::{Action, LoadShown, Place, Snapshot, Told};
use link::{InterfaceEnd, SessionEnd};
pub(crate) use terminal::restore as restore_terminal;

use catalogue::Catalogue;

/// Set to anything, no colours are wanted (<https://no-color.org>).
const NO_COLOUR: &str = "NO_COLOR";
/// The terminal that can do nothing but print.
const DUMB: &str = "dumb";

/// Whether there is a terminal to show anything on.
pub(crate) fn is_possible() -> bool {
    let is_dumb = env::var_os("TERM").is_some_and(|terminal| terminal == DUMB);
    !is_dumb && stdin().is_terminal() && stdout().is_terminal()
}

/// An interface that does not show yet; lines that are told are shown later.
pub(crate) struct Waiting {
    session: SessionEnd,
    interface: InterfaceEnd,
    lines: Option<SyncSender<Told>>,
    keeper: Keeper,
}

impl Waiting {
    pub(crate) fn new(keeper: Keeper) -> Self {
        let (session, interface, lines) = link::link();
        Self {
            session,
            interface,
            lines: Some(lines),
            keeper,
        }
    }

    /// The way for lines, once.
    pub(crate) fn take_lines(&mut self) -> Option<SyncSender<Told>> {
        self.lines.take()
    }

    /// Takes the terminal over and begins to show; `files` are instruments that are not built in.
    ///
    /// # Errors
    /// Where the terminal cannot be taken over.
    pub(crate) fn show(self, tap: Tap, files: &[NamedInstrument]) -> Result<Running, AppError> {
        let parts = Parts {
            end: self.interface,
            tap,
            catalogue: Catalogue::new(files)?,
            keeper: self.keeper,
            has_colours: env::var_os(NO_COLOUR).is_none_or(|value| value.is_empty()),
        };
        Running::start(parts, self.session).map_err(|error| {
            AppError::new(format_args!(
                "the terminal cannot be used ({error}); play by lines of text with --plain"
            ))
        })
    }
}
