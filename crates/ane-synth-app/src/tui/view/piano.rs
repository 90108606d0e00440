//! A piano whose keys light up.

use ratatui::style::{Color, Modifier, Style};

use super::canvas::Canvas;
use super::model::Hands;
use super::theme::Role;
use crate::tui::keyboard::letter_at;

/// White keys of an octave, and of the two that the letters play.
const WHITES: i16 = 7;
const OWN_WHITES: i16 = 2 * WHITES;
/// White keys from C-1, which is key 0: those of a concert grand, A0 to C8, and all that there are.
const GRAND: (i16, i16) = (12, 64);
const LAST: i16 = 75;
/// Semitones of the white keys above C.
const WHITE_SEMITONES: [i16; 7] = [0, 2, 4, 5, 7, 9, 11];
/// Greys of xterm's that can be read on either.
const LETTER_ON_WHITE: Color = Color::Indexed(240);
const LETTER_ON_BLACK: Color = Color::Indexed(252);
/// Played by this keyboard, and by others.
const OWN_MARK: char = '●';
const OTHER_MARK: char = '◆';

/// Which keys are drawn and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Geometry {
    /// The first white key, counted from C-1.
    first: i16,
    whites: i16,
    /// Cells of a white key.
    key_width: u16,
    /// The first cell.
    left: u16,
    /// Rows of the keys, of the black ones, and whether there is a row for names.
    rows: u16,
    black_rows: u16,
    has_names: bool,
}

impl Geometry {
    /// For a piano of so many cells and rows whose letters begin at `lowest`.
    pub(crate) fn new(width: u16, height: u16, lowest: i16) -> Self {
        let cells = width as i16;
        let (grand_first, grand_end) = GRAND;
        let key_width = match cells {
            _ if cells >= 4 * (grand_end - grand_first) => 4,
            _ if cells >= 3 * OWN_WHITES => 3,
            _ if cells >= 2 * OWN_WHITES => 2,
            _ => 1,
        };
        let whites = (cells / key_width).clamp(0, grand_end - grand_first);
        let own = WHITES * lowest.div_euclid(12);
        let beside = (whites - OWN_WHITES).max(0);
        // Whole octaves to the left, so that it begins with a C.
        let before = (beside + WHITES) / 2 / WHITES * WHITES;
        let end = own + OWN_WHITES;
        let (least, most) = match own >= grand_first && end <= grand_end {
            true => (grand_first, grand_end),
            false => (0, LAST),
        };
        let first = (own - before).clamp(least, (most - whites).max(least));
        let has_names = height >= 4;
        let rows = height - u16::from(has_names);
        Self {
            first,
            whites,
            key_width: key_width as u16,
            left: (cells - whites * key_width).max(0) as u16 / 2,
            rows,
            black_rows: (rows * 3 / 5).max(u16::from(rows > 1)),
            has_names,
        }
    }

    /// The key at a cell.
    pub(crate) fn key_at(&self, x: u16, y: u16) -> Option<u8> {
        if y >= self.rows {
            return None;
        }
        for white in self.first..self.first + self.whites {
            if let Some(cells) = self.black_cells(white)
                && y < self.black_rows
                && cells.contains(&x)
            {
                return key(white, 1);
            }
        }
        let white = self.first + (x.checked_sub(self.left)? / self.key_width) as i16;
        key(white, 0).filter(|_| white < self.first + self.whites)
    }

    /// Cells of the black key after a white one.
    fn black_cells(&self, white: i16) -> Option<std::ops::Range<u16>> {
        let has_black = ![2, 6].contains(&white.rem_euclid(WHITES));
        let is_last = white + 1 == self.first + self.whites;
        if !has_black || is_last || self.key_width < 2 {
            return None;
        }
        let next = self.left_of(white + 1);
        Some(match self.key_width {
            2 => next..next + 1,
            _ => next - 1..next + 1,
        })
    }

    fn left_of(&self, white: i16) -> u16 {
        self.left + (white - self.first) as u16 * self.key_width
    }
}

/// The key of a white key, or the black one after it.
fn key(white: i16, semitones: i16) -> Option<u8> {
    let key = 12 * white.div_euclid(WHITES) + WHITE_SEMITONES[white.rem_euclid(WHITES) as usize];
    u8::try_from(key + semitones).ok().filter(|key| *key < 128)
}

/// How a key looks.
struct Look {
    style: Style,
    mark: Option<char>,
    letter: Option<char>,
    is_black: bool,
}

/// Draws the piano; `down` has a bit for each key that somebody plays, this keyboard or another.
pub(crate) fn draw(canvas: &mut Canvas<'_>, hands: &Hands, down: u128) {
    let geometry = Geometry::new(canvas.width(), canvas.height(), hands.lowest);
    let has_colours = canvas.theme().has_colours();
    for white in geometry.first..geometry.first + geometry.whites {
        let Some(key) = key(white, 0) else {
            continue;
        };
        let look = look(canvas, hands, down, key, Role::WhiteKey);
        let left = geometry.left_of(white);
        for y in 0..geometry.rows {
            let edge = if has_colours { '▏' } else { '│' };
            let edge_style = match has_colours {
                true => look.style,
                false => canvas.style(Role::Text),
            };
            canvas.cell(left, y, edge, edge_style);
            for x in 1..geometry.key_width {
                canvas.cell(left + x, y, ' ', look.style);
            }
        }
        let middle = left + geometry.key_width / 2;
        let bottom = geometry.rows.saturating_sub(1);
        match (look.letter, look.mark) {
            (Some(letter), mark) if geometry.key_width > 1 => {
                canvas.cell(middle, bottom, letter, letter_style(canvas, &look));
                if let Some(mark) = mark {
                    let above = bottom.saturating_sub(1);
                    canvas.cell(middle, above, mark, look.style);
                }
            }
            (_, Some(mark)) => canvas.cell(middle, bottom, mark, look.style),
            _ => {}
        }
        if geometry.has_names && key % 12 == 0 {
            let octave = i16::from(key) / 12 - 1;
            canvas.say(left + 1, geometry.rows, &format!("C{octave}"), Role::Dim);
        }
    }
    for white in geometry.first..geometry.first + geometry.whites {
        if let (Some(cells), Some(key)) = (geometry.black_cells(white), key(white, 1)) {
            let look = look(canvas, hands, down, key, Role::BlackKey);
            black(canvas, &geometry, cells, &look);
        }
    }
    say_what_is_beyond(canvas, &geometry, hands.down | down);
}

fn black(canvas: &mut Canvas<'_>, geometry: &Geometry, cells: std::ops::Range<u16>, look: &Look) {
    let plain = match canvas.theme().has_colours() || look.mark.is_some() {
        true => ' ',
        false => '█',
    };
    let bottom = geometry.black_rows.saturating_sub(1);
    for y in 0..geometry.black_rows {
        for x in cells.clone() {
            canvas.cell(x, y, plain, look.style);
        }
    }
    if let Some(letter) = look.letter {
        canvas.cell(cells.start, bottom, letter, letter_style(canvas, look));
    }
    if let Some(mark) = look.mark {
        let above = bottom.saturating_sub(1);
        let (x, y) = match (look.letter, bottom) {
            (None, _) => (cells.start, bottom),
            // One row has room for both only side by side.
            (Some(_), 0) => (cells.end - 1, 0),
            (Some(_), _) => (cells.start, above),
        };
        canvas.cell(x, y, mark, look.style);
    }
}

fn look(canvas: &Canvas<'_>, hands: &Hands, down: u128, key: u8, at_rest: Role) -> Look {
    let is_in = |keys: u128| keys >> key & 1 == 1;
    let (role, mark) = match (is_in(hands.down), is_in(down)) {
        (true, _) => (Role::OwnKey, Some(OWN_MARK)),
        (false, true) => (Role::OtherKey, Some(OTHER_MARK)),
        (false, false) => (at_rest, None),
    };
    let place = usize::try_from(i16::from(key) - hands.lowest).ok();
    Look {
        style: canvas.style(role),
        mark,
        letter: place.and_then(letter_at),
        is_black: at_rest == Role::BlackKey,
    }
}

fn letter_style(canvas: &Canvas<'_>, look: &Look) -> Style {
    match (canvas.theme().has_colours(), look.mark, look.is_black) {
        // Quiet on a key at rest, as strong as the key where it is played.
        (true, None, false) => look.style.fg(LETTER_ON_WHITE),
        (true, None, true) => look.style.fg(LETTER_ON_BLACK),
        (true, Some(_), _) => look.style,
        (false, ..) => Style::new().add_modifier(Modifier::REVERSED),
    }
}

/// Keys that are played and not drawn.
fn say_what_is_beyond(canvas: &mut Canvas<'_>, geometry: &Geometry, keys: u128) {
    let beyond = |wanted: &dyn Fn(i16) -> bool| {
        let played = (0..128_i16).filter(|key| keys >> *key & 1 == 1);
        played.filter(|key| wanted(*key)).count()
    };
    let Some(first) = key(geometry.first, 0) else {
        return;
    };
    let last = key(geometry.first + geometry.whites - 1, 0).unwrap_or(127);
    let below = beyond(&|key| key < i16::from(first));
    let above = beyond(&|key| key > i16::from(last));
    let y = match geometry.has_names {
        true => geometry.rows,
        false => 0,
    };
    if below > 0 {
        canvas.say(0, y, &format!("◀{below}"), Role::High);
    }
    if above > 0 {
        canvas.say_before(canvas.width(), y, &format!("{above}▶"), Role::High);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_letter_has_its_key_on_a_usual_screen_and_it_is_where_it_is_drawn() {
        for octave in -3..=3 {
            let lowest = 48 + 12 * octave;
            for width in [42, 80, 120, 200, 250] {
                let geometry = Geometry::new(width, 5, lowest);
                let keys: Vec<u8> = (0..width)
                    .flat_map(|x| [geometry.key_at(x, 0), geometry.key_at(x, 3)])
                    .flatten()
                    .collect();
                for key in lowest..lowest + 24 {
                    assert!(keys.contains(&(key as u8)), "{key} at width {width}");
                }
            }
        }
    }

    #[test]
    fn a_wide_screen_shows_a_concert_grand() {
        let geometry = Geometry::new(208, 5, 48);
        assert_eq!((geometry.first, geometry.whites), (12, 52));
        assert_eq!(geometry.key_at(geometry.left, 3), Some(21));
        assert_eq!(geometry.key_at(geometry.left + 4 * 51, 3), Some(108));
        assert_eq!(geometry.key_at(geometry.left + 4 * 52, 3), None);
        assert_eq!(geometry.key_at(geometry.left, 4), None, "the row of names");
    }

    #[test]
    fn black_keys_lie_between_white_ones() {
        assert_eq!(key(7, 0), Some(12));
        assert_eq!(key(35, 0), Some(60));
        assert_eq!(key(35, 1), Some(61));
        assert_eq!(key(74, 0), Some(127));
        assert_eq!(key(74, 1), None);
        let geometry = Geometry::new(42, 5, 48);
        assert_eq!(geometry.black_cells(28), Some(2..4));
        assert_eq!(geometry.black_cells(30), None, "no black key after E");
        assert_eq!(geometry.black_cells(34), None, "no black key after B");
        assert_eq!(geometry.key_at(2, 0), Some(49));
        assert_eq!(geometry.key_at(2, 3), Some(48));
        assert_eq!(geometry.key_at(3, 3), Some(50));
    }
}
