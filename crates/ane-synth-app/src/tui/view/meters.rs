//! Level, load, voices.

use super::bar;
use super::canvas::{Canvas, wrapped};
use super::model::Model;
use super::theme::Role;
use crate::tui::analysis::{Level, SoundShown};
use crate::tui::link::{LoadShown, Snapshot};

/// The bottom of the level bars, and where they change their colour, in dBFS.
const LOWEST_DB: f32 = -60.0;
const HIGH_DB: f32 = -6.0;
/// The first row of the devices.
const PLACES: u16 = 7;
/// Cells of a level in figures: "-12.3 dB".
const FIGURES: u16 = 9;

/// Draws them in a panel.
pub(crate) fn draw(canvas: &mut Canvas<'_>, model: &Model) {
    let mut inside = canvas.panel("Level");
    levels(&mut inside, &model.sound);
    let sound = &model.sound;
    let (true_peak, most) = (shown(sound.true_peak), shown(sound.most_true_peak));
    inside.say(
        0,
        2,
        &format!("true peak {true_peak:>6}  most {most:>6} dBTP"),
        Role::Text,
    );
    let Some(seen) = model.snapshot.as_deref() else {
        return;
    };
    voices(&mut inside, seen);
    load(&mut inside, seen);
    places(&mut inside, seen);
}

/// What is played on and where the network runs, and why, where there is room.
fn places(canvas: &mut Canvas<'_>, seen: &Snapshot) {
    let width = usize::from(canvas.width());
    let device = format!("{} ({})", seen.audio_device.name, seen.audio_device.why);
    let mut y = PLACES;
    for (name, text) in [("audio device", &device), ("network", &seen.network)] {
        if y >= canvas.height() {
            return;
        }
        canvas.say(0, y, name, Role::Title);
        for line in wrapped(text, width) {
            y += 1;
            canvas.say(0, y, &line, Role::Text);
        }
        y += 2;
    }
}

/// Draws the two bars alone.
pub(crate) fn levels(canvas: &mut Canvas<'_>, sound: &SoundShown) {
    for (y, (name, side)) in ["L", "R"].into_iter().zip(&sound.sides).enumerate() {
        let y = y as u16;
        canvas.say(0, y, name, Role::Dim);
        let cells = canvas.width().saturating_sub(2 + FIGURES);
        let share = |level: Level| match level.db() {
            Some(db) => (db - LOWEST_DB) / -LOWEST_DB,
            None => 0.0,
        };
        let high = (((HIGH_DB - LOWEST_DB) / -LOWEST_DB) * f32::from(cells)) as u16;
        for x in 0..cells {
            let role = if x >= high { Role::High } else { Role::Level };
            let (character, role) = match bar::line(share(side.now), cells, x) {
                bar::REST => (bar::REST, Role::Line),
                filled => (filled, role),
            };
            canvas.cell(2 + x, y, character, canvas.style(role));
        }
        let held = share(side.held).clamp(0.0, 1.0);
        if held > 0.0 && cells > 0 {
            let x = ((held * f32::from(cells)) as u16).min(cells - 1);
            let role = if x >= high { Role::High } else { Role::Text };
            canvas.cell(2 + x, y, '┃', canvas.style(role));
        }
        let figures = format!("{} dB", shown(side.held));
        canvas.say_before(canvas.width(), y, &figures, Role::Text);
    }
}

/// A level in figures; silence has none.
fn shown(level: Level) -> String {
    match level.db() {
        Some(db) => format!("{db:.1}"),
        None => "-∞".to_owned(),
    }
}

fn voices(canvas: &mut Canvas<'_>, seen: &Snapshot) {
    let line = format!("voices {:>3} of {}", seen.voices, seen.most_voices);
    let end = canvas.say(0, 3, &line, Role::Text);
    let (text, role) = match seen.xruns {
        0 => ("  no dropouts".to_owned(), Role::Dim),
        1 => ("  1 dropout".to_owned(), Role::Wrong),
        many => (format!("  {many} dropouts"), Role::Wrong),
    };
    canvas.say(end, 3, &text, role);
}

fn load(canvas: &mut Canvas<'_>, seen: &Snapshot) {
    let Some(LoadShown { median, p99, most }) = seen.load else {
        canvas.say(0, 4, "load unknown", Role::Dim);
        return;
    };
    let share = |tenths: u32| format!("{}.{}", tenths / 10, tenths % 10);
    let line = format!(
        "load {} %  p99 {}  most {}",
        share(median),
        share(p99),
        share(most)
    );
    let is_high = seen.overruns > 0 || seen.shedding > 0;
    let role = if is_high { Role::Wrong } else { Role::Text };
    canvas.say(0, 4, &line, role);
    let line = match (seen.overruns, seen.shedding) {
        (0, 0) => return,
        (overruns, 0) => format!("{overruns} blocks took too long"),
        (overruns, level) => format!("{overruns} too long, shedding level {level}"),
    };
    canvas.say(0, 5, &line, Role::Wrong);
}
