//! What the fuzz targets share: a tiny instrument, and reading it.

#![forbid(unsafe_code)]

use std::collections::BTreeMap;

use synth_model::{
    BodyEq, CurveTable, Expression, Instrument, Metadata, ModelShape, Network, OutputRange, Ranges,
};

/// An instrument of one small layer that the engine takes: few multiplications, short times.
pub fn tiny_instrument() -> Instrument {
    let shape = ModelShape {
        hidden: vec![],
        partials: 4,
        ..ModelShape::instrument()
    };
    let outputs = OutputRange::uniform(shape.outputs(), -20.0, 20.0);
    let table = |curve: &[f32]| CurveTable::constant(curve).expect("a sound curve");
    Instrument {
        metadata: Metadata {
            name: "Tiny".to_owned(),
            author: "nobody".to_owned(),
            licence: "MIT".to_owned(),
            source: "seeded numbers".to_owned(),
            synthetic: true,
            sample_rate_hz: 44_100,
            hop: 64,
            programs: vec![0, 127],
            held_out: BTreeMap::from([("harmonic_error_db".to_owned(), 1.5)]),
            ..Metadata::default()
        },
        network: Network::he_initialised(shape, 1).expect("a sound shape"),
        body_eq: BodyEq::flat(),
        ranges: Ranges {
            f0_lo_hz: 55.0,
            f0_hi_hz: 1760.0,
            loudness_lo_db: -50.0,
            loudness_hi_db: -10.0,
            loudness_centre_db: -30.0,
            velocity_lo: 0.2,
            velocity_hi: 0.9,
        },
        outputs,
        expression: Expression {
            sustain_db: table(&[-20.0]),
            attack_db: table(&[-12.0, 0.0]),
            attack_step_s: 0.01,
            release_s: table(&[0.05]),
            vibrato: table(&[5.5, 15.0, 0.01, 0.02]),
            fluctuation: table(&[0.5, 4.0]),
            drift: table(&[3.0, 1.0]),
            onset_noise_db: table(&[6.0, 0.0]),
            onset_cents: table(&[-20.0, 0.0]),
            tilt_db: table(&[0.5]),
        },
    }
}
