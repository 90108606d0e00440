//! Any bytes are a weight blob or a refusal; every tensor of a blob can be read.
#![no_main]

use libfuzzer_sys::fuzz_target;
use mil::Weights;
use mil::blob::BlobReader;

fuzz_target!(|bytes: &[u8]| {
    let Ok(reader) = BlobReader::new(bytes) else {
        return;
    };
    for offset in (0..bytes.len() as u64).step_by(16).chain([u64::MAX - 63]) {
        let _ = reader.tensor(offset);
    }
    let mut sound = true;
    for tensor in reader.tensors() {
        let Ok(tensor) = tensor else {
            sound = false;
            continue;
        };
        let bits = tensor.element_count() * tensor.data_type().bits();
        assert_eq!(bits.div_ceil(8), tensor.payload().len() as u64);
        for count in [
            tensor.to_f32().map(|values| values.len()),
            tensor.to_fp16().map(|values| values.len()),
        ] {
            assert!(count.is_err() || count == Ok(tensor.element_count() as usize));
        }
    }
    assert_eq!(Weights::from_bytes(bytes.to_vec()).is_ok(), sound);
});
