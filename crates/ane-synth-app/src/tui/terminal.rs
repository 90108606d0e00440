//! The terminal, taken over and given back as it was, whatever happens.
//!
//! Whoever ends the program (a quit, an error, a signal, a panic in any thread) calls [`restore`], or has the
//! panic hook call it; only the first call does anything.

use std::backtrace::{Backtrace, BacktraceStatus};
use std::io::{self, BufWriter, IsTerminal, Stdout, Write};
use std::panic::{self, PanicHookInfo};
use std::sync::{Mutex, MutexGuard, Once, PoisonError, TryLockError};
use std::thread;
use std::time::{Duration, Instant};

use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;
use ratatui::crossterm::cursor::{Hide, Show};
use ratatui::crossterm::event::{
    DisableBracketedPaste, DisableFocusChange, DisableMouseCapture, EnableBracketedPaste,
    EnableFocusChange, EnableMouseCapture, KeyboardEnhancementFlags, PopKeyboardEnhancementFlags,
    PushKeyboardEnhancementFlags,
};
use ratatui::crossterm::terminal::{
    EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode,
    supports_keyboard_enhancement,
};
use ratatui::crossterm::{execute, queue};
use synth_io::StderrGuard;

use super::view;
use super::view::model::Model;
use super::view::theme::Theme;

/// How long somebody who draws may take to come to an end before the terminal is restored all the same: a panic
/// may have come while it was drawn on.
const PATIENCE: Duration = Duration::from_millis(250);
const POLL: Duration = Duration::from_millis(5);

/// What the terminal is told of keys: everything, releases too, and what stands on a key with Shift.
const KEYBOARD: KeyboardEnhancementFlags = KeyboardEnhancementFlags::DISAMBIGUATE_ESCAPE_CODES
    .union(KeyboardEnhancementFlags::REPORT_EVENT_TYPES)
    .union(KeyboardEnhancementFlags::REPORT_ALTERNATE_KEYS)
    .union(KeyboardEnhancementFlags::REPORT_ALL_KEYS_AS_ESCAPE_CODES);

/// While the terminal is taken over: what must be given back. Drawing holds the lock.
static TAKEN: Mutex<Option<Taken>> = Mutex::new(None);

#[derive(Clone, Copy)]
struct Taken {
    tells_releases: bool,
}

/// The terminal to draw on. It is given back when this is dropped.
pub(crate) struct Screen {
    terminal: Terminal<CrosstermBackend<BufWriter<Stdout>>>,
    taken: Taken,
    /// What libraries say meanwhile does not belong on the screen; it ends with it.
    chatter: Option<StderrGuard>,
}

impl Screen {
    /// Takes the terminal over.
    ///
    /// # Errors
    /// What the system says where that cannot be; the terminal is then as it was.
    pub(crate) fn open() -> io::Result<Self> {
        watch_for_panics();
        enable_raw_mode()?;
        // Asks the terminal; one that does not know the question is one that does not.
        let tells_releases = supports_keyboard_enhancement().unwrap_or(false);
        let taken = Taken { tells_releases };
        *locked() = Some(taken);
        let opened = enter(taken).and_then(|()| {
            let out = BufWriter::with_capacity(1 << 16, io::stdout());
            Terminal::new(CrosstermBackend::new(out))
        });
        match opened {
            Ok(terminal) => Ok(Self {
                terminal,
                taken,
                chatter: io::stderr().is_terminal().then(StderrGuard::begin),
            }),
            Err(error) => {
                restore();
                Err(error)
            }
        }
    }

    /// Whether it tells when a key is let go.
    pub(crate) fn tells_releases(&self) -> bool {
        self.taken.tells_releases
    }

    /// Columns and rows.
    pub(crate) fn size(&self) -> (u16, u16) {
        let size = self.terminal.size().unwrap_or_default();
        (size.width, size.height)
    }

    /// Draws a picture; false where the terminal was given back meanwhile.
    ///
    /// # Errors
    /// What the system says where the terminal takes nothing any more.
    pub(crate) fn draw(&mut self, model: &Model, theme: Theme) -> io::Result<bool> {
        let taken = locked();
        if taken.is_none() {
            return Ok(false);
        }
        self.terminal
            .draw(|frame| view::draw(frame.buffer_mut(), model, theme))?;
        Ok(true)
    }

    /// Draws everything anew with the next picture.
    ///
    /// # Errors
    /// As [`Screen::draw`].
    pub(crate) fn forget(&mut self) -> io::Result<()> {
        self.terminal.clear()
    }

    /// Gives the terminal back while `away` runs, and takes it over again; false where it was given back for
    /// good before.
    ///
    /// # Errors
    /// As [`Screen::open`].
    pub(crate) fn leave_while(&mut self, away: impl FnOnce()) -> io::Result<bool> {
        if !restore() {
            return Ok(false);
        }
        let chatter = self.chatter.take();
        let was_guarded = chatter.is_some();
        drop(chatter.map(StderrGuard::finish));
        away();
        self.chatter = was_guarded.then(StderrGuard::begin);
        enable_raw_mode()?;
        *locked() = Some(self.taken);
        enter(self.taken)?;
        self.terminal.clear()?;
        Ok(true)
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        restore();
        if let Some(chatter) = self.chatter.take() {
            // Nobody asked what the libraries had to say.
            let _ = chatter.finish();
        }
    }
}

fn locked() -> MutexGuard<'static, Option<Taken>> {
    TAKEN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Whether the terminal is taken over.
pub(crate) fn is_taken() -> bool {
    locked().is_some()
}

fn enter(taken: Taken) -> io::Result<()> {
    let mut out = io::stdout();
    queue!(
        out,
        EnterAlternateScreen,
        EnableMouseCapture,
        EnableFocusChange,
        EnableBracketedPaste,
        Hide
    )?;
    if taken.tells_releases {
        queue!(out, PushKeyboardEnhancementFlags(KEYBOARD))?;
    }
    out.flush()
}

/// Gives the terminal back as it was; false where it is not taken over.
pub(crate) fn restore() -> bool {
    let begun = Instant::now();
    let mut lock = loop {
        match TAKEN.try_lock() {
            Ok(lock) => break Some(lock),
            Err(TryLockError::Poisoned(poisoned)) => break Some(poisoned.into_inner()),
            Err(TryLockError::WouldBlock) if begun.elapsed() < PATIENCE => thread::sleep(POLL),
            Err(TryLockError::WouldBlock) => break None,
        }
    };
    let taken = match &mut lock {
        Some(taken) => match taken.take() {
            Some(taken) => taken,
            None => return false,
        },
        // Whoever draws has failed in it, or hangs. Whether the terminal knows of releases or not, it may be told
        // to forget what it was told.
        None => Taken {
            tells_releases: true,
        },
    };
    let mut out = io::stdout();
    if taken.tells_releases {
        let _ = queue!(out, PopKeyboardEnhancementFlags);
    }
    // Nobody can be told where this fails: the terminal is gone.
    let _ = execute!(
        out,
        DisableBracketedPaste,
        DisableFocusChange,
        DisableMouseCapture,
        LeaveAlternateScreen,
        Show
    );
    let _ = disable_raw_mode();
    true
}

/// From now on a panic in any thread gives the terminal back before it is told.
fn watch_for_panics() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let before = panic::take_hook();
        panic::set_hook(Box::new(move |panic| match restore() {
            true => tell(panic),
            false => before(panic),
        }));
    });
}

/// Standard error may lead aside, so not by the usual way.
fn tell(panic: &PanicHookInfo<'_>) {
    let thread = thread::current();
    let name = thread.name().unwrap_or("without a name");
    let backtrace = Backtrace::capture();
    let trace = match backtrace.status() {
        BacktraceStatus::Captured => format!("{backtrace}\n"),
        _ => String::new(),
    };
    let text = format!("\nane-synth: thread {name} {panic}\n{trace}");
    let _ = StderrGuard::write_past(&text);
}

#[cfg(test)]
mod tests;
