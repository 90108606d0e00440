//! Weight blobs damaged at random: no panic, no memory that a length field asked for, and what
//! opens can be read to the end.

use half::f16;
use mil::blob::{BlobDataType, BlobReader, BlobWriter};
use mil::{BiasForm, Program, ProgramBuilder, TensorType, Weights};
use testkit::Mutations;

/// The largest mutant, its copy and its tensors as f32 take a sixth of it.
const MOST_LIVE_BYTES: usize = 256 << 10;

/// A network of two layers, and its weights.
fn network() -> (Program, Weights) {
    let mut weights = Weights::builder();
    let halves = |count: usize| vec![f16::from_f32(0.25); count];
    let first = (
        weights.add_fp16("w0", &halves(32)),
        weights.add_fp16("b0", &halves(8)),
    );
    let second = (
        weights.add_fp16("w1", &halves(40)),
        weights.add_fp16("b1", &halves(5)),
    );
    let mut builder = ProgramBuilder::new();
    let x = builder.input("x", TensorType::fp16([1, 4, 1, 64])).unwrap();
    let y = builder.conv1x1("y", x, 8, first.0, first.1, BiasForm::InConv);
    let z = builder.conv1x1("z", y.unwrap(), 5, second.0, second.1, BiasForm::InConv);
    builder.output(z.unwrap()).unwrap();
    (builder.finish().unwrap(), weights.finish())
}

/// A blob of every element type.
fn every_type() -> Vec<u8> {
    let mut blob = BlobWriter::new();
    for data_type in BlobDataType::ALL {
        let elements = 24;
        let payload = vec![0x5A; (elements * data_type.bits()).div_ceil(8) as usize];
        blob.add(data_type, elements, &payload).unwrap();
    }
    blob.finish()
}

/// Reads all that a blob says of itself and of its tensors, at their records and anywhere else.
fn read_through(bytes: &[u8]) -> bool {
    let Ok(reader) = BlobReader::new(bytes) else {
        return false;
    };
    for offset in (0..bytes.len() as u64).step_by(32).chain([u64::MAX]) {
        if let Ok(tensor) = reader.tensor(offset) {
            let bits = tensor.element_count() * tensor.data_type().bits();
            assert_eq!(bits.div_ceil(8), tensor.payload().len() as u64);
        }
    }
    let mut whole = true;
    let mut end = 0;
    for tensor in reader.tensors() {
        let Ok(tensor) = tensor else {
            whole = false;
            continue;
        };
        assert!(whole && tensor.offset() >= end, "records go forwards");
        end = tensor.offset() + 1;
        let floats = matches!(tensor.data_type(), BlobDataType::Fp16 | BlobDataType::Fp32);
        for read in [
            tensor.to_f32().ok().map(|values| values.len()),
            tensor.to_fp16().ok().map(|values| values.len()),
        ] {
            assert_eq!(read.is_some(), floats);
            assert!(read.is_none_or(|read| read as u64 == tensor.element_count()));
        }
    }
    assert_eq!(Weights::from_bytes(bytes.to_vec()).is_ok(), whole);
    whole
}

#[test]
fn blobs_of_every_type() {
    let _alone = testkit::alone();
    let (_, weights) = network();
    Mutations {
        inputs: &[every_type(), weights.bytes().to_vec()],
        words: &[
            &[0xEF, 0xBE, 0xAD, 0xDE],
            &[0xEF, 0xBE, 0xAD, 0xDE, 2, 0, 0, 0],
        ],
        count: 20_000,
        most_live_bytes: MOST_LIVE_BYTES,
    }
    .run(read_through);
}

#[test]
fn weights_that_fit_their_program_are_all_there() {
    let _alone = testkit::alone();
    let (program, weights) = network();
    let offsets: Vec<u64> = weights.names().map(|(_, offset)| offset).collect();
    Mutations {
        inputs: &[weights.bytes().to_vec()],
        words: &[],
        count: 20_000,
        most_live_bytes: MOST_LIVE_BYTES,
    }
    .run(|bytes| {
        let Ok(mutant) = Weights::from_bytes(bytes.to_vec()) else {
            return false;
        };
        let fits = program.check_weights(&mutant).is_ok();
        if fits {
            let lengths = offsets.iter().map(|&offset| {
                let tensor = mutant.tensor(offset).expect("checked");
                tensor.to_fp16().expect("checked").len()
            });
            assert!(lengths.eq([32, 8, 40, 5]));
        }
        fits
    });
}
