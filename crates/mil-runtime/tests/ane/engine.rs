//! An engine that computes what it is given, as the model of the hardware's rounding does.

use std::collections::HashMap;

use ane_bridge::fake::{Call, FakeAne};
use half::f16;
use mil::{BiasForm, Program, Weights};
use mil_runtime::ane::{AneColumns, AneDevice, AneOptions, LadderReport};
use mil_runtime::cpu::ReferenceDevice;
use mil_runtime::{Device, DeviceError, Executable, TensorView, TensorViewMut};

use crate::network::{CLASSIC, chain, layers};

pub(crate) const COMPILE: Call = Call::Compile { qos: 21 };
pub(crate) const EVALUATE: Call = Call::Evaluate { qos: 21 };

/// A fake whose evaluations compute their program.
pub(crate) fn engine() -> FakeAne {
    let fake = FakeAne::new();
    make_sound(&fake);
    fake
}

pub(crate) fn make_sound(fake: &FakeAne) {
    spoil(fake, |_| {});
}

/// From now on evaluations compute their program, and then this happens to the answer.
pub(crate) fn spoil(fake: &FakeAne, mut fault: impl FnMut(&mut [f16]) + Send + 'static) {
    type Key = (String, Vec<u8>);
    let mut programs: HashMap<Key, Prepared> = HashMap::new();
    fake.compute_program(move |text, weights, inputs, _| {
        let key = (text.to_owned(), weights.unwrap_or_default().to_vec());
        let prepared = programs.entry(key).or_insert_with_key(|(text, weights)| {
            let program = Program::from_text(text).unwrap();
            let weights = Weights::from_bytes(weights.clone()).unwrap();
            Prepared::new(&program, &weights)
        });
        let mut answer = prepared.run(&inputs[0]);
        fault(&mut answer);
        vec![answer]
    });
}

struct Prepared {
    executable: Box<dyn Executable>,
    input: Vec<usize>,
    output: Vec<usize>,
}

impl Prepared {
    fn new(program: &Program, weights: &Weights) -> Self {
        let shape = |ids: &[mil::ValueId]| program.type_of(ids[0]).unwrap().shape.clone();
        Self {
            executable: ReferenceDevice::fp16().prepare(program, weights).unwrap(),
            input: shape(program.inputs()),
            output: shape(program.outputs()),
        }
    }

    fn run(&mut self, input: &[f16]) -> Vec<f16> {
        let input: Vec<f32> = input.iter().map(|x| x.to_f32()).collect();
        let mut output = vec![0.0; self.output.iter().product()];
        let view = TensorView::new(&self.input, &input).unwrap();
        let mut target = [TensorViewMut::new(&self.output, &mut output).unwrap()];
        self.executable.run(&[view], &mut target).unwrap();
        output.into_iter().map(f16::from_f32).collect()
    }
}

/// The classic network, seeded.
pub(crate) fn classic(seed: u64) -> (Program, Weights) {
    // Written for another width than any that is compiled.
    chain(&CLASSIC, &layers(&CLASSIC, seed), 8, BiasForm::InConv)
}

/// A device on `fake` that remembers nothing and sends everything to the engine.
pub(crate) fn device(fake: &FakeAne) -> AneDevice {
    AneDevice::with(
        fake.ane(),
        AneOptions {
            least_columns: 1,
            ..AneOptions::default()
        },
    )
}

/// The ladder for the classic network.
pub(crate) fn climb(device: &AneDevice, seed: u64) -> (LadderReport, Option<AneColumns>) {
    let (program, weights) = classic(seed);
    device.climb(&program, &weights, 64).unwrap()
}

/// What a device says that does not even begin.
pub(crate) fn refusal(device: &AneDevice) -> DeviceError {
    let (program, weights) = classic(1);
    let Err(error) = device.prepare_columns(&program, &weights, 64) else {
        panic!("it was prepared");
    };
    error
}

#[track_caller]
pub(crate) fn assert_says(message: &str, parts: &[&str]) {
    for part in parts {
        assert!(message.contains(part), "{message:?} does not say {part:?}");
    }
}
