//! Apple's coremltools as oracle: its own code reads and writes our blobs, and infers the same
//! shapes. Needs a Python with coremltools 9.0, named by the environment variable
//! ANE_SYNTH_PYTHON; says so and passes without.

mod oracle;

use half::f16;
use mil::blob::{BlobDataType, BlobReader, BlobWriter};
use mil::{BinaryKind, CheckError, Conv, PadType, ProgramBuilder, TensorType, UnaryKind, ValueId};
use oracle::oracle;

/// The types coremltools' Python can write: its name for them, numpy's, ours.
const KINDS: [(&str, &str, BlobDataType); 14] = [
    ("fp16", "<u2", BlobDataType::Fp16),
    ("float", "<f4", BlobDataType::Fp32),
    ("uint8", "u1", BlobDataType::Uint8),
    ("int8", "i1", BlobDataType::Int8),
    ("int16", "<i2", BlobDataType::Int16),
    ("uint16", "<u2", BlobDataType::Uint16),
    ("int4", "i1", BlobDataType::Int4),
    ("uint1", "u1", BlobDataType::Uint1),
    ("uint2", "u1", BlobDataType::Uint2),
    ("uint4", "u1", BlobDataType::Uint4),
    ("uint3", "u1", BlobDataType::Uint3),
    ("uint6", "u1", BlobDataType::Uint6),
    ("int32", "<i4", BlobDataType::Int32),
    ("uint32", "<u4", BlobDataType::Uint32),
];

/// Elements as numpy holds them (whole bytes) and as the file does (packed).
fn elements(data_type: BlobDataType, count: usize) -> (Vec<u8>, Vec<u8>) {
    let bits = data_type.bits() as usize;
    if bits >= 8 {
        // No byte is 0x7F or 0xFF, so that no float is a NaN, which numpy may print but not keep.
        let bytes: Vec<u8> = (0..count * bits / 8)
            .map(|i| (i * 37 + count) as u8 & 0x7D)
            .collect();
        return (bytes.clone(), bytes);
    }
    let values: Vec<u8> = (0..count)
        .map(|i| (i * 5 + 3) as u8 & ((1 << bits) - 1))
        .collect();
    let mut packed = vec![0u8; (count * bits).div_ceil(8)];
    for bit in (0..count * bits).filter(|bit| values[bit / bits] >> (bit % bits) & 1 == 1) {
        packed[bit / 8] |= 1 << (bit % 8);
    }
    let sign_extended = |v: u8| if v >= 8 { v | 0xF0 } else { v };
    let plain = match data_type {
        BlobDataType::Int4 => values.into_iter().map(sign_extended).collect(),
        _ => values,
    };
    (plain, packed)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn blobs_of_every_type_are_read_both_ways_and_equal_in_every_byte() {
    let mut writer = BlobWriter::new();
    let (mut lines, mut written) = (String::new(), Vec::new());
    for count in [1, 3, 8, 37, 200] {
        for (kind, numpy, data_type) in KINDS {
            let (plain, packed) = elements(data_type, count);
            let offset = writer.add(data_type, count as u64, &packed).unwrap();
            lines.push_str(&format!("{kind} {numpy} {offset} {}\n", hex(&plain)));
            written.push((offset, data_type, packed));
        }
    }
    compare("every type", writer, &lines, &written);
}

#[test]
fn the_classic_networks_blob_is_apples() {
    let counts = [64 * 4, 64, 128 * 64, 128, 64 * 128, 64, 66 * 64, 66];
    let mut writer = BlobWriter::new();
    let (mut lines, mut written) = (String::new(), Vec::new());
    for count in counts {
        let values: Vec<f16> = (0..count)
            .map(|i| f16::from_f32((i as f32 * 0.7).sin() * 0.3))
            .collect();
        let bytes: Vec<u8> = values
            .iter()
            .flat_map(|value| value.to_le_bytes())
            .collect();
        let offset = writer.add_fp16(&values);
        lines.push_str(&format!("fp16 <u2 {offset} {}\n", hex(&bytes)));
        written.push((offset, BlobDataType::Fp16, bytes));
    }
    compare("classic network", writer, &lines, &written);
}

fn compare(what: &str, writer: BlobWriter, lines: &str, written: &[(u64, BlobDataType, Vec<u8>)]) {
    let folder = tempfile::tempdir().unwrap();
    let (ours, theirs) = (
        folder.path().join("ours.bin"),
        folder.path().join("theirs.bin"),
    );
    let bytes = writer.finish();
    std::fs::write(&ours, &bytes).unwrap();
    let Some(offsets) = oracle("blob.py", &[ours.as_os_str(), theirs.as_os_str()], lines) else {
        return;
    };
    let expected: Vec<String> = written
        .iter()
        .map(|(offset, ..)| offset.to_string())
        .collect();
    assert_eq!(offsets, expected, "{what}: offsets");
    let their_bytes = std::fs::read(&theirs).unwrap();
    let reader = BlobReader::new(&their_bytes).unwrap();
    for (offset, data_type, payload) in written {
        let tensor = reader.tensor(*offset).unwrap();
        assert_eq!(
            (tensor.data_type(), tensor.payload()),
            (*data_type, payload.as_slice())
        );
    }
    assert!(their_bytes == bytes, "{what}: the files differ");
}

/// Operations as JSON for the oracle, with the shape our checker infers.
#[derive(Default)]
struct Cases {
    lines: String,
    expected: Vec<String>,
}

impl Cases {
    fn add(&mut self, json: String, inferred: Option<&[usize]>) {
        self.lines.push_str(&json);
        self.lines.push('\n');
        self.expected
            .push(inferred.map_or("refused".into(), |shape| {
                shape
                    .iter()
                    .map(ToString::to_string)
                    .collect::<Vec<_>>()
                    .join(",")
            }));
    }

    fn conv(&mut self, x: [usize; 4], w: [usize; 4], change: impl FnOnce(&mut Conv)) {
        let mut builder = ProgramBuilder::new();
        let input = builder.input("x", TensorType::fp16(x)).unwrap();
        let weight = builder.blob("w", TensorType::fp16(w), 64).unwrap();
        let mut conv = Conv::new(input, weight);
        change(&mut conv);
        let pad = match conv.pad_type {
            PadType::Custom => format!(r#""pad": {:?}, "#, conv.pad),
            _ => String::new(),
        };
        let json = format!(
            r#"{{"op": "conv", "tensors": {{"x": {x:?}, "weight": {w:?}, "bias": [{}]}}, "lists": {{}}, "parameters": {{"strides": {:?}, "dilations": {:?}, "groups": {}, {pad}"pad_type": "{}"}}}}"#,
            w[0],
            conv.strides,
            conv.dilations,
            conv.groups,
            conv.pad_type.mil_name(),
        );
        let bias = builder.blob("b", TensorType::fp16([w[0]]), 640).unwrap();
        conv.bias = Some(bias);
        let y = builder.conv("y", conv).ok();
        self.add(
            json,
            y.map(|y| builder.type_of(y).unwrap().shape.as_slice()),
        );
    }

    fn tensors(
        &mut self,
        op: &str,
        shapes: &[(&str, Vec<usize>)],
        parameters: &str,
        build: impl FnOnce(&mut ProgramBuilder, &[ValueId]) -> Result<ValueId, CheckError>,
    ) {
        let mut builder = ProgramBuilder::new();
        let input = |(name, shape): &(&str, Vec<usize>)| {
            builder
                .input(name, TensorType::fp16(shape.clone()))
                .unwrap()
        };
        let inputs: Vec<ValueId> = shapes.iter().map(input).collect();
        let tensors: Vec<String> = shapes
            .iter()
            .map(|(name, shape)| format!(r#""{name}": {shape:?}"#))
            .collect();
        let (tensors, lists) = match op {
            "concat" => {
                let shapes: Vec<&Vec<usize>> = shapes.iter().map(|(_, shape)| shape).collect();
                (String::new(), format!(r#""values": {shapes:?}"#))
            }
            _ => (tensors.join(", "), String::new()),
        };
        let json = format!(
            r#"{{"op": "{op}", "tensors": {{{tensors}}}, "lists": {{{lists}}}, "parameters": {{{parameters}}}}}"#
        );
        let y = build(&mut builder, &inputs).ok();
        self.add(
            json,
            y.map(|y| builder.type_of(y).unwrap().shape.as_slice()),
        );
    }
}

#[test]
fn shapes_are_those_coremltools_infers() {
    let mut cases = Cases::default();
    for (stride, dilation, kernel) in [
        (1, 1, 1),
        (1, 1, 3),
        (2, 1, 3),
        (3, 2, 2),
        (1, 3, 4),
        (4, 1, 2),
    ] {
        for pad_type in [
            PadType::Valid,
            PadType::Same,
            PadType::SameLower,
            PadType::Custom,
        ] {
            cases.conv([2, 4, 13, 17], [6, 4, kernel, kernel], |conv| {
                conv.strides = [stride, stride.min(2)];
                conv.dilations = [dilation, 1];
                conv.pad_type = pad_type;
                conv.pad = [0, 1, 2, 3];
            });
        }
    }
    cases.conv([1, 4, 1, 64], [66, 4, 1, 1], |_| ());
    cases.conv([1, 4, 1, 8], [6, 2, 1, 3], |conv| conv.groups = 2);
    cases.conv([1, 4, 1, 8], [4, 1, 1, 1], |conv| conv.groups = 4);
    cases.conv([1, 4, 1, 8], [6, 3, 1, 1], |_| ());
    let shape = vec![1, 4, 1, 8];
    for kind in UnaryKind::ALL {
        cases.tensors(kind.mil_name(), &[("x", shape.clone())], "", |b, ids| {
            b.unary("y", kind, ids[0])
        });
    }
    let others = [
        vec![1, 4, 1, 1],
        vec![4, 1, 1],
        vec![8],
        vec![3, 1, 5, 1],
        vec![2, 1],
        vec![7],
    ];
    for kind in BinaryKind::ALL {
        for other in &others {
            let shapes = [("x", shape.clone()), ("y", other.clone())];
            cases.tensors(kind.mil_name(), &shapes, "", |b, ids| {
                b.binary("z", kind, ids[0], ids[1])
            });
        }
    }
    cases.tensors(
        "clip",
        &[("x", shape.clone())],
        r#""alpha": 0.0, "beta": 6.5"#,
        |b, ids| b.clip("y", ids[0], 0.0, 6.5),
    );
    for axis in 0..4 {
        let shapes = [
            ("a", vec![1, 4, 1, 8]),
            ("b", vec![1, 3, 1, 8]),
            ("c", vec![1, 1, 1, 8]),
        ];
        let parameters = format!(r#""axis": {axis}, "interleave": false"#);
        cases.tensors("concat", &shapes, &parameters, |b, ids| {
            b.concat("y", ids, axis)
        });
    }
    let Some(found) = oracle("shapes.py", &[], &cases.lines) else {
        return;
    };
    assert_eq!(found.len(), cases.expected.len());
    for ((line, ours), theirs) in cases.lines.lines().zip(&cases.expected).zip(&found) {
        assert_eq!(ours, theirs, "{line}");
    }
    let refused = found.iter().filter(|shape| *shape == "refused").count();
    assert_eq!(
        refused,
        1 + BinaryKind::ALL.len() + 3,
        "conv, broadcast [7], concat off axis 1"
    );
}
