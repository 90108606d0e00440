//! What lies over the instrument: help, and lists to choose from.

use ratatui::layout::Rect;

use super::canvas::{Canvas, fitted, width_of, wrapped};
use super::model::{List, Overlay};
use super::theme::Role;

/// Cells of the widest overlay, and rows of the highest list.
const WIDEST: u16 = 76;
const HIGHEST_LIST: u16 = 30;
/// Cells between a list's names and remarks.
const NAME: u16 = 22;

/// What the keys do.
pub(crate) const HELP: &str = "\
Q 2 W 3 E R 5 T 6 Y 7 U   C4 to B4
Z S X D C V G B H N J M   C3 to B3
, .                       an octave down, up
- +                       softer, harder (velocity)
A                         hold: a key stays down until it is pressed again
Space                     panic: silence, and every controller at rest

I                         instruments: type to search, Enter takes one
O                         audio devices
arrows up, down           choose a knob
arrows left, right        turn it; PageUp and PageDown in larger steps
Backspace                 the knob's default
L                         learn: the next MIDI controller that moves turns
                          the knob, all of its range, and does nothing else
K                         forget the knob's controller
Tab                       oscilloscope, spectrum, harmonics
:                         a line as ane-synth --plain takes it, such as
                          :rate 48000, :bend 2 or :cc 74 100

mouse                     turns knobs (click, drag, wheel), plays the piano
F1 or ?                   this help
Ctrl-L, Ctrl-Z            draw anew, suspend
Esc                       closes this, else quits; Ctrl-C quits at once

● marks keys that are played here, ◆ by MIDI. Where the terminal does not
tell when a key is let go, a note ends by itself unless the key is repeated.
Instrument, knobs, learnt controllers, audio device, octave and velocity
are kept until the next time. ane-synth --plain plays by lines of text.";

/// Draws it.
pub(crate) fn draw(canvas: &mut Canvas<'_>, overlay: &Overlay) {
    match overlay {
        Overlay::None => {}
        Overlay::Help(scroll) => help(canvas, *scroll),
        Overlay::List(list) => draw_list(canvas, list),
        Overlay::Prompt(line) => prompt(canvas, line),
    }
}

/// A line that is being typed, over the last one but one.
fn prompt(canvas: &mut Canvas<'_>, line: &str) {
    let y = canvas.height().saturating_sub(2);
    let width = canvas.width();
    let mut row = canvas.part(Rect::new(0, y, width, 1));
    row.clear(Default::default());
    // The end of a long line is what is being typed.
    let room = usize::from(width.saturating_sub(4));
    let hidden = line.chars().count().saturating_sub(room);
    let seen: String = line.chars().skip(hidden).collect();
    let end = row.say(1, 0, ":", Role::Title);
    let end = row.say(end, 0, &seen, Role::Text);
    row.say(end, 0, "▏", Role::Title);
}

/// Lines by which help can be scrolled down on a screen so high.
pub(crate) fn most_scroll(height: u16) -> u16 {
    let lines = HELP.lines().count() as u16;
    lines.saturating_sub(height.saturating_sub(2))
}

fn help(canvas: &mut Canvas<'_>, scroll: u16) {
    let lines = HELP.lines().count() as u16;
    let longest = HELP.lines().map(width_of).max().unwrap_or(0);
    let area = centred(canvas, longest + 4, lines + 2);
    let mut part = canvas.part(area);
    part.clear(Default::default());
    let most = most_scroll(part.height());
    let mut inside = part.panel("Help");
    let lines = HELP.lines().skip(usize::from(scroll.min(most)));
    for (y, line) in lines.take(usize::from(inside.height())).enumerate() {
        let y = y as u16;
        match line.split_once("  ") {
            Some((key, _)) if !key.is_empty() => {
                inside.say(1, y, line, Role::Text);
                inside.say(1, y, key, Role::Title);
            }
            _ => {
                inside.say(1, y, line, Role::Text);
            }
        }
    }
    if most > 0 {
        part.footnote("arrows scroll · Esc closes", Role::Dim);
    } else {
        part.footnote("Esc closes", Role::Dim);
    }
}

fn draw_list(canvas: &mut Canvas<'_>, list: &List) {
    let height = canvas.height().saturating_sub(2).min(HIGHEST_LIST);
    let area = centred(canvas, WIDEST, height);
    let mut part = canvas.part(area);
    part.clear(Default::default());
    let mut inside = part.panel(list.title);
    let (width, height) = (inside.width(), inside.height());
    let mut top = 0;
    if let Some(query) = &list.query {
        let end = inside.say(1, 0, "search: ", Role::Dim);
        let end = inside.say(end, 0, query, Role::Text);
        inside.say(end, 0, "▏", Role::Title);
        top = 1;
    }
    let description = list.choices.get(list.at).map(|chosen| &chosen.description);
    let description = description.map_or_else(Vec::new, |text| {
        wrapped(text, usize::from(width.saturating_sub(2)))
    });
    let described = (description.len() as u16).min(height.saturating_sub(top + 3).min(6));
    let rows = height.saturating_sub(top + described + u16::from(described > 0));
    if list.choices.is_empty() {
        inside.say(1, top, &list.remark, Role::Dim);
    }
    let first = first_seen(list.at, list.choices.len(), usize::from(rows));
    let seen = list.choices.iter().enumerate().skip(first);
    for (row, (place, choice)) in seen.take(usize::from(rows)).enumerate() {
        let y = top + row as u16;
        let is_at = place == list.at;
        let role = if is_at { Role::Chosen } else { Role::Text };
        if is_at {
            for x in 0..width {
                inside.cell(x, y, ' ', inside.style(role));
            }
        }
        let mark = if is_at { "▸" } else { " " };
        let used = if choice.is_used { "♪" } else { " " };
        inside.say(0, y, &format!("{mark}{used} {}", choice.name), role);
        let room = width.saturating_sub(NAME + 1);
        let remark = fitted(&choice.remark, usize::from(room));
        let role = if is_at { Role::Chosen } else { Role::Dim };
        if width_of(&choice.name) + 4 <= NAME {
            inside.say(NAME, y, &remark, role);
        } else {
            let end = width_of(&choice.name) + 5;
            let room = width.saturating_sub(end + 1);
            inside.say(end, y, &fitted(&choice.remark, usize::from(room)), role);
        }
    }
    for (row, line) in description.iter().take(usize::from(described)).enumerate() {
        inside.say(1, height - described + row as u16, line, Role::Text);
    }
    part.footnote("Enter takes it · Esc closes", Role::Dim);
}

/// The first of `count` rows that is seen where `rows` have room and row `at` must be seen.
pub(crate) fn first_seen(at: usize, count: usize, rows: usize) -> usize {
    at.saturating_sub(rows / 2).min(count.saturating_sub(rows))
}

fn centred(canvas: &Canvas<'_>, width: u16, height: u16) -> Rect {
    let width = width.min(canvas.width());
    let height = height.min(canvas.height());
    let x = (canvas.width() - width) / 2;
    let y = (canvas.height() - height) / 2;
    Rect::new(x, y, width, height)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn help_fits_into_a_usual_screen_in_width() {
        for line in HELP.lines() {
            assert!(width_of(line) <= 76, "{line}");
        }
        assert_eq!(most_scroll(80), 0);
        assert!(most_scroll(24) < 15);
    }

    #[test]
    fn the_chosen_row_is_always_seen() {
        for count in 0..30 {
            for rows in 0..12 {
                for at in 0..count {
                    let first = first_seen(at, count, rows);
                    let is_seen = rows == 0 || (first..first + rows).contains(&at);
                    assert!(is_seen, "{at} of {count} in {rows}: {first}");
                }
            }
        }
    }
}
