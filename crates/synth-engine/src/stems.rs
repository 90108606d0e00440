//! Where a renderer leaves each channel's own sound.

use crate::event::CHANNELS;

/// One block of every channel's stereo sound, as it goes into the mix: panned, with its noise, before
/// the limiter.
#[derive(Debug, Clone)]
pub struct Stems {
    channels: Vec<[Box<[f32]>; 2]>,
    length: usize,
}

impl Stems {
    /// Room for blocks of up to `max_frames` sample frames.
    #[must_use]
    pub fn new(max_frames: usize) -> Self {
        let room = || vec![0.0; max_frames].into_boxed_slice();
        Self {
            channels: (0..CHANNELS).map(|_| [room(), room()]).collect(),
            length: 0,
        }
    }

    /// Longest block that fits, in sample frames.
    #[must_use]
    pub fn max_frames(&self) -> usize {
        self.channels.first().map_or(0, |[left, _]| left.len())
    }

    /// The last block of a channel (0 to 15), left and right; empty for other numbers.
    ///
    /// # Realtime safety
    /// RT-safe.
    #[must_use]
    pub fn channel(&self, channel: usize) -> (&[f32], &[f32]) {
        match self.channels.get(channel) {
            Some([left, right]) => (&left[..self.length], &right[..self.length]),
            None => (&[], &[]),
        }
    }

    /// Begins a block of `length` frames, all silent.
    pub(crate) fn begin(&mut self, length: usize) {
        self.length = length;
        for side in self.channels.iter_mut().flatten() {
            side[..length].fill(0.0);
        }
    }

    pub(crate) fn write(&mut self, channel: usize, at: usize, left: &[f32], right: &[f32]) {
        let Some(sides) = self.channels.get_mut(channel) else {
            return;
        };
        for (side, samples) in sides.iter_mut().zip([left, right]) {
            side[at..at + samples.len()].copy_from_slice(samples);
        }
    }
}
