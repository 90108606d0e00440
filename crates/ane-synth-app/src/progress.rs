//! Progress bars on a terminal, one a file, nothing in a pipe; and lines printed past them.

use std::io::IsTerminal;

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::error::AppError;
use crate::output;

/// Where bars and lines go; shared by all threads.
pub(crate) struct Console {
    bars: MultiProgress,
    terminal: bool,
    /// Standard output belongs to the audio.
    aside: bool,
}

impl Console {
    /// `aside`: what is to be said goes to standard error.
    pub(crate) fn new(aside: bool) -> Self {
        let terminal = std::io::stderr().is_terminal();
        let target = match terminal {
            true => ProgressDrawTarget::stderr(),
            false => ProgressDrawTarget::hidden(),
        };
        Self {
            bars: MultiProgress::with_draw_target(target),
            terminal,
            aside,
        }
    }

    /// Prints text and a newline.
    pub(crate) fn say(&self, text: &str) -> Result<(), AppError> {
        self.bars.suspend(|| match self.aside {
            true => {
                output::say_aside(text);
                Ok(())
            }
            false => output::say(text),
        })
    }

    /// Prints a line, marked as ours, to standard error.
    pub(crate) fn complain(&self, line: &str) {
        self.bars.suspend(|| output::complain(line));
    }

    /// A bar for the file called `name`, gone when dropped.
    pub(crate) fn progress(&self, name: &str) -> Progress {
        if !self.terminal {
            return Progress {
                bar: ProgressBar::hidden(),
            };
        }
        let bar = self.bars.add(ProgressBar::no_length());
        let style =
            ProgressStyle::with_template("{prefix} {wide_bar} {percent:>3} %, {msg}{eta} left");
        if let Ok(style) = style {
            bar.set_style(style);
        }
        bar.set_prefix(name.to_owned());
        Progress { bar }
    }
}

/// How far a file has come.
pub(crate) struct Progress {
    bar: ProgressBar,
}

impl Progress {
    /// A new stretch of work of `total` in any unit, the one of [`Progress::reached`].
    pub(crate) fn begin(&self, work: &'static str, total: u64) {
        self.bar.set_message(work);
        self.bar.set_length(total);
        self.bar.set_position(0);
        self.bar.reset_eta();
    }

    pub(crate) fn reached(&self, position: u64) {
        self.bar.set_position(position);
    }

    /// As [`Progress::reached`], but never back.
    pub(crate) fn reached_at_least(&self, position: u64) {
        self.bar.set_position(position.max(self.bar.position()));
    }

    /// Says how the work goes, beside the bar.
    pub(crate) fn remark(&self, note: String) {
        self.bar.set_message(note);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
