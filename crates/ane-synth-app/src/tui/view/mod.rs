//! The picture of a [`Model`]: a pure function of it and of the screen's size.

pub(crate) mod bar;
pub(crate) mod canvas;
mod frame;
pub(crate) mod knobs;
pub(crate) mod layout;
mod meters;
pub(crate) mod model;
pub(crate) mod overlay;
pub(crate) mod piano;
pub(crate) mod theme;
mod waves;

use ratatui::buffer::Buffer;

use canvas::Canvas;
use layout::places;
use model::Model;
use theme::Theme;

/// Draws it.
pub(crate) fn draw(buffer: &mut Buffer, model: &Model, theme: Theme) {
    let mut canvas = Canvas::new(buffer, theme);
    let places = places(canvas.width(), canvas.height(), model.view);
    frame::header(&mut canvas.part(places.header), model);
    knobs::draw(&mut canvas, &places, model);
    for (kind, area) in &places.views {
        waves::draw(&mut canvas.part(*area), *kind, model);
    }
    match places.has_borders {
        true => meters::draw(&mut canvas.part(places.meters), model),
        false => meters::levels(&mut canvas.part(places.meters), &model.sound),
    }
    if !places.messages.is_empty() {
        frame::messages(&mut canvas.part(places.messages), &model.lines);
    }
    let down = model.snapshot.as_deref().map_or(0, |seen| seen.keys_down);
    piano::draw(&mut canvas.part(places.piano), &model.hands, down);
    frame::status(&mut canvas.part(places.status), model);
    overlay::draw(&mut canvas, &model.overlay);
}

#[cfg(test)]
mod tests;
