//! Where everything stands on a screen of any size.

use ratatui::layout::Rect;
use synth_engine::Parameter;

use super::model::ViewKind;

/// A screen this large has room for all of it.
const FULL: (u16, u16) = (78, 24);
/// Columns that a parameter's knob needs.
const KNOB: u16 = 38;
/// Columns of the meters.
const METERS: u16 = 38;
/// From here on the three views of the sound stand side by side.
const ALL_VIEWS: u16 = 140;
/// Rows of the piano, of a usual and of a high screen.
const PIANO: u16 = 5;
const HIGH_PIANO: u16 = 8;
const HIGH: u16 = 40;
/// Rows of the messages on a high screen.
const MESSAGES: u16 = 8;

/// Where everything stands; what has no room has no area.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Places {
    pub(crate) header: Rect,
    pub(crate) knobs: Rect,
    /// How the knobs stand.
    pub(crate) knob_columns: u16,
    pub(crate) views: Vec<(ViewKind, Rect)>,
    pub(crate) meters: Rect,
    pub(crate) messages: Rect,
    pub(crate) piano: Rect,
    pub(crate) status: Rect,
    /// Whether panels have borders.
    pub(crate) has_borders: bool,
}

/// Where everything stands on a screen of this size, the view that is chosen among it.
pub(crate) fn places(width: u16, height: u16, chosen: ViewKind) -> Places {
    match width >= FULL.0 && height >= FULL.1 {
        true => full(width, height, chosen),
        false => small(width, height),
    }
}

fn full(width: u16, height: u16, chosen: ViewKind) -> Places {
    let mut rows = Rows::new(width, height);
    let knob_columns = ((width - 2) / KNOB).clamp(1, 4);
    let knob_rows = (Parameter::COUNT as u16).div_ceil(knob_columns) + 2;
    let is_high = height >= HIGH;
    let header = rows.take(1);
    let knobs = rows.take(knob_rows);
    let status = rows.take_last(2);
    let piano = rows.take_last(if is_high { HIGH_PIANO } else { PIANO });
    let messages = rows.take_last(if is_high { MESSAGES } else { 0 });
    let middle = rows.rest();
    let (left, meters) = split(middle, middle.width.saturating_sub(METERS));
    let views = match width >= ALL_VIEWS {
        true => {
            let third = left.width / 3;
            let (scope, rest) = split(left, third);
            let (spectrum, harmonics) = split(rest, third);
            vec![
                (ViewKind::Scope, scope),
                (ViewKind::Spectrum, spectrum),
                (ViewKind::Harmonics, harmonics),
            ]
        }
        false => vec![(chosen, left)],
    };
    Places {
        header,
        knobs,
        knob_columns,
        views,
        meters,
        messages,
        piano,
        status,
        has_borders: true,
    }
}

/// What matters most to somebody who plays comes first.
fn small(width: u16, height: u16) -> Places {
    let mut rows = Rows::new(width, height);
    let header = rows.take(u16::from(height >= 3));
    let status = rows.take_last(u16::from(height >= 2));
    let left = rows.left();
    let piano = rows.take_last(match left {
        0..=2 => left,
        3..=8 => left.saturating_sub(2).clamp(2, PIANO),
        _ => PIANO,
    });
    let meters = rows.take(rows.left().min(2));
    let knobs = rows.rest();
    Places {
        header,
        knobs,
        knob_columns: (width / KNOB).clamp(1, 4),
        meters,
        piano,
        status,
        ..Places::default()
    }
}

/// The left part, so wide, and the rest.
fn split(area: Rect, width: u16) -> (Rect, Rect) {
    let width = width.min(area.width);
    let left = Rect { width, ..area };
    let right = Rect {
        x: area.x + width,
        width: area.width - width,
        ..area
    };
    (left, right)
}

/// Rows that are given away from both ends.
struct Rows {
    width: u16,
    first: u16,
    end: u16,
}

impl Rows {
    fn new(width: u16, height: u16) -> Self {
        Self {
            width,
            first: 0,
            end: height,
        }
    }

    fn left(&self) -> u16 {
        self.end - self.first
    }

    fn take(&mut self, rows: u16) -> Rect {
        let rows = rows.min(self.left());
        self.first += rows;
        Rect::new(0, self.first - rows, self.width, rows)
    }

    fn take_last(&mut self, rows: u16) -> Rect {
        let rows = rows.min(self.left());
        self.end -= rows;
        Rect::new(0, self.end, self.width, rows)
    }

    fn rest(&mut self) -> Rect {
        self.take(self.left())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(places: &Places) -> Vec<Rect> {
        let mut areas = vec![
            places.header,
            places.knobs,
            places.meters,
            places.messages,
            places.piano,
            places.status,
        ];
        areas.extend(places.views.iter().map(|(_, area)| *area));
        areas.retain(|area| !area.is_empty());
        areas
    }

    #[test]
    fn nothing_overlaps_and_nothing_lies_outside() {
        for width in 0..=250 {
            for height in 0..=80 {
                let places = places(width, height, ViewKind::Spectrum);
                let areas = all(&places);
                for (at, area) in areas.iter().enumerate() {
                    assert!(area.right() <= width && area.bottom() <= height);
                    for other in &areas[at + 1..] {
                        assert!(!area.intersects(*other), "{width} x {height}: {places:?}");
                    }
                }
                let covered: u32 = areas.iter().map(|area| area.area()).sum();
                assert_eq!(covered, u32::from(width) * u32::from(height), "{places:?}");
            }
        }
    }

    #[test]
    fn a_usual_screen_has_room_for_everything() {
        let places = places(80, 24, ViewKind::Scope);
        assert_eq!(places.knob_columns, 2);
        assert_eq!((places.knobs.height, places.piano.height), (9, 5));
        assert!(places.meters.height >= 7 && places.meters.width >= METERS);
        assert_eq!(places.views.len(), 1);
        let large = super::places(200, 60, ViewKind::Scope);
        assert_eq!(large.views.len(), 3);
        assert!(large.messages.height > 0);
    }
}
