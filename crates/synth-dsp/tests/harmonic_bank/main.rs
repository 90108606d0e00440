//! The oscillator bank against its plain twin, on every level this machine has, and with Accelerate's
//! functions where there are some. **Not yet run on hardware that has them**: what is asked of them below is
//! what their documentation and single precision lead one to expect.

mod accuracy;
mod controls;
mod cutting;
mod nyquist_fade;
mod shapes;

use synth_dsp::harmonic_bank::{HarmonicBank, Oscillators};
use synth_dsp::simd::Level;

/// The banks of all levels this machine has, and that of Accelerate; prints what is skipped and how many.
fn banks() -> Vec<HarmonicBank> {
    let mut banks: Vec<_> = Level::ALL
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
    match HarmonicBank::with_oscillators(Oscillators::Accelerate) {
        Some(bank) => banks.push(bank),
        None => println!("Accelerate skipped: it is not available on this machine"),
    }
    banks
}

/// What a bank is called in messages.
fn name(bank: &HarmonicBank) -> String {
    match bank.oscillators() {
        Oscillators::Clenshaw => bank.level().to_string(),
        oscillators => oscillators.to_string(),
    }
}

/// Whether its functions are somebody else's, who promises no bits.
fn is_foreign(bank: &HarmonicBank) -> bool {
    bank.oscillators() == Oscillators::Accelerate
}

#[test]
fn a_bank_says_which_level_it_uses() {
    for bank in banks() {
        assert!(bank.level().is_available());
    }
    assert_eq!(HarmonicBank::new().level(), Level::detect());
    assert_eq!(HarmonicBank::default().level(), Level::detect());
}
