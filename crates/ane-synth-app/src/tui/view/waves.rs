//! Views of the sound: oscilloscope, spectrum, and the harmonics that the network gives to the last note.

use super::bar;
use super::canvas::Canvas;
use super::model::{Model, ViewKind};
use super::theme::Role;
use crate::tui::analysis::{HARMONICS_DB, SPECTRUM_DB, SPECTRUM_HZ, TRACE_MS};

/// The first of Unicode's Braille patterns, whose dots are bits.
const BRAILLE: u32 = 0x2800;
/// Bits of a pattern's dots, by column and row.
const DOTS: [[u32; 4]; 2] = [[0x01, 0x02, 0x04, 0x40], [0x08, 0x10, 0x20, 0x80]];
/// Frequencies that are named on the spectrum's axis.
const NAMED_HZ: [(f32, &str); 3] = [(100.0, "100"), (1000.0, "1k"), (10_000.0, "10k")];
/// Names of the keys of an octave.
const NAMES: [&str; 12] = [
    "C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B",
];

/// Draws one of them in a panel.
pub(crate) fn draw(canvas: &mut Canvas<'_>, kind: ViewKind, model: &Model) {
    let title = match kind {
        ViewKind::Scope => match model.sound.trace_gain {
            0 | 1 => format!("Oscilloscope, {TRACE_MS} ms"),
            gain => format!("Oscilloscope, {TRACE_MS} ms, {gain} times"),
        },
        ViewKind::Spectrum => format!("Spectrum, {SPECTRUM_DB} dB"),
        ViewKind::Harmonics => match &model.sound.harmonics {
            Some(harmonics) => format!(
                "64 harmonics of {}, {HARMONICS_DB} dB",
                note_name(harmonics.key)
            ),
            None => "64 harmonics of the last note".to_owned(),
        },
    };
    let mut inside = canvas.panel(&title);
    match kind {
        ViewKind::Scope => scope(&mut inside, &model.sound.trace),
        ViewKind::Spectrum => spectrum(&mut inside, &model.sound.spectrum),
        ViewKind::Harmonics => {
            let levels = model.sound.harmonics.as_ref().map(|seen| &seen.levels[..]);
            harmonics(&mut inside, levels.unwrap_or(&[]));
        }
    }
}

/// A key's name: C4 is 60.
pub(crate) fn note_name(key: u8) -> String {
    let octave = i16::from(key) / 12 - 1;
    format!("{}{octave}", NAMES[usize::from(key % 12)])
}

fn scope(canvas: &mut Canvas<'_>, trace: &[i8]) {
    let (width, height) = (canvas.width(), canvas.height());
    if width == 0 || height == 0 || trace.is_empty() {
        return;
    }
    let (columns, rows) = (usize::from(width) * 2, i32::from(height) * 4);
    let row_of = |value: i8| {
        let share = (1.0 - f32::from(value) / 127.0) / 2.0;
        ((share * (rows - 1) as f32).round() as i32).clamp(0, rows - 1)
    };
    let at = |column: usize| trace[column * (trace.len() - 1) / (columns - 1).max(1)];
    let mut patterns = vec![0_u32; usize::from(width) * usize::from(height)];
    let mut before = row_of(at(0));
    for column in 0..columns {
        let row = row_of(at(column));
        // A line from one point to the next.
        for dot in row.min(before)..=row.max(before) {
            let cell = (dot / 4) as usize * usize::from(width) + column / 2;
            patterns[cell] |= DOTS[column % 2][(dot % 4) as usize];
        }
        before = row;
    }
    let style = canvas.style(Role::Level);
    for (cell, pattern) in patterns.iter().enumerate() {
        if *pattern != 0 {
            let character = char::from_u32(BRAILLE + pattern).unwrap_or(' ');
            let (x, y) = (cell % usize::from(width), cell / usize::from(width));
            canvas.cell(x as u16, y as u16, character, style);
        }
    }
}

fn spectrum(canvas: &mut Canvas<'_>, bands: &[u8]) {
    let (width, height) = (canvas.width(), canvas.height());
    let axis = u16::from(height >= 3);
    let rows = height - axis;
    if width == 0 || rows == 0 || bands.is_empty() {
        return;
    }
    for x in 0..width {
        let from = usize::from(x) * bands.len() / usize::from(width);
        let to = (usize::from(x + 1) * bands.len()).div_ceil(usize::from(width));
        let highest = bands[from..to.max(from + 1)].iter().max();
        let share = f32::from(highest.copied().unwrap_or(0)) / f32::from(SPECTRUM_DB);
        column(canvas, x, rows, share);
    }
    if axis > 0 {
        let (low, high) = SPECTRUM_HZ;
        for (hz, name) in NAMED_HZ {
            let way = (hz / low).ln() / (high / low).ln();
            let x = (way * f32::from(width)) as u16;
            canvas.say(x, rows, &format!("╵{name}"), Role::Dim);
        }
        canvas.say_before(width, rows, "Hz", Role::Dim);
    }
}

fn harmonics(canvas: &mut Canvas<'_>, levels: &[u8]) {
    let (width, height) = (canvas.width(), canvas.height());
    let axis = u16::from(height >= 3);
    let rows = height - axis;
    if width == 0 || rows == 0 {
        return;
    }
    if levels.is_empty() {
        canvas.say(0, 0, "Play a note.", Role::Dim);
        return;
    }
    let count = levels.len() as u16;
    // As wide as all have room for; narrower screens show the first.
    let each = (width / count).max(1);
    for (place, level) in (0..count).zip(levels) {
        let share = f32::from(*level) / f32::from(HARMONICS_DB);
        let bar = if each > 2 { each - 1 } else { each };
        for x in 0..bar {
            column(canvas, place * each + x, rows, share);
        }
    }
    if axis > 0 {
        for harmonic in [1, 8, 16, 24, 32, 40, 48, 56, 64] {
            let x = (harmonic - 1) * each;
            let name = harmonic.to_string();
            if x + name.len() as u16 <= width && harmonic <= count {
                canvas.say(x, rows, &name, Role::Dim);
            }
        }
    }
}

fn column(canvas: &mut Canvas<'_>, x: u16, rows: u16, share: f32) {
    let style = canvas.style(Role::Level);
    for row in 0..rows {
        let character = bar::up(share, rows, row);
        if character != ' ' {
            canvas.cell(x, rows - 1 - row, character, style);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notes_have_names() {
        for (key, name) in [(0, "C-1"), (60, "C4"), (61, "C#4"), (69, "A4"), (127, "G9")] {
            assert_eq!(note_name(key), name);
        }
    }
}
