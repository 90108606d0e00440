//! Bars: lines across, and columns of eighths of cells.

/// What of a line is not filled.
pub(crate) const REST: char = '─';
/// A part of a cell, filled from below, in eighths.
const UP: [char; 9] = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// The cell so many from the left, of a line across `cells` cells that is filled to `share` of them, in halves.
pub(crate) fn line(share: f32, cells: u16, at: u16) -> char {
    match filled(share, cells, at, 2) {
        0 => REST,
        1 => '╸',
        _ => '━',
    }
}

/// The cell so many from below, of a bar up `cells` cells that is filled to `share` of them.
pub(crate) fn up(share: f32, cells: u16, at: u16) -> char {
    UP[filled(share, cells, at, 8)]
}

/// Parts of a cell that are filled, of so many.
fn filled(share: f32, cells: u16, at: u16, parts: i32) -> usize {
    // What is no number is nothing.
    let filled = (share.clamp(0.0, 1.0) * f32::from(cells) * parts as f32).round() as i32;
    (filled - parts * i32::from(at)).clamp(0, parts) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_are_filled_from_their_beginning() {
        let bar = |share| -> String { (0..4).map(|at| line(share, 4, at)).collect() };
        assert_eq!(bar(0.0), "────");
        assert_eq!(bar(0.5), "━━──");
        assert_eq!(bar(0.6), "━━╸─");
        assert_eq!(bar(1.0), "━━━━");
        assert_eq!(bar(9.0), "━━━━");
        assert_eq!(bar(f32::NAN), "────");
        assert_eq!(up(0.25, 2, 0), '▄');
        assert_eq!(up(0.25, 2, 1), ' ');
    }
}
