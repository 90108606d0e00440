//! Lists to choose from (instruments, audio devices) and lines to type.

use ratatui::crossterm::event::KeyCode;

use super::{App, DeviceRow, Effect, Listed};
use crate::tui::catalogue::Catalogue;
use crate::tui::link::Action;
use crate::tui::view::model::{Choice, List, Overlay};

/// What somebody may search for.
const LONGEST_QUERY: usize = 40;
/// What somebody may type as a line.
const LONGEST_LINE: usize = 500;
/// Rows of a page.
const PAGE: usize = 10;

impl App {
    pub(super) fn list_instruments(&mut self) {
        self.overlay = Overlay::List(List {
            title: "Instruments",
            query: Some(String::new()),
            choices: Vec::new(),
            at: 0,
            remark: "nothing is called so".to_owned(),
        });
        self.search();
        let used = match &self.overlay {
            Overlay::List(list) => list.choices.iter().position(|choice| choice.is_used),
            _ => None,
        };
        self.go_to(used.unwrap_or(0));
    }

    pub(super) fn list_devices(&mut self) {
        self.listed = Listed::Devices(Vec::new());
        self.overlay = Overlay::List(List {
            title: "Audio devices",
            query: None,
            choices: Vec::new(),
            at: 0,
            remark: "looking for them ...".to_owned(),
        });
        self.effects.push(Effect::ListDevices);
    }

    /// The devices that were looked for.
    pub(crate) fn take_devices(&mut self, rows: Vec<DeviceRow>) {
        let Overlay::List(list) = &mut self.overlay else {
            return;
        };
        if !matches!(self.listed, Listed::Devices(_)) {
            return;
        }
        let asked = self.snapshot.as_ref().map(|seen| &seen.audio_device_asked);
        let choice = |row: &DeviceRow| Choice {
            name: row.name.clone(),
            remark: row.remark.clone(),
            description: String::new(),
            is_used: asked == Some(&row.id),
        };
        list.choices = rows.iter().map(choice).collect();
        let used = list.choices.iter().position(|choice| choice.is_used);
        list.at = used.unwrap_or(0);
        self.listed = Listed::Devices(rows);
    }

    /// Finds the instruments again that answer to what was typed.
    fn search(&mut self) {
        let Overlay::List(list) = &mut self.overlay else {
            return;
        };
        let Some(query) = &list.query else {
            return;
        };
        let found = self.catalogue.found(query);
        let used = self.snapshot.as_ref().map(|seen| &seen.instrument);
        list.choices = Catalogue::rows(&found, used);
        list.at = 0;
        self.listed = Listed::Instruments(found.into_iter().cloned().collect());
    }

    fn go_to(&mut self, at: usize) {
        if let Overlay::List(list) = &mut self.overlay {
            list.at = at.min(list.choices.len().saturating_sub(1));
        }
    }

    pub(super) fn key_of_list(&mut self, code: KeyCode) {
        let Overlay::List(list) = &mut self.overlay else {
            return;
        };
        let (at, last) = (list.at, list.choices.len().saturating_sub(1));
        match code {
            KeyCode::Esc => self.overlay = Overlay::None,
            KeyCode::Enter => self.take_choice(at),
            KeyCode::Up if at == 0 => self.go_to(last),
            KeyCode::Up => self.go_to(at - 1),
            KeyCode::Down if at >= last => self.go_to(0),
            KeyCode::Down => self.go_to(at + 1),
            KeyCode::PageUp => self.go_to(at.saturating_sub(PAGE)),
            KeyCode::PageDown => self.go_to(at + PAGE),
            KeyCode::Home => self.go_to(0),
            KeyCode::End => self.go_to(last),
            KeyCode::Backspace => {
                if let Some(query) = &mut list.query {
                    query.pop();
                }
                self.search();
            }
            KeyCode::Char(character) => self.type_into_query(character),
            _ => {}
        }
    }

    fn type_into_query(&mut self, character: char) {
        if let Overlay::List(List {
            query: Some(query), ..
        }) = &mut self.overlay
            && query.chars().count() < LONGEST_QUERY
            && !crate::printable::acts(character)
        {
            query.push(character);
            self.search();
        }
    }

    /// What is pasted is looked for or part of a line; it plays nothing.
    pub(super) fn paste(&mut self, text: &str) {
        for character in text.chars().take(LONGEST_LINE) {
            match self.overlay {
                Overlay::List(_) => self.type_into_query(character),
                Overlay::Prompt(_) => self.type_into_line(character),
                Overlay::None | Overlay::Help(_) => return,
            }
        }
    }

    pub(super) fn key_of_prompt(&mut self, code: KeyCode) {
        let Overlay::Prompt(line) = &mut self.overlay else {
            return;
        };
        match code {
            KeyCode::Esc => self.overlay = Overlay::None,
            KeyCode::Backspace if line.pop().is_none() => self.overlay = Overlay::None,
            KeyCode::Enter => {
                let line = std::mem::take(line);
                self.overlay = Overlay::None;
                self.actions.push(Action::Command(line));
            }
            KeyCode::Char(character) => self.type_into_line(character),
            _ => {}
        }
    }

    fn type_into_line(&mut self, character: char) {
        if let Overlay::Prompt(line) = &mut self.overlay
            && line.chars().count() < LONGEST_LINE
            && !crate::printable::acts(character)
        {
            line.push(character);
        }
    }

    /// Takes the row so many from the top, if there is one.
    pub(super) fn take_choice(&mut self, at: usize) {
        let action = match &self.listed {
            Listed::Instruments(entries) => entries
                .get(at)
                .map(|entry| Action::Instrument(entry.id.clone())),
            Listed::Devices(rows) => rows.get(at).map(|row| Action::AudioDevice(row.id.clone())),
        };
        if let Some(action) = action {
            self.actions.push(action);
            self.overlay = Overlay::None;
        }
    }
}
