//! `cargo bench -p synth-dsp --bench kernels`: oscillators and exponentials at every level of this machine; the
//! noise and the limiters on the level of `ANE_SYNTH_SIMD`, else the widest.

mod exponentials;
mod limiting;
mod noise;
mod oscillators;

use std::fmt;

use divan::Bencher;
use exponentials::Exponentials;
use limiting::Limiting;
use noise::Noise;
use oscillators::Oscillators;
use synth_dsp::simd::Level;

const PARTIALS: [usize; 2] = [16, 64];

fn main() {
    println!(
        "SIMD level of the noise and the limiters: {}",
        Level::detect()
    );
    divan::main();
}

struct Case {
    level: Level,
    partials: usize,
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, {} partials", self.level, self.partials)
    }
}

fn levels() -> impl Iterator<Item = Level> {
    Level::ALL.into_iter().filter(|level| level.is_available())
}

fn cases() -> impl Iterator<Item = Case> {
    levels().flat_map(|level| PARTIALS.map(|partials| Case { level, partials }))
}

#[divan::bench(args = cases())]
fn oscillators(bencher: Bencher<'_, '_>, case: &Case) {
    let mut voice = Oscillators::new(case.level, case.partials).expect("the level is available");
    bencher.bench_local(|| voice.call());
}

#[divan::bench(args = levels())]
fn exp2_slice(bencher: Bencher<'_, '_>, level: Level) {
    let mut values = Exponentials::new(level).expect("the level is available");
    bencher.bench_local(|| values.call_exp2());
}

#[divan::bench(args = levels())]
fn db_to_gain_slice(bencher: Bencher<'_, '_>, level: Level) {
    let mut values = Exponentials::new(level).expect("the level is available");
    bencher.bench_local(|| values.call_db_to_gain());
}

#[divan::bench]
fn noise_bus(bencher: Bencher<'_, '_>) {
    let mut noise = Noise::new();
    bencher.bench_local(|| noise.call());
}

#[divan::bench]
fn look_ahead_limiter(bencher: Bencher<'_, '_>) {
    let mut limiting = Limiting::look_ahead();
    bencher.bench_local(|| limiting.call());
}

#[divan::bench]
fn instant_limiter(bencher: Bencher<'_, '_>) {
    let mut limiting = Limiting::instant();
    bencher.bench_local(|| limiting.call());
}
