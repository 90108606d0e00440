//! Which instrument plays a program of a bank.

use synth_model::Instrument;

/// An instrument index for each of the 128 programs of each bank.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProgramMap {
    /// Bank 0, General MIDI's, which has an instrument for every program.
    general: [usize; 128],
    /// What other banks have of their own, ascending by bank and program.
    variations: Vec<((u16, u8), usize)>,
}

impl ProgramMap {
    /// Every program plays the same instrument.
    #[must_use]
    pub fn single(instrument: usize) -> Self {
        Self {
            general: [instrument; 128],
            variations: Vec::new(),
        }
    }

    /// Each program of bank 0 plays the instrument that claims it in its metadata, else the one that
    /// claims the nearest program number (General MIDI keeps families in blocks of eight); the first
    /// of two that claim the same. Without any claim everything plays the first.
    ///
    /// An instrument whose metadata names another bank plays its programs there; what a bank does not
    /// have of its own falls back to bank 0, as in Roland's GS and Yamaha's XG.
    #[must_use]
    pub fn by_programs(instruments: &[&Instrument]) -> Self {
        Self::by_claims(
            instruments
                .iter()
                .map(|i| (i.metadata.bank, i.metadata.programs.as_slice())),
        )
    }

    fn by_claims<'a>(claims: impl Iterator<Item = (u16, &'a [u8])>) -> Self {
        let mut distance = [u8::MAX; 128];
        let mut map = Self::single(0);
        for (instrument, (bank, programs)) in claims.enumerate() {
            for &claimed in programs {
                if bank != 0 {
                    map.variations.push(((bank, claimed), instrument));
                    continue;
                }
                for program in 0..=127u8 {
                    let away = program.abs_diff(claimed);
                    if away < distance[usize::from(program)] {
                        distance[usize::from(program)] = away;
                        map.general[usize::from(program)] = instrument;
                    }
                }
            }
        }
        // The sort is stable: the first claim stays first.
        map.variations.sort_by_key(|&(place, _)| place);
        map.variations.dedup_by_key(|&mut (place, _)| place);
        map
    }

    /// The instrument of a program (numbers above 127 count as 127) in a bank.
    ///
    /// # Realtime safety
    /// RT-safe.
    #[must_use]
    pub fn instrument(&self, bank: u16, program: u8) -> usize {
        let program = program.min(127);
        let variation = self
            .variations
            .binary_search_by_key(&(bank, program), |&(place, _)| place);
        match variation {
            Ok(at) => self.variations[at].1,
            Err(_) => self.general[usize::from(program)],
        }
    }

    /// The largest index in the map.
    #[must_use]
    pub fn highest(&self) -> usize {
        let variations = self.variations.iter().map(|&(_, instrument)| instrument);
        self.general
            .iter()
            .copied()
            .chain(variations)
            .max()
            .unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_nobody_claims_goes_to_the_nearest_claim() {
        let claims: [(u16, &[u8]); 3] = [(0, &[40, 41]), (0, &[64]), (0, &[73])];
        let map = ProgramMap::by_claims(claims.into_iter());
        assert_eq!(map.instrument(0, 0), 0);
        assert_eq!(map.instrument(0, 41), 0);
        assert_eq!(map.instrument(0, 60), 1);
        assert_eq!(map.instrument(0, 73), 2);
        assert_eq!(map.instrument(0, 127), 2);
        assert_eq!(map.highest(), 2);
    }

    #[test]
    fn without_claims_everything_plays_the_first() {
        let claims: [(u16, &[u8]); 2] = [(0, &[]), (0, &[])];
        assert_eq!(
            ProgramMap::by_claims(claims.into_iter()),
            ProgramMap::single(0)
        );
    }

    #[test]
    fn a_bank_has_its_own_programs_and_falls_back_to_bank_0() {
        let claims: [(u16, &[u8]); 4] = [(0, &[0]), (128, &[5, 2]), (128, &[5]), (3, &[7])];
        let map = ProgramMap::by_claims(claims.into_iter());
        assert_eq!(map.instrument(128, 5), 1, "the first claim");
        assert_eq!(map.instrument(128, 2), 1);
        assert_eq!(map.instrument(128, 7), 0);
        assert_eq!(map.instrument(3, 7), 3);
        assert_eq!(map.instrument(0, 7), 0);
        assert_eq!(map.instrument(16_383, 127), 0);
        assert_eq!(map.highest(), 3);
    }
}
