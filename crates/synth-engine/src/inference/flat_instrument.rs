//! The plainest instrument there is, for tests that bring their own kernels.

use synth_model::{
    BodyEq, CurveTable, Expression, Instrument, Layer, Metadata, ModelShape, Network, OutputRange,
    Ranges,
};

/// An instrument whose network has no weights. Its answers are taken to be from -30 to 10.
pub(super) fn flat_instrument() -> Instrument {
    let shape = ModelShape::instrument();
    let sizes = shape.layer_sizes();
    let silent = |&(inputs, outputs): &(usize, usize)| {
        Layer::from_f32(
            inputs,
            outputs,
            &vec![0.0; inputs * outputs],
            &vec![0.0; outputs],
        )
        .unwrap()
    };
    let network = Network::new(shape, sizes.iter().map(silent).collect()).unwrap();
    let constant = |values: &[f32]| CurveTable::constant(values).unwrap();
    Instrument {
        metadata: Metadata {
            name: "flat".into(),
            author: "test".into(),
            licence: "MIT".into(),
            sample_rate_hz: 44_100,
            hop: 64,
            programs: vec![0],
            ..Metadata::default()
        },
        outputs: OutputRange::uniform(network.shape.outputs(), -30.0, 10.0),
        network,
        body_eq: BodyEq::flat(),
        ranges: Ranges {
            f0_lo_hz: 20.0,
            f0_hi_hz: 8_000.0,
            loudness_lo_db: -60.0,
            loudness_hi_db: -10.0,
            loudness_centre_db: -30.0,
            velocity_lo: 0.0,
            velocity_hi: 1.0,
        },
        expression: Expression {
            sustain_db: constant(&[-20.0]),
            attack_db: constant(&[0.0]),
            attack_step_s: 0.02,
            onset_noise_db: constant(&[0.0]),
            onset_cents: constant(&[0.0]),
            tilt_db: constant(&[0.0]),
            release_s: constant(&[0.2]),
            vibrato: constant(&[5.5, 0.0, 0.0, 0.1]),
            fluctuation: constant(&[0.0, 4.0]),
            drift: constant(&[0.0, 1.0]),
        },
    }
}
