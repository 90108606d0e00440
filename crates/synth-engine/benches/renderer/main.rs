//! `cargo bench -p synth-engine --bench renderer`: blocks of the whole renderer, on the level of
//! `ANE_SYNTH_SIMD`, else the widest.

mod held_notes;

use divan::Bencher;
use held_notes::HeldNotes;
use mil_runtime::cpu::Level;

fn main() {
    println!("SIMD level: {}", Level::detect());
    divan::main();
}

#[divan::bench(args = [1, 8, 64])]
fn voices(bencher: Bencher<'_, '_>, voices: usize) {
    let mut held = HeldNotes::new(voices).expect("the shipped instrument plays");
    bencher.bench_local(|| held.call());
}
