//! White noise as a pure function of the sample index.

/// Odd constant nearest to 2^64 / golden ratio: the Weyl step of SplitMix64.
const WEYL_STEP: u64 = 0x9E37_79B9_7F4A_7C15;

/// Two independent streams of uniform white noise with zero mean and unit variance.
///
/// Counter-based: any sample can be had without those before it, so a silent stretch costs nothing
/// and does not change what follows. The hash is SplitMix64's output function (Steele, Lea and
/// Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014); its two halves feed the
/// two streams.
#[derive(Clone, Copy, Debug)]
pub struct WhiteNoise {
    base: u64,
}

impl WhiteNoise {
    /// Streams of their own for every `seed`.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        // Hashed, since neighbouring seeds must not give the same sequence shifted.
        Self {
            base: mix(seed ^ 0x6E6F_6973_655F_6275),
        }
    }

    /// Sample `index` of both streams, each uniform in ±√3.
    ///
    /// # Realtime safety
    /// RT-safe: a dozen integer operations.
    #[inline]
    #[must_use]
    pub const fn pair(&self, index: u64) -> [f32; 2] {
        let bits = mix(self.base.wrapping_add(index.wrapping_mul(WEYL_STEP)));
        [uniform((bits >> 32) as u32), uniform(bits as u32)]
    }
}

/// The 64-bit finaliser of SplitMix64 ("variant 13" of Stafford's mixers).
#[inline]
const fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

/// Maps 32 random bits to a uniform number of unit variance: ±1 times √3.
#[inline]
const fn uniform(bits: u32) -> f32 {
    const SCALE: f32 = (1.732_050_807_568_877_2 / 2_147_483_648.0) as f32;
    bits.cast_signed() as f32 * SCALE
}

#[cfg(test)]
mod tests {
    use super::WhiteNoise;

    #[test]
    fn streams_are_white_independent_and_of_unit_variance() {
        let white = WhiteNoise::new(7);
        let other = WhiteNoise::new(8);
        let samples = 200_000_u64;
        let mut moments = [0.0_f64; 7];
        for n in 0..samples {
            let [a, b] = white.pair(n).map(f64::from);
            let [a_next, _] = white.pair(n + 1).map(f64::from);
            let [c, _] = other.pair(n).map(f64::from);
            let [c_next, _] = other.pair(n + 1).map(f64::from);
            for (sum, value) in
                moments
                    .iter_mut()
                    .zip([a, b, a * a, b * b, a * b, a * a_next, a * c + a * c_next])
            {
                *sum += value;
            }
        }
        let mean = moments.map(|sum| sum / samples as f64);
        // One standard error of a mean of 2e5 samples is 0.0022.
        for (value, want) in mean.into_iter().zip([0.0, 0.0, 1.0, 1.0, 0.0, 0.0, 0.0]) {
            assert!((value - want).abs() < 0.012, "moments {mean:?}");
        }
    }

    #[test]
    fn a_seed_gives_the_same_sequence_every_time() {
        let bits = |seed, n| WhiteNoise::new(seed).pair(n).map(f32::to_bits);
        assert_eq!(bits(1, 123_456_789), bits(1, 123_456_789));
        assert_ne!(bits(1, 5), bits(2, 5));
    }
}
