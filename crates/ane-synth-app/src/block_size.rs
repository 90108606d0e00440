//! How many samples are rendered at a time.

use std::str::FromStr;

const LARGEST: usize = 65_536;
/// Random sizes stay small enough that a short piece has many of them.
const LARGEST_RANDOM: u64 = 4_096;

/// Block sizes: always the same, or varying from a seed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BlockSize {
    Fixed(usize),
    Random { seed: u64 },
}

impl FromStr for BlockSize {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Some(seed) = text.strip_prefix("random:") {
            return match seed.parse() {
                Ok(seed) => Ok(Self::Random { seed }),
                Err(_) => Err("the seed after random: must be a whole number".to_owned()),
            };
        }
        match text.parse() {
            Ok(size) if (1..=LARGEST).contains(&size) => Ok(Self::Fixed(size)),
            _ => Err(format!("must be 1 to {LARGEST}, or random:SEED")),
        }
    }
}

impl BlockSize {
    /// The largest size that comes.
    pub(crate) fn largest(self) -> usize {
        match self {
            Self::Fixed(size) => size,
            Self::Random { .. } => LARGEST_RANDOM as usize,
        }
    }

    /// The sizes, one after another, without end.
    pub(crate) fn sizes(self) -> impl Iterator<Item = usize> {
        let mut state = match self {
            Self::Fixed(_) => 0,
            Self::Random { seed } => seed,
        };
        std::iter::repeat_with(move || match self {
            Self::Fixed(size) => size,
            Self::Random { .. } => 1 + (split_mix_64(&mut state) % LARGEST_RANDOM) as usize,
        })
    }
}

/// SplitMix64 (Steele, Lea, Flood: Fast splittable pseudorandom number generators, 2014).
fn split_mix_64(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let z = (*state ^ (*state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_as_asked() {
        let fixed: BlockSize = "7".parse().unwrap();
        assert!(fixed.sizes().take(5).eq([7; 5]));
        let random: BlockSize = "random:3".parse().unwrap();
        let sizes: Vec<usize> = random.sizes().take(1000).collect();
        assert!(
            sizes
                .iter()
                .all(|&size| (1..=random.largest()).contains(&size))
        );
        assert!(
            random.sizes().take(1000).eq(sizes.iter().copied()),
            "the same seed, other sizes"
        );
        let other = "random:4".parse::<BlockSize>().unwrap();
        assert!(!other.sizes().take(1000).eq(sizes.iter().copied()));
        assert!(sizes.iter().any(|&s| s < 200) && sizes.iter().any(|&s| s > 3900));
    }

    #[test]
    fn nonsense_is_refused() {
        for text in [
            "", "0", "65537", "-1", "random", "random:", "random:x", "1.5",
        ] {
            assert!(text.parse::<BlockSize>().is_err(), "{text}");
        }
    }
}
