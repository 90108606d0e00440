//! Core ML itself where it is, its absence elsewhere.

use half::f16;
use mil::{BiasForm, Program, ProgramBuilder, TensorType, Weights};
use mil_runtime::coreml::{CoreMlDevice, CoreMlOptions};
use mil_runtime::cpu::CpuDevice;
use mil_runtime::{ColumnKernel, Device};

/// 4 to 64 to 66 channels.
fn network() -> (Program, Weights) {
    let wave = |count: usize, step: usize| -> Vec<f16> {
        let value = |index| f16::from_f32((index * step % 101) as f32 / 101.0 - 0.5);
        (0..count).map(value).collect()
    };
    let mut weights = Weights::builder();
    let w0 = weights.add_fp16("w0", &wave(64 * 4, 37));
    let b0 = weights.add_fp16("b0", &wave(64, 11));
    let w1 = weights.add_fp16("w1", &wave(66 * 64, 53));
    let b1 = weights.add_fp16("b1", &wave(66, 7));
    let mut builder = ProgramBuilder::new();
    let x = builder.input("x", TensorType::fp16([1, 4, 1, 64])).unwrap();
    let bias = BiasForm::InConv;
    let h = builder.conv1x1("h", x, 64, w0, b0, bias).unwrap();
    let h = builder.relu("r", h).unwrap();
    let y = builder.conv1x1("y", h, 66, w1, b1, bias).unwrap();
    builder.output(y).unwrap();
    (builder.finish().unwrap(), weights.finish())
}

#[test]
fn core_ml_computes_what_the_cpu_does_or_says_why_not() {
    let device = CoreMlDevice::with(CoreMlOptions { least_columns: 1 });
    let (program, weights) = network();
    if let Err(why) = device.availability() {
        let why = why.to_string();
        assert_eq!(
            why,
            "device `coreml` cannot be used: Core ML is on macOS only, and this program was built for another \
             system; use the CPU here"
        );
        let refused = device.prepare_columns(&program, &weights, 64);
        assert_eq!(refused.err().unwrap().to_string(), why);
        let refused = device.prepare(&program, &weights);
        assert_eq!(refused.err().unwrap().to_string(), why);
        assert_eq!(device.last_report(), None);
        println!("not run on Core ML: {why}");
        return;
    }
    let kernel = |device: &dyn Device| -> Box<dyn ColumnKernel> {
        device.prepare_columns(&program, &weights, 200).unwrap()
    };
    let mut kernels = [kernel(&device), kernel(&CpuDevice::new())];
    for columns in [1, 17, 64, 65, 200] {
        let input: Vec<f32> = (0..4 * columns)
            .map(|index| (index * 29 % 97) as f32 / 97.0 - 0.5)
            .collect();
        let [got, expected] = kernels.each_mut().map(|kernel| {
            let mut answer = vec![f32::NAN; 66 * columns];
            kernel.run(columns, &input, &mut answer).unwrap();
            answer
        });
        for (got, expected) in got.iter().zip(&expected) {
            assert!((got - expected).abs() < 0.02, "{columns}: {got} {expected}");
        }
    }
    println!("{}", device.last_report().unwrap());
}
