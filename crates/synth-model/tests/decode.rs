//! The decoder against a plain f64 twin, and its promises at the edges.

#[allow(dead_code)]
mod example;

use example::{Random, instrument};
use synth_model::{Decoder, Head, Instrument, ModelShape, a_weighting};

/// The documented meaning of a log-domain or classic answer, written straight down in f64.
fn plain_partials(instrument: &Instrument, answer: &[f32], f0_hz: f32) -> Vec<f64> {
    let shape = &instrument.network.shape;
    let body_db = |f_hz: f64| {
        let gain_db = &instrument.body_eq.gain_db;
        let last = gain_db.len() - 1;
        let place = (f_hz / 60.0).ln() / (20_000.0f64 / 60.0).ln() * last as f64;
        let place = place.clamp(0.0, last as f64);
        let i = (place as usize).min(last - 1);
        let (a, b) = (f64::from(gain_db[i]), f64::from(gain_db[i + 1]));
        a + (place - i as f64) * (b - a)
    };
    let mut amplitudes = Vec::new();
    let mut power = 0.0;
    for k in 1..=shape.partials {
        let f_hz = k as f64 * f64::from(f0_hz);
        let row = f64::from(answer[k - 1]);
        let relative = match shape.head {
            Head::LogDomain => 10f64.powf(10.0 * row / 20.0),
            Head::Classic => exp_sigmoid(row),
        };
        let fade = ((20_000.0 - f_hz) / 1000.0).clamp(0.0, 1.0);
        let amplitude = relative * 10f64.powf(body_db(f_hz) / 20.0) * fade;
        power += amplitude * amplitude / 2.0 * a_weighting::gain(f_hz.max(27.5)).powi(2);
        amplitudes.push(amplitude);
    }
    let scale = if power > 0.0 {
        power.sqrt().recip()
    } else {
        0.0
    };
    amplitudes.iter().map(|a| a * scale).collect()
}

fn exp_sigmoid(x: f64) -> f64 {
    2.0 * (1.0 / (1.0 + (-x).exp())).powf(10f64.ln()) + 1e-7
}

fn shapes() -> Vec<ModelShape> {
    let odd = |partials, noise_bands| ModelShape {
        hidden: vec![3],
        partials,
        noise_bands,
        ..ModelShape::instrument()
    };
    vec![
        ModelShape::instrument(),
        ModelShape::classic(),
        odd(1, 1),
        odd(7, 3),
        odd(100, 16),
    ]
}

#[test]
fn a_tilt_raises_three_octaves_by_its_decibels_and_keeps_the_loudness() {
    for shape in [ModelShape::instrument(), ModelShape::classic()] {
        let instrument = instrument(shape.clone(), 3);
        let decoder = Decoder::new(&instrument).unwrap();
        let answer: Vec<f32> = (0..shape.outputs()).map(|row| -0.01 * row as f32).collect();
        let f0_hz = 150.0;
        let mut plain = vec![0.0; shape.partials];
        let mut tilted = plain.clone();
        assert!(decoder.harmonics(&answer, 1, 0, f0_hz, &mut plain));
        let mut tilt = |tilt_db| {
            assert!(decoder.tilted_harmonics(&answer, 1, 0, f0_hz, tilt_db, &mut tilted));
            tilted.clone()
        };
        for tilt_db in [-3.0, 1.5, 24.0] {
            let tilted = tilt(tilt_db);
            let relative_db = |k: usize| {
                let ratio = |partials: &[f32]| f64::from(partials[k] / partials[0]);
                20.0 * (ratio(&tilted) / ratio(&plain)).log10()
            };
            for (k, octaves) in [(1, 1.0), (3, 2.0), (7, 3.0), (31, 3.0)] {
                let want = octaves * f64::from(tilt_db);
                assert!(
                    (relative_db(k) - want).abs() < 1e-3,
                    "{tilt_db}: {}",
                    relative_db(k)
                );
            }
            let power: f64 = tilted
                .iter()
                .zip(1..)
                .map(|(&a, k)| {
                    let gain = a_weighting::gain(f64::from(k) * f64::from(f0_hz));
                    (f64::from(a) * gain).powi(2) / 2.0
                })
                .sum();
            assert!((power - 1.0).abs() < 1e-3, "{power}");
        }
        assert_eq!(tilt(0.0), plain);
        assert_eq!(tilt(f32::NAN), plain);
        assert_eq!(tilt(f32::INFINITY), plain);
    }
}

/// Answers of several columns, and the same by column.
fn answers(shape: &ModelShape, columns: usize, random: &mut Random) -> (Vec<f32>, Vec<Vec<f32>>) {
    let rows = shape.outputs();
    let by_column: Vec<Vec<f32>> = (0..columns)
        .map(|_| (0..rows).map(|_| random.between(-9.0, 3.0)).collect())
        .collect();
    let output = (0..rows * columns)
        .map(|i| by_column[i % columns][i / columns])
        .collect();
    (output, by_column)
}

#[test]
fn partials_agree_with_the_plain_twin() {
    let mut random = Random(1);
    for shape in shapes() {
        let instrument = instrument(shape.clone(), 3);
        let decoder = Decoder::new(&instrument).unwrap();
        for columns in [1, 2, 5, 64] {
            let (output, by_column) = answers(&shape, columns, &mut random);
            for (column, answer) in by_column.iter().enumerate() {
                let f0_hz = 8.0 * 2f32.powf(random.between(0.0, 11.0));
                // Dirty, and longer than the network has partials.
                let mut partials = vec![f32::NAN; shape.partials + 3];
                assert!(decoder.harmonics(&output, columns, column, f0_hz, &mut partials));
                let plain = plain_partials(&instrument, answer, f0_hz);
                let loudest = plain.iter().fold(0.0f64, |a, b| a.max(*b));
                for (k, (have, want)) in partials.iter().zip(&plain).enumerate() {
                    let error = (f64::from(*have) - want).abs();
                    // The level of a row of 3 (30 dB) carries an f32 error of 2^-24 * 10 octaves.
                    assert!(
                        error < 1e-5 * want + 1e-6 * loudest,
                        "{k} at {f0_hz}: {have} {want}"
                    );
                }
                assert!(partials[shape.partials..].iter().all(|p| *p == 0.0));
            }
        }
    }
}

#[test]
fn body_curves_of_any_length_agree_with_the_plain_twin() {
    let mut random = Random(8);
    for points in [2, 3, 160, 1000, 4096] {
        let mut instrument = instrument(ModelShape::instrument(), 3);
        instrument.body_eq.gain_db = (0..points).map(|_| random.between(-3.0, 3.0)).collect();
        let decoder = Decoder::new(&instrument).unwrap();
        for _ in 0..50 {
            let (output, by_column) = answers(&instrument.network.shape, 1, &mut random);
            let f0_hz = 2f32.powf(random.between(0.0, 14.0));
            let mut partials = [0.0; 64];
            assert!(decoder.harmonics(&output, 1, 0, f0_hz, &mut partials));
            let plain = plain_partials(&instrument, &by_column[0], f0_hz);
            let loudest = plain.iter().fold(0.0f64, |a, b| a.max(*b));
            for (have, want) in partials.iter().zip(plain) {
                let error = (f64::from(*have) - want).abs();
                // Near 20 kHz the fade's last Hz are coarse in f32, far below the loudest partial.
                assert!(
                    error < 2e-5 * want + 1e-6 * loudest,
                    "{points} points, {f0_hz} Hz: {have} {want}"
                );
            }
        }
    }
}

#[test]
fn a_column_has_the_same_bits_wherever_it_stands() {
    let mut random = Random(6);
    let shape = ModelShape::instrument();
    let decoder = Decoder::new(&instrument(shape.clone(), 3)).unwrap();
    let (output, by_column) = answers(&shape, 37, &mut random);
    for (column, answer) in by_column.iter().enumerate() {
        let f0_hz = random.between(30.0, 3000.0);
        let (mut alone, mut among) = ([0.0; 64], [1.0; 64]);
        assert!(decoder.harmonics(answer, 1, 0, f0_hz, &mut alone));
        assert!(decoder.harmonics(&output, 37, column, f0_hz, &mut among));
        assert_eq!(alone.map(f32::to_bits), among.map(f32::to_bits));
    }
}

#[test]
fn bits_are_those_of_every_machine() {
    let mut random = Random(12);
    let mut instrument = instrument(ModelShape::instrument(), 3);
    instrument.body_eq.gain_db = (0..160).map(|_| random.between(-9.0, 9.0)).collect();
    let decoder = Decoder::new(&instrument).unwrap();
    // FNV-1a over the bits of 200 spectra and noises, recorded once: another value means that the
    // arithmetic is no longer the same everywhere, or was changed on purpose.
    let mut hash = 0xcbf2_9ce4_8422_2325u64;
    for _ in 0..200 {
        let (output, _) = answers(&instrument.network.shape, 1, &mut random);
        let (mut partials, mut power) = ([0.0; 64], [0.0; 65]);
        decoder.harmonics(&output, 1, 0, random.between(20.0, 5000.0), &mut partials);
        decoder.noise(&output, 1, 0, &mut power);
        for value in partials.iter().chain(&power) {
            hash = (hash ^ u64::from(value.to_bits())).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }
    assert_eq!(hash, 0x882a_50a8_6706_700c, "{hash:#x}");
}

#[test]
fn partials_have_unit_a_weighted_power_whatever_the_spectrum() {
    let mut random = Random(2);
    let instrument = instrument(ModelShape::instrument(), 1);
    let decoder = Decoder::new(&instrument).unwrap();
    for _ in 0..500 {
        let span = random.between(0.0, 6.0);
        let answer: Vec<f32> = (0..130).map(|_| random.between(-span, span)).collect();
        let f0_hz = 27.5 * 2f32.powf(random.between(0.0, 7.5));
        let mut partials = [0.0; 64];
        assert!(decoder.harmonics(&answer, 1, 0, f0_hz, &mut partials));
        let power: f64 = (1..=64)
            .map(|k| {
                let gain = a_weighting::gain(k as f64 * f64::from(f0_hz));
                (f64::from(partials[k - 1]) * gain).powi(2) / 2.0
            })
            .sum();
        assert!((power - 1.0).abs() < 1e-5, "power {power} at {f0_hz} Hz");
    }
}

#[test]
fn the_gain_row_changes_nothing_and_far_levels_do_not_overflow() {
    let decoder = Decoder::new(&instrument(ModelShape::instrument(), 1)).unwrap();
    let mut answer: Vec<f32> = (0..130).map(|i| (i % 5) as f32).collect();
    let mut reference = [0.0; 64];
    assert!(decoder.harmonics(&answer, 1, 0, 220.0, &mut reference));
    answer[64] = 60_000.0;
    for shift in [0.0, 65_000.0, -65_000.0] {
        // 64 keeps a shift of 65,000 exact in f32.
        let shifted: Vec<f32> = answer.iter().map(|a| a * 64.0 + shift).collect();
        let plain: Vec<f32> = answer.iter().map(|a| a * 64.0).collect();
        let (mut have, mut want) = ([0.0; 64], [0.0; 64]);
        assert!(decoder.harmonics(&shifted, 1, 0, 220.0, &mut have));
        assert!(decoder.harmonics(&plain, 1, 0, 220.0, &mut want));
        for (have, want) in have.iter().zip(&want) {
            assert!((have - want).abs() <= 0.02 * want.abs() && have.is_finite());
        }
    }
    let mut again = [0.0; 64];
    assert!(decoder.harmonics(&answer, 1, 0, 220.0, &mut again));
    assert_eq!(again, reference, "the gain row cancels");
}

#[test]
fn the_band_ends_softly_at_20_khz() {
    let mut flat = instrument(ModelShape::instrument(), 1);
    flat.body_eq.gain_db.fill(0.0);
    let decoder = Decoder::new(&flat).unwrap();
    let mut partials = [f32::NAN; 64];
    let at = |f0_hz: f32, partials: &mut [f32; 64]| {
        assert!(decoder.harmonics(&[0.0; 130], 1, 0, f0_hz, partials));
        *partials
    };
    // Partials at 9.75 and 19.5 kHz: the second at half its amplitude.
    let faded = at(9750.0, &mut partials);
    assert!((faded[1] / faded[0] - 0.5).abs() < 1e-5);
    assert!(faded[2..].iter().all(|p| *p == 0.0));
    let whole = at(9500.0, &mut partials);
    assert_eq!(whole[1], whole[0]);
    assert_eq!(at(10_000.0, &mut partials)[1], 0.0);
    assert_eq!(
        at(25_000.0, &mut partials),
        [0.0; 64],
        "nothing is left: zeros"
    );
    assert_eq!(at(20_000.0, &mut partials), [0.0; 64]);
    // A sweep through the limit has no step: neighbouring pitches, neighbouring amplitudes.
    let mut before = at(9000.0, &mut partials);
    for step in 1..=1200 {
        let now = at(9000.0 + step as f32, &mut partials);
        for k in 0..2 {
            assert!(
                (now[k] - before[k]).abs() < 0.01,
                "step at partial {}",
                k + 1
            );
        }
        before = now;
    }
}

#[test]
fn extreme_pitches_stay_finite() {
    for shape in [ModelShape::instrument(), ModelShape::classic()] {
        let decoder = Decoder::new(&instrument(shape.clone(), 1)).unwrap();
        // Only the first partial speaks.
        let mut answer = vec![-9.0; shape.outputs()];
        answer[0] = 9.0;
        let mut partials = vec![0.0; 64];
        for f0_hz in [1e-30, 1e-3, 0.5, 8.0, 20.0, 27.5, 12_543.9, 19_999.998] {
            assert!(decoder.harmonics(&answer, 1, 0, f0_hz, &mut partials));
            assert!(
                partials.iter().all(|p| p.is_finite() && *p < 500.0),
                "{f0_hz} Hz"
            );
            assert!(partials.iter().any(|p| *p > 0.0), "{f0_hz} Hz");
        }
    }
}

#[test]
fn what_is_not_finite_is_silenced_and_told() {
    for shape in [ModelShape::instrument(), ModelShape::classic()] {
        let decoder = Decoder::new(&instrument(shape.clone(), 1)).unwrap();
        let columns = 3;
        let good = vec![0.5; shape.outputs() * columns];
        for broken in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
            for row in 0..shape.outputs() {
                let mut output = good.clone();
                output[row * columns + 1] = broken;
                for column in 0..columns {
                    let is_noise = shape.noise_rows().contains(&row);
                    let mut partials = [7.0; 64];
                    let fine = decoder.harmonics(&output, columns, column, 100.0, &mut partials);
                    assert_eq!(fine, column != 1 || is_noise);
                    assert_eq!(fine, partials != [0.0; 64]);
                    let mut power = [7.0; 65];
                    let fine = decoder.noise(&output, columns, column, &mut power);
                    assert_eq!(fine, column != 1 || !is_noise);
                    assert_eq!(fine, power != [0.0; 65]);
                }
            }
        }
        for f0_hz in [f32::NAN, f32::INFINITY, 0.0, -1.0] {
            let mut partials = [7.0; 64];
            assert!(!decoder.harmonics(&good, columns, 0, f0_hz, &mut partials));
            assert_eq!(partials, [0.0; 64]);
        }
        // A column that is not in the buffer is silent, not a panic.
        for (columns, column) in [(3, 3), (0, 0), (4, 0), (usize::MAX, 0)] {
            let mut partials = [7.0; 64];
            assert!(!decoder.harmonics(&good, columns, column, 100.0, &mut partials));
            assert!(!decoder.noise(&good, columns, column, &mut partials));
            assert_eq!(partials, [0.0; 64]);
        }
    }
}

#[test]
fn noise_rows_are_absolute_densities() {
    let shape = ModelShape::instrument();
    let decoder = Decoder::new(&instrument(shape.clone(), 1)).unwrap();
    let mut random = Random(4);
    let (output, by_column) = answers(&shape, 5, &mut random);
    for (column, answer) in by_column.iter().enumerate() {
        let mut power = [f32::NAN; 70];
        assert!(decoder.noise(&output, 5, column, &mut power));
        for (band, row) in answer[65..].iter().enumerate() {
            // dB = 10 * row; never above 0 dB.
            let want = 10f64.powf(f64::from(*row)).min(1.0);
            assert!((f64::from(power[band]) / want - 1.0).abs() < 1e-5);
        }
        assert_eq!(power[65..], [0.0; 5]);
    }
    let mut few = [f32::NAN; 3];
    assert!(
        decoder.noise(&output, 5, 0, &mut few),
        "fewer bands than the network's are fine"
    );
    let loud = vec![60_000.0; 130];
    let mut power = [0.0; 65];
    assert!(decoder.noise(&loud, 1, 0, &mut power));
    assert_eq!(power, [1.0; 65]);
}

#[test]
fn the_classic_heads_noise_is_one_white_level() {
    let decoder = Decoder::new(&instrument(ModelShape::classic(), 1)).unwrap();
    let mut output = vec![0.0; 66];
    output[65] = 2.5;
    let mut power = [f32::NAN; 65];
    assert!(decoder.noise(&output, 1, 0, &mut power));
    let magnitude = exp_sigmoid(2.5 - 5.0);
    let want = magnitude * magnitude / 3.0 / 22_050.0;
    assert!(
        power
            .iter()
            .all(|p| (f64::from(*p) / want - 1.0).abs() < 1e-4)
    );
}

#[test]
fn decoding_does_not_allocate() {
    let instrument = instrument(ModelShape::instrument(), 1);
    let decoder = Decoder::new(&instrument).unwrap();
    let output = vec![0.25; 130 * 8];
    let (mut partials, mut power) = ([0.0; 64], [0.0; 65]);
    testkit::no_alloc(|| {
        for column in 0..8 {
            decoder.harmonics(&output, 8, column, 440.0, &mut partials);
            decoder.harmonics(&output, 8, column, f32::NAN, &mut partials);
            decoder.noise(&output, 8, column, &mut power);
        }
    });
}
