//! `cargo bench -p mil-runtime --bench network`: the network, at every level of this machine.

mod columns;

use std::fmt;

use columns::Columns;
use divan::Bencher;
use mil_runtime::cpu::Level;

const VOICES: [usize; 4] = [1, 8, 64, 512];

fn main() {
    divan::main();
}

struct Case {
    level: Level,
    voices: usize,
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, {} voices", self.level, self.voices)
    }
}

fn cases() -> impl Iterator<Item = Case> {
    let available = Level::ALL.into_iter().filter(|level| level.is_available());
    available.flat_map(|level| VOICES.map(|voices| Case { level, voices }))
}

#[divan::bench(args = cases())]
fn network(bencher: Bencher<'_, '_>, case: &Case) {
    let mut columns = Columns::new(case.level, case.voices).expect("the level is available");
    bencher.bench_local(|| columns.call());
}
