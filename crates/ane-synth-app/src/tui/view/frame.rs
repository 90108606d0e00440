//! What stands above and below everything: what is played on, how the keys work, what was told last.

use super::canvas::{Canvas, fitted, width_of};
use super::model::{Hands, Model};
use super::theme::Role;
use super::waves::note_name;
use crate::tui::link::{Snapshot, Told};

/// The first line.
pub(crate) fn header(canvas: &mut Canvas<'_>, model: &Model) {
    let end = canvas.say(1, 0, "ane-synth", Role::Title);
    let Some(seen) = model.snapshot.as_deref() else {
        return;
    };
    let place = place(seen);
    let room = canvas.width().saturating_sub(end + 3);
    let label = match &seen.preparing {
        Some(name) => format!("{name} is coming ..."),
        None => seen.instrument_label.clone(),
    };
    let label = fitted(&label, usize::from(room));
    let end = canvas.say(end + 2, 0, &format!("♪ {label}"), Role::Text);
    let right = canvas.width().saturating_sub(1);
    if end + width_of(&place) + 2 <= right {
        let role = match seen.audio_device.is_heard {
            true => Role::Dim,
            false => Role::Wrong,
        };
        canvas.say_before(right, 0, &place, role);
    }
}

/// What is played on, in few words.
fn place(seen: &Snapshot) -> String {
    let rate = f64::from(seen.sample_rate_hz) / 1000.0;
    let buffer_ms = 1e3 * f64::from(seen.buffer) / f64::from(seen.sample_rate_hz.max(1));
    let name = fitted(&seen.audio_device.name, 24);
    format!("{name} · {rate} kHz · {buffer_ms:.1} ms")
}

/// The last two lines, or the last one.
pub(crate) fn status(canvas: &mut Canvas<'_>, model: &Model) {
    let height = canvas.height();
    if height >= 2 {
        notice(canvas, model);
    }
    keys(canvas, height.saturating_sub(1), &model.hands);
}

fn notice(canvas: &mut Canvas<'_>, model: &Model) {
    let width = usize::from(canvas.width().saturating_sub(2));
    let learning = model.snapshot.as_deref().and_then(|seen| seen.learning);
    let (text, role) = match (&model.notice, learning) {
        (_, Some(parameter)) => {
            let name = parameter.info().name;
            let text = format!("{name} waits for a MIDI controller: move one, or press L again");
            (text, Role::High)
        }
        (Some(Told::Complaint(text)), _) => (format!("! {text}"), Role::Wrong),
        (Some(Told::Line(text)), _) => (text.clone(), Role::Text),
        (None, None) => match model.snapshot.as_deref() {
            Some(seen) => (where_it_plays(seen), Role::Dim),
            None => return,
        },
    };
    canvas.say(1, 0, &fitted(&text, width), role);
}

/// The devices, and why these.
fn where_it_plays(seen: &Snapshot) -> String {
    let midi = match seen.midi_inputs {
        0 => "no MIDI input".to_owned(),
        1 => "1 MIDI input".to_owned(),
        many => format!("{many} MIDI inputs"),
    };
    let device = &seen.audio_device;
    format!(
        "{} ({}) · {midi} · network: {}",
        device.name, device.why, seen.network
    )
}

fn keys(canvas: &mut Canvas<'_>, y: u16, hands: &Hands) {
    let name = |key: i16| u8::try_from(key).map(note_name).unwrap_or_default();
    let range = format!("{}-{}", name(hands.lowest), name(hands.lowest + 23));
    let mode = match (hands.latch, hands.tells_releases) {
        (true, _) => "HOLD: a key again ends its note",
        (false, true) => "notes last as long as keys are down",
        (false, false) => "notes end by themselves; A holds",
    };
    let left = format!("{range} · velocity {} · {mode}", hands.velocity);
    let right = "F1 help · Esc quit";
    let role = if hands.latch { Role::High } else { Role::Text };
    let width = canvas.width();
    let room = width.saturating_sub(width_of(right) + 4);
    if width_of(&left) <= room {
        canvas.say(1, y, &left, role);
    } else {
        // Shorter, and alone where need be.
        let room = if room < 20 {
            width.saturating_sub(1)
        } else {
            room
        };
        canvas.say(1, y, &fitted(&left, usize::from(room)), role);
        if room + 1 >= width {
            return;
        }
    }
    canvas.say_before(width.saturating_sub(1), y, right, Role::Dim);
}

/// The last lines that were told.
pub(crate) fn messages(canvas: &mut Canvas<'_>, lines: &[Told]) {
    let mut inside = canvas.panel("Told");
    let room = usize::from(inside.height());
    let width = usize::from(inside.width().saturating_sub(1));
    let first = lines.len().saturating_sub(room);
    for (y, line) in lines[first..].iter().enumerate() {
        let (text, role) = match line {
            Told::Line(text) => (text.clone(), Role::Text),
            Told::Complaint(text) => (format!("! {text}"), Role::Wrong),
        };
        inside.say(1, y as u16, &fitted(&text, width), role);
    }
}
