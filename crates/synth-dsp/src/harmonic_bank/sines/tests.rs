//! All but Accelerate's own functions, with stand-ins in their place, against the plain twin.

use testkit::{max_error_db, no_alloc, snr_db};

use super::*;
use crate::harmonic_bank::FADE_WIDTH;
use crate::phase::{PhaseAccumulator, increment_from_freq};
use crate::reference;
use crate::simd::{Dispatch, Level};

const SAMPLE_RATE_HZ: f64 = 44_100.0;

/// What the framework's functions are said to compute, in plain Rust.
#[derive(Clone, Copy)]
struct StandIn;

/// Whatever is handed over is as promised.
fn check(arrays: &[&Lanes]) {
    for array in arrays {
        assert!(array.0.iter().all(|value| value.is_finite()), "{array:?}");
        assert!((&raw const **array).addr().is_multiple_of(64));
    }
}

impl ArrayFunctions for StandIn {
    fn sin_pi(self, half_turns: &Lanes, out: &mut Lanes) {
        check(&[half_turns]);
        for (&x, out) in half_turns.0.iter().zip(&mut out.0) {
            assert!(x.abs() <= 0.5, "{x} half turns");
            *out = (std::f64::consts::PI * f64::from(x)).sin() as f32;
        }
    }

    fn scale_and_offset(self, values: &Lanes, factor: f32, offset: f32, out: &mut Lanes) {
        check(&[values]);
        out.0 = values.0.map(|x| x * factor + offset);
    }

    fn multiply(self, a: &Lanes, b: &Lanes, out: &mut Lanes) {
        check(&[a, b]);
        out.0 = std::array::from_fn(|i| a.0[i] * b.0[i]);
    }

    fn multiply_add(self, a: &Lanes, b: &Lanes, c: &Lanes, out: &mut Lanes) {
        check(&[a, b, c]);
        out.0 = std::array::from_fn(|i| a.0[i] * b.0[i] + c.0[i]);
    }
}

/// Computes sines otherwise in every lane, as code does that has several ways.
#[derive(Clone, Copy)]
struct Uneven;

impl ArrayFunctions for Uneven {
    fn sin_pi(self, half_turns: &Lanes, out: &mut Lanes) {
        StandIn.sin_pi(half_turns, out);
        for (lane, out) in (0..64u8).zip(&mut out.0) {
            *out *= 1.0 + 1e-6 * f32::from(lane);
        }
    }

    fn scale_and_offset(self, values: &Lanes, factor: f32, offset: f32, out: &mut Lanes) {
        StandIn.scale_and_offset(values, factor, offset, out);
    }

    fn multiply(self, a: &Lanes, b: &Lanes, out: &mut Lanes) {
        StandIn.multiply(a, b, out);
    }

    fn multiply_add(self, a: &Lanes, b: &Lanes, c: &Lanes, out: &mut Lanes) {
        StandIn.multiply_add(a, b, c, out);
    }
}

/// Every level that this machine has.
fn levels() -> Vec<Dispatch> {
    let levels = Level::ALL.into_iter();
    levels.filter_map(Dispatch::with_level).collect()
}

/// Renders onto a dirty buffer.
fn render(dispatch: Dispatch, functions: impl ArrayFunctions, segment: &Segment<'_>) -> Vec<f32> {
    let mut out = vec![f32::NAN; segment.phases.len()];
    no_alloc(|| {
        dispatch.run(Sines {
            functions,
            segment,
            out: &mut out,
        });
    });
    out
}

fn render_plainly(segment: &Segment<'_>) -> Vec<f64> {
    let mut out = vec![f64::NAN; segment.phases.len()];
    reference::harmonic_bank::render(segment, &mut out);
    out
}

/// What is rendered, besides amplitudes.
struct Curve {
    phases: Vec<u64>,
    freq_norm: Vec<f32>,
}

impl Curve {
    /// Follows `f0_hz(second)`, from a phase that has run for `elapsed` samples at the first pitch.
    fn new(samples: usize, elapsed: u64, f0_hz: impl Fn(f64) -> f64) -> Self {
        let freqs = (0..samples).map(|n| f0_hz(n as f64 / SAMPLE_RATE_HZ) / SAMPLE_RATE_HZ);
        let freqs: Vec<f64> = freqs.collect();
        let increments: Vec<u64> = freqs.iter().copied().map(increment_from_freq).collect();
        let mut phases = vec![0; samples];
        let mut accumulator = PhaseAccumulator::default();
        accumulator.skip(increments[0], elapsed);
        accumulator.fill(&increments, &mut phases);
        let freq_norm = freqs.iter().map(|&freq| freq as f32).collect();
        Self { phases, freq_norm }
    }

    /// Anything at all: as many samples, up to `highest` cycles a sample.
    fn random(random: &mut Random, samples: usize, highest: f32) -> Self {
        let phase = |random: &mut Random| random.bits() & !0 << (random.bits() % 64);
        Self {
            phases: (0..samples).map(|_| phase(random)).collect(),
            freq_norm: (0..samples).map(|_| random.unit() * highest).collect(),
        }
    }

    fn segment<'a>(&'a self, from: &'a [f32], to: &'a [f32], hop: u32) -> Segment<'a> {
        Segment {
            phases: &self.phases,
            freq_norm: &self.freq_norm,
            from,
            to,
            ramp_position: 0,
            hop,
        }
    }
}

/// Repeatable numbers (splitmix64, S. Vigna).
struct Random(u64);

impl Random {
    fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// Within 0..1.
    fn unit(&mut self) -> f32 {
        (self.bits() >> 40) as f32 / (1u64 << 24) as f32
    }

    /// Within -1..1.
    fn amplitudes(&mut self, partials: usize) -> Vec<f32> {
        (0..partials).map(|_| 2.0 * self.unit() - 1.0).collect()
    }
}

#[test]
fn folding_keeps_the_sine() {
    let mut random = Random(1);
    let corners = (0..8u64).flat_map(|eighth| {
        let corner = eighth << 61;
        [
            corner.wrapping_sub(1),
            corner,
            corner + 1,
            corner + (1 << 32),
        ]
    });
    let phases: Vec<u64> = corners.chain((0..1000).map(|_| random.bits())).collect();
    for phase in phases {
        let half_turns = f64::from(angle::folded_half_turns(phase));
        assert!(half_turns.abs() <= 0.5, "{phase:x}: {half_turns}");
        let exact = (std::f64::consts::TAU * (phase as i64 as f64 / 2f64.powi(64))).sin();
        let error = ((std::f64::consts::PI * half_turns).sin() - exact).abs();
        // Half of the last place of a float in 1/4..1/2 half turns, where the sine is least steep.
        assert!(error < 3.5e-8, "{phase:x}: off by {error}");
    }
    assert_eq!(angle::folded_half_turns(1 << 62), 0.5);
    assert_eq!(angle::folded_half_turns(3 << 62), -0.5);
    assert_eq!(angle::folded_half_turns(1 << 63).to_bits(), 0);
}

#[test]
fn as_accurate_as_the_recurrence_over_the_keyboard_and_after_an_hour() {
    let flat = vec![1.0; 64];
    let falling: Vec<f32> = (1..=64).map(|k| 1.0 / k as f32).collect();
    let samples = SAMPLE_RATE_HZ as usize / 2;
    for elapsed in [0, 3600 * SAMPLE_RATE_HZ as u64] {
        for f0_hz in [27.5, 261.63, 2093.7, 4186.0] {
            let curve = Curve::new(samples, elapsed, |second| {
                f0_hz * (0.04 * (std::f64::consts::TAU * 6.0 * second).sin()).exp2()
            });
            for amplitudes in [&flat, &falling] {
                let segment = curve.segment(amplitudes, amplitudes, 64);
                let expected = render_plainly(&segment);
                for dispatch in levels() {
                    let out = render(dispatch, StandIn, &segment);
                    let (snr_db, error_db) =
                        (snr_db(&out, &expected), max_error_db(&out, &expected));
                    println!("{f0_hz} Hz: SNR {snr_db:.1} dB, max error {error_db:.1} dB");
                    assert!(snr_db >= 120.0, "{f0_hz} Hz: SNR {snr_db} dB");
                    assert!(error_db <= -105.0, "{f0_hz} Hz: {error_db} dB");
                }
            }
        }
    }
}

#[test]
fn random_phases_frequencies_and_ramps() {
    let mut random = Random(2);
    for partials in [1, 2, 3, 17, 64, 100, 300] {
        let curve = Curve::random(&mut random, 500, 0.6 / partials as f32);
        let (from, to) = (random.amplitudes(partials), random.amplitudes(partials));
        let segment = curve.segment(&from, &to, 256);
        let expected = render_plainly(&segment);
        for dispatch in levels() {
            let error_db = max_error_db(&render(dispatch, StandIn, &segment), &expected);
            assert!(error_db <= -100.0, "{partials} partials: {error_db} dB");
        }
    }
}

#[test]
fn every_length_in_every_part_of_an_array() {
    let curve = Curve::new(160, 12_345, |_| 437.7);
    let mut random = Random(3);
    let (from, to) = (random.amplitudes(64), random.amplitudes(64));
    let dispatch = Dispatch::detect();
    for ramp_position in [0, 1, 31, 62, 63, 64, 100] {
        for length in 0..=2 * LANES + 1 {
            let segment = Segment {
                phases: &curve.phases[..length],
                freq_norm: &curve.freq_norm[..length],
                ramp_position,
                ..curve.segment(&from, &to, 256)
            };
            let mut out = vec![f32::NAN; length + 2];
            dispatch.run(Sines {
                functions: StandIn,
                segment: &segment,
                out: &mut out[1..=length],
            });
            assert!(out[0].is_nan() && out[length + 1].is_nan());
            if length > 0 {
                let error_db = max_error_db(&out[1..=length], &render_plainly(&segment));
                assert!(
                    error_db <= -100.0,
                    "{length} from {ramp_position}: {error_db} dB"
                );
            }
        }
    }
}

fn bits(samples: &[f32]) -> Vec<u32> {
    samples.iter().map(|sample| sample.to_bits()).collect()
}

#[test]
fn cut_anywhere_every_sample_keeps_its_lane_and_so_its_bits() {
    const HOP: u32 = 256;
    let mut random = Random(4);
    let curves = [
        Curve::new(HOP as usize, 0, |_| 440.0),
        Curve::new(HOP as usize, 0, |second| 300.0 * (second * 1000.0).exp2()),
        Curve::new(HOP as usize, 0, |second| {
            30_000.0 * (-second * 2000.0).exp2()
        }),
        Curve::random(&mut random, HOP as usize, 0.5),
    ];
    for (curve, first) in curves.iter().zip([0, 0, 17, 250]) {
        let (from, to) = (random.amplitudes(64), random.amplitudes(64));
        let whole = Segment {
            ramp_position: first,
            ..curve.segment(&from, &to, HOP)
        };
        for dispatch in levels() {
            let expected = bits(&render(dispatch, Uneven, &whole));
            for length in [1, 2, 3, 31, 63, 64, 65, 200] {
                let mut cut = Vec::new();
                for start in (0..HOP as usize).step_by(length) {
                    let end = (start + length).min(HOP as usize);
                    let piece = Segment {
                        phases: &whole.phases[start..end],
                        freq_norm: &whole.freq_norm[start..end],
                        ramp_position: first + start as u32,
                        ..whole
                    };
                    cut.extend(bits(&render(dispatch, Uneven, &piece)));
                }
                assert_eq!(cut, expected, "pieces of {length} from {first}");
            }
        }
    }
}

#[test]
fn partials_fade_before_nyquist_and_are_silent_above() {
    let amplitudes = vec![1.0; 64];
    let sweep = Curve::new(6000, 0, |second| 100.0 * (second * 60.0).exp2());
    let segment = sweep.segment(&amplitudes, &amplitudes, 64);
    let expected = render_plainly(&segment);
    for dispatch in levels() {
        let out = render(dispatch, StandIn, &segment);
        let (snr_db, error_db) = (snr_db(&out, &expected), max_error_db(&out, &expected));
        assert!(
            snr_db >= 115.0 && error_db <= -100.0,
            "{snr_db} dB, {error_db} dB"
        );
        for f0_hz in [22_050.0, 30_000.0, 1e9] {
            let above = Curve::new(100, 3, |_| f0_hz);
            let out = render(
                dispatch,
                StandIn,
                &above.segment(&amplitudes, &amplitudes, 64),
            );
            assert_eq!(bits(&out), vec![0; 100], "{f0_hz} Hz");
        }
        let none = render(dispatch, StandIn, &sweep.segment(&[], &[], 64));
        assert_eq!(bits(&none), vec![0; 6000]);
    }
}

#[test]
fn a_crest_shows_the_fade_and_the_ramp() {
    // A quarter turn at every sample, so that the output is the amplitude.
    let freq = |n: u8| 0.5 - FADE_WIDTH * f32::from(n) / 20.0;
    let curve = Curve {
        phases: vec![1 << 62; 24],
        freq_norm: (0..24).map(freq).collect(),
    };
    let segment = Segment {
        ramp_position: 4,
        ..curve.segment(&[1.0], &[3.0], 16)
    };
    for dispatch in levels() {
        for (n, sample) in (0u8..).zip(render(dispatch, StandIn, &segment)) {
            let amplitude = 1.0 + 2.0 * f32::from((4 + n).min(16)) / 16.0;
            let expected = amplitude * (f32::from(n) / 20.0).min(1.0);
            assert!((sample - expected).abs() < 1e-5, "sample {n}: {sample}");
        }
    }
}
