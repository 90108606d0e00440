//! Inputs damaged at random, for tests of readers: seeded, so that a finding can be made again.

/// How many mutants a test runs: `default`, or what the environment variable
/// `ANE_SYNTH_MUTATIONS` says.
///
/// # Panics
/// If the variable is no number.
pub fn mutation_count(default: usize) -> usize {
    std::env::var("ANE_SYNTH_MUTATIONS").map_or(default, |text| {
        text.parse()
            .unwrap_or_else(|_| panic!("ANE_SYNTH_MUTATIONS={text:?} is no number"))
    })
}

/// Damages byte strings; the same seed and inputs give the same mutants.
///
/// ```
/// let mut mutator = testkit::Mutator::new(7);
/// let mut mutant = Vec::new();
/// mutator.mutate(b"MThd\0\0\0\x06", &mut mutant);
/// ```
#[derive(Clone, Debug)]
pub struct Mutator {
    /// SplitMix64 (Steele, Lea, Flood, 2014).
    state: u64,
    donors: Vec<Vec<u8>>,
}

/// Values at which readers go wrong: ends of ranges, status bytes, digits and marks of text.
const TELLING_BYTES: [u8; 24] = [
    0x00, 0x01, 0x02, 0x06, 0x10, 0x20, 0x2F, 0x3F, 0x40, 0x51, 0x7F, 0x80, 0x81, 0x90, 0xB0, 0xF0,
    0xF7, 0xFE, 0xFF, b'0', b'9', b'-', b'"', b'}',
];

/// So much may a mutant be longer than twice its input.
const MOST_GROWTH: usize = 1024;

impl Mutator {
    /// A mutator whose mutants depend on `seed` and on the calls made.
    pub fn new(seed: u64) -> Self {
        Self {
            state: seed,
            donors: Vec::new(),
        }
    }

    /// Adds a byte string from which pieces are spliced into inputs: another input, or a word of
    /// the format.
    pub fn donor(mut self, bytes: &[u8]) -> Self {
        if !bytes.is_empty() {
            self.donors.push(bytes.to_vec());
        }
        self
    }

    /// Writes a damaged copy of `input` into `out`, whose content is replaced. Half of the mutants
    /// have one damage, the others up to eight. A damage may leave the bytes as they were.
    pub fn mutate(&mut self, input: &[u8], out: &mut Vec<u8>) {
        out.clear();
        out.extend(input);
        let longest = 2 * input.len() + MOST_GROWTH;
        let damages = match self.below(2) {
            0 => 1,
            _ => 2 + self.below(7),
        };
        for _ in 0..damages {
            self.damage(out);
            out.truncate(longest);
        }
    }

    fn damage(&mut self, out: &mut Vec<u8>) {
        if out.is_empty() {
            let byte = self.byte();
            out.push(byte);
            return;
        }
        let at = self.place(out.len());
        match self.below(32) {
            0..=5 => out[at] ^= 1 << self.below(8),
            6..=11 => out[at] = self.byte(),
            12..=19 => self.edit_integer(out),
            20 => out.truncate(at),
            21..=22 => {
                let count = self.stretch(64);
                let bytes: Vec<u8> = match self.below(2) {
                    0 => vec![self.byte(); count],
                    _ => (0..count).map(|_| self.byte()).collect(),
                };
                out.splice(at..at, bytes);
            }
            23..=24 => {
                let to = (at + self.stretch(64)).min(out.len());
                out.drain(at..to);
            }
            25..=26 => {
                let to = (at + self.stretch(out.len())).min(out.len());
                let block = out[at..to].to_vec();
                let target = self.place(out.len() + 1);
                out.splice(target..target, block);
            }
            27..=28 => {
                let to = (at + self.stretch(out.len())).min(out.len());
                let block: Vec<u8> = out.drain(at..to).collect();
                let target = self.place(out.len() + 1);
                out.splice(target..target, block);
            }
            29 => {
                let to = (at + self.stretch(64)).min(out.len());
                let byte = self.byte();
                out[at..to].fill(byte);
            }
            _ => self.splice(out, at),
        }
    }

    /// Puts a piece of a donor in at `at`, over what is there or between; a piece of the input
    /// itself where there is no donor.
    fn splice(&mut self, out: &mut Vec<u8>, at: usize) {
        let chosen = self.below(self.donors.len());
        let length = self.donors.get(chosen).map_or(out.len(), Vec::len);
        let from = self.place(length);
        let range = match self.below(3) {
            // A short donor is a word of the format: whole.
            0 => 0..length,
            1 => from..length,
            _ => from..(from + self.stretch(length)).min(length),
        };
        let piece = self.donors.get(chosen).unwrap_or(out)[range].to_vec();
        let to = match self.below(3) {
            0 => at,
            1 => (at + piece.len()).min(out.len()),
            _ => out.len(),
        };
        out.splice(at..to, piece);
    }

    /// Changes an integer of 2, 4 or 8 bytes, in either byte order, to a neighbour, a multiple, an
    /// end of its range or a length near the input's own.
    fn edit_integer(&mut self, out: &mut [u8]) {
        let width = [2, 4, 8][self.below(3)];
        if out.len() < width {
            return;
        }
        let mut at = self.place(out.len() - width + 1);
        if self.below(2) == 0 {
            at -= at % width;
        }
        let big_endian = self.below(2) == 0;
        let length = out.len() as u64;
        let field = &mut out[at..at + width];
        let bits = 8 * width as u32;
        let old = field.iter().enumerate().fold(0_u64, |value, (i, &byte)| {
            let shift = if big_endian { width - 1 - i } else { i };
            value | u64::from(byte) << (8 * shift)
        });
        let most = u64::MAX >> (64 - bits);
        let small = 1 + self.below(16) as u64;
        let new = match self.below(10) {
            0 => old.wrapping_add(small),
            1 => old.wrapping_sub(small),
            2 => old << self.below(8),
            3 => old >> self.below(8),
            4 => most - self.below(3) as u64,
            5 => (most >> 1).wrapping_add(self.below(3) as u64),
            6 => self.below(3) as u64,
            7 => length
                .wrapping_sub(at as u64)
                .wrapping_add(small)
                .wrapping_sub(8),
            8 => length.wrapping_add(small).wrapping_sub(8),
            _ => 1 << self.below(bits as usize),
        };
        for (i, byte) in field.iter_mut().enumerate() {
            let shift = if big_endian { width - 1 - i } else { i };
            *byte = (new >> (8 * shift)) as u8;
        }
    }

    fn byte(&mut self) -> u8 {
        match self.below(2) {
            0 => TELLING_BYTES[self.below(TELLING_BYTES.len())],
            _ => self.next() as u8,
        }
    }

    /// A place below `length`; half of them near the beginning, where headers are.
    fn place(&mut self, length: usize) -> usize {
        match self.below(2) {
            0 => self.below(length.min(256)),
            _ => self.below(length),
        }
    }

    /// A length of 1 to `most`, short ones more often.
    fn stretch(&mut self, most: usize) -> usize {
        let most = 1 + self.below(most.max(1));
        1 + self.below(most)
    }

    fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound.max(1) as u64) as usize
    }

    fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let z = (self.state ^ (self.state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mutants(seed: u64, input: &[u8], count: usize) -> Vec<Vec<u8>> {
        let mut mutator = Mutator::new(seed).donor(b"DONOR");
        let mut mutant = Vec::new();
        (0..count)
            .map(|_| {
                mutator.mutate(input, &mut mutant);
                mutant.clone()
            })
            .collect()
    }

    #[test]
    fn the_seed_alone_decides() {
        let input: Vec<u8> = (0..200).collect();
        assert_eq!(mutants(3, &input, 100), mutants(3, &input, 100));
        assert_ne!(mutants(3, &input, 100), mutants(4, &input, 100));
    }

    #[test]
    fn every_kind_of_damage_happens_and_growth_is_bounded() {
        let input: Vec<u8> = (0..=255).cycle().take(300).collect();
        let all = mutants(1, &input, 20_000);
        let any = |what: &str, found: &dyn Fn(&[u8]) -> bool| {
            assert!(all.iter().any(|mutant| found(mutant)), "{what}");
        };
        let differing = |mutant: &[u8]| mutant.iter().zip(&input).filter(|(a, b)| a != b).count();
        any("one bit", &|m| {
            let bits: u32 = m
                .iter()
                .zip(&input)
                .map(|(a, b)| (a ^ b).count_ones())
                .sum();
            m.len() == input.len() && bits == 1
        });
        any("truncation", &|m| m.len() < 290 && input.starts_with(m));
        any("deletion", &|m| m.len() < 300 && m.ends_with(&input[200..]));
        any("insertion", &|m| {
            m.len() > 300 && m.ends_with(&input[200..])
        });
        any("a donor", &|m| m.windows(5).any(|w| w == b"DONOR"));
        any("a long copy", &|m| m.len() > 500);
        any("eight bytes at once", &|m| {
            m.len() == input.len() && differing(m) == 8
        });
        let longest = all.iter().map(Vec::len).max().unwrap();
        assert!(longest <= 2 * input.len() + MOST_GROWTH, "{longest}");
        let same = all.iter().filter(|&mutant| *mutant == input).count();
        assert!(same < all.len() / 20, "{same} mutants are no mutants");
    }

    #[test]
    fn the_last_byte_and_the_shortest_inputs_are_reached() {
        for length in 0..12 {
            let input = vec![0x55; length];
            let all = mutants(9, &input, 2_000);
            assert!(all.iter().any(|mutant| *mutant != input));
            if let Some(last) = length.checked_sub(1) {
                assert!(all.iter().any(|mutant| {
                    mutant.len() == length && mutant[..last] == input[..last] && *mutant != input
                }));
            }
        }
    }
}
