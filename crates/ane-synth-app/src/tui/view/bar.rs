//! Bars of eighths of cells.

/// A part of a cell, filled from the left, in eighths.
const ACROSS: [char; 9] = [' ', '▏', '▎', '▍', '▌', '▋', '▊', '▉', '█'];
/// The same, filled from below.
const UP: [char; 9] = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// The cell so many from the left, of a bar across `cells` cells that is filled to `share` of them.
pub(crate) fn across(share: f32, cells: u16, at: u16) -> char {
    ACROSS[eighths(share, cells, at)]
}

/// The cell so many from below, of a bar up `cells` cells that is filled to `share` of them.
pub(crate) fn up(share: f32, cells: u16, at: u16) -> char {
    UP[eighths(share, cells, at)]
}

fn eighths(share: f32, cells: u16, at: u16) -> usize {
    // What is no number is nothing.
    let filled = (share.clamp(0.0, 1.0) * f32::from(cells) * 8.0).round() as i32;
    (filled - 8 * i32::from(at)).clamp(0, 8) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_are_filled_from_their_beginning() {
        let bar = |share| -> String { (0..4).map(|at| across(share, 4, at)).collect() };
        assert_eq!(bar(0.0), "    ");
        assert_eq!(bar(0.5), "██  ");
        assert_eq!(bar(0.53), "██▏ ");
        assert_eq!(bar(1.0), "████");
        assert_eq!(bar(9.0), "████");
        assert_eq!(bar(f32::NAN), "    ");
        assert_eq!(up(0.25, 2, 0), '▄');
        assert_eq!(up(0.25, 2, 1), ' ');
    }
}
