//! The trainer's own random numbers, so that a seed means the same fit in every release.

/// SplitMix64: one 64-bit word of state, every seed a full-period stream.
///
/// Source: Steele, Lea, Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014, and
/// the public-domain reference implementation by S. Vigna.
#[derive(Clone, Debug)]
pub struct SplitMix64 {
    state: u64,
}

impl SplitMix64 {
    /// A stream that depends on nothing but `seed`.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self { state: seed }
    }

    /// A stream for one purpose: `(seed, purpose)` pairs do not share numbers.
    #[must_use]
    pub fn for_purpose(seed: u64, purpose: u64) -> Self {
        let mut start = Self::new(seed);
        let mixed = start.next_u64() ^ purpose.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        Self::new(Self::new(mixed).next_u64())
    }

    /// The next 64 bits.
    pub fn next_u64(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Uniform in `0.0..1.0`, 53 bits.
    pub fn uniform(&mut self) -> f64 {
        (self.next_u64() >> 11) as f64 * (1.0 / (1_u64 << 53) as f64)
    }

    /// Uniform in `low..high`.
    pub fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.uniform()
    }

    /// Uniform in `0..count`; 0 when `count` is 0.
    pub fn index(&mut self, count: usize) -> usize {
        // The high half of a 64 x 64 bit product: no division, bias below 2^-40 for any count in use.
        ((u128::from(self.next_u64()) * count as u128) >> 64) as usize
    }

    /// Standard normal (Box and Muller, 1958; the second value of a pair is not kept).
    pub fn normal(&mut self) -> f64 {
        let radius = (-2.0 * (1.0 - self.uniform()).ln()).sqrt();
        radius * (std::f64::consts::TAU * self.uniform()).cos()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_words_are_those_of_the_published_generator() {
        // Vigna's splitmix64.c from state 1234567.
        let mut stream = SplitMix64::new(1_234_567);
        assert_eq!(stream.next_u64(), 6_457_827_717_110_365_317);
        assert_eq!(stream.next_u64(), 3_203_168_211_198_807_973);
    }

    #[test]
    fn moments_and_ranges_are_right() {
        let mut stream = SplitMix64::for_purpose(1, 2);
        let count = 40_000;
        let (mut sum, mut squares) = (0.0, 0.0);
        let mut bins = [0_u32; 7];
        for _ in 0..count {
            let x = stream.normal();
            sum += x;
            squares += x * x;
            bins[stream.index(7)] += 1;
        }
        let n = f64::from(count);
        assert!((sum / n).abs() < 0.02);
        assert!((squares / n - 1.0).abs() < 0.03);
        assert!(
            bins.iter()
                .all(|&hits| (hits as f64 - n / 7.0).abs() < 400.0),
            "{bins:?}"
        );
    }

    #[test]
    fn purposes_do_not_share_a_stream() {
        let mut a = SplitMix64::for_purpose(5, 0);
        let mut b = SplitMix64::for_purpose(5, 1);
        assert!((0..64).all(|_| a.next_u64() != b.next_u64()));
    }
}
