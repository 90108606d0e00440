//! Both limiters in time: against the whole-recording twin, transparency, cutting, bad input.

use std::f64::consts::PI;
use synth_dsp::limiter::{CEILING, Limiter};
use synth_dsp::reference::limiter::{Limited, limit_sample_peaks, limit_true_peaks};

const RATES: [u32; 5] = [8_000, 44_100, 48_000, 96_000, 192_000];

type Make = fn(u32) -> Limiter;
const KINDS: [(&str, Make); 2] = [
    ("look-ahead", Limiter::look_ahead),
    ("instant", Limiter::instant),
];

/// Two tones with bursts up to `level`, and a click; left and right differ.
fn programme(rate: u32, samples: usize, level: f64) -> [Vec<f32>; 2] {
    let channel = |tone_hz: f64, offset: f64| {
        (0..samples)
            .map(|n| {
                let t = n as f64 / f64::from(rate);
                let burst = if (t * 40.0 + offset).fract() < 0.3 {
                    level
                } else {
                    0.3 * level
                };
                let tones =
                    (2.0 * PI * tone_hz * t).sin() + 0.4 * (2.0 * PI * 7.3 * tone_hz * t).sin();
                let click = if n == samples / 3 { level } else { 0.0 };
                (burst * tones + click) as f32
            })
            .collect::<Vec<_>>()
    };
    [channel(180.0, 0.0), channel(233.0, 0.4)]
}

/// Output with the latency trimmed off.
fn limited(limiter: &mut Limiter, input: &[Vec<f32>; 2]) -> [Vec<f32>; 2] {
    let latency = limiter.latency_samples();
    let mut out = input.clone().map(|mut channel| {
        channel.resize(channel.len() + latency, 0.0);
        channel
    });
    let [left, right] = &mut out;
    limiter.process(left, right);
    out.map(|channel| channel[latency..].to_vec())
}

fn assert_equals_twin(got: &[Vec<f32>; 2], want: &Limited, what: &str) {
    assert!(
        want.gain.iter().any(|&gain| gain < 0.6),
        "{what}: the twin never limited"
    );
    for (got, want) in got.iter().zip([&want.left, &want.right]) {
        let error = got
            .iter()
            .zip(want)
            .fold(0.0_f64, |m, (&x, &y)| m.max((f64::from(x) - y).abs()));
        assert!(error < 2e-5, "{what}: differs by {error:.2e}");
    }
}

#[test]
fn equals_the_twin_over_the_whole_recording() {
    for rate in RATES {
        let input = programme(rate, rate as usize / 20, 1.6);
        let got = limited(&mut Limiter::instant(rate), &input);
        let want = limit_sample_peaks(rate, &input[0], &input[1]);
        assert_equals_twin(&got, &want, &format!("instant, {rate} Hz"));
        let got = limited(&mut Limiter::look_ahead(rate), &input);
        let want = limit_true_peaks(rate, &input[0], &input[1]);
        assert_equals_twin(&got, &want, &format!("look-ahead, {rate} Hz"));
    }
}

#[test]
fn latency_is_the_look_ahead_and_the_detectors_delay() {
    for rate in RATES {
        assert_eq!(Limiter::instant(rate).latency_samples(), 0);
        let look_ahead = (0.0015 * f64::from(rate)).round() as usize;
        assert_eq!(Limiter::look_ahead(rate).latency_samples(), look_ahead + 32);
    }
}

#[test]
fn below_the_ceiling_only_the_latency_changes() {
    for (name, make) in KINDS {
        for rate in RATES {
            let mut input = programme(rate, 5000, 0.45);
            input[0][77] = -0.0;
            let peak = input
                .iter()
                .flatten()
                .fold(0.0_f32, |peak, x| peak.max(x.abs()));
            assert!((0.6..0.75).contains(&peak), "the programme is loud: {peak}");
            let mut limiter = make(rate);
            let out = limited(&mut limiter, &input);
            for (out, input) in out.iter().flatten().zip(input.iter().flatten()) {
                assert_eq!(out.to_bits(), input.to_bits(), "{name}, {rate} Hz");
            }
            assert_eq!(limiter.gain_reduction_db(), 0.0);
        }
    }
}

#[test]
fn cutting_into_blocks_changes_no_bit() {
    for (name, make) in KINDS {
        let input = programme(48_000, 6000, 2.0);
        let [mut left, mut right] = input.clone();
        make(48_000).process(&mut left, &mut right);
        for block in [1, 7, 64, 511, 4096] {
            let mut limiter = make(48_000);
            let [mut left_cut, mut right_cut] = input.clone();
            for (left, right) in left_cut.chunks_mut(block).zip(right_cut.chunks_mut(block)) {
                limiter.process(left, right);
                limiter.process(&mut [], &mut []);
            }
            assert_eq!(left, left_cut, "{name}, blocks of {block}");
            assert_eq!(right, right_cut, "{name}, blocks of {block}");
        }
    }
}

#[test]
fn resting_between_bursts_changes_no_bit() {
    for (name, make) in KINDS {
        for rate in [1_000, 8_000, 48_000] {
            let rate_samples = rate as usize;
            // Bursts, and between them more than it takes to come back to unity.
            let burst = programme(rate, rate_samples / 20, 1.6);
            let mut input = programme(rate, 5 * rate_samples, 0.2);
            for (channel, burst) in input.iter_mut().zip(&burst) {
                for at in [0, 2 * rate_samples + 17] {
                    channel[at..at + burst.len()].copy_from_slice(burst);
                }
            }
            let [mut left, mut right] = input.clone();
            let mut limiter = make(rate);
            // One sample at a time never rests for a chunk.
            for (left, right) in left.chunks_mut(1).zip(right.chunks_mut(1)) {
                limiter.process(left, right);
            }
            let [mut left_whole, mut right_whole] = input.clone();
            let mut limiter = make(rate);
            limiter.process(&mut left_whole, &mut right_whole);
            assert_eq!(limiter.gain_reduction_db(), 0.0, "{name}, {rate} Hz");
            assert!(
                left == left_whole && right == right_whole,
                "{name}, {rate} Hz"
            );
        }
    }
}

#[test]
fn the_ceiling_is_minus_one_db() {
    assert!((20.0 * f64::from(CEILING).log10() + 1.0).abs() < 1e-6);
}

#[test]
fn no_sample_exceeds_the_ceiling_however_loud() {
    for (name, make) in KINDS {
        for level in [1.0, 4.0, 1e3, 1e12, 1e37] {
            let mut limiter = make(44_100);
            let out = limited(&mut limiter, &programme(44_100, 8000, level));
            let peak = out
                .iter()
                .flatten()
                .fold(0.0_f32, |peak, x| peak.max(x.abs()));
            assert!(peak <= CEILING, "{name} x{level}: {peak}");
            assert!(out.iter().flatten().all(|x| x.is_finite()));
        }
    }
}

#[test]
fn channels_are_lowered_together() {
    for (name, make) in KINDS {
        let [loud, _] = programme(44_100, 8000, 2.0);
        let quiet = loud.iter().map(|x| 0.125 * x).collect::<Vec<_>>();
        let [left, right] = limited(&mut make(44_100), &[loud, quiet]);
        for (left, right) in left.iter().zip(&right) {
            assert!((left * 0.125 - right).abs() < 1e-7, "{name}");
        }
    }
}

#[test]
fn bad_samples_are_silenced_and_counted() {
    for (name, make) in KINDS {
        let mut input = programme(44_100, 4000, 1.3);
        let mut clean = input.clone();
        let bad = [
            (0, f32::NAN),
            (100, f32::INFINITY),
            (101, f32::NEG_INFINITY),
            (3999, f32::NAN),
        ];
        for (n, value) in bad {
            (input[0][n], clean[0][n]) = (value, 0.0);
        }
        input[1][100] = f32::NAN;
        clean[1][100] = 0.0;
        let (mut limiter, mut other) = (make(44_100), make(44_100));
        assert_eq!(
            limited(&mut limiter, &input),
            limited(&mut other, &clean),
            "{name}"
        );
        assert_eq!(limiter.non_finite_samples(), 5, "{name}");
        assert_eq!(other.non_finite_samples(), 0, "{name}");
    }
}

#[test]
fn the_gain_moves_smoothly_with_look_ahead_and_comes_back() {
    let rate = 48_000;
    let mut input = [
        vec![0.01_f32; 3 * rate as usize],
        vec![0.01; 3 * rate as usize],
    ];
    for (n, sample) in input[0][20_000..20_100].iter_mut().enumerate() {
        *sample = 4.0 * (n as f32 * 0.3).sin();
    }
    let mut limiter = Limiter::look_ahead(rate);
    let [_, right] = limited(&mut limiter, &input);
    let gain = right.iter().map(|x| x / 0.01).collect::<Vec<_>>();
    let lowest = gain.iter().fold(1.0_f32, |least, &gain| least.min(gain));
    assert!((0.15..0.3).contains(&lowest), "{lowest}");
    let look_ahead = 72;
    let largest_step = gain
        .windows(2)
        .fold(0.0_f32, |m, pair| m.max((pair[1] - pair[0]).abs()));
    assert!(largest_step < 2.5 / look_ahead as f32, "{largest_step}");
    // 110 ms after the burst a third of the reduction is left, after two seconds none.
    let after = (1.0 - gain[20_100 + 5_280]) / (1.0 - lowest);
    assert!((0.25..0.45).contains(&after), "{after}");
    assert_eq!(right.last().map(|x| x.to_bits()), Some(0.01_f32.to_bits()));
    assert_eq!(limiter.gain_reduction_db(), 0.0);
}

#[test]
fn gain_reduction_is_reported_in_db() {
    let mut limiter = Limiter::instant(44_100);
    limiter.process(&mut [CEILING * 2.0], &mut [0.0]);
    assert!((limiter.gain_reduction_db() - 6.0206).abs() < 1e-3);
    let mut limiter = Limiter::look_ahead(44_100);
    limiter.process(&mut [CEILING * 4.0; 60_000], &mut [0.0; 60_000]);
    assert!((limiter.gain_reduction_db() - 12.34).abs() < 0.05);
}

#[test]
fn reset_restores_the_first_state() {
    for (name, make) in KINDS {
        let input = programme(44_100, 3000, 2.0);
        let mut limiter = make(44_100);
        let first = limited(&mut limiter, &input);
        limiter.process(&mut [5.0, f32::NAN, 3.0], &mut [1.0, 1.0, -7.0]);
        limiter.reset();
        assert_eq!(limiter.gain_reduction_db(), 0.0);
        assert_eq!(limiter.non_finite_samples(), 0);
        assert_eq!(first, limited(&mut limiter, &input), "{name}");
    }
}

#[test]
fn processing_does_not_allocate() {
    for (name, make) in KINDS {
        for rate in RATES {
            let [mut left, mut right] = programme(rate, 4000, 2.0);
            left[9] = f32::NAN;
            let mut limiter = make(rate);
            testkit::no_alloc(|| {
                limiter.process(&mut left, &mut right);
                limiter.reset();
                limiter.process(&mut left, &mut right);
            });
            assert!(left.iter().any(|&x| x != 0.0), "{name}");
        }
    }
}
