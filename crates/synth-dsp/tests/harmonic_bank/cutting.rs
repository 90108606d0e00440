//! A stretch gives the same bits however it is cut.

use synth_dsp::harmonic_bank::{HarmonicBank, Segment};

use crate::banks;
use crate::controls::{Curve, Random, render};

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
        let whole = bits(&render(&bank, &segment));
        for length in [1, 2, 3, 5, 8, 13, 31, 33, 63, 64, 65, 200] {
            let cut = bits(&render_cut(&bank, &segment, || length));
            assert_eq!(whole, cut, "{what}, {}: pieces of {length}", bank.level());
        }
        let mut lengths = Random(11);
        let cut = bits(&render_cut(&bank, &segment, || {
            (lengths.bits() % 90) as usize
        }));
        assert_eq!(whole, cut, "{what}, {}: random pieces", bank.level());
    }
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
