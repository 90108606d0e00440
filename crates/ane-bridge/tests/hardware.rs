//! What only a machine with a Neural Engine can tell. Elsewhere each test says why it is skipped and
//! passes; with `ANE_BRIDGE_REQUIRE_HARDWARE=1` that is a failure, so that a run on a Mac cannot pass by
//! skipping. docs/apple.md of the repository lists them.

mod programs;

use ane_bridge::{Ane, AneError, AneInfo, AneKernel, Qos, Stage, Tolerance};
use half::f16;
use programs::{around_zero, io, is_here, rectified, relu};

/// FP16 products and sums of small whole numbers and halves are exact; this is for what is not.
const TOLERANCE: Tolerance = Tolerance {
    absolute: 2e-3,
    relative: 2e-3,
};

/// A 1x1 convolution from 4 to 66 channels over 64 columns, its weights in the blob's only record.
fn convolution(name: &str) -> String {
    let constant = |kind: &str, name: &str, value: &str| {
        format!(
            "            {kind} {name} = const()[name = tensor<string, []>(\"{name}\"), val = {kind}({value})];\n"
        )
    };
    let mut text =
        "program(1.0)\n{\n    func main<ios16>(tensor<fp16, [1, 4, 1, 64]> x) {\n".to_owned();
    text += &constant("tensor<string, []>", "pad_type", "\"valid\"");
    text += &constant("tensor<int32, [2]>", "strides", "[1, 1]");
    text += &constant("tensor<int32, [4]>", "pad", "[0, 0, 0, 0]");
    text += &constant("tensor<int32, [2]>", "dilations", "[1, 1]");
    text += &constant("tensor<int32, []>", "groups", "1");
    text += &constant(
        "tensor<fp16, [66, 4, 1, 1]>",
        "weight",
        "BLOBFILE(path = tensor<string, []>(\"@model_path/weights/weight.bin\"), offset = tensor<uint64, []>(64))",
    );
    text += "            tensor<fp16, [1, 66, 1, 64]> y = conv(dilations = dilations, groups = groups, \
             pad = pad, pad_type = pad_type, strides = strides, weight = weight, x = x)";
    text += &format!("[name = tensor<string, []>(\"{name}\")];\n        }} -> (y);\n}}\n");
    text
}

/// A blob file with one FP16 tensor, whose record is at byte 64.
fn blob(values: &[f16]) -> Vec<u8> {
    let mut file = vec![0; 128];
    file[..8].copy_from_slice(&[1, 0, 0, 0, 2, 0, 0, 0]);
    file[64..68].copy_from_slice(&0xdead_beef_u32.to_le_bytes());
    file[68..72].copy_from_slice(&1_u32.to_le_bytes());
    file[72..80].copy_from_slice(&(values.len() as u64 * 2).to_le_bytes());
    file[80..88].copy_from_slice(&128_u64.to_le_bytes());
    file.extend(values.iter().flat_map(|value| value.to_le_bytes()));
    file
}

#[test]
fn the_engine_tells_what_it_is() {
    if !is_here("the_engine_tells_what_it_is") {
        return;
    }
    let info = AneInfo::probe().unwrap();
    eprintln!("{info:?}");
    assert!(info.architecture.is_some_and(|name| name.starts_with('h')));
    assert!(info.cores.is_none_or(|cores| cores > 0));
}

#[test]
fn rows_of_all_widths_come_out_where_they_went_in() {
    if !is_here("rows_of_all_widths_come_out_where_they_went_in") {
        return;
    }
    for shape in [[1, 4, 1, 64], [1, 4, 1, 32], [1, 3, 1, 96], [1, 8, 4, 64]] {
        let text = relu(shape, "widths");
        let mut kernel = AneKernel::compile(text.as_bytes(), None, &io(shape, shape))
            .unwrap_or_else(|error| panic!("{shape:?}: {error}"));
        let input = around_zero(shape.iter().product());
        kernel
            .self_test(&[&input], &[&rectified(&input)], TOLERANCE)
            .unwrap_or_else(|error| panic!("{shape:?}: {error}"));
        kernel.close().unwrap();
    }
}

#[test]
fn a_convolution_takes_its_weights_from_the_blob() {
    if !is_here("a_convolution_takes_its_weights_from_the_blob") {
        return;
    }
    let weights = around_zero(66 * 4);
    let spec = io([1, 4, 1, 64], [1, 66, 1, 64]);
    let text = convolution("blob");
    let mut kernel = AneKernel::compile(text.as_bytes(), Some(&blob(&weights)), &spec).unwrap();
    let input = around_zero(4 * 64);
    let mut expected = Vec::new();
    for row in weights.chunks_exact(4) {
        for column in 0..64 {
            let sum: f32 = (0..4)
                .map(|c| row[c].to_f32() * input[c * 64 + column].to_f32())
                .sum();
            expected.push(f16::from_f32(sum));
        }
    }
    kernel
        .self_test(&[&input], &[&expected], TOLERANCE)
        .unwrap();
    kernel.close().unwrap();
}

#[test]
fn a_program_compiled_before_is_loaded() {
    if !is_here("a_program_compiled_before_is_loaded") {
        return;
    }
    let shape = [1, 4, 1, 64];
    let text = relu(shape, "compiled_before");
    let ane = Ane::system().with_qos(Qos::UserInteractive);
    // Other tests of this process compile at the same time, so what is left is no measure here.
    let first = std::time::Instant::now();
    ane.compile(text.as_bytes(), None, &io(shape, shape))
        .unwrap()
        .close()
        .unwrap();
    let (first, second) = (first.elapsed(), std::time::Instant::now());
    let mut kernel = ane
        .compile(text.as_bytes(), None, &io(shape, shape))
        .unwrap();
    eprintln!("compiled in {first:?}, loaded in {:?}", second.elapsed());
    let input = around_zero(256);
    kernel
        .self_test(&[&input], &[&rectified(&input)], TOLERANCE)
        .unwrap();
}

#[test]
fn nonsense_is_refused_in_the_compiler_s_words() {
    if !is_here("nonsense_is_refused_in_the_compiler_s_words") {
        return;
    }
    let shape = [1, 4, 1, 64];
    let text = relu(shape, "nonsense").replace("relu(", "no_such_operation(");
    let refused = AneKernel::compile(text.as_bytes(), None, &io(shape, shape));
    let Err(AneError::Refused {
        stage: Stage::Compile,
        error: Some(error),
        ..
    }) = &refused
    else {
        panic!("{refused:?}");
    };
    eprintln!("{error}");
    assert!(error.domain.starts_with("com.apple.appleneuralengine"));
}

#[test]
fn two_kernels_run_on_two_threads() {
    if !is_here("two_kernels_run_on_two_threads") {
        return;
    }
    std::thread::scope(|scope| {
        for name in ["first", "second"] {
            scope.spawn(move || {
                let shape = [1, 4, 1, 64];
                let text = relu(shape, name);
                let mut kernel =
                    AneKernel::compile(text.as_bytes(), None, &io(shape, shape)).unwrap();
                let mut output = vec![f16::ZERO; 256];
                for round in 0..1000_usize {
                    let mut input = around_zero(256);
                    input.rotate_left(round % 256);
                    kernel.write_input_f16(0, &input).unwrap();
                    kernel.eval().unwrap();
                    kernel.read_output_f16(0, &mut output).unwrap();
                    assert_eq!(output, rectified(&input), "{name} {round}");
                }
                kernel.close().unwrap();
            });
        }
    });
}
