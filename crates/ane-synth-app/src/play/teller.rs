//! What is told while the music plays: plain lines, for people and for what reads to them, or lines for an
//! interface that shows them in its own way.

use std::io::IsTerminal;
use std::mem;
use std::sync::mpsc::SyncSender;

use crate::error::AppError;
use crate::output;
use crate::tui::Told;

/// Complaints that are said once more when the interface is gone.
const MOST_KEPT: usize = 50;

/// Where lines go.
pub(super) struct Teller {
    place: Place,
    failed: Option<AppError>,
}

enum Place {
    /// Standard output.
    Output,
    /// Standard error, for standard output is for the summary alone.
    Aside,
    /// An interface, and the complaints that it has shown.
    Interface(SyncSender<Told>, Vec<String>),
}

impl Teller {
    pub(super) fn new(aside: bool) -> Self {
        Self::at(match aside {
            true => Place::Aside,
            false => Place::Output,
        })
    }

    /// For an interface, which is never waited for.
    pub(super) fn for_interface(lines: SyncSender<Told>) -> Self {
        Self::at(Place::Interface(lines, Vec::new()))
    }

    fn at(place: Place) -> Self {
        Self {
            place,
            failed: None,
        }
    }

    /// Whether somebody looks at its lines as they come.
    pub(super) fn is_watched(&self) -> bool {
        match self.place {
            Place::Output => std::io::stdout().is_terminal(),
            Place::Aside => std::io::stderr().is_terminal(),
            Place::Interface(..) => false,
        }
    }

    /// A line; the music goes on where it cannot be told.
    pub(super) fn say(&mut self, line: &str) {
        match &self.place {
            Place::Aside => output::say_aside(line),
            Place::Interface(lines, _) => {
                for line in line.lines() {
                    // One that shows nothing has nobody who looks.
                    let _ = lines.try_send(Told::Line(line.to_owned()));
                }
            }
            Place::Output if self.failed.is_none() => self.failed = output::say(line).err(),
            Place::Output => {}
        }
    }

    /// A line about what went wrong.
    pub(super) fn complain(&mut self, line: &str) {
        match &mut self.place {
            Place::Interface(lines, kept) => {
                let _ = lines.try_send(Told::Complaint(line.to_owned()));
                if kept.len() < MOST_KEPT {
                    kept.push(line.to_owned());
                }
            }
            Place::Output | Place::Aside => output::complain(line),
        }
    }

    /// The interface is gone: lines go to standard output from now on, and what was complained of is said
    /// there once more, where it stays.
    pub(super) fn leave_interface(&mut self) {
        if let Place::Interface(_, kept) = mem::replace(&mut self.place, Place::Output) {
            for line in kept {
                output::complain(&line);
            }
        }
    }

    /// Why lines are missing.
    pub(super) fn into_failure(self) -> Option<AppError> {
        self.failed
    }
}
