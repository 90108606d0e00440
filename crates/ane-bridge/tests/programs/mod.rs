//! What the tests on hardware share.

use ane_bridge::{IoSpec, TensorSpec, availability};
use half::f16;

/// Whether there is an engine to test, saying why if there is none.
pub(crate) fn is_here(test: &str) -> bool {
    let Err(reason) = availability() else {
        return true;
    };
    let required =
        std::env::var_os("ANE_BRIDGE_REQUIRE_HARDWARE").is_some_and(|value| value == "1");
    assert!(!required, "{test} needs a Neural Engine: {reason}");
    eprintln!("{test} skipped: {reason}");
    false
}

/// One input and one output.
pub(crate) fn io(input: [usize; 4], output: [usize; 4]) -> IoSpec {
    IoSpec::new(
        [TensorSpec::new("x", input)],
        [TensorSpec::new("y", output)],
    )
    .unwrap()
}

/// `y = max(x, 0)`. `name` goes into the text, so that no other test's program is in the cache.
pub(crate) fn relu(shape: [usize; 4], name: &str) -> String {
    format!(
        "program(1.0)\n{{\n    func main<ios16>(tensor<fp16, {shape:?}> x) {{\n            \
         tensor<fp16, {shape:?}> y = relu(x = x)[name = tensor<string, []>(\"{name}\")];\n        \
         }} -> (y);\n}}\n"
    )
}

/// Both signs, whole quarters.
pub(crate) fn around_zero(values: usize) -> Vec<f16> {
    (0..values)
        .map(|i| f16::from_f32((i * 7 % 31) as f32 / 4.0 - 3.75))
        .collect()
}

/// What a ReLU makes of them.
pub(crate) fn rectified(values: &[f16]) -> Vec<f16> {
    values.iter().map(|value| value.max(f16::ZERO)).collect()
}
