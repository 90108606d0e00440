//! The parameters as knobs.

use ratatui::layout::Rect;
use synth_engine::{Parameter, ParameterInfo};

use super::canvas::{Canvas, fitted};
use super::layout::Places;
use super::model::Model;
use super::theme::Role;

/// Cells of what stands beside a knob's bar.
const MARK: u16 = 2;
const NAME: u16 = 14;
const VALUE: u16 = 8;
const CONTROLLER: u16 = 5;
const BESIDE: u16 = MARK + NAME + 1 + 1 + VALUE + 1 + CONTROLLER;
/// A shorter bar is none.
const LEAST_BAR: u16 = 3;

/// Where knobs stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Grid {
    inside: Rect,
    columns: u16,
    rows: u16,
    /// The first knob that is drawn, where not all are.
    first: usize,
}

impl Grid {
    /// For the knobs' place on a screen; the one that is chosen is always seen.
    pub(crate) fn new(places: &Places, chosen: usize) -> Self {
        let area = places.knobs;
        let inside = match places.has_borders {
            true => Rect::new(
                area.x + 1,
                area.y + 1,
                area.width.saturating_sub(2),
                area.height.saturating_sub(2),
            ),
            false => area,
        };
        let columns = places.knob_columns.max(1);
        let count = Parameter::COUNT as u16;
        let rows = count.div_ceil(columns).min(inside.height);
        let seen = usize::from(rows * columns);
        let first = match seen >= Parameter::COUNT {
            true => 0,
            false => chosen
                .saturating_sub(seen / 2)
                .min(Parameter::COUNT - seen.min(Parameter::COUNT)),
        };
        Self {
            inside,
            columns,
            rows,
            first,
        }
    }

    /// Knobs and their places on the screen, column by column.
    pub(crate) fn knobs(&self) -> impl Iterator<Item = (usize, Rect)> + '_ {
        let width = self.inside.width / self.columns;
        (0..self.columns).flat_map(move |column| {
            (0..self.rows).filter_map(move |row| {
                let knob = self.first + usize::from(column * self.rows + row);
                let area = Rect::new(
                    self.inside.x + column * width,
                    self.inside.y + row,
                    width,
                    1,
                );
                (knob < Parameter::COUNT).then_some((knob, area))
            })
        })
    }

    /// The knob at a cell, and how far along its bar that is, from 0 to 1.
    pub(crate) fn knob_at(&self, x: u16, y: u16) -> Option<(usize, Option<f32>)> {
        let at =
            |(_, area): &(usize, Rect)| area.y == y && (area.x..area.x + area.width).contains(&x);
        let (knob, area) = self.knobs().find(at)?;
        let bar = bar(area.width);
        let begin = area.x + MARK + NAME + 1;
        let is_on_bar = bar > 0 && (begin..begin + bar).contains(&x);
        let way = is_on_bar.then(|| f32::from(x - begin) / f32::from((bar - 1).max(1)));
        Some((knob, way))
    }
}

fn bar(width: u16) -> u16 {
    let bar = width.saturating_sub(BESIDE);
    if bar < LEAST_BAR { 0 } else { bar }
}

/// Draws them.
pub(crate) fn draw(canvas: &mut Canvas<'_>, places: &Places, model: &Model) {
    if places.has_borders {
        let mut panel = canvas.part(places.knobs);
        panel.panel("Sound");
        let room = usize::from(panel.width().saturating_sub(6));
        panel.footnote(&explained(model.knob(), room), Role::Dim);
    }
    let grid = Grid::new(places, model.knob);
    for (knob, area) in grid.knobs() {
        let info = &Parameter::table()[knob];
        draw_one(&mut canvas.part(area), info, model, knob == model.knob);
    }
}

fn draw_one(canvas: &mut Canvas<'_>, info: &ParameterInfo, model: &Model, is_chosen: bool) {
    let parameter = info.parameter;
    let snapshot = model.snapshot.as_deref();
    let value = snapshot.map_or(info.default, |seen| seen.parameters.get(parameter));
    let controller = snapshot.and_then(|seen| seen.controllers[parameter as usize]);
    let learns = snapshot.is_some_and(|seen| seen.learning == Some(parameter));
    let role = if is_chosen { Role::Title } else { Role::Text };
    if is_chosen {
        canvas.say(0, 0, "▸", Role::Title);
    }
    let name = fitted(info.name, usize::from(NAME));
    canvas.say(MARK, 0, &name, role);
    let mut x = MARK + NAME + 1;
    let cells = bar(canvas.width());
    if cells > 0 {
        draw_bar(canvas, x, cells, info, value, is_chosen);
        x += cells + 1;
    }
    let shown = shown(info, value);
    canvas.say_before(x + VALUE, 0, &fitted(&shown, usize::from(VALUE)), role);
    x += VALUE + 1;
    if learns {
        canvas.say(x, 0, "CC ?", Role::High);
    } else if let Some(controller) = controller {
        canvas.say(x, 0, &format!("CC{controller}"), Role::Level);
    }
}

fn draw_bar(
    canvas: &mut Canvas<'_>,
    left: u16,
    cells: u16,
    info: &ParameterInfo,
    value: f32,
    is_chosen: bool,
) {
    let cell = |value: f32| {
        let way = info.way(value).clamp(0.0, 1.0);
        (way * f32::from(cells - 1)).round() as u16
    };
    let (at, rest) = (cell(value), cell(info.default));
    let (from, to) = (at.min(rest), at.max(rest));
    for x in 0..cells {
        // What differs from the default is thick.
        let (character, role) = match x {
            _ if x == at => ('●', if is_chosen { Role::High } else { Role::Level }),
            _ if (from..=to).contains(&x) => ('━', Role::Level),
            _ => ('─', Role::Line),
        };
        canvas.cell(left + x, 0, character, canvas.style(role));
    }
}

/// A value in few characters.
fn shown(info: &ParameterInfo, value: f32) -> String {
    // What has a unit has large numbers.
    let places = if info.unit.is_empty() { 100.0 } else { 10.0 };
    let value = (places * f64::from(value)).round() / places;
    // -0 is 0.
    let value = value + 0.0;
    match info.unit {
        "" => format!("{value}"),
        "semitones" => format!("{value} st"),
        "voices" => format!("{value}"),
        unit => format!("{value} {unit}"),
    }
}

/// What a parameter does and, where so many characters have room for it, what values it takes.
fn explained(info: &ParameterInfo, room: usize) -> String {
    let (low, high) = info.range;
    let description = info.description.trim_end_matches('.');
    let range = format!(" ({} to {})", shown(info, low), shown(info, high));
    match description.chars().count() + range.chars().count() <= room {
        true => format!("{description}{range}"),
        false => description.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::view::layout::places;
    use crate::tui::view::model::ViewKind;

    #[test]
    fn every_knob_has_its_place_and_is_found_there() {
        for (width, height) in [(80, 24), (120, 30), (200, 60), (78, 24)] {
            let places = places(width, height, ViewKind::Scope);
            let grid = Grid::new(&places, 0);
            let knobs: Vec<_> = grid.knobs().collect();
            assert_eq!(knobs.len(), Parameter::COUNT);
            for (knob, area) in knobs {
                assert!(area.right() <= width && bar(area.width) >= LEAST_BAR);
                let begin = area.x + MARK + NAME + 1;
                let end = begin + bar(area.width) - 1;
                assert_eq!(grid.knob_at(area.x, area.y), Some((knob, None)));
                assert_eq!(grid.knob_at(begin, area.y), Some((knob, Some(0.0))));
                assert_eq!(grid.knob_at(end, area.y), Some((knob, Some(1.0))));
            }
            assert_eq!(grid.knob_at(0, 0), None);
        }
    }

    #[test]
    fn where_not_all_have_room_the_chosen_one_has() {
        for height in 4..24 {
            let places = places(40, height, ViewKind::Scope);
            for chosen in 0..Parameter::COUNT {
                let grid = Grid::new(&places, chosen);
                let is_seen = grid.knobs().any(|(knob, _)| knob == chosen);
                assert!(is_seen || places.knobs.is_empty(), "{chosen} of {places:?}");
            }
        }
    }

    #[test]
    fn values_are_short() {
        for info in Parameter::table() {
            for value in [info.range.0, info.range.1, info.default, info.at(0.123)] {
                let text = shown(info, value);
                assert!(text.len() <= usize::from(VALUE), "{text}");
            }
        }
        assert_eq!(shown(Parameter::Brightness.info(), -0.001), "0");
    }
}
