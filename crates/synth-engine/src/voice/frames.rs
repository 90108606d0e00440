//! Which control frames of a voice ask the network in a block.

use super::schedule::MOST_HOPS_LOG2;

/// A voice's control frames in the block that have a column, and how many hops the way to each takes.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct VoiceFrames {
    /// Where the voice's columns of this block begin in the room of all.
    first_column: usize,
    /// The frame of the lowest bit.
    first: u64,
    /// Frames by the binary logarithm of the hops, one bit each.
    asked: [u128; MOST_HOPS_LOG2 as usize + 1],
}

impl VoiceFrames {
    /// Frames of a block that starts with so many, at most.
    pub(crate) const MOST: usize = u128::BITS as usize;

    /// None yet, of a block whose first frame is `first` and whose first column is `first_column`.
    pub(crate) fn new(first: u64, first_column: usize) -> Self {
        Self {
            first_column,
            first,
            ..Self::default()
        }
    }

    /// Adds a frame that has a column, after those before it.
    pub(crate) fn add(&mut self, frame: u64, hops_log2: u8) {
        self.asked[usize::from(hops_log2)] |= 1 << (frame - self.first);
    }

    fn all(&self) -> u128 {
        self.asked.iter().fold(0, |all, frames| all | frames)
    }

    /// The number of the column of a frame and the hops that the way to it takes, if it has one.
    pub(crate) fn column(&self, frame: u64) -> Option<(usize, u64)> {
        let bit = self.bit(frame)?;
        let hops = self.asked.iter().position(|frames| frames & bit != 0)?;
        let before = (self.all() & (bit - 1)).count_ones() as usize;
        Some((self.first_column + before, 1 << hops))
    }

    /// The next frame after this one that has a column.
    pub(crate) fn next_after(&self, frame: u64) -> Option<u64> {
        // A block may begin between two frames.
        let after = match frame.checked_sub(self.first) {
            None => self.all(),
            Some(_) => self.all() & !(self.bit(frame)? | (self.bit(frame)? - 1)),
        };
        (after != 0).then(|| self.first + u64::from(after.trailing_zeros()))
    }

    /// The frames that have a column, those columns, and the hops that the way to each takes.
    pub(crate) fn columns(self) -> impl Iterator<Item = (u64, usize, u64)> {
        let first = self.first;
        let frames = (0..Self::MOST as u64).map(move |index| first.wrapping_add(index));
        frames.filter_map(move |frame| {
            let (column, hops) = self.column(frame)?;
            Some((frame, column, hops))
        })
    }

    /// The last of them.
    pub(crate) fn last(&self) -> Option<(u64, usize, u64)> {
        let last = (u128::BITS - 1).checked_sub(self.all().leading_zeros())?;
        let frame = self.first + u64::from(last);
        let (column, hops) = self.column(frame)?;
        Some((frame, column, hops))
    }

    fn bit(&self, frame: u64) -> Option<u128> {
        let index = frame.checked_sub(self.first)?;
        (index < Self::MOST as u64).then(|| 1 << index)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_numbered_in_order_of_their_frames() {
        let mut frames = VoiceFrames::new(5, 100);
        for (frame, hops_log2) in [(5, 0), (6, 1), (8, 2), (12, 0), (132, 0)] {
            frames.add(frame, hops_log2);
        }
        let columns: Vec<_> = frames.columns().collect();
        assert_eq!(
            columns,
            [
                (5, 100, 1),
                (6, 101, 2),
                (8, 102, 4),
                (12, 103, 1),
                (132, 104, 1)
            ]
        );
        assert_eq!(frames.column(6), Some((101, 2)));
        assert_eq!(frames.column(8), Some((102, 4)));
        for without in [0, 4, 7, 9, 133, 1000] {
            assert_eq!(frames.column(without), None);
        }
        let next: Vec<_> = [0, 4, 5, 6, 7, 8, 12, 131, 132, 133, 1000]
            .map(|frame| frames.next_after(frame))
            .into();
        let found = [5, 5, 6, 8, 8, 12, 132, 132].map(Some);
        assert_eq!(next[..8], found);
        assert_eq!(next[8..], [None; 3]);
        assert_eq!(frames.last(), columns.last().copied());
        assert_eq!(VoiceFrames::default().columns().count(), 0);
        assert_eq!(VoiceFrames::default().last(), None);
        assert_eq!(VoiceFrames::default().next_after(3), None);
    }
}
