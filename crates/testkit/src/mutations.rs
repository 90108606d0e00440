//! The mutation test of a reader: many damaged inputs, none of which may break it.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use crate::{Mutator, bounded_memory, mutation_count};

/// A mutation test: what is damaged, how often, and how much memory the reader may hold.
///
/// The test fails by a panic of the reader, which names the file the mutant was saved to; by an
/// abort when more memory is asked for (then `ANE_SYNTH_MUTANT_FILE=PATH` keeps each mutant in PATH
/// before it is tried, so that the last one is the culprit); or when every mutant is taken, or none,
/// because then one half of the reader was not tried.
#[derive(Clone, Copy, Debug)]
pub struct Mutations<'a> {
    /// Sound inputs, damaged in turn; each is also a donor for the others.
    pub inputs: &'a [Vec<u8>],
    /// Words of the format, spliced in.
    pub words: &'a [&'a [u8]],
    /// How many mutants there are unless `ANE_SYNTH_MUTATIONS` says otherwise.
    pub count: usize,
    /// Most memory, in bytes, live at once in the whole process above what was before, the mutant
    /// included.
    pub most_live_bytes: usize,
}

/// What came of a mutation test.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MutationTally {
    /// Mutants tried.
    pub tried: usize,
    /// Those that the reader took.
    pub taken: usize,
    /// The longest time that one mutant took, for the curious: nothing is judged by it.
    pub slowest: Duration,
}

impl Mutations<'_> {
    /// Hands every mutant to `take`, which reads it, uses what was read, and says whether it was
    /// taken; the sound inputs come first and must be.
    ///
    /// # Panics
    /// See the type; also when there is no input.
    pub fn run(&self, mut take: impl FnMut(&[u8]) -> bool) -> MutationTally {
        assert!(!self.inputs.is_empty(), "nothing to damage");
        for (index, input) in self.inputs.iter().enumerate() {
            assert!(take(input), "the sound input {index} was refused");
        }
        let all = self.words.iter().copied();
        let mut mutator = all
            .chain(self.inputs.iter().map(Vec::as_slice))
            .fold(Mutator::new(2026), Mutator::donor);
        let kept_at = std::env::var_os("ANE_SYNTH_MUTANT_FILE").map(PathBuf::from);
        let count = mutation_count(self.count);
        let tally = bounded_memory(self.most_live_bytes, || {
            let mut tally = MutationTally {
                tried: 0,
                taken: 0,
                slowest: Duration::ZERO,
            };
            let mut mutant = Vec::new();
            for number in 0..count {
                mutator.mutate(&self.inputs[number % self.inputs.len()], &mut mutant);
                if let Some(path) = &kept_at {
                    std::fs::write(path, &mutant).expect("ANE_SYNTH_MUTANT_FILE can be written");
                }
                let begun = Instant::now();
                let culprit = SavedOnPanic {
                    number,
                    mutant: &mutant,
                };
                let taken = take(&mutant);
                drop(culprit);
                tally.tried += 1;
                tally.taken += usize::from(taken);
                tally.slowest = tally.slowest.max(begun.elapsed());
            }
            tally
        });
        println!("{tally:?}");
        if count >= 1000 {
            assert!(
                0 < tally.taken && tally.taken < tally.tried,
                "one half of the reader was not tried: {tally:?}"
            );
        }
        tally
    }
}

/// Saves the mutant and says where when a panic passes by.
struct SavedOnPanic<'a> {
    number: usize,
    mutant: &'a [u8],
}

impl Drop for SavedOnPanic<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let Self { number, mutant } = *self;
            let name = format!("ane-synth-mutant-{}-{number}", std::process::id());
            let path = std::env::temp_dir().join(name);
            match std::fs::write(&path, mutant) {
                Ok(()) => eprintln!("mutant {number} is kept as {}", path.display()),
                Err(error) => eprintln!("mutant {number} is {mutant:02x?} ({error})"),
            }
        }
    }
}
