//! A part of the screen that is drawn on in its own coordinates. What lies outside it is left out, so that
//! nothing that is drawn has to know how large it is.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::theme::{Role, Theme};

/// A part of the screen.
pub(crate) struct Canvas<'a> {
    buffer: &'a mut Buffer,
    area: Rect,
    theme: Theme,
}

impl<'a> Canvas<'a> {
    pub(crate) fn new(buffer: &'a mut Buffer, theme: Theme) -> Self {
        Self {
            area: buffer.area,
            buffer,
            theme,
        }
    }

    pub(crate) fn width(&self) -> u16 {
        self.area.width
    }

    pub(crate) fn height(&self) -> u16 {
        self.area.height
    }

    pub(crate) fn theme(&self) -> Theme {
        self.theme
    }

    pub(crate) fn style(&self, role: Role) -> Style {
        self.theme.style(role)
    }

    /// A part of it, as far as that lies within; `part` is counted from its corner.
    pub(crate) fn part(&mut self, part: Rect) -> Canvas<'_> {
        let moved = Rect {
            x: self.area.x.saturating_add(part.x),
            y: self.area.y.saturating_add(part.y),
            ..part
        };
        Canvas {
            area: moved.intersection(self.area),
            buffer: self.buffer,
            theme: self.theme,
        }
    }

    /// Text, cut at the end; where it ends.
    pub(crate) fn text(&mut self, x: u16, y: u16, text: &str, style: Style) -> u16 {
        let (width, height) = (self.width(), self.height());
        if x >= width || y >= height {
            return x;
        }
        let room = usize::from(width - x);
        let (at_x, at_y) = (self.area.x + x, self.area.y + y);
        let (end, _) = self.buffer.set_stringn(at_x, at_y, text, room, style);
        end - self.area.x
    }

    /// Text of a role.
    pub(crate) fn say(&mut self, x: u16, y: u16, text: &str, role: Role) -> u16 {
        self.text(x, y, text, self.style(role))
    }

    /// Text that ends at `end`; left out where it would begin before the edge.
    pub(crate) fn say_before(&mut self, end: u16, y: u16, text: &str, role: Role) {
        let length = width_of(text);
        if let Some(x) = end.min(self.width()).checked_sub(length) {
            self.say(x, y, text, role);
        }
    }

    /// One cell, in the place of what was there.
    pub(crate) fn cell(&mut self, x: u16, y: u16, character: char, style: Style) {
        if x < self.width() && y < self.height() {
            let cell = &mut self.buffer[(self.area.x + x, self.area.y + y)];
            // Nothing of what was there before: a style leaves alone what it does not name.
            cell.reset();
            cell.set_char(character).set_style(style);
        }
    }

    /// Blanks all of it.
    pub(crate) fn clear(&mut self, style: Style) {
        for y in 0..self.height() {
            for x in 0..self.width() {
                let cell = &mut self.buffer[(self.area.x + x, self.area.y + y)];
                cell.reset();
                cell.set_style(style);
            }
        }
    }

    /// A border with a title; what lies within it.
    pub(crate) fn panel(&mut self, title: &str) -> Canvas<'_> {
        let (width, height) = (self.width(), self.height());
        if width < 2 || height < 2 {
            return self.part(Rect::default());
        }
        let line = self.style(Role::Line);
        let (right, bottom) = (width - 1, height - 1);
        for x in 1..right {
            self.cell(x, 0, '─', line);
            self.cell(x, bottom, '─', line);
        }
        for y in 1..bottom {
            self.cell(0, y, '│', line);
            self.cell(right, y, '│', line);
        }
        for (x, y, corner) in [
            (0, 0, '╭'),
            (right, 0, '╮'),
            (0, bottom, '╰'),
            (right, bottom, '╯'),
        ] {
            self.cell(x, y, corner, line);
        }
        if width > 6 && !title.is_empty() {
            let title = format!(" {} ", fitted(title, usize::from(width - 6)));
            self.say(2, 0, &title, Role::Title);
        }
        self.part(Rect::new(1, 1, width - 2, height - 2))
    }

    /// Text on the lower border of a panel.
    pub(crate) fn footnote(&mut self, text: &str, role: Role) {
        let (width, height) = (self.width(), self.height());
        if width > 6 && height >= 2 && !text.is_empty() {
            let text = format!(" {} ", fitted(text, usize::from(width - 6)));
            self.say(2, height - 1, &text, role);
        }
    }
}

/// Cells that a text takes, if none of its characters is wide.
pub(crate) fn width_of(text: &str) -> u16 {
    u16::try_from(text.chars().count()).unwrap_or(u16::MAX)
}

/// A text that is no longer than so many characters; one that was is seen to have been.
pub(crate) fn fitted(text: &str, length: usize) -> String {
    if text.chars().count() <= length {
        return text.to_owned();
    }
    let mut cut: String = text.chars().take(length.saturating_sub(1)).collect();
    if length > 0 {
        cut.push('…');
    }
    cut
}

/// A text in lines of so many characters, broken between words where that is possible.
pub(crate) fn wrapped(text: &str, length: usize) -> Vec<String> {
    let length = length.max(1);
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in text.split_whitespace() {
        let mut word: Vec<char> = word.chars().collect();
        let used = line.chars().count();
        if used > 0 && used + 1 + word.len() > length {
            lines.push(std::mem::take(&mut line));
        }
        while word.len() > length {
            let rest = word.split_off(length);
            lines.push(word.into_iter().collect());
            word = rest;
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.extend(word);
    }
    lines.push(line);
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lies_outside_is_left_out() {
        let mut buffer = Buffer::empty(Rect::new(0, 0, 10, 4));
        let mut canvas = Canvas::new(&mut buffer, Theme::new(true));
        let mut part = canvas.part(Rect::new(3, 1, 100, 100));
        assert_eq!((part.width(), part.height()), (7, 3));
        assert_eq!(part.say(5, 0, "long", Role::Text), 7);
        assert_eq!(part.say(50, 0, "long", Role::Text), 50);
        part.say(0, 50, "low", Role::Text);
        part.cell(7, 0, 'x', Style::new());
        part.say_before(7, 1, "end", Role::Text);
        part.say_before(2, 2, "end", Role::Text);
        part.part(Rect::new(90, 90, 5, 5)).panel("nothing");
        let row =
            |buffer: &Buffer, y| -> String { (0..10).map(|x| buffer[(x, y)].symbol()).collect() };
        assert_eq!(row(&buffer, 1), "        lo");
        assert_eq!(row(&buffer, 2), "       end");
        assert_eq!(row(&buffer, 3), "          ");
    }

    #[test]
    fn texts_fit() {
        assert_eq!(fitted("piano", 5), "piano");
        assert_eq!(fitted("pianos", 5), "pian…");
        assert_eq!(fitted("é音é音", 2), "é…");
        assert_eq!(fitted("piano", 0), "");
        assert_eq!(wrapped("", 5), [""]);
        assert_eq!(wrapped("one two three", 7), ["one two", "three"]);
        assert_eq!(wrapped("a abcdefgh b", 3), ["a", "abc", "def", "gh", "b"]);
    }
}
