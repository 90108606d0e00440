//! Colours that differ for everybody, and what stands in their place where none are wanted.
//!
//! Orange and blue are told apart by people with any kind of colour blindness (M. Okabe and K. Ito, "Color
//! Universal Design", 2008); nothing is ever said by a colour alone.

use ratatui::style::{Color, Modifier, Style};

/// What something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    Text,
    /// What matters less.
    Dim,
    /// Borders.
    Line,
    Title,
    /// What is chosen.
    Chosen,
    /// A level or a value.
    Level,
    /// A level that is high.
    High,
    /// What went wrong.
    Wrong,
    WhiteKey,
    BlackKey,
    /// Keys that somebody plays on this keyboard.
    OwnKey,
    /// Keys that are played by MIDI.
    OtherKey,
}

/// A choice of colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Theme {
    has_colours: bool,
}

/// Of the 256 colours of xterm.
const ORANGE: Color = Color::Indexed(214);
const BLUE: Color = Color::Indexed(39);
const GREY: Color = Color::Indexed(245);
const DARK_GREY: Color = Color::Indexed(240);
const WHITE: Color = Color::Indexed(255);
const BLACK: Color = Color::Indexed(16);
const NEARLY_BLACK: Color = Color::Indexed(234);

impl Theme {
    pub(crate) fn new(has_colours: bool) -> Self {
        Self { has_colours }
    }

    pub(crate) fn has_colours(self) -> bool {
        self.has_colours
    }

    pub(crate) fn style(self, role: Role) -> Style {
        let plain = Style::new();
        if !self.has_colours {
            return match role {
                Role::Title | Role::High | Role::Wrong => plain.add_modifier(Modifier::BOLD),
                Role::OwnKey | Role::OtherKey => plain.add_modifier(Modifier::BOLD),
                Role::Chosen => plain.add_modifier(Modifier::REVERSED),
                _ => plain,
            };
        }
        match role {
            Role::Text => plain,
            Role::Dim => plain.fg(GREY),
            Role::Line => plain.fg(DARK_GREY),
            Role::Title => plain.fg(BLUE).add_modifier(Modifier::BOLD),
            Role::Chosen => plain.fg(BLACK).bg(BLUE),
            Role::Level => plain.fg(BLUE),
            Role::High | Role::Wrong => plain.fg(ORANGE).add_modifier(Modifier::BOLD),
            Role::WhiteKey => plain.fg(DARK_GREY).bg(WHITE),
            Role::BlackKey => plain.fg(GREY).bg(NEARLY_BLACK),
            Role::OwnKey => plain.fg(BLACK).bg(ORANGE).add_modifier(Modifier::BOLD),
            Role::OtherKey => plain.fg(BLACK).bg(BLUE).add_modifier(Modifier::BOLD),
        }
    }
}
