//! Where the network can run: how fast, and whether it answers as the plain interpreter does.

use std::time::{Duration, Instant};

use mil_runtime::Device;
use mil_runtime::cpu::{CpuDevice, ReferenceDevice};
use serde::Serialize;
use synth_model::{Instrument, Predictor};

use super::accelerated::{CoreMl, Ladder};
use super::latency::{self, Latency};
use crate::accelerators::{self, Why};
use crate::error::AppError;
use crate::instruments;
use crate::quantile::micros;

/// Columns of 8 voices in a buffer of 512 samples at 44.1 kHz, and what that lasts.
const COLUMNS: usize = 64;
const PACE: Duration = Duration::from_nanos(11_609_977);

/// What a network's answer may be off, relative to the largest value: FP16 activations are good for 11 bits
/// a layer.
const MOST_OFF: f64 = 0.02;

/// A place where networks may run.
#[derive(Serialize)]
pub(super) struct Network {
    /// By which the command line knows it.
    pub(super) device: &'static str,
    #[serde(flatten)]
    pub(super) measured: Option<Measured>,
    /// Why it was not measured.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) why: Option<Why>,
    /// What the Neural Engine's own runtime made of the network.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) ladder: Option<Ladder>,
    /// What Core ML made of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) core_ml: Option<CoreMl>,
}

impl Network {
    fn new(device: &'static str, measured: Result<Measured, Why>) -> Self {
        let (measured, why) = match measured {
            Ok(measured) => (Some(measured), None),
            Err(why) => (None, Some(why)),
        };
        Self {
            device,
            measured,
            why,
            ladder: None,
            core_ml: None,
        }
    }
}

#[derive(Serialize)]
pub(super) struct Measured {
    /// The program written and made ready.
    pub(super) prepare_us: f64,
    /// The first answer.
    pub(super) cold_us: f64,
    /// Largest difference from the plain interpreter's answer over its largest value.
    pub(super) self_test_error: f64,
    pub(super) back_to_back: Latency,
    /// One call every 11.6 ms, as for an audio callback.
    pub(super) paced: Latency,
}

impl Measured {
    /// Whether its answers can be used.
    pub(super) fn is_right(&self) -> bool {
        self.self_test_error <= MOST_OFF
    }
}

/// Every device in turn.
pub(super) fn measure(quick: bool) -> Result<Vec<Network>, AppError> {
    let named = instruments::built_in()?;
    let instrument = &named
        .first()
        .ok_or_else(|| AppError::new("no instrument is built in"))?
        .instrument;
    let on = |device: &dyn Device| measure_one(device, instrument, quick);
    let cpu = Network::new("cpu", on(&CpuDevice::new()));
    let ane = match accelerators::direct_ane() {
        Ok(device) => {
            let measured = on(&device);
            Network {
                ladder: device.last_report().as_ref().map(Ladder::of),
                ..Network::new("ane", measured)
            }
        }
        Err(why) => Network::new("ane", Err(why)),
    };
    let core_ml = match accelerators::core_ml() {
        Ok(device) => {
            let measured = on(&device);
            Network {
                core_ml: device.last_report().as_ref().map(CoreMl::of),
                ..Network::new("coreml", measured)
            }
        }
        Err(why) => Network::new("coreml", Err(why)),
    };
    Ok(vec![cpu, ane, core_ml])
}

fn measure_one(device: &dyn Device, instrument: &Instrument, quick: bool) -> Result<Measured, Why> {
    let (back_to_back, paced) = if quick { (50, 5) } else { (5000, 1000) };
    let begun = Instant::now();
    let mut predictor = prepare(device, instrument)?;
    let prepare_us = micros(begun.elapsed());
    let input: Vec<f32> = (0..predictor.inputs() * COLUMNS)
        .map(|index| (index * 37 % 64) as f32 / 32.0 - 1.0)
        .collect();
    let mut answer = vec![0.0; predictor.outputs() * COLUMNS];
    let begun = Instant::now();
    run(&mut predictor, &input, &mut answer)?;
    let cold_us = micros(begun.elapsed());
    let mut plain = vec![0.0; answer.len()];
    run(
        &mut prepare(&ReferenceDevice::f32(), instrument)?,
        &input,
        &mut plain,
    )?;
    let self_test_error = difference(&answer, &plain);
    let mut failed = None;
    let mut call = || {
        failed = run(&mut predictor, &input, &mut answer)
            .err()
            .or(failed.take())
    };
    let back_to_back = latency::measure(back_to_back, None, &mut call);
    let paced = latency::measure(paced, Some(PACE), &mut call);
    match failed {
        Some(why) => Err(why),
        None => Ok(Measured {
            prepare_us,
            cold_us,
            self_test_error,
            back_to_back,
            paced,
        }),
    }
}

fn prepare(device: &dyn Device, instrument: &Instrument) -> Result<Predictor, Why> {
    Predictor::new(device, instrument, COLUMNS).map_err(|error| error.to_string())
}

fn run(predictor: &mut Predictor, input: &[f32], answer: &mut [f32]) -> Result<(), Why> {
    let done = predictor.run(COLUMNS, input, answer);
    done.map_err(|error| error.to_string())
}

/// Infinite where an answer is not finite.
fn difference(answer: &[f32], plain: &[f32]) -> f64 {
    let largest = |values: &mut dyn Iterator<Item = f32>| values.map(f32::abs).fold(0.0, f32::max);
    let size = largest(&mut plain.iter().copied());
    // A maximum passes over what is no number.
    if size == 0.0 || !answer.iter().all(|value| value.is_finite()) {
        return f64::INFINITY;
    }
    let mut off = answer
        .iter()
        .zip(plain)
        .map(|(answer, plain)| answer - plain);
    f64::from(largest(&mut off)) / f64::from(size)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_answer_is_not_right() {
        assert_eq!(difference(&[1.0, -2.0], &[1.0, -2.0]), 0.0);
        assert_eq!(difference(&[1.0, -1.0], &[1.0, -2.0]), 0.5);
        assert_eq!(difference(&[f32::NAN, -2.0], &[1.0, -2.0]), f64::INFINITY);
        assert_eq!(
            difference(&[1.0, f32::INFINITY], &[1.0, -2.0]),
            f64::INFINITY
        );
        assert_eq!(difference(&[0.0], &[0.0]), f64::INFINITY);
    }
}
