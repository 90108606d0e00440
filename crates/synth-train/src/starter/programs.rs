//! Which of the General MIDI programs each starter instrument stands in for.

use super::StarterKind::{self, Bowed, Flute, Reed};

/// First program of a run and the instrument that plays it up to the next run. Numbers from 0, in the
/// order of the General MIDI 1 sound set.
const RUNS: [(u8, StarterKind); 42] = [
    (0, Bowed),   // pianos
    (8, Flute),   // celesta to tubular bells: pure tones
    (15, Bowed),  // dulcimer
    (16, Reed),   // organs, accordions, harmonica
    (24, Bowed),  // guitars, basses, strings, ensembles, choirs
    (56, Reed),   // brass: its partials grow with blowing as a reed's do
    (72, Flute),  // pipes
    (80, Reed),   // square lead
    (81, Bowed),  // saw lead
    (82, Flute),  // calliope, chiff
    (84, Reed),   // charang
    (85, Flute),  // voice lead
    (86, Bowed),  // fifths
    (87, Reed),   // bass and lead
    (88, Flute),  // new age pad
    (89, Bowed),  // warm, polysynth
    (91, Flute),  // choir pad
    (92, Bowed),  // bowed pad
    (93, Reed),   // metallic pad
    (94, Flute),  // halo pad
    (95, Bowed),  // sweep pad
    (96, Flute),  // rain
    (97, Bowed),  // soundtrack
    (98, Flute),  // crystal
    (99, Bowed),  // atmosphere
    (100, Reed),  // brightness
    (101, Flute), // goblins
    (102, Bowed), // echoes
    (103, Reed),  // sci-fi
    (104, Bowed), // sitar, banjo, shamisen, koto
    (108, Flute), // kalimba
    (109, Reed),  // bagpipe
    (110, Bowed), // fiddle
    (111, Reed),  // shanai
    (112, Flute), // tinkle bell, agogo, steel drums, woodblock
    (116, Bowed), // drums
    (119, Flute), // reverse cymbal
    (120, Bowed), // fret noise
    (121, Flute), // breath, seashore, bird, telephone
    (125, Bowed), // helicopter
    (126, Flute), // applause
    (127, Bowed), // gunshot
];

/// The programs an instrument claims, rising.
pub(crate) fn programs(kind: StarterKind) -> Vec<u8> {
    let plays = |program: u8| {
        RUNS.iter()
            .rev()
            .find(|run| run.0 <= program)
            .map(|run| run.1)
    };
    (0..128)
        .filter(|&program| plays(program) == Some(kind))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_program_is_claimed_once() {
        let mut all: Vec<u8> = StarterKind::ALL.into_iter().flat_map(programs).collect();
        all.sort_unstable();
        assert!(all.into_iter().eq(0..128));
        assert!(RUNS.windows(2).all(|pair| pair[0].0 < pair[1].0));
    }

    #[test]
    fn families_go_where_they_belong() {
        let claims = |kind, range: std::ops::RangeInclusive<u8>| {
            let own = programs(kind);
            range.into_iter().all(|program| own.contains(&program))
        };
        assert!(claims(Bowed, 40..=55) && claims(Bowed, 0..=7));
        assert!(claims(Reed, 64..=71) && claims(Reed, 16..=23));
        assert!(claims(Flute, 72..=79));
    }
}
