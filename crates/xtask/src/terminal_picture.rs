//! What a terminal shows, as `tmux capture-pane -e` writes it, as a picture in SVG.
//!
//! Frames, bars and dots are drawn as shapes, so that they fit together in whatever font the letters are shown in.

use std::fmt::Write;

/// A cell of the picture, and its letters, in pixels.
const CELL: (f32, f32) = (9.0, 18.0);
const FONT_SIZE: f32 = 15.0;
/// Where letters stand in their cell.
const BASELINE: f32 = 13.5;
const MARGIN: f32 = 14.0;
const FONTS: &str = "DejaVu Sans Mono,Menlo,Consolas,monospace";
const BACKGROUND: u32 = 0x14_16_1b;
const FOREGROUND: u32 = 0xd4_d7_dd;
/// The first 16 colours of a terminal.
const SIXTEEN: [u32; 16] = [
    0x00_00_00, 0xcd_31_31, 0x0d_bc_79, 0xe5_e5_10, 0x24_72_c8, 0xbc_3f_bc, 0x11_a8_cd, 0xe5_e5_e5,
    0x66_66_66, 0xf1_4c_4c, 0x23_d1_8b, 0xf5_f5_43, 0x3b_8e_ea, 0xd6_70_d6, 0x29_b8_db, 0xff_ff_ff,
];

/// How a cell looks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Look {
    foreground: Option<u32>,
    background: Option<u32>,
    bold: bool,
    reversed: bool,
}

impl Look {
    /// The colours of its letter and of what is behind it.
    fn colours(self) -> (u32, Option<u32>) {
        let foreground = self.foreground.unwrap_or(FOREGROUND);
        match self.reversed {
            false => (foreground, self.background),
            true => (self.background.unwrap_or(BACKGROUND), Some(foreground)),
        }
    }

    /// Takes the numbers of "select graphic rendition" (ECMA-48, 8.3.117).
    fn select(&mut self, numbers: &[u32]) {
        let mut numbers = numbers.iter().copied();
        while let Some(number) = numbers.next() {
            match number {
                0 => *self = Self::default(),
                1 => self.bold = true,
                7 => self.reversed = true,
                22 => self.bold = false,
                27 => self.reversed = false,
                30..=37 => self.foreground = Some(indexed(number - 30)),
                38 => self.foreground = extended(&mut numbers),
                39 => self.foreground = None,
                40..=47 => self.background = Some(indexed(number - 40)),
                48 => self.background = extended(&mut numbers),
                49 => self.background = None,
                90..=97 => self.foreground = Some(indexed(number - 82)),
                100..=107 => self.background = Some(indexed(number - 92)),
                _ => {}
            }
        }
    }
}

fn extended(numbers: &mut impl Iterator<Item = u32>) -> Option<u32> {
    match numbers.next()? {
        5 => numbers.next().map(indexed),
        2 => {
            let mut part = || numbers.next().map(|part| part.min(255));
            Some(part()? << 16 | part()? << 8 | part()?)
        }
        _ => None,
    }
}

/// One of xterm's 256 colours: 16, a cube of six steps a side, 24 greys.
fn indexed(number: u32) -> u32 {
    let step = |step: u32| if step == 0 { 0 } else { 55 + 40 * step };
    match number {
        0..=15 => SIXTEEN[number as usize],
        16..=231 => {
            let cube = number - 16;
            step(cube / 36) << 16 | step(cube / 6 % 6) << 8 | step(cube % 6)
        }
        _ => (8 + 10 * (number.min(255) - 232)) * 0x01_01_01,
    }
}

/// The cells of a capture, row by row.
fn cells(capture: &str) -> Vec<Vec<(char, Look)>> {
    let mut look = Look::default();
    let rows = capture.lines().map(|line| {
        let mut row = Vec::new();
        let mut rest = line.chars();
        while let Some(character) = rest.next() {
            if character != '\u{1b}' {
                row.push((character, look));
                continue;
            }
            let text = rest.as_str();
            let Some(sequence) = text.strip_prefix('[') else {
                // Two characters: of a choice of character sets.
                rest.next();
                if text.starts_with(['(', ')']) {
                    rest.next();
                }
                continue;
            };
            let end = sequence.find(|c: char| ('@'..='~').contains(&c));
            let Some(end) = end else {
                break;
            };
            if sequence[end..].starts_with('m') {
                let numbers = sequence[..end].split([';', ':']);
                let numbers: Vec<u32> = numbers.map(|n| n.parse().unwrap_or(0)).collect();
                look.select(&numbers);
            }
            rest = sequence[end + 1..].chars();
        }
        row
    });
    rows.collect()
}

/// The picture of a capture.
pub(crate) fn svg(capture: &str) -> String {
    let rows = rows(capture);
    let mut svg = ground(&rows);
    for (number, row) in rows.iter().enumerate() {
        svg.push_str(&row.draw(number));
    }
    svg.push_str("</svg>\n");
    svg
}

/// What a terminal shows in one row.
pub(super) struct Row(Vec<(char, Look)>);

/// The rows of a capture.
pub(super) fn rows(capture: &str) -> Vec<Row> {
    cells(capture).into_iter().map(Row).collect()
}

impl Row {
    /// Cells of it.
    pub(super) fn columns(&self) -> usize {
        self.0.len()
    }

    /// Its shapes and letters, where the row of this number stands.
    pub(super) fn draw(&self, number: usize) -> String {
        let y = MARGIN + number as f32 * CELL.1;
        let mut svg = String::new();
        backgrounds(&mut svg, &self.0, y);
        letters(&mut svg, &self.0, y);
        svg
    }
}

/// The beginning of a picture that has room for these rows.
pub(super) fn ground(rows: &[Row]) -> String {
    let columns = rows.iter().map(Row::columns).max().unwrap_or(0);
    let (width, height) = (
        columns as f32 * CELL.0 + 2.0 * MARGIN,
        rows.len() as f32 * CELL.1 + 2.0 * MARGIN,
    );
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" \
         height=\"{height}\" font-family=\"{FONTS}\" font-size=\"{FONT_SIZE}\" \
         shape-rendering=\"geometricPrecision\">\n<style>rect{{shape-rendering:crispEdges}}</style>\n\
         <rect width=\"{width}\" height=\"{height}\" rx=\"8\" fill=\"#{BACKGROUND:06x}\"/>\n"
    )
}

/// Runs of cells with one background.
fn backgrounds(svg: &mut String, cells: &[(char, Look)], y: f32) {
    let mut x = 0;
    for run in cells.chunk_by(|one, other| one.1.colours().1 == other.1.colours().1) {
        if let Some(colour) = run[0].1.colours().1 {
            let (left, width) = (MARGIN + x as f32 * CELL.0, run.len() as f32 * CELL.0);
            rectangle(svg, (left, y), (width, CELL.1), colour);
        }
        x += run.len();
    }
}

fn rectangle(svg: &mut String, (x, y): (f32, f32), (width, height): (f32, f32), colour: u32) {
    let _ = writeln!(
        svg,
        "<rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" fill=\"#{colour:06x}\"/>"
    );
}

/// Runs of letters that look the same; shapes between them.
fn letters(svg: &mut String, cells: &[(char, Look)], y: f32) {
    let mut x = 0;
    let is_one = |one: &(char, Look), other: &(char, Look)| {
        let same = one.1.colours().0 == other.1.colours().0 && one.1.bold == other.1.bold;
        let alike = |is: fn(char) -> bool| is(one.0) && is(other.0);
        let is_line = one.0 == other.0 && matches!(one.0, '─' | '━' | '\u{2588}');
        same && (alike(is_letter) || alike(is_braille) || is_line)
    };
    for run in cells.chunk_by(is_one) {
        let (character, look) = run[0];
        let colour = look.colours().0;
        let left = MARGIN + x as f32 * CELL.0;
        x += run.len();
        if is_braille(character) {
            dots(svg, run, (left, y), colour);
            continue;
        }
        if !is_letter(character) {
            if character != ' ' {
                let width = run.len() as f32 * CELL.0;
                shape(svg, character, (left, y), width, colour);
            }
            continue;
        }
        let places: Vec<String> = (0..run.len())
            .map(|n| format!("{}", left + n as f32 * CELL.0))
            .collect();
        let text: String = run
            .iter()
            .map(|(character, _)| escaped(*character))
            .collect();
        let bold = if look.bold {
            " font-weight=\"bold\""
        } else {
            ""
        };
        let _ = writeln!(
            svg,
            "<text x=\"{}\" y=\"{}\" fill=\"#{colour:06x}\"{bold}>{text}</text>",
            places.join(" "),
            y + BASELINE
        );
    }
}

fn escaped(character: char) -> String {
    match character {
        '&' => "&amp;".to_owned(),
        '<' => "&lt;".to_owned(),
        '>' => "&gt;".to_owned(),
        other => other.to_string(),
    }
}

/// Whether a character is shown by the font.
fn is_letter(character: char) -> bool {
    !matches!(character, ' ' | '\u{2500}'..='\u{259f}' | '\u{2800}'..='\u{28ff}' | '●' | '◆')
}

fn is_braille(character: char) -> bool {
    ('\u{2800}'..='\u{28ff}').contains(&character)
}

/// The dots of a run of braille patterns: one line of no length each, with round ends.
fn dots(svg: &mut String, run: &[(char, Look)], (left, y): (f32, f32), colour: u32) {
    /// Bits by row: left, right (the Unicode standard, "Braille patterns").
    const BITS: [[u32; 2]; 4] = [[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]];
    let mut path = String::new();
    for (cell, (character, _)) in run.iter().enumerate() {
        let raised = *character as u32 - 0x2800;
        for (row, bits) in BITS.iter().enumerate() {
            for (column, bit) in bits.iter().enumerate() {
                if raised & bit != 0 {
                    let across = left + (cell as f32 + (column as f32 + 0.5) / 2.0) * CELL.0;
                    let down = y + (row as f32 + 0.5) / 4.0 * CELL.1;
                    let _ = write!(path, "M{across},{down}h0");
                }
            }
        }
    }
    if !path.is_empty() {
        let _ = writeln!(
            svg,
            "<path d=\"{path}\" stroke=\"#{colour:06x}\" stroke-width=\"3\" stroke-linecap=\"round\"/>"
        );
    }
}

/// Frames, bars and dots.
fn shape(svg: &mut String, character: char, at: (f32, f32), width: f32, colour: u32) {
    let ((x, y), (_, height)) = (at, CELL);
    let (middle, centre) = (x + width / 2.0, y + height / 2.0);
    let eighth = |character: char, first: char| (character as u32 - first as u32 + 1) as f32 / 8.0;
    match character {
        '\u{2588}' => rectangle(svg, at, (width, height), colour),
        '\u{2581}'..='\u{2587}' => {
            let filled = height * eighth(character, '\u{2581}');
            rectangle(svg, (x, y + height - filled), (width, filled), colour);
        }
        '\u{2589}'..='\u{258f}' => {
            let filled = width * (1.0 - eighth(character, '\u{2589}'));
            rectangle(svg, at, (filled, height), colour);
        }
        '●' => circle(svg, (middle, centre), 3.8, colour),
        '◆' => {
            let path = format!("M{middle},{} l4.2,4.2 l-4.2,4.2 l-4.2,-4.2 z", centre - 4.2);
            let _ = writeln!(svg, "<path d=\"{path}\" fill=\"#{colour:06x}\"/>");
        }
        _ => {
            let (right, bottom) = (x + width, y + height);
            let (path, thickness) = match character {
                '─' => (format!("M{x},{centre} H{right}"), 1.2),
                '━' => (format!("M{x},{centre} H{right}"), 3.0),
                '│' => (format!("M{middle},{y} V{bottom}"), 1.2),
                '┃' => (format!("M{middle},{y} V{bottom}"), 3.0),
                '╭' => (
                    format!("M{middle},{bottom} Q{middle},{centre} {right},{centre}"),
                    1.2,
                ),
                '╮' => (
                    format!("M{x},{centre} Q{middle},{centre} {middle},{bottom}"),
                    1.2,
                ),
                '╰' => (
                    format!("M{middle},{y} Q{middle},{centre} {right},{centre}"),
                    1.2,
                ),
                '╯' => (
                    format!("M{x},{centre} Q{middle},{centre} {middle},{y}"),
                    1.2,
                ),
                '╸' => (format!("M{x},{centre} H{middle}"), 3.0),
                '╵' => (format!("M{middle},{y} V{centre}"), 1.2),
                _ => return,
            };
            let _ = writeln!(
                svg,
                "<path d=\"{path}\" fill=\"none\" stroke=\"#{colour:06x}\" stroke-width=\"{thickness}\"/>"
            );
        }
    }
}

fn circle(svg: &mut String, (x, y): (f32, f32), radius: f32, colour: u32) {
    let _ = writeln!(
        svg,
        "<circle cx=\"{x}\" cy=\"{y}\" r=\"{radius}\" fill=\"#{colour:06x}\"/>"
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_and_weights_are_those_of_the_terminal() {
        let rows = cells(
            "a\u{1b}[1;38;5;214mb\u{1b}[7mc\u{1b}[0md\u{1b}[48;5;255;31me\u{1b}(B\n\u{1b}[39;49mf",
        );
        let look = |row: usize, column: usize| rows[row][column].1;
        assert_eq!(look(0, 0), Look::default());
        assert_eq!(
            (look(0, 1).foreground, look(0, 1).bold),
            (Some(0xff_af_00), true)
        );
        assert_eq!(look(0, 2).colours(), (BACKGROUND, Some(0xff_af_00)));
        assert_eq!(look(0, 3), Look::default());
        assert_eq!(look(0, 4).colours(), (0xcd_31_31, Some(0xee_ee_ee)));
        assert_eq!((rows[0].len(), rows[1].len()), (5, 1));
        assert_eq!(look(1, 0), Look::default());
        let mut look = Look::default();
        look.select(&[38, 2, 1, 2, 3, 103]);
        assert_eq!(
            (look.foreground, look.background),
            (Some(0x01_02_03), Some(SIXTEEN[11]))
        );
    }

    #[test]
    fn letters_are_escaped_and_shapes_are_shapes() {
        let picture = svg("a<&\n╭─█▁⠁⠈");
        assert!(picture.contains("a&lt;&amp;</text>"), "{picture}");
        assert_eq!(picture.matches("<text").count(), 1);
        // Two corners of a frame, and two dots in one.
        assert_eq!(picture.matches("<path").count(), 3);
        assert_eq!(picture.matches("h0").count(), 2);
        // The ground, and two bars.
        assert_eq!(picture.matches("<rect").count(), 3);
        assert!(svg("").starts_with("<svg"));
        svg("\u{1b}[\u{1b}\u{1b}[99999999999m\u{1b}[38;5m\u{1b}[48;2;1m");
    }
}
