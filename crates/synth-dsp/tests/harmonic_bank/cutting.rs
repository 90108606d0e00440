//! A stretch gives the same bits however it is cut. Accelerate is asked for each sample in the same way
//! however it is cut (a unit test of the bank shows that); whether it then answers with the same bits nobody has
//! seen yet, so of it a difference is allowed that nobody hears, and printed.

use synth_dsp::harmonic_bank::{HarmonicBank, Segment};
use testkit::max_error_db;

use crate::controls::{Curve, Random, render};
use crate::{banks, is_foreign, name};

const HOP: u32 = 256;

/// Renders the stretch in pieces whose lengths `next_length` gives.
fn render_cut(
    bank: &HarmonicBank,
    whole: &Segment<'_>,
    mut next_length: impl FnMut() -> usize,
) -> Vec<f32> {
    let mut out = vec![f32::NAN; whole.phases.len()];
    let mut start = 0;
    while start < out.len() {
        let end = out.len().min(start + next_length());
        let piece = Segment {
            phases: &whole.phases[start..end],
            freq_norm: &whole.freq_norm[start..end],
            ramp_position: whole.ramp_position + start as u32,
            ..*whole
        };
        bank.render(&piece, &mut out[start..end]);
        start = end;
    }
    out
}

fn bits(samples: &[f32]) -> Vec<u32> {
    samples.iter().map(|sample| sample.to_bits()).collect()
}

fn assert_cutting_is_inaudible(what: &str, curve: &Curve, partials: usize, signed: bool) {
    let mut random = Random(7);
    let mut amplitudes = || -> Vec<f32> {
        let sign = |x: f32| if signed { 2.0 * x - 1.0 } else { x };
        random.amplitudes(partials).into_iter().map(sign).collect()
    };
    let (from, to) = (amplitudes(), amplitudes());
    let segment = curve.segment(&from, &to, HOP);
    for bank in banks() {
        let whole = render(&bank, &segment);
        for length in [1, 2, 3, 5, 8, 13, 31, 33, 63, 64, 65, 200] {
            let cut = render_cut(&bank, &segment, || length);
            assert_same(&bank, &whole, &cut, &format!("{what}: pieces of {length}"));
        }
        let mut lengths = Random(11);
        let cut = render_cut(&bank, &segment, || (lengths.bits() % 90) as usize);
        assert_same(&bank, &whole, &cut, &format!("{what}: random pieces"));
    }
}

fn assert_same(bank: &HarmonicBank, whole: &[f32], cut: &[f32], what: &str) {
    let what = format!("{}, {what}", name(bank));
    if !is_foreign(bank) {
        assert_eq!(bits(whole), bits(cut), "{what}");
        return;
    }
    let error_db = max_error_db(cut, whole);
    println!("{what}: {error_db:.1} dB");
    assert!(error_db <= -110.0, "{what}: {error_db} dB");
}

#[test]
fn steady_notes() {
    for f0_hz in [27.5, 440.0, 4186.0] {
        let curve = Curve::new(HOP as usize, 0, |_| f0_hz);
        assert_cutting_is_inaudible(&format!("{f0_hz} Hz"), &curve, 64, false);
    }
}

#[test]
fn sweeps_through_the_nyquist_fade() {
    // Each sample sees other partials in the fade, so that chunks differ in what they may skip.
    let curve = Curve::new(HOP as usize, 0, |second| 300.0 * (second * 1000.0).exp2());
    assert_cutting_is_inaudible("up to 16 kHz", &curve, 64, true);
    let curve = Curve::new(HOP as usize, 0, |second| {
        30_000.0 * (-second * 2000.0).exp2()
    });
    assert_cutting_is_inaudible("from above Nyquist", &curve, 64, true);
}

#[test]
fn anything_at_all() {
    let mut random = Random(3);
    for partials in [1, 2, 64, 65] {
        let phases = (0..HOP)
            .map(|_| random.bits() & !0 << (random.bits() % 64))
            .collect();
        let freq_norm = (0..HOP).map(|_| random.unit().powi(3)).collect();
        let curve = Curve { phases, freq_norm };
        assert_cutting_is_inaudible(&format!("{partials} partials"), &curve, partials, true);
    }
}

#[test]
fn levels_that_round_alike_give_the_same_bits() {
    use synth_dsp::simd::Level;
    let mut random = Random(13);
    let phases = (0..HOP).map(|_| random.bits()).collect();
    let freq_norm = (0..HOP).map(|_| random.unit() * 0.02).collect();
    let curve = Curve { phases, freq_norm };
    let (from, to) = (random.amplitudes(64), random.amplitudes(64));
    let segment = curve.segment(&from, &to, HOP);
    let is_fused = |level| matches!(level, Level::Avx512 | Level::Avx2 | Level::Neon);
    let renders: Vec<_> = banks()
        .iter()
        .filter(|bank| !is_foreign(bank))
        .map(|bank| {
            (
                is_fused(bank.level()),
                bank.level(),
                bits(&render(bank, &segment)),
            )
        })
        .collect();
    for (fused, level, out) in &renders {
        for (other_fused, other, other_out) in &renders {
            if fused == other_fused {
                assert_eq!(out, other_out, "{level} and {other}");
            }
        }
    }
}
