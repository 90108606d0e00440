//! Takes off what no loudspeaker should hold: a constant.

use std::f64::consts::PI;

/// Far below the lowest note (27.5 Hz), which loses 0.2 dB.
const CORNER_HZ: f64 = 6.0;

/// A first-order high-pass at 6 Hz: a zero at DC and the matched pole. Samples that are NaN or infinite
/// count as silence.
#[derive(Clone, Copy, Debug)]
pub struct DcBlocker {
    gain: f32,
    pole: f32,
    input: f32,
    output: f32,
    non_finite: u64,
}

impl DcBlocker {
    /// One at rest, for one channel at `sample_rate_hz`.
    #[must_use]
    pub fn new(sample_rate_hz: u32) -> Self {
        let pole = (-2.0 * PI * CORNER_HZ / f64::from(sample_rate_hz)).exp();
        Self {
            gain: (0.5 * (1.0 + pole)) as f32,
            pole: pole as f32,
            input: 0.0,
            output: 0.0,
            non_finite: 0,
        }
    }

    /// Back to rest, nothing counted.
    ///
    /// # Realtime safety
    /// RT-safe: constant time.
    pub fn reset(&mut self) {
        self.input = 0.0;
        self.output = 0.0;
        self.non_finite = 0;
    }

    /// Filters in place.
    ///
    /// # Realtime safety
    /// RT-safe: no allocation, time bounded by the number of samples; denormal numbers are the caller's
    /// to flush. The same bits for any cutting into blocks.
    pub fn process(&mut self, samples: &mut [f32]) {
        for sample in samples {
            *sample = self.next(*sample);
        }
    }

    /// As [`DcBlocker::process`] does each, both channels of a stereo sound as far as the shorter one: one after
    /// the other they would take twice as long, as each sample waits for the one before.
    ///
    /// # Realtime safety
    /// As [`DcBlocker::process`].
    pub fn process_stereo(blockers: &mut [Self; 2], left: &mut [f32], right: &mut [f32]) {
        // Copied, so that what they remember stays in registers.
        let [mut left_blocker, mut right_blocker] = *blockers;
        for (left, right) in left.iter_mut().zip(right) {
            *left = left_blocker.next(*left);
            *right = right_blocker.next(*right);
        }
        *blockers = [left_blocker, right_blocker];
    }

    #[inline(always)]
    fn next(&mut self, sample: f32) -> f32 {
        let sample = match sample.is_finite() {
            true => sample,
            false => {
                self.non_finite += 1;
                0.0
            }
        };
        let difference = sample - self.input;
        self.input = sample;
        let output = self.gain * difference + self.pole * self.output;
        // Differences of samples near the largest float overflow.
        self.output = if output.is_finite() { output } else { 0.0 };
        self.output
    }

    /// NaN and infinite samples silenced since it was made or reset.
    #[must_use]
    pub fn non_finite_samples(&self) -> u64 {
        self.non_finite
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATES_HZ: [u32; 4] = [8_000, 44_100, 96_000, 192_000];

    #[test]
    fn two_channels_at_once_are_as_each_alone() {
        let samples = |seed: f32| -> Vec<f32> {
            (0..500)
                .map(|n| match n % 97 {
                    13 => f32::NAN,
                    n => (n as f32 * seed).sin(),
                })
                .collect()
        };
        let (mut left, mut right) = (samples(0.1), samples(0.3));
        let mut alone = [DcBlocker::new(48_000); 2];
        let mut together = alone;
        for block in [0..1, 1..70, 70..70, 70..500] {
            let (mut l, mut r) = (left[block.clone()].to_vec(), right[block.clone()].to_vec());
            DcBlocker::process_stereo(&mut together, &mut l, &mut r);
            alone[0].process(&mut left[block.clone()]);
            alone[1].process(&mut right[block.clone()]);
            assert_eq!((&l[..], &r[..]), (&left[block.clone()], &right[block]));
        }
        for (alone, together) in alone.iter().zip(&together) {
            assert_eq!(alone.non_finite, together.non_finite);
        }
    }

    #[test]
    fn a_constant_goes_and_notes_stay() {
        for rate_hz in RATES_HZ {
            let length = rate_hz as usize;
            let mut constant = vec![0.5; length];
            DcBlocker::new(rate_hz).process(&mut constant);
            assert!(constant[length - 1].abs() < 1e-6, "{rate_hz}");
            let tone =
                |n: usize, hz: f64| (2.0 * PI * hz * n as f64 / f64::from(rate_hz)).sin() as f32;
            for (hz, loss_db) in [(27.5, 0.23), (100.0, 0.02), (1_000.0, 0.001)] {
                let mut tone: Vec<f32> = (0..length).map(|n| tone(n, hz)).collect();
                let power = |samples: &[f32]| samples.iter().map(|x| f64::from(x * x)).sum::<f64>();
                let before = power(&tone[length / 2..]);
                DcBlocker::new(rate_hz).process(&mut tone);
                let lost_db = 10.0 * (before / power(&tone[length / 2..])).log10();
                assert!(lost_db.abs() < loss_db, "{hz} at {rate_hz}: {lost_db}");
            }
        }
    }

    #[test]
    fn what_is_no_number_is_silence_counted_and_forgotten() {
        let mut blocker = DcBlocker::new(44_100);
        let mut samples = [1.0, f32::NAN, f32::INFINITY, -f32::MAX, f32::MAX, 0.0, 0.0];
        blocker.process(&mut samples);
        assert!(samples.iter().all(|x| x.is_finite()));
        assert_eq!(blocker.non_finite_samples(), 2);
        let mut rest = vec![0.0; 441_000];
        blocker.process(&mut rest);
        assert!(rest[440_000].abs() < 1e-3);
        blocker.reset();
        assert_eq!(blocker.non_finite_samples(), 0);
    }

    #[test]
    fn blocks_do_not_change_a_bit() {
        let samples: Vec<f32> = (0..1_000).map(|n| ((n * 37) % 101) as f32 / 50.0).collect();
        let mut whole = samples.clone();
        DcBlocker::new(44_100).process(&mut whole);
        for block in [1, 7, 64] {
            let mut cut = samples.clone();
            let mut blocker = DcBlocker::new(44_100);
            cut.chunks_mut(block)
                .for_each(|chunk| blocker.process(chunk));
            assert_eq!(cut, whole);
        }
    }
}
