//! Samples of the past.

use super::CHUNK;

/// Rings are at least so long, so that the seam is met rarely.
const SHORTEST: usize = 32 * CHUNK;

/// A ring of the last samples, read and written a chunk at a time: always a whole one, so that the
/// copies have a fixed length; what of it has no meaning is not looked at or written over.
#[derive(Clone, Debug)]
pub(super) struct DelayLine {
    /// The ring, and its first chunk once more behind its end, so that no read wraps around.
    samples: Box<[f32]>,
    length: usize,
    next: usize,
}

impl DelayLine {
    /// For delays of up to `longest` samples.
    pub(super) fn new(longest: usize) -> Self {
        // A chunk may be read after it has been written, and one of no meaning lie behind it.
        let length = (longest + 2 * CHUNK).max(SHORTEST);
        Self {
            samples: vec![0.0; length + CHUNK].into(),
            length,
            next: 0,
        }
    }

    pub(super) fn clear(&mut self) {
        self.samples.fill(0.0);
        self.next = 0;
    }

    /// A chunk that begins `delay` samples before the next one to be written; it has a meaning as far
    /// as that one.
    #[inline(always)]
    pub(super) fn read(&self, delay: usize) -> &[f32; CHUNK] {
        let from = match self.next >= delay {
            true => self.next - delay,
            false => self.next + self.length - delay,
        };
        match self.samples[from..].first_chunk() {
            Some(chunk) => chunk,
            // Not reached: a chunk lies behind every place of the ring.
            None => &[0.0; CHUNK],
        }
    }

    /// Writes the first `length` samples of a chunk.
    #[inline(always)]
    pub(super) fn write(&mut self, chunk: &[f32; CHUNK], length: usize) {
        if self.next >= CHUNK && self.next + CHUNK <= self.length {
            self.samples[self.next..self.next + CHUNK].copy_from_slice(chunk);
        } else {
            self.write_at_the_seam(&chunk[..length]);
        }
        self.next += length;
        if self.next >= self.length {
            self.next -= self.length;
        }
    }

    fn write_at_the_seam(&mut self, samples: &[f32]) {
        for (i, &sample) in samples.iter().enumerate() {
            let place = (self.next + i) % self.length;
            self.samples[place] = sample;
            if place < CHUNK {
                self.samples[self.length + place] = sample;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_comes_back_after_its_delay() {
        for (longest, step) in [(40, 32), (100, 32), (100, 7), (33, 1), (200, 31)] {
            let mut line = DelayLine::new(longest);
            let mut written: Vec<f32> = Vec::new();
            let past = |written: &[f32], n: usize, delay: usize| {
                let place = n.checked_sub(delay);
                place.map_or(0.0, |place| written[place])
            };
            for n in (0..20 * longest).step_by(step) {
                for delay in [step, longest / 2 + step.min(16), longest] {
                    let chunk = line.read(delay);
                    for (i, &got) in chunk[..step.min(delay)].iter().enumerate() {
                        assert_eq!(got, past(&written, n + i, delay), "{longest} {step}");
                    }
                }
                let mut chunk = [f32::NAN; CHUNK];
                for (i, sample) in chunk[..step].iter_mut().enumerate() {
                    *sample = (n + i + 1) as f32;
                }
                line.write(&chunk, step);
                written.extend(&chunk[..step]);
                // After it has been written.
                for (i, &got) in line.read(longest + step)[..step].iter().enumerate() {
                    assert_eq!(got, past(&written, n + i, longest), "{longest} {step}");
                }
            }
        }
    }
}
