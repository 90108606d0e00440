//! Samples of the past.

/// A ring of the last samples.
#[derive(Clone, Debug)]
pub(super) struct DelayLine {
    ring: Box<[f32]>,
    next: usize,
}

impl DelayLine {
    /// For delays of up to `longest` samples, read `chunk` at a time.
    pub(super) fn new(longest: usize, chunk: usize) -> Self {
        Self {
            ring: vec![0.0; longest + chunk].into(),
            next: 0,
        }
    }

    pub(super) fn clear(&mut self) {
        self.ring.fill(0.0);
        self.next = 0;
    }

    /// The two stretches of the ring that hold the `length` samples which begin `delay` before the
    /// next one to be written.
    #[inline(always)]
    fn stretches(&self, delay: usize, length: usize) -> (&[f32], &[f32]) {
        let from = match self.next >= delay {
            true => self.next - delay,
            false => self.next + self.ring.len() - delay,
        };
        let first = length.min(self.ring.len() - from);
        (&self.ring[from..from + first], &self.ring[..length - first])
    }

    /// Reads the samples that the next `out.len()` ones to be written come `delay` after; `delay` is at
    /// least `out.len()`.
    #[inline(always)]
    pub(super) fn read(&self, delay: usize, out: &mut [f32]) {
        let (first, rest) = self.stretches(delay, out.len());
        let (out_first, out_rest) = out.split_at_mut(first.len());
        out_first.copy_from_slice(first);
        out_rest.copy_from_slice(rest);
    }

    /// [`DelayLine::read`], scaled and added.
    #[inline(always)]
    pub(super) fn add(&self, delay: usize, gain: f32, out: &mut [f32]) {
        let (first, rest) = self.stretches(delay, out.len());
        let (out_first, out_rest) = out.split_at_mut(first.len());
        for (out, stretch) in [(out_first, first), (out_rest, rest)] {
            for (out, sample) in out.iter_mut().zip(stretch) {
                *out += gain * sample;
            }
        }
    }

    #[inline(always)]
    pub(super) fn write(&mut self, samples: &[f32]) {
        let first = samples.len().min(self.ring.len() - self.next);
        let (begin, wrapped) = samples.split_at(first);
        self.ring[self.next..self.next + first].copy_from_slice(begin);
        self.ring[..wrapped.len()].copy_from_slice(wrapped);
        self.next = (self.next + samples.len()) % self.ring.len();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_comes_back_after_its_delay() {
        for (longest, chunk, step) in [(10, 4, 4), (10, 4, 3), (33, 8, 5), (8, 8, 8)] {
            let mut line = DelayLine::new(longest, chunk);
            let mut written = Vec::new();
            for n in 0..60_usize {
                for delay in [step, longest / 2 + 1, longest] {
                    if delay < step {
                        continue;
                    }
                    let mut out = vec![f32::NAN; step];
                    line.read(delay, &mut out);
                    let mut sum = vec![1.0; step];
                    line.add(delay, 2.0, &mut sum);
                    for (i, (got, sum)) in out.into_iter().zip(sum).enumerate() {
                        let place = (n * step + i).checked_sub(delay);
                        let expected = place.map_or(0.0, |place| written[place]);
                        assert_eq!((got, sum), (expected, 1.0 + 2.0 * expected));
                    }
                }
                let samples: Vec<f32> = (0..step).map(|i| (n * step + i + 1) as f32).collect();
                line.write(&samples);
                written.extend(samples);
            }
        }
    }
}
