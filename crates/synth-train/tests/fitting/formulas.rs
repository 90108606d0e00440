//! An instrument of formulas: partials that fall evenly, more slowly when louder, with a body
//! resonance, and a hump of noise that follows the note.

use std::collections::BTreeMap;

use synth_model::{CurveTable, Expression, Instrument, Metadata, ModelShape, Ranges};
use synth_train::random::SplitMix64;
use synth_train::{FitSettings, TrainingFrame, TrainingSet, fit, loudness, output_range};

pub(crate) const NOISE_BAND_HZ: f64 = 44_100.0 / 128.0;

pub(crate) fn ranges() -> Ranges {
    Ranges {
        f0_lo_hz: 55.0,
        f0_hi_hz: 1_760.0,
        loudness_lo_db: -60.0,
        loudness_hi_db: -10.0,
        loudness_centre_db: -35.0,
        velocity_lo: 0.0,
        velocity_hi: 1.0,
    }
}

/// Level of partial `k` (from 1), dB, any common reference.
fn partial_db(f0_hz: f64, loudness_db: f64, z: f64, k: usize) -> f64 {
    let number = k as f64;
    let fall_db = 11.0 - 0.1 * (loudness_db + 35.0) - 2.0 * z;
    let detuning = 4.0 * (number * f0_hz / 900.0 - 900.0 / (number * f0_hz));
    let body_db = 10.0 * (1.0 + 6.0 / (1.0 + detuning * detuning)).log10();
    (body_db - fall_db * number.log2()).max(-80.0)
}

/// Density of a noise band, dB re full scale^2 / Hz.
fn noise_db(f0_hz: f64, loudness_db: f64, band: usize) -> f64 {
    let octaves = ((band as f64 + 0.5) * NOISE_BAND_HZ / (3.0 * f0_hz)).log2();
    loudness_db - 80.0 - 4.0 * octaves * octaves.abs().min(3.0)
}

/// `count` random columns; another seed gives others.
pub(crate) fn columns(count: usize, seed: u64) -> TrainingSet {
    let shape = ModelShape::instrument();
    let ranges = ranges();
    let mut set = TrainingSet::new(shape.partials, shape.noise_bands);
    let mut random = SplitMix64::new(seed);
    for _ in 0..count {
        let (low, high) = (f64::from(ranges.f0_lo_hz), f64::from(ranges.f0_hi_hz));
        let f0_hz = random.between(low.log2(), high.log2()).exp2();
        let loudness_db = random.between(-60.0, -10.0);
        let z = random.uniform().powi(4);
        let levels = (1..=shape.partials).map(|k| partial_db(f0_hz, loudness_db, z, k));
        let levels: Vec<f64> = levels.collect();
        let reference_db = loudness::loudness_db(&levels, f0_hz);
        let partials: Vec<f32> = levels.iter().map(|db| (db - reference_db) as f32).collect();
        let bands = (0..shape.noise_bands).map(|band| noise_db(f0_hz, loudness_db, band) as f32);
        let bands: Vec<f32> = bands.collect();
        set.push(&TrainingFrame {
            f0_hz: f0_hz as f32,
            loudness_db: loudness_db as f32,
            velocity: random.uniform() as f32,
            z: z as f32,
            partial_db: &partials,
            noise_db: &bands,
            band_limit_hz: f32::MAX,
        })
        .unwrap();
    }
    set
}

/// What `steps` steps make of 2048 columns, in a small network.
pub(crate) fn fitted(steps: usize, seed: u64) -> Instrument {
    let settings = FitSettings {
        hidden: vec![32, 32],
        steps,
        batch: 128,
        pitch_jitter_semitones: 0.0,
        loudness_jitter_db: 0.0,
        seed,
        ..FitSettings::default()
    };
    let (set, ranges) = (columns(2_048, 1), ranges());
    let fit = fit(&set, &ranges, &settings).unwrap();
    let outputs = output_range(&fit.network, &ranges, &set);
    let constant = |values: &[f32]| CurveTable::constant(values).unwrap();
    let instrument = Instrument {
        metadata: Metadata {
            name: "Formulas".into(),
            author: "a test".into(),
            licence: "MIT".into(),
            source: "formulas".into(),
            synthetic: true,
            sample_rate_hz: 44_100,
            hop: 64,
            programs: vec![0],
            bank: 0,
            held_out: BTreeMap::new(),
            training: BTreeMap::new(),
            unknown: BTreeMap::new(),
        },
        network: fit.network,
        body_eq: fit.body_eq,
        ranges,
        outputs,
        expression: Expression {
            sustain_db: constant(&[-24.0]),
            attack_db: constant(&[0.0]),
            attack_step_s: 0.01,
            onset_noise_db: constant(&[0.0]),
            onset_cents: constant(&[0.0]),
            tilt_db: constant(&[0.0]),
            release_s: constant(&[0.2]),
            vibrato: constant(&[5.0, 0.0, 0.0, 0.0]),
            fluctuation: constant(&[0.0, 1.0]),
            drift: constant(&[0.0, 1.0]),
        },
    };
    instrument.check().unwrap();
    instrument
}
