//! Which control frames of a voice ask the network in a block.

use std::ops::Range;

/// A voice's control frames in the block and the columns that belong to them.
///
/// Where columns are doubled, an even frame that begins doubled is ramped to in two hops, and the odd
/// one after it has no column.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct VoiceFrames {
    /// Where the voice's columns of this block begin in the room of all.
    first_column: usize,
    first: u64,
    end: u64,
    /// The first frame is the second half of a doubled one.
    half_way: bool,
    doubled: bool,
}

impl VoiceFrames {
    /// `half_way`: the voice's last frame was an even one that began doubled.
    pub(crate) fn new(
        frames: &Range<u64>,
        first_column: usize,
        half_way: bool,
        doubled: bool,
    ) -> Self {
        Self {
            first_column,
            first: frames.start,
            end: frames.end,
            half_way: half_way && frames.start % 2 == 1,
            doubled,
        }
    }

    /// Whether a frame of the block asks the network.
    pub(crate) fn has_column(&self, frame: u64) -> bool {
        match frame == self.first {
            true => !self.half_way,
            false => !(self.doubled && frame % 2 == 1),
        }
    }

    /// The number of the column of a frame of the block, if it has one.
    pub(crate) fn column(&self, frame: u64) -> Option<usize> {
        if !(self.first..self.end).contains(&frame) || !self.has_column(frame) {
            return None;
        }
        let of_first = u64::from(!self.half_way);
        let between = frame - self.first;
        // Even frames after the first, up to this one; or all of them.
        let after = match self.doubled {
            true => frame / 2 - self.first / 2,
            false => between,
        };
        let number = match between {
            0 => 0,
            _ => of_first + after - 1,
        };
        Some(self.first_column + number as usize)
    }

    /// The frames that have a column, and those columns.
    pub(crate) fn columns(self) -> impl Iterator<Item = (u64, usize)> {
        (self.first..self.end).filter_map(move |frame| Some((frame, self.column(frame)?)))
    }

    /// Whether the way to an even frame that begins in this block takes two hops.
    pub(crate) fn is_doubled(&self, frame: u64) -> bool {
        self.doubled && frame.is_multiple_of(2)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_frame_has_its_column_in_order() {
        let frames = VoiceFrames::new(&(5..9), 100, false, false);
        let columns: Vec<_> = frames.columns().collect();
        assert_eq!(columns, [(5, 100), (6, 101), (7, 102), (8, 103)]);
        assert_eq!((frames.column(4), frames.column(9)), (None, None));
        assert_eq!(VoiceFrames::default().columns().count(), 0);
    }

    #[test]
    fn doubled_ones_are_the_even_ones_whatever_the_blocks() {
        let columns = |range: Range<u64>, half_way, doubled| -> Vec<(u64, usize)> {
            let frames = VoiceFrames::new(&range, 0, half_way, doubled);
            frames.columns().collect()
        };
        assert_eq!(columns(4..9, false, true), [(4, 0), (6, 1), (8, 2)]);
        // An odd frame whose even one was not doubled keeps its column.
        assert_eq!(columns(5..9, false, true), [(5, 0), (6, 1), (8, 2)]);
        assert_eq!(columns(5..9, true, true), [(6, 0), (8, 1)]);
        // Doubling is over, but the way to frame 4 still takes frame 5 as well.
        assert_eq!(columns(5..8, true, false), [(6, 0), (7, 1)]);
        assert_eq!(columns(5..6, true, true), []);
        let frames = VoiceFrames::new(&(4..9), 0, false, true);
        assert!(frames.is_doubled(4) && !frames.is_doubled(5));
    }
}
