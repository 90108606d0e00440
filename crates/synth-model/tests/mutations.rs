//! Instrument files damaged at random: no panic, no memory that a length field asked for, a short
//! message, and what loads can be played.

#[allow(dead_code)]
mod example;

use std::collections::BTreeMap;

use example::{instrument, small_shape};
use mil_runtime::cpu::CpuDevice;
use synth_model::{CurveTable, Decoder, Features, Instrument, ModelShape, Predictor};
use testkit::Mutations;

const COLUMNS: usize = 3;

/// Pitches, velocities and places in curves, usual and not.
const ODD: [f32; 9] = [
    440.0,
    0.0,
    1.0,
    -1.0,
    27.5,
    1e9,
    f32::NAN,
    f32::INFINITY,
    f32::NEG_INFINITY,
];

/// Words of the header.
const WORDS: [&[u8]; 12] = [
    b"\"__metadata__\":{",
    b"\"data_offsets\":[0,0]",
    b"\"dtype\":\"F16\"",
    b"\"shape\":[]",
    b"18446744073709551615",
    b"-1",
    b"1e308",
    b"NaN",
    b"[[[[[[[[[[[[[[[[",
    b"\\ud800",
    b"\"w0\"",
    b",",
];

/// Plays an instrument, which a player may ask for any pitch.
fn play(instrument: &Instrument) {
    instrument.check().expect("what was read passes the check");
    let mut predictor =
        Predictor::new(&CpuDevice::new(), instrument, COLUMNS).expect("the CPU takes what loads");
    let decoder = Decoder::new(instrument).expect("checked");
    let shape = &instrument.network.shape;
    let mut input = vec![0.0; shape.inputs * COLUMNS];
    for (column, f0_hz) in [440.0, f32::NAN, 1e6].into_iter().enumerate() {
        let features = Features {
            f0_hz,
            loudness_db: -20.0,
            velocity: 0.7,
            z: 0.1,
        };
        instrument.write_features(&features, &mut input, COLUMNS, column);
    }
    assert!(input.iter().all(|feature| feature.is_finite()));
    let mut answer = vec![0.0; shape.outputs() * COLUMNS];
    predictor
        .run(COLUMNS, &input, &mut answer)
        .expect("it runs");
    let mut partials = vec![f32::NAN; shape.partials + 2];
    let mut bands = vec![f32::NAN; shape.noise_bands + 2];
    for column in 0..=COLUMNS {
        for f0_hz in [27.5, 440.0, 30_000.0] {
            decoder.harmonics(&answer, COLUMNS, column, f0_hz, &mut partials);
            assert!(partials.iter().all(|partial| partial.is_finite()));
        }
        decoder.noise(&answer, COLUMNS, column, &mut bands);
        assert!(bands.iter().all(|band| (0.0..=1.0).contains(band)));
    }
    assert!(instrument.clamp_loudness_db(f32::NAN).is_finite());
    let expression = &instrument.expression;
    for (_, table) in expression.tables() {
        look_up(table);
    }
}

fn look_up(table: &CurveTable) {
    for f0_hz in ODD {
        for (velocity, x) in ODD.into_iter().zip(ODD.into_iter().rev()) {
            let place = table.locate(f0_hz, velocity);
            assert!(table.at(place, usize::MAX).is_finite());
            assert!(table.at_fractional(place, x).is_finite());
        }
    }
}

/// Loads and plays; counts the refusals by kind.
fn take(bytes: &[u8], refusals: &mut BTreeMap<String, usize>) -> bool {
    match Instrument::from_bytes(bytes) {
        Ok(instrument) => {
            play(&instrument);
            true
        }
        Err(error) => {
            let message = error.to_string();
            assert!(message.chars().count() < 500, "{message}");
            assert!(!message.contains(char::is_control), "{message:?}");
            let kind = format!("{error:?}");
            let kind = kind.split(['(', ' ']).next().unwrap_or_default();
            *refusals.entry(kind.to_owned()).or_insert(0) += 1;
            false
        }
    }
}

/// The header's text and the tensors' data.
fn split(file: &[u8]) -> (&[u8], &[u8]) {
    let (length, rest) = file.split_first_chunk().unwrap();
    rest.split_at(u64::from_le_bytes(*length) as usize)
}

fn join(header: &[u8], data: &[u8]) -> Vec<u8> {
    let length = (header.len() as u64).to_le_bytes();
    [&length, header, data].concat()
}

#[test]
fn small_files_damaged_anywhere() {
    let _alone = testkit::alone();
    let mut refusals = BTreeMap::new();
    let log = instrument(small_shape(), 1).to_bytes();
    let classic = ModelShape {
        hidden: vec![],
        partials: 3,
        ..ModelShape::classic()
    };
    let classic = instrument(classic, 2).to_bytes();
    Mutations {
        inputs: &[log, classic],
        words: &WORDS,
        count: 20_000,
        most_live_bytes: 256 << 10,
    }
    .run(|bytes| take(bytes, &mut refusals));
}

/// The header's length is kept true, so that the damage gets past the first check.
#[test]
fn headers() {
    let _alone = testkit::alone();
    let mut refusals = BTreeMap::new();
    let file = instrument(small_shape(), 1).to_bytes();
    let (header, data) = split(&file);
    Mutations {
        inputs: &[header.to_vec()],
        words: &WORDS,
        count: 20_000,
        most_live_bytes: 256 << 10,
    }
    .run(|header| take(&join(header, data), &mut refusals));
}

/// The header stays JSON of the same form: numbers and texts alone are wrong.
#[test]
fn numbers_and_texts_of_headers() {
    let _alone = testkit::alone();
    let mut refusals = BTreeMap::new();
    let file = instrument(small_shape(), 1).to_bytes();
    let (header, data) = split(&file);
    Mutations {
        inputs: &[header.to_vec()],
        words: &[],
        count: 20_000,
        most_live_bytes: 256 << 10,
    }
    .run(|mutant| {
        let mut mutant = mutant.to_vec();
        mutant.resize(header.len(), b'0');
        for (byte, &sound) in mutant.iter_mut().zip(header) {
            let form = |byte: u8| b"{}[]:,\"\\ ".contains(&byte);
            *byte = match sound {
                sound if form(sound) => sound,
                b'0'..=b'9' if !byte.is_ascii_digit() => b'0' + *byte % 10,
                sound if form(*byte) || !(0x20..0x7F).contains(byte) => sound,
                _ => *byte,
            };
        }
        take(&join(&mutant, data), &mut refusals)
    });
    for kind in [
        "Container",
        "Tensor",
        "Metadata",
        "Network",
        "Ranges",
        "Expression",
    ] {
        assert!(refusals.contains_key(kind), "no {kind} in {refusals:?}");
    }
}

/// The data keep their length, so that every mutant is a file whose values alone are wrong.
#[test]
fn values() {
    let _alone = testkit::alone();
    let mut refusals = BTreeMap::new();
    let file = instrument(small_shape(), 1).to_bytes();
    let (header, data) = split(&file);
    Mutations {
        inputs: &[data.to_vec()],
        words: &[],
        count: 20_000,
        most_live_bytes: 256 << 10,
    }
    .run(|mutant| {
        let mut mutant = mutant.to_vec();
        mutant.resize(data.len(), 0);
        take(&join(header, &mutant), &mut refusals)
    });
    for kind in ["Network", "BodyEq", "Outputs", "Table", "Expression"] {
        assert!(refusals.contains_key(kind), "no {kind} in {refusals:?}");
    }
}

#[test]
fn a_shipped_instrument() {
    let _alone = testkit::alone();
    let mut refusals = BTreeMap::new();
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../ane-synth-app/instruments/double-bass.synth"
    );
    let file = std::fs::read(path).unwrap();
    Mutations {
        inputs: &[file],
        words: &WORDS,
        count: 4_000,
        most_live_bytes: 1 << 20,
    }
    .run(|bytes| take(bytes, &mut refusals));
}
