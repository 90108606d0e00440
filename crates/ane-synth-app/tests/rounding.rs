//! The shipped instruments on a device that rounds every activation to FP16: how far its answers may be
//! from the CPU's is what the engine goes by when it decides whether a device answers wrongly.

use std::fs;
use std::path::PathBuf;

use mil_runtime::cpu::{CpuDevice, ReferenceDevice};
use synth_model::{Features, Instrument, Predictor};

/// What the engine takes for rounding (`BOUND` in synth-engine's inference/check.rs), in the network's
/// units of 10 dB.
const ACCEPTED: f32 = 0.1;
/// A device whose sums round in another order must pass as well.
const MARGIN: f32 = 2.0;
const COLUMNS: usize = 64;

/// Points all over what the features can be: each the next multiple of an irrational number, a step
/// that fills the cube evenly (Roberts 2018, "The Unreasonable Effectiveness of Quasirandom Sequences").
fn questions(instrument: &Instrument, count: usize) -> Vec<[f32; Features::COUNT]> {
    const STEPS: [f64; Features::COUNT] = [0.856_674_88, 0.733_891_86, 0.628_706_72, 0.538_597_25];
    let question = |number: usize| {
        let at = |dimension: usize, lo: f32, hi: f32| {
            let share = (number as f64 * STEPS[dimension]).fract() as f32;
            lo + (hi - lo) * share
        };
        let features = Features {
            f0_hz: at(0, 27.5_f32.log2(), 4200.0_f32.log2()).exp2(),
            loudness_db: at(1, -90.0, 0.0),
            velocity: at(2, 0.0, 1.0),
            z: at(3, -1.0, 2.0),
        };
        features.normalised(&instrument.ranges)
    };
    (0..count).map(question).collect()
}

fn answers(network: &mut Predictor, questions: &[[f32; Features::COUNT]], rows: usize) -> Vec<f32> {
    let mut all = Vec::new();
    for columns in questions.chunks(COLUMNS) {
        let of = |feature: usize| columns.iter().map(move |features| features[feature]);
        let input: Vec<f32> = (0..Features::COUNT).flat_map(of).collect();
        let mut output = vec![f32::NAN; columns.len() * rows];
        network.run(columns.len(), &input, &mut output).unwrap();
        all.extend(output);
    }
    all
}

#[test]
fn rounding_to_fp16_stays_well_within_what_is_accepted() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("instruments");
    let mut instruments = 0;
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path
            .extension()
            .is_none_or(|extension| extension != "synth")
        {
            continue;
        }
        instruments += 1;
        let instrument = Instrument::from_bytes(&fs::read(&path).unwrap()).unwrap();
        let rows = instrument.network.shape.outputs();
        let questions = questions(&instrument, 2048);
        let mut cpu = Predictor::new(&CpuDevice::new(), &instrument, COLUMNS).unwrap();
        let mut fp16 = Predictor::new(&ReferenceDevice::fp16(), &instrument, COLUMNS).unwrap();
        let exact = answers(&mut cpu, &questions, rows);
        let rounded = answers(&mut fp16, &questions, rows);
        let differences = exact.iter().zip(&rounded).map(|(a, b)| (a - b).abs());
        let largest = differences.fold(0.0, f32::max);
        let name = path.file_stem().unwrap().display();
        println!("{name}: {largest:.4}");
        assert!(largest > 0.0, "{name}: nothing was rounded");
        assert!(largest * MARGIN <= ACCEPTED, "{name}: {largest}");
    }
    assert_eq!(instruments, 18);
}
