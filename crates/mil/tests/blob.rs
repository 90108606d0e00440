//! Weight blobs byte for byte, and against damaged files.

use half::f16;
use mil::Weights;
use mil::blob::{BlobDataType, BlobError, BlobReader, BlobWriter};

fn halves(count: usize) -> Vec<f16> {
    (0..count)
        .map(|i| f16::from_f32(i as f32 * 0.25 - 3.0))
        .collect()
}

/// The classic network's weights and biases, 4 -> 64 -> 128 -> 64 -> 66.
const CLASSIC: [usize; 8] = [64 * 4, 64, 128 * 64, 128, 64 * 128, 64, 66 * 64, 66];

#[test]
fn one_tensor_is_the_file_apples_writer_makes() {
    let mut writer = BlobWriter::new();
    let values = [1.0, 2.0, -0.5, 65504.0].map(f16::from_f32);
    assert_eq!(writer.add_fp16(&values), 64);
    let mut expected = vec![0; 136];
    expected[..8].copy_from_slice(&[1, 0, 0, 0, 2, 0, 0, 0]);
    expected[64..72].copy_from_slice(&[0xEF, 0xBE, 0xAD, 0xDE, 1, 0, 0, 0]);
    expected[72] = 8;
    expected[80] = 128;
    expected[128..].copy_from_slice(&[0x00, 0x3C, 0x00, 0x40, 0x00, 0xB8, 0xFF, 0x7B]);
    assert_eq!(writer.finish(), expected);
}

#[test]
fn two_tensors_stand_at_multiples_of_64() {
    let mut writer = BlobWriter::new();
    assert_eq!(writer.add_fp16(&halves(40)), 64);
    assert_eq!(writer.add_fp16(&halves(4)), 256);
    let bytes = writer.finish();
    assert_eq!(bytes.len(), 328);
    assert_eq!(bytes[0], 2, "count");
    assert_eq!(
        (bytes[72], bytes[80]),
        (0x50, 0x80),
        "size and payload of the first"
    );
    assert_eq!(
        (bytes[264], bytes[272], bytes[273]),
        (8, 0x40, 1),
        "and of the second"
    );
}

#[test]
fn the_classic_network_has_the_known_offsets() {
    let mut builder = Weights::builder();
    let offsets: Vec<u64> = CLASSIC
        .iter()
        .enumerate()
        .map(|(i, &count)| builder.add_fp16(&format!("t{i}"), &halves(count)))
        .collect();
    let weights = builder.finish();
    assert_eq!(
        offsets,
        [64, 640, 832, 17_280, 17_600, 34_048, 34_240, 42_752]
    );
    assert_eq!(weights.bytes().len(), 42_948);
    assert_eq!(BlobReader::new(weights.bytes()).unwrap().count(), 8);
    assert_eq!(weights.offset_of("t3"), Some(17_280));
    assert_eq!(weights.offset_of("t8"), None);
    let mut writer = BlobWriter::new();
    let matrices: Vec<u64> = CLASSIC
        .iter()
        .step_by(2)
        .map(|&count| writer.add_fp16(&halves(count)))
        .collect();
    assert_eq!(matrices, [64, 640, 17_088, 33_536]);
    assert_eq!(writer.finish().len(), 42_048);
}

#[test]
fn every_type_comes_back() {
    let mut writer = BlobWriter::new();
    let mut written = Vec::new();
    for data_type in BlobDataType::ALL {
        for elements in [0u64, 1, 3, 8, 37] {
            let length = (elements * data_type.bits()).div_ceil(8);
            let payload: Vec<u8> = (0..length).map(|i| (i * 7 + elements) as u8).collect();
            let offset = writer.add(data_type, elements, &payload).unwrap();
            written.push((offset, data_type, elements, payload));
        }
    }
    let weights = Weights::from_bytes(writer.finish()).unwrap();
    let reader = BlobReader::new(weights.bytes()).unwrap();
    assert_eq!(reader.tensors().count(), written.len());
    for ((offset, data_type, elements, payload), tensor) in written.iter().zip(reader.tensors()) {
        let tensor = tensor.unwrap();
        assert_eq!(Ok(tensor), reader.tensor(*offset));
        assert_eq!(
            (
                tensor.data_type(),
                tensor.element_count(),
                tensor.payload(),
                tensor.offset()
            ),
            (*data_type, *elements, payload.as_slice(), *offset)
        );
    }
}

#[test]
fn padding_bits_are_those_of_apples_writer() {
    for (data_type, padding_bits) in [(BlobDataType::Uint4, 4), (BlobDataType::Uint1, 5)] {
        let mut writer = BlobWriter::new();
        let payload = [0x21, 0x03];
        let length = (3 * data_type.bits()).div_ceil(8) as usize;
        writer.add(data_type, 3, &payload[..length]).unwrap();
        assert_eq!(writer.finish()[64 + 24], padding_bits, "{data_type:?}");
    }
    let error = BlobWriter::new()
        .add(BlobDataType::Uint4, 3, &[0; 3])
        .unwrap_err();
    let expected = BlobError::PayloadLength {
        data_type: BlobDataType::Uint4,
        elements: 3,
        got: 3,
    };
    assert_eq!(error, expected);
    assert!(
        BlobWriter::new()
            .add(BlobDataType::Fp32, u64::MAX, &[])
            .is_err()
    );
}

#[test]
fn floats_are_read_as_f32_and_fp16() {
    let mut builder = Weights::builder();
    let half = builder.add_fp16("half", &halves(5));
    let single = builder.add_fp32("single", &[1.0, 1.0 + f32::EPSILON, -2.5]);
    let weights = builder.finish();
    assert_eq!(weights.tensor(half).unwrap().to_fp16().unwrap(), halves(5));
    let single = weights.tensor(single).unwrap();
    assert_eq!(single.to_f32().unwrap(), [1.0, 1.0 + f32::EPSILON, -2.5]);
    assert_eq!(
        single.to_fp16().unwrap(),
        [1.0, 1.0, -2.5].map(f16::from_f32)
    );
    let mut writer = BlobWriter::new();
    writer.add(BlobDataType::Int8, 1, &[1]).unwrap();
    let weights = Weights::from_bytes(writer.finish()).unwrap();
    let data_type = BlobDataType::Int8;
    assert_eq!(
        weights.tensor(64).unwrap().to_f32(),
        Err(BlobError::NotFloat { data_type })
    );
}

#[test]
fn records_at_odd_offsets_and_a_wrong_count_are_read_by_offset() {
    // Some writers leave the count at 1 and put the next record right behind a payload.
    let mut writer = BlobWriter::new();
    writer.add_fp16(&halves(24));
    let mut bytes = writer.finish();
    assert_eq!(bytes.len(), 176);
    let mut second = bytes[64..128].to_vec();
    second[8..16].copy_from_slice(&2u64.to_le_bytes());
    second[16..24].copy_from_slice(&240u64.to_le_bytes());
    bytes.extend_from_slice(&second);
    bytes.extend_from_slice(&f16::ONE.to_le_bytes());
    let weights = Weights::from_bytes(bytes).unwrap();
    assert_eq!(weights.tensor(176).unwrap().to_f32().unwrap(), [1.0]);
}

#[test]
fn each_fault_is_named() {
    let sound = {
        let mut writer = BlobWriter::new();
        writer.add_fp16(&halves(4));
        writer.finish()
    };
    let with = |at: usize, bytes: &[u8]| {
        let mut damaged = sound.clone();
        damaged[at..at + bytes.len()].copy_from_slice(bytes);
        Weights::from_bytes(damaged).unwrap_err()
    };
    assert_eq!(
        Weights::from_bytes(sound[..63].to_vec()),
        Err(BlobError::NoHeader { length: 63 })
    );
    assert_eq!(with(4, &[1]), BlobError::Version { version: 1 });
    assert_eq!(with(0, &[2]), BlobError::RecordOutOfRange { offset: 192 });
    assert_eq!(
        with(64, &[0]),
        BlobError::Sentinel {
            offset: 64,
            found: 0xDEAD_BE00
        }
    );
    assert_eq!(
        with(68, &[16]),
        BlobError::DataType {
            offset: 64,
            code: 16
        }
    );
    let range = |payload, size| BlobError::PayloadOutOfRange {
        offset: 64,
        payload,
        size,
    };
    assert_eq!(with(72, &[9]), range(128, 9));
    assert_eq!(with(80, &[0x7F]), range(127, 8));
    assert_eq!(with(80, &[0xFF; 8]), range(u64::MAX, 8));
    assert_eq!(with(72, &[0xFF; 8]), range(128, u64::MAX));
    let size = |size, padding_bits| BlobError::Size {
        offset: 64,
        data_type: BlobDataType::Fp16,
        size,
        padding_bits,
    };
    assert_eq!(with(72, &[7]), size(7, 0));
    assert_eq!(with(88, &[16]), size(8, 16));
    let weights = Weights::from_bytes(sound).unwrap();
    assert!(matches!(
        weights.tensor(128),
        Err(BlobError::RecordOutOfRange { offset: 128 })
    ));
    assert!(matches!(
        weights.tensor(0),
        Err(BlobError::RecordOutOfRange { offset: 0 })
    ));
    assert!(matches!(
        weights.tensor(68),
        Err(BlobError::Sentinel { offset: 68, .. })
    ));
    assert!(matches!(
        weights.tensor(u64::MAX),
        Err(BlobError::RecordOutOfRange { .. })
    ));
}

/// Steele, Lea and Flood's SplitMix64.
struct SplitMix(u64);

impl SplitMix {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit as u64) as usize
    }
}

#[test]
fn no_damaged_file_makes_the_reader_panic() {
    let mut writer = BlobWriter::new();
    writer.add_fp16(&halves(5));
    writer.add(BlobDataType::Uint3, 5, &[1, 2]).unwrap();
    writer.add_fp32(&[0.5; 20]);
    let sound = writer.finish();
    let mut random = SplitMix(7);
    let words = [
        0,
        1,
        63,
        64,
        0x7FFF_FFFF_FFFF_FFFF,
        u64::MAX,
        u64::MAX - 63,
        0xDEAD_BEEF,
    ];
    let mut refused = 0;
    for _ in 0..50_000 {
        let mut bytes = sound.clone();
        for _ in 0..1 + random.below(3) {
            let at = random.below(bytes.len());
            match random.below(4) {
                0 => bytes[at] = random.next() as u8,
                1 => bytes.truncate(at.max(1)),
                2 => bytes.insert(at, random.next() as u8),
                _ => {
                    let word = words[random.below(words.len())].to_le_bytes();
                    let at = at & !7;
                    let end = bytes.len().min(at + 8);
                    bytes[at..end].copy_from_slice(&word[..end - at]);
                }
            }
        }
        let length = bytes.len() as u64;
        if let Ok(reader) = BlobReader::new(&bytes) {
            for offset in (0..length).step_by(4) {
                if let Ok(tensor) = reader.tensor(offset) {
                    let bits = tensor.element_count() * tensor.data_type().bits();
                    assert_eq!(bits.div_ceil(8), tensor.payload().len() as u64);
                    let _ = tensor.to_f32();
                }
            }
        }
        refused += usize::from(Weights::from_bytes(bytes).is_err());
    }
    assert!(
        (10_000..50_000).contains(&refused),
        "mutations must reach sound files too: {refused}"
    );
}
