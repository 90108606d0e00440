//! The rules of the bridge, on the fake.

mod answers;
mod availability;
mod compiling;
mod errors;
mod files;
mod layouts;
mod running;

use crate::sys::fake::{Call, FakeAne};
use crate::{AneError, AneKernel, IoSpec, TensorSpec};
use half::f16;

const QOS: u32 = 21;
const COMPILE: Call = Call::Compile { qos: QOS };
const LOAD: Call = Call::Load { qos: QOS };
const EVALUATE: Call = Call::Evaluate { qos: QOS };
const UNLOAD: Call = Call::Unload { qos: QOS };

/// A program from `input` to `output`, of these shapes.
fn program(input: [usize; 4], output: [usize; 4]) -> String {
    format!(
        "program(1.0)\n{{\n    func main<ios16>(tensor<fp16, {input:?}> x) {{\n        \
         tensor<fp16, {output:?}> y = relu(x = x)[name = tensor<string, []>(\"y\")];\n    \
         }} -> (y);\n}}\n"
    )
}

fn io(input: [usize; 4], output: [usize; 4]) -> IoSpec {
    IoSpec::new(
        [TensorSpec::new("x", input)],
        [TensorSpec::new("y", output)],
    )
    .unwrap()
}

const IN: [usize; 4] = [1, 4, 1, 64];
const OUT: [usize; 4] = [1, 66, 1, 64];
const WEIGHTS: &[u8] = b"not looked into by the fake";

fn build(fake: &FakeAne) -> Result<AneKernel, AneError> {
    let text = program(IN, OUT);
    fake.ane()
        .compile(text.as_bytes(), Some(WEIGHTS), &io(IN, OUT))
}

/// Distinct values, all exact in FP16.
fn ramp(values: usize) -> Vec<f16> {
    (0..values)
        .map(|i| f16::from_f32((i % 2048) as f32))
        .collect()
}

fn read(kernel: &AneKernel, output: usize, values: usize) -> Vec<f16> {
    let mut read = vec![f16::ONE; values];
    kernel.read_output_f16(output, &mut read).unwrap();
    read
}

/// The message of an error, which must say what to do.
#[track_caller]
fn message(result: Result<impl std::fmt::Debug, AneError>) -> String {
    result.unwrap_err().to_string()
}

#[track_caller]
fn assert_says(message: &str, parts: &[&str]) {
    for part in parts {
        assert!(message.contains(part), "{message:?} does not say {part:?}");
    }
}
