//! What became of a network on Apple's Neural Engine, by either way to it.

use std::time::Duration;

use mil_runtime::ane::{Attempt, LadderReport, Strides};
use mil_runtime::coreml::{CoreMlReport, Processor};
use serde::Serialize;

use crate::quantile::micros;

/// The forms of the network that were offered to the Neural Engine's own runtime.
#[derive(Serialize)]
pub(super) struct Ladder {
    /// What the engine calls itself.
    pub(super) architecture: Option<String>,
    pub(super) engine_cores: Option<u32>,
    /// Build of the system.
    pub(super) system_build: Option<String>,
    /// Columns of one dispatch.
    pub(super) capacity: usize,
    /// The forms, in the order in which they were tried.
    pub(super) rungs: Vec<Tried>,
    /// Why no other was tried although none had passed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) stopped: Option<String>,
    /// Programs that a process may still compile after this.
    pub(super) compiles_left: u32,
}

/// A form that was tried.
#[derive(Serialize)]
pub(super) struct Tried {
    pub(super) rung: String,
    pub(super) passed: bool,
    /// Why it did not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) reason: Option<String>,
    /// None where the system had it compiled already, or where it did not get so far.
    pub(super) compile_us: Option<f64>,
    pub(super) load_us: Option<f64>,
    pub(super) evaluate_us: Option<f64>,
    pub(super) input_strides: Option<Bytes>,
    pub(super) output_strides: Option<Bytes>,
    /// For people.
    #[serde(skip)]
    pub(super) line: String,
}

/// How far apart the hardware has values, in bytes.
#[derive(Serialize)]
pub(super) struct Bytes {
    batch: usize,
    plane: usize,
    row: usize,
}

impl Ladder {
    pub(super) fn of(report: &LadderReport) -> Self {
        Self {
            architecture: report.hardware.architecture.clone(),
            engine_cores: report.hardware.cores,
            system_build: report.hardware.build.clone(),
            capacity: report.capacity,
            rungs: report.attempts.iter().map(Tried::of).collect(),
            stopped: report.stopped.clone(),
            compiles_left: report.compiles_left,
        }
    }

    /// For people.
    pub(super) fn lines(&self) -> Vec<String> {
        let unknown = |text: &Option<String>| text.clone().unwrap_or_else(|| "unknown".to_owned());
        let cores = self.engine_cores.map(|cores| cores.to_string());
        let first = format!(
            "engine {}, {} cores, system build {}",
            unknown(&self.architecture),
            unknown(&cores),
            unknown(&self.system_build)
        );
        let rungs = self.rungs.iter().map(|tried| tried.line.clone());
        let lines = std::iter::once(first).chain(rungs);
        lines.chain(self.stopped.clone()).collect()
    }
}

impl Tried {
    fn of(attempt: &Attempt) -> Self {
        let [input, output] = match attempt.strides {
            Some(sides) => sides.map(|strides| Some(Bytes::of(strides))),
            None => [None, None],
        };
        let time = |time: Option<Duration>| time.map(micros);
        Self {
            rung: attempt.rung.to_string(),
            passed: attempt.reason().is_none(),
            reason: attempt.reason().map(str::to_owned),
            compile_us: time(attempt.compile),
            load_us: time(attempt.load),
            evaluate_us: time(attempt.evaluate),
            input_strides: input,
            output_strides: output,
            line: attempt.to_string(),
        }
    }
}

impl Bytes {
    fn of(strides: Strides) -> Self {
        let Strides { batch, plane, row } = strides;
        Self { batch, plane, row }
    }
}

/// What Core ML made of the network.
#[derive(Serialize)]
pub(super) struct CoreMl {
    pub(super) compile_us: f64,
    pub(super) load_us: f64,
    pub(super) operations: Option<usize>,
    pub(super) on_the_neural_engine: Option<usize>,
    /// Why it is not known where it computes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) unknown: Option<String>,
    /// For people.
    #[serde(skip)]
    pub(super) line: String,
}

impl CoreMl {
    pub(super) fn of(report: &CoreMlReport) -> Self {
        let placement = report.placement.as_ref().ok();
        Self {
            compile_us: micros(report.compile),
            load_us: micros(report.load),
            operations: placement.map(|placement| placement.operations.len()),
            on_the_neural_engine: placement
                .map(|placement| placement.count(Processor::NeuralEngine)),
            unknown: report.placement.as_ref().err().cloned(),
            line: report.to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use mil_runtime::ane::{AneDevice, AneOptions};
    use synth_model::Predictor;

    use super::*;
    use crate::instruments;
    use crate::stand_in_engine::engine;

    #[test]
    fn every_rung_is_told_with_its_times_and_strides() {
        let fake = engine();
        let device = AneDevice::with(fake.ane(), AneOptions::default());
        let named = instruments::built_in().unwrap();
        Predictor::new(&device, &named[0].instrument, 64).unwrap();
        let ladder = Ladder::of(&device.last_report().unwrap());
        let json = serde_json::to_value(&ladder).unwrap();
        let rung = &json["rungs"][0];
        assert_eq!(rung["passed"], true, "{json}");
        assert!(rung.get("reason").is_none(), "{json}");
        assert!(rung["load_us"].as_f64().is_some(), "{json}");
        assert!(rung["evaluate_us"].as_f64().is_some(), "{json}");
        for side in ["input_strides", "output_strides"] {
            assert_eq!(rung[side]["row"].as_u64(), Some(128), "{json}");
        }
        let lines = ladder.lines();
        assert!(lines[0].starts_with("engine "), "{lines:?}");
        assert!(lines[1].contains("bytes apart"), "{lines:?}");
    }
}
