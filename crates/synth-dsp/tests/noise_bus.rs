//! The noise bus sample by sample: against the direct convolution, in time, and through silence.

use synth_dsp::filtered_noise::{NOISE_BANDS, NoiseBus, StereoBandPower, WhiteNoise};
use synth_dsp::reference::filtered_noise::filter_white;

const RATES_AND_HOPS: [(u32, usize); 11] = [
    (8_000, 64),
    (11_025, 64),
    (22_050, 64),
    (32_000, 64),
    (44_100, 64),
    (44_100, 256),
    (48_000, 64),
    (48_000, 1),
    (88_200, 128),
    (96_000, 128),
    (192_000, 256),
];

/// Bands falling by `slope_db` a band with a few decibels of ripple, from `level_db` per Hz on.
fn spectrum(level_db: f64, slope_db: f64, ripple: f64) -> [f32; NOISE_BANDS] {
    std::array::from_fn(|band| {
        let db = level_db + slope_db * band as f64 + 3.0 * (ripple * band as f64).sin();
        10.0_f64.powf(db / 10.0) as f32
    })
}

fn panned(voices: &[([f32; NOISE_BANDS], f32, f32)]) -> StereoBandPower {
    let mut power = StereoBandPower::default();
    for (band_power, left, right) in voices {
        power.add_panned(band_power, *left, *right);
    }
    power
}

fn render(bus: &mut NoiseBus, powers: &[StereoBandPower]) -> [Vec<f32>; 2] {
    let samples = powers.len() * bus.hop();
    let mut out = [vec![0.0; samples], vec![0.0; samples]];
    for (index, power) in powers.iter().enumerate() {
        bus.push_hop(power);
        let range = index * bus.hop()..(index + 1) * bus.hop();
        let [left, right] = &mut out;
        bus.add_to(&mut left[range.clone()], &mut right[range]);
    }
    out
}

fn white(seed: u64, generator: usize, samples: usize) -> Vec<f64> {
    let white = WhiteNoise::new(seed);
    (0..samples as u64)
        .map(|n| f64::from(white.pair(n)[generator]))
        .collect()
}

fn assert_close(got: &[f32], want: &[f64], limit_db: f64, what: &str) {
    let peak = want.iter().fold(0.0_f64, |m, x| m.max(x.abs()));
    let error = got
        .iter()
        .zip(want)
        .fold(0.0_f64, |m, (&x, &y)| m.max((f64::from(x) - y).abs()));
    assert!(peak > 0.0, "{what}: the twin is silent");
    let db = 20.0 * (error / peak).log10();
    assert!(db < limit_db, "{what}: {db:.1} dB");
}

#[test]
fn agrees_with_direct_convolution_at_every_rate_and_hop() {
    for (rate, hop) in RATES_AND_HOPS {
        let hops = 4000_usize.div_ceil(hop);
        let [a, b, c] = [
            spectrum(-60.0, -0.7, 0.9),
            spectrum(-55.0, -0.2, 0.3),
            [0.0; NOISE_BANDS],
        ];
        let steps = |index: usize| [a, b, c][(index * 5 / hops) % 3];
        let powers = (0..hops).map(steps).collect::<Vec<_>>();
        let latched = powers
            .iter()
            .map(|p| panned(&[(*p, 1.0, 1.0)]))
            .collect::<Vec<_>>();
        let [left, right] = render(&mut NoiseBus::new(rate, hop, 11), &latched);
        let want = filter_white(rate, hop, &powers, &white(11, 0, hops * hop));
        assert_close(&left, &want, -110.0, &format!("{rate} Hz, hop {hop}, left"));
        assert_close(
            &right,
            &want,
            -110.0,
            &format!("{rate} Hz, hop {hop}, right"),
        );
    }
}

#[test]
fn centred_noise_is_the_same_on_both_channels_even_while_it_moves_there() {
    let band_power = spectrum(-60.0, -0.3, 0.4);
    let mut powers = vec![panned(&[(band_power, 0.7, 0.7)]); 10];
    let centred = render(&mut NoiseBus::new(44_100, 64, 4), &powers);
    assert_eq!(centred[0], centred[1]);
    // Nearly centred takes the general way; the two must not differ by more than the pan does.
    let nearly = vec![panned(&[(band_power, 0.7, 0.699_999)]); 10];
    let nearly = render(&mut NoiseBus::new(44_100, 64, 4), &nearly);
    let want = nearly[1].iter().map(|&x| f64::from(x)).collect::<Vec<_>>();
    assert_close(&centred[1], &want, -100.0, "general way");
    powers[..5].fill(panned(&[(band_power, 0.9, 0.2)]));
    let moved = render(&mut NoiseBus::new(44_100, 64, 4), &powers);
    assert_eq!(moved[0][8 * 64..], moved[1][8 * 64..]);
    assert_eq!(moved[0][8 * 64..], centred[0][8 * 64..]);
}

#[test]
fn splits_the_right_channel_into_shared_and_own_noise() {
    let (rate, hop, hops) = (48_000, 64, 80);
    let (centred, rightmost) = (spectrum(-60.0, -0.3, 0.4), spectrum(-62.0, -0.1, 1.3));
    for shared_gain in [0.8_f32, -0.8] {
        let power = panned(&[(centred, 0.5, shared_gain), (rightmost, 0.0, 1.0)]);
        let [left, right] = render(&mut NoiseBus::new(rate, hop, 3), &vec![power; hops]);
        let shared = filter_white(rate, hop, &vec![centred; hops], &white(3, 0, hops * hop));
        let own = filter_white(rate, hop, &vec![rightmost; hops], &white(3, 1, hops * hop));
        let scaled = |gain: f64| shared.iter().map(|x| x * gain).collect::<Vec<_>>();
        assert_close(&left, &scaled(0.5), -110.0, "left");
        let mixed = scaled(f64::from(shared_gain))
            .iter()
            .zip(&own)
            .map(|(a, b)| a + b)
            .collect::<Vec<_>>();
        assert_close(&right, &mixed, -100.0, "right");
    }
}

#[test]
fn hard_panned_noise_leaves_the_other_channel_at_exact_zero() {
    let band_power = spectrum(-60.0, -0.3, 0.4);
    for (left_gain, right_gain) in [(1.0, 0.0), (0.0, 1.0)] {
        let power = panned(&[(band_power, left_gain, right_gain)]);
        let out = render(&mut NoiseBus::new(44_100, 64, 3), &vec![power; 10]);
        let silent = usize::from(left_gain > 0.0);
        assert!(out[silent].iter().all(|&x| x == 0.0));
        assert!(out[1 - silent].iter().any(|&x| x.abs() > 1e-3));
    }
}

#[test]
fn never_sounds_before_the_latch_and_ends_in_exact_zeros() {
    for (rate, hop) in RATES_AND_HOPS {
        let taps = 2 * (64.0 * f64::from(rate) / 44_100.0).round() as usize;
        let silent_hops = 3;
        let sounding_hops = 400_usize.div_ceil(hop);
        let tail_hops = taps.div_ceil(hop) + 2;
        let mut powers = vec![StereoBandPower::SILENT; silent_hops];
        powers.resize(
            silent_hops + sounding_hops,
            panned(&[(spectrum(-40.0, 0.0, 0.1), 0.7, 0.3)]),
        );
        powers.resize(powers.len() + tail_hops + 3, StereoBandPower::SILENT);
        for channel in render(&mut NoiseBus::new(rate, hop, 5), &powers) {
            let onset = silent_hops * hop;
            assert!(
                channel[..onset].iter().all(|&x| x == 0.0),
                "{rate} Hz: before the latch"
            );
            let lag = channel.iter().position(|x| x.abs() > 1e-3).unwrap() - onset;
            assert!(lag <= hop + taps, "{rate} Hz: {lag} samples late");
            let end = (silent_hops + sounding_hops + tail_hops) * hop;
            assert!(
                channel[end..].iter().all(|&x| x == 0.0),
                "{rate} Hz: endless tail"
            );
        }
    }
}

#[test]
fn cutting_a_hop_changes_no_bit() {
    let power = panned(&[
        (spectrum(-50.0, -0.5, 0.7), 0.9, 0.2),
        (spectrum(-60.0, 0.0, 0.2), 0.1, 0.8),
    ]);
    let powers = vec![power; 40];
    let whole = render(&mut NoiseBus::new(44_100, 64, 9), &powers);
    for cut in [1, 3, 7, 63] {
        let mut bus = NoiseBus::new(44_100, 64, 9);
        let mut parts = [vec![0.0; whole[0].len()], vec![0.0; whole[0].len()]];
        let [left, right] = &mut parts;
        let mut start = 0;
        for power in &powers {
            bus.push_hop(power);
            while bus.remaining() > 0 {
                let end = start + cut.min(bus.remaining());
                bus.add_to(&mut left[start..end], &mut right[start..end]);
                start = end;
            }
        }
        assert_eq!(whole, parts, "cut every {cut} samples");
    }
}

#[test]
fn adds_to_what_is_there_and_stops_at_the_end_of_the_hop() {
    let power = panned(&[(spectrum(-50.0, -0.5, 0.7), 0.9, 0.2)]);
    let clean = render(
        &mut NoiseBus::new(44_100, 64, 9),
        std::slice::from_ref(&power),
    );
    let mut bus = NoiseBus::new(44_100, 64, 9);
    let (mut left, mut right) = (vec![0.25; 100], vec![-0.5; 90]);
    bus.add_to(&mut left, &mut right);
    assert!(left.iter().all(|&x| x == 0.25), "nothing was latched yet");
    bus.push_hop(&power);
    bus.add_to(&mut left, &mut right);
    for n in 0..64 {
        assert_eq!(left[n], 0.25 + clean[0][n]);
        assert_eq!(right[n], -0.5 + clean[1][n]);
    }
    assert!(left[64..].iter().all(|&x| x == 0.25) && right[64..].iter().all(|&x| x == -0.5));
    assert_eq!(bus.remaining(), 0);
    bus.add_to(&mut [], &mut []);
}

#[test]
fn silence_does_not_change_what_follows() {
    let power = panned(&[(spectrum(-50.0, -0.5, 0.7), 0.9, 0.2)]);
    let (quiet, after) = (20, 10);
    let mut powers = vec![StereoBandPower::SILENT; quiet];
    powers.resize(quiet + after, power.clone());
    let late = render(&mut NoiseBus::new(44_100, 64, 9), &powers);
    powers[..5].fill(power);
    let twice = render(&mut NoiseBus::new(44_100, 64, 9), &powers);
    for (late, twice) in late.iter().zip(&twice) {
        assert_eq!(late[quiet * 64..], twice[quiet * 64..]);
    }
}

#[test]
fn reset_restores_the_first_state() {
    let powers = vec![panned(&[(spectrum(-50.0, -0.5, 0.7), 0.9, 0.2)]); 6];
    let mut bus = NoiseBus::new(48_000, 64, 21);
    let first = render(&mut bus, &powers);
    bus.push_hop(&powers[0]);
    bus.add_to(&mut [0.0; 5], &mut [0.0; 5]);
    bus.reset();
    assert_eq!(bus.remaining(), 0);
    assert_eq!(first, render(&mut bus, &powers));
}

#[test]
fn bad_powers_count_as_zero() {
    for bad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, -1.0] {
        let all_bad = StereoBandPower {
            ll: [bad; NOISE_BANDS],
            rr: [bad; NOISE_BANDS],
            lr: [bad; NOISE_BANDS],
        };
        let silent = render(&mut NoiseBus::new(44_100, 64, 1), &vec![all_bad; 8]);
        assert!(silent.iter().flatten().all(|&x| x == 0.0), "{bad}");

        let mut clean = panned(&[(spectrum(-50.0, -0.5, 0.7), 0.9, 0.2)]);
        let mut dirty = clean.clone();
        (clean.ll[7], clean.rr[9]) = (0.0, 0.0);
        (dirty.ll[7], dirty.rr[9]) = (bad, bad);
        let want = render(&mut NoiseBus::new(44_100, 64, 1), &vec![clean; 8]);
        assert_eq!(
            want,
            render(&mut NoiseBus::new(44_100, 64, 1), &vec![dirty; 8]),
            "{bad}"
        );
    }
}

#[test]
fn impossible_correlation_never_raises_a_channel() {
    let mut power = panned(&[(spectrum(-50.0, 0.0, 0.0), 1.0, 1.0)]);
    let possible = render(&mut NoiseBus::new(44_100, 64, 1), &vec![power.clone(); 50]);
    power.lr.fill(1e10);
    let impossible = render(&mut NoiseBus::new(44_100, 64, 1), &vec![power; 50]);
    assert_eq!(possible, impossible);
}

/// Largest second difference of `x`.
fn roughness(x: &[f32]) -> Vec<f32> {
    let mut d2 = x
        .windows(3)
        .map(|w| (w[0] - 2.0 * w[1] + w[2]).abs())
        .collect::<Vec<_>>();
    d2.sort_by(f32::total_cmp);
    d2
}

#[test]
fn power_steps_do_not_click() {
    let mut low = [0.0; NOISE_BANDS];
    low[..4].fill(1e-5);
    let mut louder = low;
    louder[..3].fill(1e-4);
    for (rate, hop) in [(44_100, 64), (48_000, 64), (96_000, 128), (192_000, 256)] {
        let steps_per_second = 10;
        let hops_per_step = rate as usize / hop / steps_per_second;
        let states = [
            [0.0; NOISE_BANDS],
            low,
            louder,
            low,
            [0.0; NOISE_BANDS],
            louder,
        ];
        let powers = (0..20 * hops_per_step)
            .map(|index| panned(&[(states[index / hops_per_step % states.len()], 1.0, 1.0)]))
            .collect::<Vec<_>>();
        let [stepped, _] = render(&mut NoiseBus::new(rate, hop, 17), &powers);
        let steady = vec![panned(&[(louder, 1.0, 1.0)]); powers.len()];
        let [steady, _] = render(&mut NoiseBus::new(rate, hop, 17), &steady);
        let steady = roughness(&steady[4 * hop..]);
        let usual = steady[steady.len() * 999 / 1000];
        let worst = roughness(&stepped).last().copied().unwrap();
        assert!(worst <= 3.0 * usual, "{rate} Hz: {worst} against {usual}");
    }
}

#[test]
fn neither_pushing_nor_adding_allocates() {
    for (rate, hop) in RATES_AND_HOPS {
        let power = panned(&[
            (spectrum(-50.0, -0.5, 0.7), 0.9, 0.2),
            (spectrum(-60.0, 0.0, 0.2), 0.1, 0.8),
        ]);
        let mut bus = NoiseBus::new(rate, hop, 1);
        let (mut left, mut right) = (vec![0.0; hop], vec![0.0; hop]);
        testkit::no_alloc(|| {
            for power in [
                &StereoBandPower::SILENT,
                &power,
                &power,
                &StereoBandPower::SILENT,
            ] {
                bus.push_hop(power);
                bus.add_to(&mut left, &mut right);
            }
            bus.reset();
        });
        assert!(left.iter().chain(&right).any(|&x| x != 0.0));
    }
}
