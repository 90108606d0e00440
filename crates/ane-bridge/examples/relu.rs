//! Runs a small program on the Neural Engine and says how long that takes, or why it cannot.

use ane_bridge::{AneInfo, AneKernel, IoSpec, TensorSpec, Tolerance};
use half::f16;
use std::error::Error;
use std::process::ExitCode;
use std::time::{Duration, Instant};

const SHAPE: [usize; 4] = [1, 4, 1, 64];
const MIL: &str = r#"program(1.0)
{
    func main<ios16>(tensor<fp16, [1, 4, 1, 64]> x) {
            tensor<fp16, [1, 4, 1, 64]> y = relu(x = x)[name = tensor<string, []>("y")];
        } -> (y);
}
"#;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("relu: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), Box<dyn Error>> {
    println!("{:?}", AneInfo::probe()?);
    let io = IoSpec::new([TensorSpec::new("x", SHAPE)], [TensorSpec::new("y", SHAPE)])?;
    let begun = Instant::now();
    let mut kernel = AneKernel::compile(MIL.as_bytes(), None, &io)?;
    println!("compiled or loaded in {:?}", begun.elapsed());

    let input: Vec<f16> = (0..256_i16)
        .map(|i| f16::from_f32(f32::from(i - 128)))
        .collect();
    let expected: Vec<f16> = input.iter().map(|x| x.max(f16::ZERO)).collect();
    let tolerance = Tolerance {
        absolute: 1e-3,
        relative: 1e-3,
    };
    kernel.self_test(&[&input], &[&expected], tolerance)?;
    println!("the answer is right");

    let mut times = Vec::new();
    let mut output = vec![f16::ZERO; 256];
    for _ in 0..1000 {
        let begun = Instant::now();
        kernel.write_input_f16(0, &input)?;
        kernel.eval()?;
        kernel.read_output_f16(0, &mut output)?;
        times.push(begun.elapsed());
    }
    let total: Duration = times.iter().sum();
    times.sort_unstable();
    println!(
        "1000 evaluations: mean {:?}, 99 % within {:?}, worst {:?}",
        total / 1000,
        times[989],
        times[999]
    );
    kernel.close()?;
    Ok(())
}
