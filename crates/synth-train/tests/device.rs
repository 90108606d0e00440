//! A shipped instrument on the synth's own device answers as the trainer computes it.

use mil_runtime::cpu::CpuDevice;
use std::path::Path;
use synth_model::{Decoder, Features, Instrument, Predictor};
use synth_train::Answers;

#[test]
fn the_cpu_device_and_the_trainer_agree() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../ane-synth-app/instruments");
    for name in ["alto-sax", "double-bass", "flute"] {
        let path = folder.join(name).with_extension("synth");
        let instrument = Instrument::read(path).unwrap();
        let mut answers = Answers::new(&instrument).unwrap();
        let decoder = Decoder::new(&instrument).unwrap();
        let columns = 24;
        let mut predictor = Predictor::new(&CpuDevice::new(), &instrument, columns).unwrap();
        let features: Vec<Features> = (0..columns)
            .map(|i| Features {
                f0_hz: 30.0 * (i as f32 * 0.29).exp2(),
                loudness_db: -70.0 + 2.5 * i as f32,
                velocity: (i % 5) as f32 / 4.0,
                z: (i % 3) as f32 / 2.0,
            })
            .collect();
        let shape = &instrument.network.shape;
        let mut input = vec![0.0; shape.inputs * columns];
        let mut output = vec![0.0; shape.outputs() * columns];
        for (column, features) in features.iter().enumerate() {
            instrument.write_features(features, &mut input, columns, column);
        }
        predictor.run(columns, &input, &mut output).unwrap();

        let (mut got, mut want) = (vec![0.0; shape.partials], vec![0.0; shape.partials]);
        let mut got_noise = vec![0.0; shape.noise_bands];
        let mut want_noise = got_noise.clone();
        for (column, features) in features.iter().enumerate() {
            let tilt_db = instrument
                .expression
                .tilt_db_at(features.f0_hz, features.velocity);
            let f0_hz = features.f0_hz;
            assert!(decoder.tilted_harmonics(&output, columns, column, f0_hz, tilt_db, &mut got));
            assert!(decoder.noise(&output, columns, column, &mut got_noise));
            assert!(answers.column(features, &mut want, &mut want_noise));
            let pairs = got
                .iter()
                .zip(&want)
                .chain(got_noise.iter().zip(&want_noise));
            for (got, want) in pairs {
                // Only the order of the sums differs: some 1e-6 of the largest activations.
                assert!(
                    (got - want).abs() <= 1e-3 * want.abs(),
                    "{name} {column}: {got} {want}"
                );
            }
        }
    }
}
