//! The oscillator bank against its plain twin, on every level this machine has.

mod accuracy;
mod controls;
mod cutting;
mod nyquist_fade;
mod shapes;

use synth_dsp::harmonic_bank::HarmonicBank;
use synth_dsp::simd::Level;

/// The banks of all levels this machine has; prints what is skipped and how many.
fn banks() -> Vec<HarmonicBank> {
    let banks: Vec<_> = Level::ALL
        .into_iter()
        .filter_map(HarmonicBank::with_level)
        .collect();
    let skipped: Vec<_> = Level::ALL
        .into_iter()
        .filter(|level| !level.is_available())
        .collect();
    println!(
        "{} levels tested, {} skipped: {skipped:?}",
        banks.len(),
        skipped.len()
    );
    assert!(
        banks.len() >= 2,
        "a machine with no vector level at all proves little"
    );
    banks
}

#[test]
fn a_bank_says_which_level_it_uses() {
    for bank in banks() {
        assert!(bank.level().is_available());
    }
    assert_eq!(HarmonicBank::new().level(), Level::detect());
    assert_eq!(HarmonicBank::default().level(), Level::detect());
}
