//! The interface's state: what keys and the mouse do to it, and the picture of it.

mod lists;
mod pointer;

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use ratatui::crossterm::event::{Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers, MouseEvent};
use synth_engine::{Curve, Parameter, ParameterInfo};

use super::analysis::SoundShown;
use super::catalogue::{Catalogue, Entry};
use super::keyboard::{Keyboard, NoteChange, Stroke};
use super::link::{Action, Snapshot, Told};
use super::view::model::{Hands, Model, Overlay, ViewKind};
use super::view::overlay::most_scroll;
use pointer::Grip;

/// Lines that are kept to be seen.
const LINES: usize = 100;
/// How long the last one stays below the piano.
const NOTICE: Duration = Duration::from_secs(8);
/// A knob's whole way takes so many presses of an arrow, and of a page key.
const STEPS: f32 = 50.0;
const LARGE_STEPS: f32 = 10.0;

/// What a terminal must do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Effect {
    /// Draws everything anew.
    Redraw,
    /// Gives the terminal back until it is wanted again.
    Suspend,
    /// Looks for audio devices, which takes a moment.
    ListDevices,
}

/// An audio device to choose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct DeviceRow {
    /// As `--audio-device` takes it; `None` for the default.
    pub(crate) id: Option<String>,
    pub(crate) name: String,
    pub(crate) remark: String,
}

/// What is chosen from.
enum Listed {
    Instruments(Vec<Entry>),
    Devices(Vec<DeviceRow>),
}

/// The state.
pub(crate) struct App {
    keyboard: Keyboard,
    catalogue: Catalogue,
    snapshot: Option<Arc<Snapshot>>,
    sound: SoundShown,
    knob: usize,
    /// Where knobs stand that were turned since the last snapshot: the next turn goes on from there.
    turned: [Option<(f32, Instant)>; Parameter::COUNT],
    view: ViewKind,
    overlay: Overlay,
    listed: Listed,
    lines: VecDeque<Told>,
    told_at: Option<Instant>,
    grip: Option<Grip>,
    size: (u16, u16),
    actions: Vec<Action>,
    effects: Vec<Effect>,
}

impl App {
    pub(crate) fn new(keyboard: Keyboard, catalogue: Catalogue, size: (u16, u16)) -> Self {
        Self {
            keyboard,
            catalogue,
            snapshot: None,
            sound: SoundShown::default(),
            knob: 0,
            turned: [None; Parameter::COUNT],
            view: ViewKind::default(),
            overlay: Overlay::None,
            listed: Listed::Instruments(Vec::new()),
            lines: VecDeque::new(),
            told_at: None,
            grip: None,
            size,
            actions: Vec::new(),
            effects: Vec::new(),
        }
    }

    /// What is to be done, once.
    pub(crate) fn take_actions(&mut self) -> Vec<Action> {
        std::mem::take(&mut self.actions)
    }

    /// What the terminal must do, once.
    pub(crate) fn take_effects(&mut self) -> Vec<Effect> {
        std::mem::take(&mut self.effects)
    }

    pub(crate) fn keyboard(&self) -> &Keyboard {
        &self.keyboard
    }

    /// How it goes, as far as that is known.
    pub(crate) fn snapshot(&self) -> Option<&Arc<Snapshot>> {
        self.snapshot.as_ref()
    }

    pub(crate) fn take_snapshot(&mut self, snapshot: Arc<Snapshot>) {
        self.snapshot = Some(snapshot);
    }

    pub(crate) fn take_sound(&mut self, sound: SoundShown) {
        self.sound = sound;
    }

    pub(crate) fn take_line(&mut self, line: Told, now: Instant) {
        if self.lines.len() == LINES {
            self.lines.pop_front();
        }
        self.lines.push_back(line);
        self.told_at = Some(now);
    }

    /// The picture.
    pub(crate) fn model(&self, now: Instant) -> Model {
        let is_new = |told: Instant| now.saturating_duration_since(told) < NOTICE;
        let notice = self.told_at.filter(|told| is_new(*told));
        let notice = notice.and_then(|_| self.lines.back().cloned());
        let seen = self.lines.len().saturating_sub(20);
        Model {
            snapshot: self.snapshot.clone(),
            sound: self.sound.clone(),
            hands: Hands {
                down: self.keyboard.down() | self.grip.as_ref().map_or(0, Grip::down),
                lowest: self.keyboard.lowest(),
                octave: self.keyboard.octave(),
                velocity: self.keyboard.velocity(),
                latch: self.keyboard.latch(),
                tells_releases: self.keyboard.tells_releases(),
            },
            knob: self.knob,
            view: self.view,
            overlay: self.overlay.clone(),
            lines: self.lines.iter().skip(seen).cloned().collect(),
            notice,
        }
    }

    /// Ends notes that end by themselves by now.
    pub(crate) fn tick(&mut self, now: Instant) {
        self.play(now, |keyboard, change| keyboard.tick(now, change));
    }

    /// Lets go of everything that is held here.
    pub(crate) fn let_go(&mut self, now: Instant) {
        self.play(now, |keyboard, change| keyboard.let_go(change));
        self.release_pointer(now);
    }

    /// Takes what a terminal tells.
    pub(crate) fn take_event(&mut self, event: &Event, now: Instant) {
        match event {
            Event::Key(key) => self.key(key, now),
            Event::Mouse(mouse) => self.mouse(mouse, now),
            Event::Resize(width, height) => self.size = (*width, *height),
            Event::FocusLost => {
                self.play(now, |keyboard, change| keyboard.lose_focus(change));
                self.release_pointer(now);
            }
            Event::Paste(text) => self.paste(text),
            Event::FocusGained => {}
        }
    }

    fn play(&mut self, now: Instant, what: impl FnOnce(&mut Keyboard, &mut dyn FnMut(NoteChange))) {
        let actions = &mut self.actions;
        what(&mut self.keyboard, &mut |change| {
            actions.push(match change {
                NoteChange::On { key, velocity } => Action::NoteOn {
                    key,
                    velocity,
                    at: now,
                },
                NoteChange::Off { key } => Action::NoteOff { key, at: now },
            });
        });
    }

    fn key(&mut self, event: &KeyEvent, now: Instant) {
        let stroke = match event.kind {
            KeyEventKind::Press => Stroke::Press,
            KeyEventKind::Repeat => Stroke::Repeat,
            KeyEventKind::Release => Stroke::Release,
        };
        // A key that was pressed while it played is let go wherever that happens.
        if stroke == Stroke::Release {
            if let KeyCode::Char(letter) = event.code {
                self.play(now, |keyboard, change| {
                    if !keyboard.stroke(letter, stroke, now, change) {
                        keyboard.release_digits(change);
                    }
                });
            }
            return;
        }
        if event.modifiers.contains(KeyModifiers::CONTROL) {
            self.with_control(event.code);
            return;
        }
        if event
            .modifiers
            .intersects(KeyModifiers::ALT | KeyModifiers::SUPER | KeyModifiers::META)
        {
            return;
        }
        match self.overlay {
            Overlay::None => self.key_of_instrument(event, stroke, now),
            Overlay::Help(_) => self.key_of_help(event.code),
            Overlay::List(_) => self.key_of_list(event.code),
            Overlay::Prompt(_) => self.key_of_prompt(event.code),
        }
    }

    fn with_control(&mut self, code: KeyCode) {
        match code {
            KeyCode::Char('c' | 'C') => self.actions.push(Action::Quit),
            KeyCode::Char('z' | 'Z') => self.effects.push(Effect::Suspend),
            KeyCode::Char('l' | 'L') => self.effects.push(Effect::Redraw),
            _ => {}
        }
    }

    fn key_of_instrument(&mut self, event: &KeyEvent, stroke: Stroke, now: Instant) {
        let is_repeated = stroke == Stroke::Repeat;
        match event.code {
            KeyCode::Esc if !is_repeated => self.actions.push(Action::Quit),
            KeyCode::F(1) => self.overlay = Overlay::Help(0),
            KeyCode::Up => self.choose_knob(-1),
            KeyCode::Down => self.choose_knob(1),
            KeyCode::Left => self.turn(-1.0, STEPS, now),
            KeyCode::Right => self.turn(1.0, STEPS, now),
            KeyCode::PageDown => self.turn(-1.0, LARGE_STEPS, now),
            KeyCode::PageUp => self.turn(1.0, LARGE_STEPS, now),
            KeyCode::Backspace | KeyCode::Delete => {
                let info = self.info();
                self.set(info, info.default, now);
            }
            KeyCode::Tab | KeyCode::BackTab => self.view = self.view.next(),
            KeyCode::Char(' ') if !is_repeated => self.panic(),
            KeyCode::Char(character) => self.character(character, stroke, now),
            _ => {}
        }
    }

    fn character(&mut self, character: char, stroke: Stroke, now: Instant) {
        let mut is_played = false;
        self.play(now, |keyboard, change| {
            is_played = keyboard.stroke(character, stroke, now, change);
        });
        if is_played || stroke == Stroke::Repeat {
            return;
        }
        match character.to_ascii_lowercase() {
            ',' | '<' => self.keyboard.move_octave(-1),
            '.' | '>' => self.keyboard.move_octave(1),
            '-' | '_' => self.keyboard.change_velocity(-1),
            '+' | '=' => self.keyboard.change_velocity(1),
            'a' => self.play(now, |keyboard, change| keyboard.toggle_latch(change)),
            'i' => self.list_instruments(),
            'o' => self.list_devices(),
            'l' => self.learn(),
            'k' => self.actions.push(Action::Forget(self.info().parameter)),
            '?' | '/' => self.overlay = Overlay::Help(0),
            ':' | ';' => self.overlay = Overlay::Prompt(String::new()),
            _ => {}
        }
    }

    fn panic(&mut self) {
        // The session silences everything: there is nothing left to let go.
        self.keyboard.let_go(&mut |_| {});
        self.grip = None;
        self.actions.push(Action::Panic);
    }

    fn info(&self) -> &'static ParameterInfo {
        &Parameter::table()[self.knob]
    }

    fn choose_knob(&mut self, by: isize) {
        let count = Parameter::COUNT as isize;
        self.knob = (self.knob as isize + by).rem_euclid(count) as usize;
    }

    /// Turns the chosen knob by one of so many steps of its way.
    fn turn(&mut self, direction: f32, steps: f32, now: Instant) {
        let info = self.info();
        let value = self.value(info, now);
        let turned = match info.curve {
            // Whole numbers, at least the next one.
            Curve::Stepped => {
                let (low, high) = info.range;
                let most = self.most(info).min(high);
                let by = match steps == LARGE_STEPS {
                    true => ((most - low) / LARGE_STEPS).round().max(1.0),
                    false => 1.0,
                };
                (value + direction * by).min(most)
            }
            Curve::Linear | Curve::Logarithmic => {
                // On a grid, so that the default and the middle are met again.
                let way = (info.way(value) * steps + direction).round() / steps;
                let turned = info.at(way);
                let (least, most) = (value.min(turned), value.max(turned));
                let passes = least < info.default && info.default < most;
                if passes { info.default } else { turned }
            }
        };
        self.set(info, turned, now);
    }

    /// What a knob may be turned up to.
    fn most(&self, info: &ParameterInfo) -> f32 {
        match (info.parameter, &self.snapshot) {
            (Parameter::Polyphony, Some(seen)) => seen.most_polyphony as f32,
            _ => info.range.1,
        }
    }

    /// Where a knob stands.
    fn value(&self, info: &ParameterInfo, now: Instant) -> f32 {
        /// A snapshot that is newer than that knows of every turn.
        const KNOWN_AFTER: Duration = Duration::from_millis(300);
        let turned = self.turned[info.parameter as usize];
        let is_new = |at: Instant| now.saturating_duration_since(at) < KNOWN_AFTER;
        match (turned, &self.snapshot) {
            (Some((value, at)), _) if is_new(at) => value,
            (_, Some(seen)) => seen.parameters.get(info.parameter),
            _ => info.default,
        }
    }

    fn set(&mut self, info: &ParameterInfo, value: f32, now: Instant) {
        let value = info.nearest(value.min(self.most(info)));
        self.turned[info.parameter as usize] = Some((value, now));
        self.actions.push(Action::Set {
            parameter: info.parameter,
            value,
        });
    }

    fn learn(&mut self) {
        let parameter = self.info().parameter;
        let learning = self.snapshot.as_ref().and_then(|seen| seen.learning);
        let wanted = (learning != Some(parameter)).then_some(parameter);
        self.actions.push(Action::Learn(wanted));
    }

    fn key_of_help(&mut self, code: KeyCode) {
        let Overlay::Help(scroll) = &mut self.overlay else {
            return;
        };
        let most = most_scroll(self.size.1);
        let page = self.size.1.saturating_sub(4).max(1);
        match code {
            KeyCode::Up => *scroll = scroll.saturating_sub(1),
            KeyCode::Down => *scroll = (*scroll + 1).min(most),
            KeyCode::PageUp => *scroll = scroll.saturating_sub(page),
            KeyCode::PageDown => *scroll = (*scroll + page).min(most),
            KeyCode::Esc | KeyCode::Enter | KeyCode::F(1) | KeyCode::Char(_) => {
                self.overlay = Overlay::None;
            }
            _ => {}
        }
    }

    fn mouse(&mut self, event: &MouseEvent, now: Instant) {
        match self.overlay {
            Overlay::None => self.point_at_instrument(event, now),
            Overlay::Help(_) | Overlay::List(_) | Overlay::Prompt(_) => {
                self.point_at_overlay(event);
            }
        }
    }
}

#[cfg(test)]
mod tests;
