//! The room that a piece is played in: `--room` and `--room-size`.

use synth_dsp::fx::room::RoomShape;

/// 0 is no room.
pub(crate) fn parse_amount(text: &str) -> Result<f32, String> {
    if text.eq_ignore_ascii_case("off") {
        return Ok(0.0);
    }
    parse_unit(text).map_err(|_| "must be off, or an amount from 0 to 1".to_owned())
}

pub(crate) fn parse_size(text: &str) -> Result<f32, String> {
    parse_unit(text).map_err(|_| "must lie within 0 (a small room) to 1 (a hall)".to_owned())
}

fn parse_unit(text: &str) -> Result<f32, ()> {
    match text.parse() {
        Ok(value) if (0.0..=1.0).contains(&value) => Ok(value),
        _ => Err(()),
    }
}

/// Reverberation time of a room of this size around 1 kHz.
pub(crate) fn reverberation_s(size: f32) -> f64 {
    RoomShape::new(size).t60_s(1_000.0)
}
