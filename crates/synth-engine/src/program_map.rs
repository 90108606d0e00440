//! Which instrument plays a General MIDI program.

use synth_model::Instrument;

/// An instrument index for each of the 128 General MIDI programs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProgramMap {
    instruments: [usize; 128],
}

impl ProgramMap {
    /// Every program plays the same instrument.
    #[must_use]
    pub fn single(instrument: usize) -> Self {
        Self {
            instruments: [instrument; 128],
        }
    }

    /// Each program plays the instrument that claims it in its metadata, else the one that claims
    /// the nearest program number (General MIDI keeps families in blocks of eight); the first of
    /// two that claim the same. Without any claim everything plays the first.
    #[must_use]
    pub fn by_programs(instruments: &[&Instrument]) -> Self {
        Self::by_claims(instruments.iter().map(|i| i.metadata.programs.as_slice()))
    }

    fn by_claims<'a>(claims: impl Iterator<Item = &'a [u8]>) -> Self {
        let mut distance = [u8::MAX; 128];
        let mut map = Self::single(0);
        for (instrument, programs) in claims.enumerate() {
            for &claimed in programs {
                for program in 0..=127u8 {
                    let away = program.abs_diff(claimed);
                    if away < distance[usize::from(program)] {
                        distance[usize::from(program)] = away;
                        map.instruments[usize::from(program)] = instrument;
                    }
                }
            }
        }
        map
    }

    /// The instrument of a program (numbers above 127 count as 127).
    ///
    /// # Realtime safety
    /// RT-safe.
    #[must_use]
    pub fn instrument(&self, program: u8) -> usize {
        self.instruments[usize::from(program.min(127))]
    }

    /// The largest index in the map.
    #[must_use]
    pub fn highest(&self) -> usize {
        self.instruments.iter().copied().max().unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_nobody_claims_goes_to_the_nearest_claim() {
        let claims: [&[u8]; 3] = [&[40, 41], &[64], &[73]];
        let map = ProgramMap::by_claims(claims.into_iter());
        assert_eq!(map.instrument(0), 0);
        assert_eq!(map.instrument(41), 0);
        assert_eq!(map.instrument(60), 1);
        assert_eq!(map.instrument(73), 2);
        assert_eq!(map.instrument(127), 2);
        assert_eq!(map.highest(), 2);
    }

    #[test]
    fn without_claims_everything_plays_the_first() {
        let claims: [&[u8]; 2] = [&[], &[]];
        assert_eq!(
            ProgramMap::by_claims(claims.into_iter()),
            ProgramMap::single(0)
        );
    }
}
