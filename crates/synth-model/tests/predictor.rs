//! From features to partials through a device.

#[allow(dead_code)]
mod example;

use example::{Random, instrument};
use mil_runtime::cpu::{CpuDevice, ReferenceDevice};
use mil_runtime::{Device, Timing};
use synth_model::{
    CurveTable, Decoder, Features, ModelShape, Network, Predictor, compile_predictor,
};

/// The network in f64, straight from its definition.
fn plain_answer(network: &Network, features: &[f32]) -> Vec<f64> {
    let mut x: Vec<f64> = features.iter().map(|&f| f64::from(f)).collect();
    for (index, layer) in network.layers.iter().enumerate() {
        let rows = layer.weight.chunks_exact(layer.inputs).zip(&layer.bias);
        x = rows
            .map(|(row, bias)| {
                let products = row.iter().zip(&x).map(|(w, x)| w.to_f64() * x);
                let y = bias.to_f64() + products.sum::<f64>();
                if index + 1 < network.layers.len() {
                    y.max(0.0)
                } else {
                    y
                }
            })
            .collect();
    }
    x
}

fn random_features(random: &mut Random) -> Features {
    Features {
        f0_hz: 50.0 * 2f32.powf(random.between(0.0, 5.0)),
        loudness_db: random.between(-60.0, 0.0),
        velocity: random.between(0.0, 1.0),
        z: random.between(0.0, 1.0),
    }
}

#[test]
fn devices_answer_what_the_network_means() {
    let devices: [Box<dyn Device>; 2] = [
        Box::new(CpuDevice::default()),
        Box::new(ReferenceDevice::f32()),
    ];
    let odd = ModelShape {
        hidden: vec![5],
        partials: 3,
        noise_bands: 7,
        ..ModelShape::instrument()
    };
    for shape in [ModelShape::classic(), ModelShape::instrument(), odd] {
        let instrument = instrument(shape.clone(), 21);
        for device in &devices {
            let mut predictor = Predictor::new(device.as_ref(), &instrument, 70).unwrap();
            assert_eq!(
                (predictor.inputs(), predictor.outputs()),
                (4, shape.outputs())
            );
            assert_eq!(predictor.max_columns(), 70);
            assert_eq!(predictor.timing(), Timing::Bounded);
            let mut random = Random(9);
            for columns in [1, 3, 64, 70] {
                let mut input = vec![f32::NAN; 4 * columns];
                let asked: Vec<Features> =
                    (0..columns).map(|_| random_features(&mut random)).collect();
                for (column, features) in asked.iter().enumerate() {
                    instrument.write_features(features, &mut input, columns, column);
                }
                let mut output = vec![f32::NAN; shape.outputs() * columns];
                predictor.run(columns, &input, &mut output).unwrap();
                for (column, features) in asked.iter().enumerate() {
                    let normalised = features.normalised(&instrument.ranges);
                    for (channel, value) in normalised.iter().enumerate() {
                        assert_eq!(input[channel * columns + column], *value);
                    }
                    let plain = plain_answer(&instrument.network, &normalised);
                    for (row, want) in plain.iter().enumerate() {
                        let have = f64::from(output[row * columns + column]);
                        // f32 sums of 128 products of order 1.
                        assert!(
                            (have - want).abs() < 2e-5,
                            "{} {row}: {have} {want}",
                            device.name()
                        );
                    }
                }
            }
        }
    }
}

#[test]
fn bad_buffers_and_networks_are_refused() {
    let instrument = instrument(ModelShape::classic(), 2);
    let mut predictor = Predictor::new(&CpuDevice::default(), &instrument, 8).unwrap();
    let mut output = [7.0; 66 * 9];
    assert!(predictor.run(9, &[0.0; 36], &mut output).is_err());
    assert!(predictor.run(8, &[0.0; 31], &mut output[..66 * 8]).is_err());
    assert!(predictor.run(8, &[0.0; 32], &mut output).is_err());
    assert_eq!(output, [7.0; 66 * 9]);
    assert!(Predictor::new(&CpuDevice::default(), &instrument, 0).is_err());
    let mut broken = instrument.network.clone();
    broken.layers.truncate(2);
    assert!(compile_predictor(&CpuDevice::default(), &broken, 8).is_err());
}

#[test]
fn features_outside_the_buffer_are_not_written() {
    let instrument = instrument(ModelShape::classic(), 2);
    let features = random_features(&mut Random(1));
    let mut input = [7.0; 10];
    instrument.write_features(&features, &mut input, 3, 3);
    instrument.write_features(&features, &mut input, 0, 0);
    assert_eq!(input, [7.0; 10]);
    // The buffer ends before the last channel.
    instrument.write_features(&features, &mut input, 4, 2);
    assert_eq!(input.iter().filter(|v| **v != 7.0).count(), 2);
}

#[test]
fn loudness_the_network_sees_is_what_its_feature_says() {
    let instrument = instrument(ModelShape::instrument(), 2);
    for step in -900..=100 {
        let loudness_db = step as f32 * 0.1;
        let seen_db = instrument.clamp_loudness_db(loudness_db);
        let features = Features {
            f0_hz: 440.0,
            loudness_db,
            velocity: 0.5,
            z: 0.0,
        };
        let mut input = [0.0; 4];
        instrument.write_features(&features, &mut input, 1, 0);
        assert_eq!(input[1] * 20.0 - 30.0, seen_db);
        let clamped = loudness_db.clamp(-52.7, -9.3);
        assert!(
            (seen_db - clamped).abs() <= 0.011,
            "{loudness_db}: {seen_db}"
        );
    }
}

#[test]
fn nothing_on_the_audio_threads_way_allocates() {
    let instrument = instrument(ModelShape::instrument(), 2);
    let mut predictor = Predictor::new(&CpuDevice::default(), &instrument, 16).unwrap();
    let decoder = Decoder::new(&instrument).unwrap();
    let (mut input, mut output) = (vec![0.0; 64], vec![0.0; 130 * 16]);
    let mut partials = [0.0; 64];
    let table: &CurveTable = &instrument.expression.attack_db;
    let features = random_features(&mut Random(3));
    testkit::no_alloc(|| {
        for column in 0..16 {
            instrument.write_features(&features, &mut input, 16, column);
        }
        predictor.run(16, &input, &mut output).unwrap();
        assert!(predictor.run(17, &input, &mut output).is_err());
        for column in 0..16 {
            assert!(decoder.harmonics(&output, 16, column, features.f0_hz, &mut partials));
        }
        let place = table.locate(features.f0_hz, features.velocity);
        table.at(place, 2) + table.at_fractional(place, 1.5)
    });
}
