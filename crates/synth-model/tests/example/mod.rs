//! An instrument to test with.

use std::collections::BTreeMap;

use synth_model::{
    BodyEq, CurveTable, Expression, Instrument, Metadata, ModelShape, Network, OutputRange, Ranges,
};

/// A seeded, playable instrument of a shape, with a wavy body EQ and tables of several knots.
pub(crate) fn instrument(shape: ModelShape, seed: u64) -> Instrument {
    let constant = |curve: &[f32]| CurveTable::constant(curve).unwrap();
    let sustain = vec![-45.0, -24.0, -42.0, -21.0, -40.0, -20.0];
    let attack = vec![-35.0, -9.5, -1.25, 0.0, -35.0, -4.5, -0.5, 0.0];
    let noise = vec![6.5, 0.0, 12.0, 0.0];
    let text = |text: &str| text.to_owned();
    let outputs = (0..shape.outputs()).map(|row| row as f32 * 0.1);
    Instrument {
        metadata: Metadata {
            name: text("Example"),
            author: text("nobody"),
            licence: text("MIT"),
            source: text("seeded numbers"),
            synthetic: true,
            sample_rate_hz: 44_100,
            hop: 64,
            programs: vec![0, 40, 127],
            bank: 0,
            held_out: BTreeMap::from([(text("harmonic_error_db"), 4.321)]),
            training: BTreeMap::from([
                (text("seed"), seed.to_string()),
                (text("steps"), text("0")),
            ]),
            unknown: BTreeMap::from([(text("mood"), text("\u{201c}dolce\u{201d}\n"))]),
        },
        network: Network::he_initialised(shape, seed).unwrap(),
        body_eq: BodyEq {
            gain_db: (0..BodyEq::POINTS)
                .map(|i| (i as f32 * 0.3).sin() * 12.0)
                .collect(),
        },
        ranges: Ranges {
            f0_lo_hz: 55.0,
            f0_hi_hz: 1975.533,
            loudness_lo_db: -52.7,
            loudness_hi_db: -9.3,
            loudness_centre_db: -30.0,
            velocity_lo: 0.1,
            velocity_hi: 0.97,
        },
        outputs: OutputRange {
            lo: outputs.clone().map(|x| -20.0 - x).collect(),
            hi: outputs.map(|x| 5.0 + x).collect(),
        },
        expression: Expression {
            sustain_db: CurveTable::new(vec![110.0, 440.0, 1760.0], vec![0.0, 1.0], 1, sustain)
                .unwrap(),
            attack_db: CurveTable::new(vec![440.0], vec![0.1, 0.9], 4, attack).unwrap(),
            attack_step_s: 0.02,
            onset_noise_db: CurveTable::new(vec![440.0], vec![0.1, 0.9], 2, noise).unwrap(),
            onset_cents: constant(&[-25.0, -5.0, 0.0]),
            tilt_db: CurveTable::new(vec![440.0], vec![0.0, 1.0], 1, vec![0.5, -1.25]).unwrap(),
            release_s: constant(&[0.2]),
            vibrato: constant(&[5.6, 16.0, 0.15, 0.25]),
            fluctuation: constant(&[0.7, 4.0]),
            drift: constant(&[3.0, 1.0]),
        },
    }
}

/// A small shape, whose file is small.
pub(crate) fn small_shape() -> ModelShape {
    ModelShape {
        hidden: vec![3],
        partials: 4,
        noise_bands: 2,
        ..ModelShape::instrument()
    }
}

/// SplitMix64 (Steele, Lea, Flood 2014).
pub(crate) struct Random(pub(crate) u64);

impl Random {
    /// 64 random bits.
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A whole number below `bound`.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound as u64) as usize
    }

    /// A number between `lo` and `hi`.
    pub(crate) fn between(&mut self, lo: f32, hi: f32) -> f32 {
        lo + (hi - lo) * ((self.next() >> 40) as f32 / (1u64 << 24) as f32)
    }
}
