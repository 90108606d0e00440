//! The network over one buffer: 8 voices, 8 control frames.

use std::error::Error;

use mil_runtime::Device;
use mil_runtime::cpu::CpuDevice;
use synth_model::{Network, Predictor, compile_predictor};

use crate::accelerators;
use crate::fma_peak::FmaPeak;
use crate::plain_network::PlainNetwork;
use crate::report::{NetworkRate, Table};
use crate::stopwatch::{Candidate, Effort};
use crate::workload::{COLUMNS, features, instrument, page_network};

const SIMD: &str = "CPU SIMD";
const PLAIN: &str = "CPU scalar";

/// How far answers of two devices may differ, relative to the largest: FP16 activations are good for 11
/// bits a layer.
const MOST_DIFFERENCE: f32 = 0.02;

pub(crate) fn measure(effort: Effort) -> Result<(Table, NetworkRate), Box<dyn Error>> {
    let network = page_network()?;
    let recorded = instrument()?.network;
    let on_cpu = |network: &Network| -> Result<Candidate<'_>, Box<dyn Error>> {
        Ok(run(prepare(&CpuDevice::new(), network)?))
    };
    let on = |device: Box<dyn Device>| prepare(&*device, &network).map(run);
    let mut plain = PlainNetwork::new(&network);
    let mut answer = vec![0.0; network.shape.outputs() * COLUMNS];
    let input = features();
    let entries = vec![
        (
            "Direct ANE",
            accelerators::direct_ane().map(boxed).and_then(on),
        ),
        ("CoreML", accelerators::core_ml().map(boxed).and_then(on)),
        (SIMD, Ok(on_cpu(&network)?)),
        ("CPU SIMD, 130 outputs", Ok(on_cpu(&recorded)?)),
        (
            PLAIN,
            Ok(Box::new(move || plain.run(COLUMNS, &input, &mut answer)) as Candidate<'_>),
        ),
    ];
    let peak = FmaPeak::new()?;
    let run_peak: Candidate<'_> = Box::new(move || {
        peak.run();
    });
    let table = Table {
        name: "inference",
        title: "Inference: 8 voices x 8 control frames, network 4-64-128-64-66",
        baseline: PLAIN,
        is_for_each_buffer: true,
        rows: Vec::new(),
    };
    let (table, beside) = table.measure(effort, entries, vec![run_peak]);
    let fma_peak_gflops = peak.gflops(beside[0].best_us);
    let network_flops = 2.0 * (network.shape.macs_per_column() * COLUMNS) as f64;
    let network_gflops = network_flops / table.measured(SIMD).timing.p5_us / 1e3;
    let rate = NetworkRate {
        fma_peak_gflops,
        network_peak_share: network_gflops / fma_peak_gflops,
    };
    Ok((table, rate))
}

/// A device of any kind.
pub(crate) fn boxed<D: Device + 'static>(device: D) -> Box<dyn Device> {
    Box::new(device)
}

/// A network ready on a device that is known to answer as the plain loops do.
pub(crate) fn prepare(device: &dyn Device, network: &Network) -> Result<Predictor, String> {
    let predictor = compile_predictor(device, network, COLUMNS);
    let mut predictor = predictor.map_err(|error| error.to_string())?;
    let (mut got, mut expected) = (
        vec![0.0; network.shape.outputs() * COLUMNS],
        vec![0.0; network.shape.outputs() * COLUMNS],
    );
    let input = features();
    predictor
        .run(COLUMNS, &input, &mut got)
        .map_err(|error| error.to_string())?;
    PlainNetwork::new(network).run(COLUMNS, &input, &mut expected);
    let largest = |values: &mut dyn Iterator<Item = f32>| values.map(f32::abs).fold(0.0, f32::max);
    let size = largest(&mut expected.iter().copied());
    let off = largest(
        &mut got
            .iter()
            .zip(&expected)
            .map(|(got, expected)| got - expected),
    );
    let is_right = got.iter().all(|got| got.is_finite()) && off <= MOST_DIFFERENCE * size;
    match is_right {
        true => Ok(predictor),
        false => Err(format!(
            "{} does not answer as the plain loops do (off by {off} of {size})",
            device.name()
        )),
    }
}

fn run<'a>(mut predictor: Predictor) -> Candidate<'a> {
    let input = features();
    let mut answer = vec![0.0; predictor.outputs() * COLUMNS];
    Box::new(move || {
        predictor
            .run(COLUMNS, &input, &mut answer)
            .expect("it has answered before");
        std::hint::black_box(&mut answer);
    })
}
