//! From a network's weights to its first answer.

use std::error::Error;

use mil_runtime::Device;
use mil_runtime::cpu::CpuDevice;
use synth_model::{Network, compile_predictor};

use crate::accelerators;
use crate::inference::boxed;
use crate::report::Table;
use crate::stopwatch::{Candidate, Effort};
use crate::workload::{COLUMNS, features, page_network};

const CPU: &str = "CPU";

pub(crate) fn measure(effort: Effort) -> Result<Table, Box<dyn Error>> {
    let network = page_network()?;
    let on = |device: Box<dyn Device>| starts(device, &network);
    let entries = vec![
        (
            "Direct ANE",
            accelerators::direct_ane().map(boxed).and_then(on),
        ),
        ("CoreML", accelerators::core_ml().map(boxed).and_then(on)),
        (CPU, Ok(starts(Box::new(CpuDevice::new()), &network)?)),
    ];
    let table = Table {
        name: "startup",
        title: "Start-up: the program written, made ready, and its first answer",
        baseline: CPU,
        is_for_each_buffer: false,
        rows: Vec::new(),
    };
    Ok(table.measure(effort, entries, Vec::new()).0)
}

/// Starting on `device`, again and again, if it can be done once.
fn starts<'a>(device: Box<dyn Device>, network: &'a Network) -> Result<Candidate<'a>, String> {
    let input = features();
    let mut answer = vec![0.0; network.shape.outputs() * COLUMNS];
    let mut start = move || -> Result<(), String> {
        let predictor = compile_predictor(&*device, network, COLUMNS);
        let mut predictor = predictor.map_err(|error| error.to_string())?;
        let run = predictor.run(COLUMNS, &input, &mut answer);
        std::hint::black_box(&mut answer);
        run.map_err(|error| error.to_string())
    };
    start()?;
    Ok(Box::new(move || start().expect("it has started before")))
}
