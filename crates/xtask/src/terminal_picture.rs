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
    let rows = cells(capture);
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let (width, height) = (
        columns as f32 * CELL.0 + 2.0 * MARGIN,
        rows.len() as f32 * CELL.1 + 2.0 * MARGIN,
    );
    let mut svg = String::new();
    let _ = write!(
        svg,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" \
         height=\"{height}\" font-family=\"{FONTS}\" font-size=\"{FONT_SIZE}\">\n\
         <rect width=\"{width}\" height=\"{height}\" rx=\"8\" fill=\"#{BACKGROUND:06x}\"/>\n"
    );
    for (row, cells) in rows.iter().enumerate() {
        let y = MARGIN + row as f32 * CELL.1;
        backgrounds(&mut svg, cells, y);
        letters(&mut svg, cells, y);
    }
    svg.push_str("</svg>\n");
    svg
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
        "<rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" fill=\"#{colour:06x}\" \
         shape-rendering=\"crispEdges\"/>"
    );
}

/// Runs of letters that look the same; shapes between them.
fn letters(svg: &mut String, cells: &[(char, Look)], y: f32) {
    let mut x = 0;
    let is_one = |one: &(char, Look), other: &(char, Look)| {
        let same = one.1.colours().0 == other.1.colours().0 && one.1.bold == other.1.bold;
        same && is_letter(one.0) && is_letter(other.0)
    };
    for run in cells.chunk_by(is_one) {
        let (character, look) = run[0];
        let colour = look.colours().0;
        let left = MARGIN + x as f32 * CELL.0;
        x += run.len();
        if !is_letter(character) {
            if character != ' ' {
                shape(svg, character, (left, y), colour);
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

/// Frames, bars and dots.
fn shape(svg: &mut String, character: char, at: (f32, f32), colour: u32) {
    let ((x, y), (width, height)) = (at, CELL);
    let (middle, centre) = (x + width / 2.0, y + height / 2.0);
    let eighth = |character: char, first: char| (character as u32 - first as u32 + 1) as f32 / 8.0;
    match character {
        '\u{2588}' => rectangle(svg, at, CELL, colour),
        '\u{2581}'..='\u{2587}' => {
            let filled = height * eighth(character, '\u{2581}');
            rectangle(svg, (x, y + height - filled), (width, filled), colour);
        }
        '\u{2589}'..='\u{258f}' => {
            let filled = width * (1.0 - eighth(character, '\u{2589}'));
            rectangle(svg, at, (filled, height), colour);
        }
        '\u{2800}'..='\u{28ff}' => {
            let dots = character as u32 - 0x2800;
            // Bits by row: left, right (the Unicode standard, "Braille patterns").
            for (row, bits) in [(0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80)]
                .iter()
                .enumerate()
            {
                for (column, bit) in [bits.0, bits.1].iter().enumerate() {
                    if dots & bit != 0 {
                        let across = x + (column as f32 + 0.5) * width / 2.0;
                        let down = y + (row as f32 + 0.5) * height / 4.0;
                        circle(svg, (across, down), 1.5, colour);
                    }
                }
            }
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
        let picture = svg("a<&\n╭─█▁⠉");
        assert!(picture.contains("a&lt;&amp;</text>"), "{picture}");
        assert_eq!(picture.matches("<text").count(), 1);
        assert_eq!(picture.matches("<circle").count(), 2);
        assert_eq!(picture.matches("<path").count(), 2);
        // The ground, and two bars.
        assert_eq!(picture.matches("<rect").count(), 3);
        assert!(svg("").starts_with("<svg"));
        svg("\u{1b}[\u{1b}\u{1b}[99999999999m\u{1b}[38;5m\u{1b}[48;2;1m");
    }
}
