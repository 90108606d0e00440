//! From the gain each sample needs to a smooth gain that never exceeds it.
//!
//! Gains are integers here: sums of them are exact, so the smoothing neither drifts nor depends on
//! history, and unity comes back exactly.

/// Unity gain: 30 fractional bits.
pub(super) const UNITY: u32 = 1 << 30;

/// Running minimum, then release, then smoothing by two moving averages.
pub(super) struct GainPath {
    minimum: RunningMinimum,
    released: u32,
    /// Share of the distance to unity covered in one sample, 32 fractional bits.
    release_step: u64,
    averages: [MovingSum; 2],
    unity_sum: f64,
}

impl GainPath {
    /// `window` is the length of the running minimum, `smoothing` that of the averages together,
    /// `release` the release's time constant, all in samples.
    pub(super) fn new(window: usize, smoothing: usize, release: f64) -> Self {
        let first = smoothing.div_ceil(2);
        let second = smoothing + 1 - first;
        let unity = u64::from(UNITY);
        Self {
            minimum: RunningMinimum::new(window),
            released: UNITY,
            release_step: ((1.0 - (-1.0 / release).exp()) * 4_294_967_296.0).round() as u64,
            averages: [
                MovingSum::new(first, unity),
                MovingSum::new(second, unity * first as u64),
            ],
            unity_sum: (unity * (first * second) as u64) as f64,
        }
    }

    pub(super) fn reset(&mut self) {
        self.minimum.reset();
        self.released = UNITY;
        for average in &mut self.averages {
            average.reset();
        }
    }

    /// Whether the gain is unity and stays so while no sample needs less.
    pub(super) fn is_at_rest(&self) -> bool {
        self.released == UNITY
            && self.minimum.is_unity()
            && self.averages.iter().all(MovingSum::is_at_rest)
    }

    /// What so many calls of [`GainPath::next`] with unity would do, at rest.
    pub(super) fn rest(&mut self, samples: usize) {
        self.minimum.rest(samples);
    }

    /// Takes the gain the newest sample needs; returns a gain not above any needed by the samples
    /// from `smoothing - 1` to `window - 1` samples ago.
    #[inline]
    pub(super) fn next(&mut self, required: u32) -> f32 {
        let least = self.minimum.push(required);
        let distance = u64::from(UNITY - self.released);
        // At least one step of the fixed point, so that unity is reached and not only approached.
        let step = ((distance * self.release_step) >> 32).max(1).min(distance);
        self.released = (self.released + step as u32).min(least);
        let sum = self.averages[0].push(u64::from(self.released));
        let sum = self.averages[1].push(sum);
        (sum as f64 / self.unity_sum) as f32
    }
}

/// Minimum of the last `window` values, by a monotone queue in a fixed ring: its values rise from
/// the oldest to the newest, each with the index it came at.
struct RunningMinimum {
    window: u64,
    ring: Vec<(u64, u32)>,
    oldest: usize,
    length: usize,
    index: u64,
}

impl RunningMinimum {
    fn new(window: usize) -> Self {
        let capacity = (window + 1).next_power_of_two();
        Self {
            window: window as u64,
            ring: vec![(0, UNITY); capacity],
            oldest: 0,
            length: 0,
            index: 0,
        }
    }

    fn reset(&mut self) {
        self.length = 0;
        self.index = 0;
    }

    /// Whether all of the last values were unity.
    fn is_unity(&self) -> bool {
        match self.length {
            0 => true,
            1 => self.ring[self.oldest].1 == UNITY,
            _ => false,
        }
    }

    /// Pushes unity so many times, where it is all there is.
    fn rest(&mut self, values: usize) {
        if values > 0 {
            self.index += values as u64;
            self.ring[self.oldest] = (self.index - 1, UNITY);
            self.length = 1;
        }
    }

    #[inline]
    fn push(&mut self, value: u32) -> u32 {
        let mask = self.ring.len() - 1;
        while self.length > 0 && self.ring[(self.oldest + self.length - 1) & mask].1 >= value {
            self.length -= 1;
        }
        self.ring[(self.oldest + self.length) & mask] = (self.index, value);
        self.length += 1;
        if self.ring[self.oldest].0 + self.window <= self.index {
            self.oldest = (self.oldest + 1) & mask;
            self.length -= 1;
        }
        self.index += 1;
        self.ring[self.oldest].1
    }
}

/// Exact sum of the last values, begun as if the rest value had always come.
struct MovingSum {
    ring: Vec<u64>,
    next: usize,
    sum: u64,
    rest: u64,
}

impl MovingSum {
    fn new(length: usize, rest: u64) -> Self {
        Self {
            ring: vec![rest; length],
            next: 0,
            sum: rest * length as u64,
            rest,
        }
    }

    fn reset(&mut self) {
        self.ring.fill(self.rest);
        self.next = 0;
        self.sum = self.rest * self.ring.len() as u64;
    }

    /// Whether all values are the rest value, which none exceeds: then it makes no difference which is the next.
    fn is_at_rest(&self) -> bool {
        self.sum == self.rest * self.ring.len() as u64
    }

    #[inline]
    fn push(&mut self, value: u64) -> u64 {
        let gone = std::mem::replace(&mut self.ring[self.next], value);
        self.next += 1;
        if self.next == self.ring.len() {
            self.next = 0;
        }
        self.sum = self.sum - gone + value;
        self.sum
    }
}

#[cfg(test)]
mod tests {
    use super::{GainPath, RunningMinimum, UNITY};

    fn pseudo_random(seed: u64) -> impl FnMut() -> u32 {
        let mut state = seed;
        move || {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            (state >> 34) as u32
        }
    }

    #[test]
    fn running_minimum_equals_the_plain_one() {
        for window in [1, 2, 3, 7, 8, 64, 100] {
            let mut random = pseudo_random(window as u64);
            let values = (0..1000)
                .map(|i| if i % 50 < 20 { random() } else { UNITY })
                .collect::<Vec<_>>();
            let mut minimum = RunningMinimum::new(window);
            for (i, &value) in values.iter().enumerate() {
                let plain = values[(i + 1).saturating_sub(window)..=i]
                    .iter()
                    .min()
                    .copied();
                assert_eq!(
                    Some(minimum.push(value)),
                    plain,
                    "window {window}, sample {i}"
                );
            }
        }
    }

    #[test]
    fn gain_never_exceeds_what_a_sample_in_the_window_needs() {
        let (window, smoothing) = (40, 30);
        let mut path = GainPath::new(window, smoothing, 500.0);
        let mut random = pseudo_random(3);
        let mut needed = Vec::new();
        for i in 0..5000 {
            needed.push(if i % 97 < 5 { random() } else { UNITY });
            let gain = path.next(needed[i]);
            for back in (smoothing - 1..window).take_while(|&back| back <= i) {
                let limit = f64::from(needed[i - back]) / f64::from(UNITY);
                assert!(
                    f64::from(gain) <= limit * (1.0 + 1e-7),
                    "sample {i}, {back} back"
                );
            }
        }
    }

    #[test]
    fn resting_is_the_same_as_going_on_with_unity() {
        let mut random = pseudo_random(5);
        for window in [1, 40] {
            let (mut plain, mut rested) = (
                GainPath::new(window, 30, 20.0),
                GainPath::new(window, 30, 20.0),
            );
            let mut rests = 0;
            for stretch in 0..200 {
                let length = random() as usize % 700;
                if rested.is_at_rest() {
                    (0..length).for_each(|_| assert_eq!(plain.next(UNITY), 1.0));
                    rested.rest(length);
                    rests += 1;
                }
                for i in 0..length {
                    let needed = if (stretch + i) % 97 < 5 {
                        random()
                    } else {
                        UNITY
                    };
                    let needed = if i < 100 { needed } else { UNITY };
                    assert_eq!(
                        plain.next(needed),
                        rested.next(needed),
                        "{window} {stretch}"
                    );
                }
            }
            assert!(rests > 50, "{rests}");
        }
    }

    #[test]
    fn gain_returns_to_exactly_one() {
        let mut path = GainPath::new(40, 30, 4800.0);
        path.next(UNITY / 100);
        let gains = (0..4800 * 16).map(|_| path.next(UNITY)).collect::<Vec<_>>();
        assert!(
            gains[29..].windows(2).all(|pair| pair[0] <= pair[1]),
            "the way back rises"
        );
        assert_eq!(gains.last(), Some(&1.0));
    }
}
