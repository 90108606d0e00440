//! The device.

use super::clock::VirtualClock;
use super::script::Script;
use mil::{Program, Weights};
use mil_runtime::cpu::{CpuDevice, ReferenceDevice};
use mil_runtime::{ColumnKernel, Device, DeviceError, Executable, RunError, Timing};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The CPU behind a [`Script`]: a device that may block ([`Timing::MayBlock`]) and whose calls can be
/// counted. Clones are one device. Whole programs ([`Device::prepare`]) run as on the CPU, without a
/// script.
#[derive(Debug, Clone)]
pub struct ScriptedDevice {
    clock: VirtualClock,
    /// Each with the call from which on it holds, in order.
    scripts: Arc<[(u64, Script)]>,
    calls: Arc<Mutex<Vec<Call>>>,
}

/// One call of a kernel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Call {
    /// Columns asked.
    pub columns: usize,
    /// The block in which it began.
    pub began: u64,
    /// The block in which it ended; `None` while it has not.
    pub ended: Option<u64>,
    /// Whether it ended with an error or a panic.
    pub failed: bool,
}

/// What a call that fails says, which is what a call says that hung until the clock was closed.
pub(super) const FAILURE: RunError = RunError::Device { code: -1 };

impl ScriptedDevice {
    /// A device that follows one script.
    #[must_use]
    pub fn new(script: Script, clock: VirtualClock) -> Self {
        Self::changing(&[(0, script)], clock)
    }

    /// A device that follows several scripts: each holds from its call on, until the next one. The calls
    /// in a script ([`Script::FailAt`]) count from the device's first one all the same. Before the first
    /// script the device is [`Script::OnTime`].
    ///
    /// # Panics
    /// Where the scripts are not in order.
    #[must_use]
    pub fn changing(scripts: &[(u64, Script)], clock: VirtualClock) -> Self {
        assert!(
            scripts.is_sorted_by(|a, b| a.0 < b.0),
            "the scripts are not in the order of their calls"
        );
        Self {
            clock,
            scripts: scripts.into(),
            calls: Arc::default(),
        }
    }

    /// All calls so far, in the order in which they began.
    #[must_use]
    pub fn calls(&self) -> Vec<Call> {
        self.list().clone()
    }

    /// Columns asked so far in all calls.
    #[must_use]
    pub fn columns(&self) -> u64 {
        self.list().iter().map(|call| call.columns as u64).sum()
    }

    /// Calls so far that failed.
    #[must_use]
    pub fn failed(&self) -> usize {
        self.list().iter().filter(|call| call.failed).count()
    }

    fn list(&self) -> MutexGuard<'_, Vec<Call>> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn script(&self, call: u64) -> Script {
        let begun = self.scripts.iter().rev().find(|(from, _)| *from <= call);
        begun.map_or(Script::OnTime, |&(_, script)| script)
    }

    fn begin(&self, columns: usize) -> u64 {
        let began = self.clock.now();
        let mut calls = self.list();
        calls.push(Call {
            columns,
            began,
            ended: None,
            failed: false,
        });
        calls.len() as u64 - 1
    }

    fn end(&self, call: u64, failed: bool) {
        let now = self.clock.now();
        let mut calls = self.list();
        let call = &mut calls[call as usize];
        (call.ended, call.failed) = (Some(now), failed);
    }
}

impl Device for ScriptedDevice {
    fn name(&self) -> &'static str {
        "scripted"
    }

    fn prepare(&self, p: &Program, w: &Weights) -> Result<Box<dyn Executable>, DeviceError> {
        CpuDevice::new().prepare(p, w)
    }

    fn prepare_columns(
        &self,
        program: &Program,
        weights: &Weights,
        max_columns: usize,
    ) -> Result<Box<dyn ColumnKernel>, DeviceError> {
        let on = |device: &dyn Device| device.prepare_columns(program, weights, max_columns);
        let rounds = self.scripts.iter().any(|&(_, it)| it == Script::Fp16);
        Ok(Box::new(ScriptedKernel {
            device: self.clone(),
            exact: on(&CpuDevice::new())?,
            rounding: match rounds {
                true => Some(on(&ReferenceDevice::fp16())?),
                false => None,
            },
            answers: Vec::new(),
            before: Vec::new(),
            had: 0,
        }))
    }
}

struct ScriptedKernel {
    device: ScriptedDevice,
    exact: Box<dyn ColumnKernel>,
    /// Only where a script asks for it.
    rounding: Option<Box<dyn ColumnKernel>>,
    answers: Vec<f32>,
    /// The right answers of the call before...
    before: Vec<f32>,
    /// ...and its columns.
    had: usize,
}

impl ColumnKernel for ScriptedKernel {
    fn timing(&self) -> Timing {
        Timing::MayBlock
    }

    fn run(&mut self, columns: usize, input: &[f32], output: &mut [f32]) -> Result<(), RunError> {
        let call = self.device.begin(columns);
        let script = self.device.script(call);
        if script == Script::DieAt(call) {
            self.device.end(call, true);
            panic!("the script says so");
        }
        let result = self.follow(script, call, columns, input, output);
        self.device.end(call, result.is_err());
        result
    }
}

impl ScriptedKernel {
    fn follow(
        &mut self,
        script: Script,
        call: u64,
        columns: usize,
        input: &[f32],
        output: &mut [f32],
    ) -> Result<(), RunError> {
        let clock = &self.device.clock;
        let until = script
            .lateness(call)
            .map_or(u64::MAX, |blocks| clock.now().saturating_add(blocks));
        if !clock.wait_until(until) || script.fails(call) {
            return Err(FAILURE);
        }
        let kernel = match &mut self.rounding {
            Some(kernel) if script == Script::Fp16 => kernel,
            _ => &mut self.exact,
        };
        self.answers.clear();
        self.answers.resize(output.len(), 0.0);
        kernel.run(columns, input, &mut self.answers)?;
        output.copy_from_slice(&self.answers);
        if columns > 0 {
            script.spoil(call, columns, output, (&self.before, self.had));
        }
        std::mem::swap(&mut self.before, &mut self.answers);
        self.had = columns;
        Ok(())
    }
}
