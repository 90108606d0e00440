//! `cargo bench -p synth-model --bench decode`: decoding 64 columns of answers.

mod answers;

use answers::Answers;
use divan::Bencher;

fn main() {
    divan::main();
}

#[divan::bench]
fn harmonics(bencher: Bencher<'_, '_>) {
    let mut answers = Answers::new();
    bencher.bench_local(|| answers.call_harmonics());
}

#[divan::bench]
fn noise(bencher: Bencher<'_, '_>) {
    let mut answers = Answers::new();
    bencher.bench_local(|| answers.call_noise());
}
