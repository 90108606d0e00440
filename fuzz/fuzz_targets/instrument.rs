//! Any bytes are an instrument or a refusal of one line; an instrument plays.
//!
//! A file whose header length is wrong is also tried with the true one, so that the fuzzer need not
//! find it again after each change.
#![no_main]

use libfuzzer_sys::fuzz_target;
use mil_runtime::cpu::CpuDevice;
use synth_model::{Decoder, Features, Instrument, Predictor};

const COLUMNS: usize = 2;

fuzz_target!(|bytes: &[u8]| {
    take(bytes);
    if let Some(mended) = with_true_length(bytes).filter(|mended| mended != bytes) {
        take(&mended);
    }
});

fn take(bytes: &[u8]) {
    match Instrument::from_bytes(bytes) {
        Ok(instrument) => play(&instrument),
        Err(error) => {
            let message = error.to_string();
            assert!(!message.contains(char::is_control), "{message:?}");
            assert!(message.chars().count() < 600, "{message:?}");
        }
    }
}

/// The header ends where its braces do.
fn with_true_length(bytes: &[u8]) -> Option<Vec<u8>> {
    let text = bytes.get(8..)?;
    let (mut depth, mut quoted, mut escaped) = (0_u32, false, false);
    let end = text.iter().position(|&byte| {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = quoted,
            b'"' => quoted = !quoted,
            b'{' if !quoted => depth += 1,
            b'}' if !quoted => depth = depth.saturating_sub(1),
            _ => {}
        }
        byte == b'}' && !quoted && depth == 0
    })?;
    let blanks = text[end + 1..].iter().take_while(|&&byte| byte == b' ');
    let length = (end + 1 + blanks.count()) as u64;
    let mut mended = bytes.to_vec();
    mended[..8].copy_from_slice(&length.to_le_bytes());
    Some(mended)
}

fn play(instrument: &Instrument) {
    instrument.check().expect("what was read passes the check");
    let again = Instrument::from_bytes(&instrument.to_bytes()).expect("what was read can be kept");
    assert_eq!(&again, instrument);
    let shape = &instrument.network.shape;
    let mut predictor =
        Predictor::new(&CpuDevice::new(), instrument, COLUMNS).expect("the CPU takes what loads");
    let decoder = Decoder::new(instrument).expect("checked");
    let mut input = vec![0.0; shape.inputs * COLUMNS];
    for (column, f0_hz) in [440.0, f32::NAN].into_iter().enumerate() {
        let features = Features {
            f0_hz,
            loudness_db: -20.0,
            velocity: 0.7,
            z: 0.1,
        };
        instrument.write_features(&features, &mut input, COLUMNS, column);
    }
    let mut answer = vec![0.0; shape.outputs() * COLUMNS];
    predictor
        .run(COLUMNS, &input, &mut answer)
        .expect("it runs");
    let mut partials = vec![f32::NAN; shape.partials + 1];
    let mut bands = vec![f32::NAN; shape.noise_bands + 1];
    for column in 0..COLUMNS {
        decoder.harmonics(&answer, COLUMNS, column, 440.0, &mut partials);
        assert!(partials.iter().all(|partial| partial.is_finite()));
        decoder.noise(&answer, COLUMNS, column, &mut bands);
        assert!(bands.iter().all(|band| (0.0..=1.0).contains(band)));
    }
    let expression = &instrument.expression;
    for (_, table) in expression.tables() {
        for (f0_hz, velocity) in [(440.0, 0.5), (f32::NAN, f32::NAN), (1e30, -1.0)] {
            let place = table.locate(f0_hz, velocity);
            assert!(table.at_fractional(place, 1.5).is_finite());
        }
    }
}
