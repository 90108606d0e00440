//! The device.

use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use ane_bridge::{Ane, AneInfo, Unavailable};
use mil::{Program, Weights};

use super::columns::AneColumns;
use super::ladder::{Walk, walk};
use super::remembered::Remembered;
use super::report::LadderReport;
use super::rung::Rung;
use crate::accelerator::{capacity, chain};
use crate::cpu::conv_chain::ConvChain;
use crate::{ColumnKernel, Device, DeviceError, Executable};

const NAME: &str = "ane";

/// How an [`AneDevice`] goes about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AneOptions {
    /// The rungs in the order in which they are tried; [`MOST_RUNGS`](super::MOST_RUNGS) at most.
    /// [`Rung::LADDER`] by default; [`Rung::BATCHED`] may be added at its end, or stand alone for
    /// measuring.
    pub rungs: Vec<Rung>,
    /// The file in which the rung that passed is remembered; its folder is made when there is something
    /// to remember. By default none: the device remembers as long as it lives.
    pub memory: Option<PathBuf>,
    /// Groups of fewer columns are computed on the CPU, because a dispatch is not worth its while: a
    /// dispatch takes 0.1 to 0.4 ms as others measured it, whatever is in it, and some part of that is
    /// processor time, where the CPU takes a column in a microsecond or two. By default
    /// [`AneOptions::LEAST_COLUMNS`]; 1 sends all to the engine, so that a column's answer does not
    /// depend on how many came with it.
    pub least_columns: usize,
}

impl AneOptions {
    /// The default of [`AneOptions::least_columns`]: a guess, until a dispatch's processor time is
    /// measured on a Mac.
    pub const LEAST_COLUMNS: usize = 16;
}

impl Default for AneOptions {
    fn default() -> Self {
        Self {
            rungs: Rung::LADDER.to_vec(),
            memory: None,
            least_columns: Self::LEAST_COLUMNS,
        }
    }
}

/// Apple's Neural Engine, by its private runtime.
///
/// It runs column programs that are chains of 1x1 convolutions, biases and ReLUs, written anew in the
/// form of a rung; it refuses all other programs, for which the CPU or Core ML are there. Its kernels are
/// [`Timing::MayBlock`](crate::Timing::MayBlock). Preparing one takes some tens of milliseconds, the first
/// time on a machine up to a second: not on a thread that anybody waits for.
#[derive(Debug)]
pub struct AneDevice {
    ane: Ane,
    rungs: Vec<Rung>,
    least_columns: usize,
    remembered: Remembered,
    last: Mutex<Option<LadderReport>>,
}

impl Default for AneDevice {
    fn default() -> Self {
        Self::new()
    }
}

impl AneDevice {
    /// This machine's, with default options. Whether there is one is asked by
    /// [`AneDevice::availability`], not here.
    #[must_use]
    pub fn new() -> Self {
        Self::with(Ane::system(), AneOptions::default())
    }

    /// By a way of one's own to an engine.
    #[must_use]
    pub fn with(ane: Ane, options: AneOptions) -> Self {
        let AneOptions {
            rungs,
            memory,
            least_columns,
        } = options;
        Self {
            ane,
            rungs,
            least_columns,
            remembered: Remembered::new(memory),
            last: Mutex::new(None),
        }
    }

    /// Whether there is an engine that can be reached. That it is there does not mean that it takes a
    /// certain program. May load the framework: some milliseconds the first time.
    ///
    /// # Errors
    /// [`DeviceError::Unavailable`] with the reason and what to do.
    pub fn availability(&self) -> Result<(), DeviceError> {
        self.hardware().map(drop)
    }

    /// Walks the ladder for a program, for calls of up to `max_columns` columns: the report, and the
    /// kernel if a rung passed.
    ///
    /// # Errors
    /// Where the ladder is not even begun: no engine, a program that is no chain or does not fit its
    /// weights, no columns or too many.
    pub fn climb(
        &self,
        program: &Program,
        weights: &Weights,
        max_columns: usize,
    ) -> Result<(LadderReport, Option<AneColumns>), DeviceError> {
        let layers = chain(NAME, program, weights)?;
        let capacity = capacity(max_columns);
        // Also the self-test's, which fills a dispatch.
        let mut twin = ConvChain::new(layers.clone(), max_columns.max(capacity))?;
        if max_columns == 0 {
            return Err(DeviceError::MaxColumns { got: 0 });
        }
        let hardware = self.hardware()?;
        let mut notes = Vec::new();
        let remembered = self.remembered.recall(&hardware, &mut notes);
        let remembered = remembered.filter(|rung| self.rungs.contains(rung));
        let others = self.rungs.iter().filter(|rung| Some(**rung) != remembered);
        let rungs: Vec<Rung> = remembered.iter().chain(others).copied().collect();
        let Walk {
            attempts,
            found,
            stopped,
        } = walk(&self.ane, &layers, &mut twin, capacity, &rungs);
        if let Some(found) = &found
            && Some(found.rung) != remembered
        {
            self.remembered.remember(&hardware, found.rung, &mut notes);
        }
        let first = layers.first().map(|layer| layer.inputs);
        let outputs = layers.iter().map(|layer| layer.outputs);
        let report = LadderReport {
            hardware,
            channels: first.into_iter().chain(outputs).collect(),
            capacity,
            remembered,
            attempts,
            stopped,
            notes,
            compiles_left: self.ane.compiles_left(),
        };
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Some(report.clone());
        let kernel =
            found.map(|found| AneColumns::new(found, twin, max_columns, self.least_columns));
        Ok((report, kernel.transpose()?))
    }

    /// What became of the last ladder that this device walked.
    #[must_use]
    pub fn last_report(&self) -> Option<LadderReport> {
        let last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        last.clone()
    }

    fn hardware(&self) -> Result<AneInfo, DeviceError> {
        // The availability first: a virtual machine tells about its host's engine.
        let info = self.ane.availability().and_then(|()| self.ane.info());
        info.map_err(|why: Unavailable| DeviceError::Unavailable {
            device: NAME,
            reason: why.to_string(),
        })
    }
}

impl Device for AneDevice {
    fn name(&self) -> &'static str {
        NAME
    }

    /// Refuses every program: see [`AneDevice`].
    fn prepare(
        &self,
        program: &Program,
        _weights: &Weights,
    ) -> Result<Box<dyn Executable>, DeviceError> {
        let value = program.outputs().first().and_then(|&id| program.value(id));
        Err(DeviceError::Unsupported {
            device: NAME,
            operation: value.map_or_else(String::new, |value| value.name.clone()),
            reason: "only column programs run here; prepare it with Device::prepare_columns, or on the cpu"
                .into(),
        })
    }

    fn prepare_columns(
        &self,
        program: &Program,
        weights: &Weights,
        max_columns: usize,
    ) -> Result<Box<dyn ColumnKernel>, DeviceError> {
        let (report, kernel) = self.climb(program, weights, max_columns)?;
        match kernel {
            Some(kernel) => Ok(Box::new(kernel)),
            None => Err(DeviceError::Refused {
                device: NAME,
                reason: report.summary(),
            }),
        }
    }
}
