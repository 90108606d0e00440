//! The thread that shows: it takes what the terminal tells, draws what has changed, and never makes the session
//! wait.

use std::io;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::thread::{self, Builder, JoinHandle};
use std::time::{Duration, Instant};

use ratatui::crossterm::event::{self, Event};
use synth_io::Suspension;
use synth_io::audio_device;

use super::analysis::Analysis;
use super::app::{App, DeviceRow, Effect};
use super::catalogue::Catalogue;
use super::kept::Keeper;
use super::keyboard::Keyboard;
use super::link::{Action, InterfaceEnd, SessionEnd, Snapshot, Told};
use super::terminal::{self, Screen};
use super::view::model::Model;
use super::view::theme::Theme;
use crate::play::tap::Tap;
use crate::printable;

/// Pictures are no nearer to each other: 30 a second.
const FRAME: Duration = Duration::from_millis(33);
/// How long the interface has to come to its end.
const PATIENCE: Duration = Duration::from_secs(2);
const POLL: Duration = Duration::from_millis(5);
/// What the sample rate is before anybody knows it.
const FIRST_RATE_HZ: u32 = 44_100;

/// What an interface is made of.
pub(crate) struct Parts {
    pub(crate) end: InterfaceEnd,
    pub(crate) tap: Tap,
    pub(crate) catalogue: Catalogue,
    pub(crate) keeper: Keeper,
    pub(crate) has_colours: bool,
}

/// A running interface, as the session sees it.
pub(crate) struct Running {
    end: SessionEnd,
    thread: Option<JoinHandle<Result<(), String>>>,
}

impl Running {
    /// Takes the terminal over and begins to show.
    ///
    /// # Errors
    /// What the system says where that cannot be.
    pub(crate) fn start(parts: Parts, end: SessionEnd) -> io::Result<Self> {
        let screen = Screen::open()?;
        let thread = Builder::new().name("interface".to_owned());
        let thread = thread.spawn(move || Interface::new(parts, screen).run())?;
        Ok(Self {
            end,
            thread: Some(thread),
        })
    }

    /// The session's end of the link.
    pub(crate) fn link(&self) -> &SessionEnd {
        &self.end
    }

    /// Whether it has ended by itself.
    pub(crate) fn is_gone(&self) -> bool {
        self.thread.as_ref().is_none_or(JoinHandle::is_finished)
    }

    /// Ends it and gives the terminal back.
    ///
    /// # Errors
    /// Why it ended before, in words.
    pub(crate) fn close(&mut self) -> Result<(), String> {
        self.end.close();
        let Some(thread) = self.thread.take() else {
            return Ok(());
        };
        let begun = Instant::now();
        while !thread.is_finished() && begun.elapsed() < PATIENCE {
            thread::sleep(POLL);
        }
        let ended = match thread.is_finished() {
            true => thread.join().unwrap_or_else(|_| {
                Err("the interface failed; please report this as a bug".to_owned())
            }),
            // A terminal that takes nothing; it may be gone.
            false => Ok(()),
        };
        terminal::restore();
        ended
    }
}

struct Interface {
    end: InterfaceEnd,
    analysis: Analysis,
    keeper: Keeper,
    theme: Theme,
    screen: Screen,
    app: App,
    suspension: Suspension,
    devices: Option<Receiver<Vec<DeviceRow>>>,
    drawn: Option<Model>,
}

impl Interface {
    fn new(parts: Parts, screen: Screen) -> Self {
        let Parts {
            end,
            tap,
            catalogue,
            keeper,
            has_colours,
        } = parts;
        let hands = keeper.hands();
        let keyboard = Keyboard::new(screen.tells_releases(), hands.0, hands.1);
        let size = screen.size();
        Self {
            end,
            analysis: Analysis::new(tap),
            keeper,
            theme: Theme::new(has_colours),
            app: App::new(keyboard, catalogue, size),
            screen,
            suspension: Suspension::watch(),
            devices: None,
            drawn: None,
        }
    }

    fn run(mut self) -> Result<(), String> {
        let shown = self.show();
        // Whatever ended it, the session must know, and nothing must go on sounding.
        self.app.let_go(Instant::now());
        self.act();
        self.end.act(Action::Quit);
        let kept = self.keeper.finish();
        drop(self.screen);
        shown.and(kept)
    }

    fn show(&mut self) -> Result<(), String> {
        let lost = |error: io::Error| format!("the terminal is gone ({error})");
        let mut next_frame = Instant::now();
        while !self.end.is_closing() {
            let until = match self.app.keyboard().next_end() {
                Some(end) => end.min(next_frame),
                None => next_frame,
            };
            let patience = until.saturating_duration_since(Instant::now());
            self.take_events(patience).map_err(lost)?;
            self.app.tick(Instant::now());
            self.take_effects().map_err(lost)?;
            self.act();
            let now = Instant::now();
            if now >= next_frame {
                next_frame = now + FRAME;
                self.look(now);
                if !self.draw(now).map_err(lost)? {
                    return Err("the terminal was given back because of a failure".to_owned());
                }
            }
        }
        Ok(())
    }

    fn take_events(&mut self, patience: Duration) -> io::Result<()> {
        /// More than comes in a frame; the rest is looked after too.
        const MOST: usize = 256;
        let mut patience = patience;
        for _ in 0..MOST {
            if !event::poll(patience)? {
                break;
            }
            let event = event::read()?;
            if matches!(event, Event::Resize(..)) {
                self.drawn = None;
            }
            self.app.take_event(&event, Instant::now());
            patience = Duration::ZERO;
        }
        Ok(())
    }

    fn take_effects(&mut self) -> io::Result<()> {
        for effect in self.app.take_effects() {
            match effect {
                Effect::Redraw => self.anew()?,
                Effect::Suspend => {
                    if let Err(why) = self.suspension.ask() {
                        self.app.take_line(Told::Complaint(why), Instant::now());
                    }
                }
                Effect::ListDevices => self.devices = list_devices(),
            }
        }
        if self.suspension.take_asked() {
            self.app.let_go(Instant::now());
            self.act();
            let suspension = &self.suspension;
            self.screen.leave_while(|| suspension.stop())?;
            // That it was woken up is known.
            self.suspension.take_returned();
            self.drawn = None;
        }
        if self.suspension.take_returned() {
            // Somebody stopped the program without asking, and the shell changed the terminal meanwhile.
            self.screen.leave_while(|| {})?;
            self.drawn = None;
        }
        Ok(())
    }

    fn anew(&mut self) -> io::Result<()> {
        self.drawn = None;
        self.screen.forget()
    }

    fn act(&mut self) {
        for action in self.app.take_actions() {
            self.end.act(action);
        }
    }

    /// Looks at everything that may have changed.
    fn look(&mut self, now: Instant) {
        while let Some(line) = self.end.line() {
            self.app.take_line(line, now);
        }
        if let Some(snapshot) = self.end.snapshot() {
            self.app.take_snapshot(snapshot);
        }
        let rate_hz = self.app.snapshot().map(|seen| seen.sample_rate_hz);
        let sound = self.analysis.look(now, rate_hz.unwrap_or(FIRST_RATE_HZ));
        self.app.take_sound(sound);
        let listed = self.devices.as_ref().map(Receiver::try_recv);
        if let Some(Ok(rows)) = listed {
            self.app.take_devices(rows);
            self.devices = None;
        }
        if let Some(seen) = self.app.snapshot() {
            let seen: Arc<Snapshot> = seen.clone();
            let keyboard = self.app.keyboard();
            let hands = (keyboard.octave(), keyboard.velocity());
            if let Err(what) = self.keeper.look(&seen, hands, now) {
                self.app.take_line(Told::Complaint(what), now);
            }
        }
    }

    /// Draws what has changed; false where there is nothing to draw on any more.
    fn draw(&mut self, now: Instant) -> io::Result<bool> {
        let model = self.app.model(now);
        if self.drawn.as_ref() == Some(&model) {
            return Ok(terminal::is_taken());
        }
        let is_there = self.screen.draw(&model, self.theme)?;
        self.drawn = Some(model);
        Ok(is_there)
    }
}

/// Looks for the audio devices on a thread of its own; that may take a second.
fn list_devices() -> Option<Receiver<Vec<DeviceRow>>> {
    let (sender, receiver) = channel();
    let lister = Builder::new().name("audio devices".to_owned());
    let begun = lister.spawn(move || {
        let mut rows = vec![DeviceRow {
            id: None,
            name: "default".to_owned(),
            remark: "JACK where its server runs and this program knows it, else the computer's"
                .to_owned(),
        }];
        for host in audio_device::devices().hosts {
            rows.extend(host.devices.into_iter().map(|device| DeviceRow {
                name: printable::one_line(&device.id),
                remark: match &device.problem {
                    Some(problem) => printable::one_line(problem),
                    None => printable::one_line(&device.name),
                },
                id: Some(device.id),
            }));
        }
        rows.push(DeviceRow {
            id: Some("null".to_owned()),
            name: "null".to_owned(),
            remark: "plays to nobody".to_owned(),
        });
        // Nobody may look any more.
        let _ = sender.send(rows);
    });
    begun.ok().map(|_| receiver)
}
