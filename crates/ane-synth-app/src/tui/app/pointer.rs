//! What the mouse does: it turns knobs and plays the piano.

use std::time::Instant;

use ratatui::crossterm::event::{MouseButton, MouseEvent, MouseEventKind};
use synth_engine::Parameter;

use super::{App, STEPS};
use crate::tui::link::Action;
use crate::tui::view::knobs::Grid;
use crate::tui::view::layout::places;
use crate::tui::view::model::Overlay;
use crate::tui::view::piano::Geometry;

/// What the mouse holds while its button is down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Grip {
    Knob(usize),
    /// The key that it plays.
    Piano(Option<u8>),
}

impl Grip {
    /// A bit for the key that it plays.
    pub(super) fn down(&self) -> u128 {
        match self {
            Self::Piano(Some(key)) => 1 << key,
            _ => 0,
        }
    }
}

impl App {
    pub(super) fn point_at_instrument(&mut self, event: &MouseEvent, now: Instant) {
        let (x, y) = (event.column, event.row);
        match event.kind {
            MouseEventKind::Down(MouseButton::Left) => self.grasp(x, y, now),
            MouseEventKind::Drag(MouseButton::Left) => self.drag(x, y, now),
            MouseEventKind::Up(_) => self.release_pointer(now),
            MouseEventKind::ScrollUp => self.scroll(x, y, 1.0, now),
            MouseEventKind::ScrollDown => self.scroll(x, y, -1.0, now),
            _ => {}
        }
    }

    fn grasp(&mut self, x: u16, y: u16, now: Instant) {
        self.release_pointer(now);
        let places = places(self.size.0, self.size.1, self.view);
        if let Some((knob, way)) = Grid::new(&places, self.knob).knob_at(x, y) {
            self.knob = knob;
            self.grip = Some(Grip::Knob(knob));
            self.turn_to(knob, way, now);
            return;
        }
        let is_in_view = |area: &ratatui::layout::Rect| area.contains((x, y).into());
        if places.views.iter().any(|(_, area)| is_in_view(area)) {
            self.view = self.view.next();
            return;
        }
        if is_in_view(&places.piano) {
            let key = self.key_at(x, y);
            self.grip = Some(Grip::Piano(None));
            self.glide_to(key, now);
        }
    }

    fn drag(&mut self, x: u16, y: u16, now: Instant) {
        match self.grip {
            Some(Grip::Knob(knob)) => {
                let places = places(self.size.0, self.size.1, self.view);
                let grid = Grid::new(&places, self.knob);
                // Along its own row, however far the mouse strays from it.
                let row = grid.knobs().find(|(other, _)| *other == knob);
                let at = row.and_then(|(_, area)| grid.knob_at(x, area.y));
                if let Some((other, way)) = at
                    && other == knob
                {
                    self.turn_to(knob, way, now);
                }
            }
            Some(Grip::Piano(_)) => {
                let key = self.key_at(x, y);
                self.glide_to(key, now);
            }
            None => {}
        }
    }

    fn turn_to(&mut self, knob: usize, way: Option<f32>, now: Instant) {
        if let Some(way) = way {
            let info = &Parameter::table()[knob];
            self.set(info, info.at(way), now);
        }
    }

    fn scroll(&mut self, x: u16, y: u16, direction: f32, now: Instant) {
        let places = places(self.size.0, self.size.1, self.view);
        if let Some((knob, _)) = Grid::new(&places, self.knob).knob_at(x, y) {
            self.knob = knob;
            self.turn(direction, STEPS, now);
        }
    }

    fn key_at(&self, x: u16, y: u16) -> Option<u8> {
        let places = places(self.size.0, self.size.1, self.view);
        let area = places.piano;
        let geometry = Geometry::new(area.width, area.height, self.keyboard.lowest());
        geometry.key_at(x.checked_sub(area.x)?, y.checked_sub(area.y)?)
    }

    /// Plays this key and no longer the one before.
    fn glide_to(&mut self, key: Option<u8>, now: Instant) {
        let Some(Grip::Piano(before)) = self.grip else {
            return;
        };
        if before == key {
            return;
        }
        if let Some(key) = before {
            self.actions.push(Action::NoteOff { key, at: now });
        }
        if let Some(key) = key {
            let velocity = self.keyboard.velocity();
            self.actions.push(Action::NoteOn {
                key,
                velocity,
                at: now,
            });
        }
        self.grip = Some(Grip::Piano(key));
    }

    pub(super) fn release_pointer(&mut self, now: Instant) {
        self.glide_to(None, now);
        self.grip = None;
    }

    pub(super) fn point_at_overlay(&mut self, event: &MouseEvent) {
        let by: i32 = match event.kind {
            MouseEventKind::ScrollUp => -1,
            MouseEventKind::ScrollDown => 1,
            // Beside what lies over it, and on it: it is closed.
            MouseEventKind::Down(_) if matches!(self.overlay, Overlay::Help(_)) => {
                self.overlay = Overlay::None;
                return;
            }
            _ => return,
        };
        let code = match by {
            -1 => ratatui::crossterm::event::KeyCode::Up,
            _ => ratatui::crossterm::event::KeyCode::Down,
        };
        match self.overlay {
            Overlay::Help(_) => self.key_of_help(code),
            Overlay::List(_) => self.key_of_list(code),
            Overlay::None | Overlay::Prompt(_) => {}
        }
    }
}
