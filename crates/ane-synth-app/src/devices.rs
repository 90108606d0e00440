//! The devices that can be named on the command line.

use std::env;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::ValueEnum;
use mil_runtime::ane::{Ane, AneDevice, AneOptions};
use mil_runtime::coreml::{CoreMlDevice, CoreMlOptions};
use mil_runtime::cpu::{CpuDevice, Level, ReferenceDevice};
use mil_runtime::{Device, DeviceError};
use synth_engine::{ControlRate, Renderer};

use crate::error::AppError;
use crate::printable;

/// Devices by the names of the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum DeviceChoice {
    /// The best there is: for files the processor; live the Neural Engine if it passes its test, else
    /// the processor.
    Auto,
    /// The processor, fast.
    Cpu,
    /// Apple's Neural Engine, where it takes the network and computes it rightly.
    Ane,
    /// Core ML, Apple's public way to the Neural Engine, which may compute on the processor instead.
    #[value(name = "coreml")]
    CoreMl,
    /// The plain interpreter: slow, the yardstick for the others.
    Reference,
}

/// A device that several threads prepare networks on.
pub(crate) type SharedDevice = Arc<dyn Device + Send + Sync>;

/// How often networks are asked of what begins on a device of this name: of the yardstick, at every control
/// frame. Whether sounds that begin so go over to another device later makes no difference.
pub(crate) fn control_rate(device: &str) -> ControlRate {
    match device == ReferenceDevice::f32().name() {
        true => ControlRate::Full,
        false => ControlRate::Adaptive,
    }
}

/// The device to render with. Offline, `auto` is the processor on every machine, so that a render
/// can be repeated whatever else is built in.
pub(crate) fn device(choice: DeviceChoice) -> Result<SharedDevice, AppError> {
    check_forced_level()?;
    Ok(match choice {
        DeviceChoice::Auto | DeviceChoice::Cpu => Arc::new(CpuDevice::new()),
        DeviceChoice::Reference => Arc::new(ReferenceDevice::f32()),
        // Every group of columns, however small, so that the sound does not depend on the groups.
        DeviceChoice::Ane => {
            neural_engine(&Ane::system(), own_memory(), 1).map_err(named("ane"))?
        }
        DeviceChoice::CoreMl => core_ml(1).map_err(named("coreml"))?,
    })
}

/// A device to play live with.
#[derive(Clone)]
pub(crate) struct LiveDevice {
    pub(crate) device: SharedDevice,
    /// Whether its networks run ahead of time on a thread of their own, with the processor to fill in.
    pub(crate) ahead: bool,
    /// Why it was chosen, where nobody named it.
    why: Option<String>,
    /// The Neural Engine, which tells more of itself once a network was prepared on it.
    engine: Option<Arc<AneDevice>>,
    /// Core ML, likewise.
    core_ml: Option<Arc<CoreMlDevice>>,
    /// The one that was tried before this device took its place.
    tried: Option<Arc<AneDevice>>,
    /// Whether another device may take its place.
    is_auto: bool,
}

impl LiveDevice {
    fn here(device: SharedDevice) -> Self {
        Self {
            device,
            ahead: false,
            why: None,
            engine: None,
            core_ml: None,
            tried: None,
            is_auto: false,
        }
    }

    fn ahead(device: SharedDevice) -> Self {
        Self {
            ahead: true,
            ..Self::here(device)
        }
    }

    /// Columns that it is best asked for at once, ahead of time for so many voices. A dispatch of the
    /// Neural Engine takes as long whatever is in it, by either way.
    pub(crate) fn columns_ahead(&self, voices: usize) -> usize {
        match self.engine.is_some() || self.core_ml.is_some() {
            true => Renderer::columns_ahead(voices),
            false => Renderer::columns_per_call(),
        }
    }

    /// What it is called, and why it was chosen if nobody named it.
    pub(crate) fn described(&self) -> String {
        let report = self.engine.as_ref().and_then(|engine| engine.last_report());
        let passed = report.filter(|report| report.passed().is_some());
        let mut parts: Vec<String> = passed.map(|report| report.summary()).into_iter().collect();
        let by_core_ml = self
            .core_ml
            .as_ref()
            .and_then(|device| device.last_report());
        parts.extend(by_core_ml.map(|report| report.placed()));
        if self.ahead {
            parts.push("ahead of time; the cpu fills in".to_owned());
        }
        parts.extend(self.why.clone());
        let name = self.device.name();
        match parts.is_empty() {
            true => name.to_owned(),
            false => format!("{name} ({})", parts.join("; ")),
        }
    }

    /// The same for people; with `verbose`, also what was tried.
    pub(crate) fn lines(&self, verbose: bool) -> Vec<String> {
        let ladder = if verbose { self.ladder() } else { Vec::new() };
        let by_core_ml = self.core_ml.as_ref().filter(|_| verbose);
        let by_core_ml = by_core_ml.and_then(|device| device.last_report());
        let by_core_ml = by_core_ml.map(|report| printable::one_line(&report.to_string()));
        let first = format!("device: {}", self.described());
        let lines = std::iter::once(first).chain(by_core_ml);
        lines.chain(ladder).collect()
    }

    /// What became of each form of the network that was tried on the Neural Engine, in lines.
    fn ladder(&self) -> Vec<String> {
        let engine = self.engine.as_ref().or(self.tried.as_ref());
        let report = engine.and_then(|engine| engine.last_report());
        let text = report.map_or_else(String::new, |report| report.to_string());
        text.lines().map(printable::one_line).collect()
    }

    /// What to play with where this one cannot, as `error` says: with `auto`, the processor.
    pub(crate) fn instead(&self, error: &AppError) -> Option<Self> {
        let engine = self.engine.as_ref().filter(|_| self.is_auto)?;
        let report = engine.last_report();
        let failed = report.filter(|report| report.passed().is_none());
        let reason = failed.map_or_else(|| error.to_string(), |report| report.summary());
        Some(Self {
            why: Some(format!("the Neural Engine is not used: {reason}")),
            tried: self.engine.clone(),
            ..Self::here(Arc::new(CpuDevice::new()))
        })
    }
}

/// The device to play live with; nothing is prepared on it yet.
pub(crate) fn live_device(choice: DeviceChoice) -> Result<LiveDevice, AppError> {
    live_device_by(&Ane::system(), own_memory(), choice)
}

/// As [`live_device`], by a way of one's own to a Neural Engine and with a memory of one's own.
pub(crate) fn live_device_by(
    ane: &Ane,
    memory: Option<PathBuf>,
    choice: DeviceChoice,
) -> Result<LiveDevice, AppError> {
    check_forced_level()?;
    let engine = || neural_engine(ane, memory, AneOptions::LEAST_COLUMNS);
    Ok(match choice {
        DeviceChoice::Auto => match engine() {
            Ok(engine) => LiveDevice {
                engine: Some(engine.clone()),
                is_auto: true,
                ..LiveDevice::ahead(engine)
            },
            Err(reason) => LiveDevice {
                why: Some(cause(&reason)),
                ..LiveDevice::here(Arc::new(CpuDevice::new()))
            },
        },
        DeviceChoice::Cpu => LiveDevice::here(Arc::new(CpuDevice::new())),
        DeviceChoice::Ane => {
            let engine = engine().map_err(named("ane"))?;
            LiveDevice {
                engine: Some(engine.clone()),
                ..LiveDevice::ahead(engine)
            }
        }
        DeviceChoice::CoreMl => {
            let device = core_ml(CoreMlOptions::LEAST_COLUMNS).map_err(named("coreml"))?;
            LiveDevice {
                core_ml: Some(device.clone()),
                ..LiveDevice::ahead(device)
            }
        }
        DeviceChoice::Reference => LiveDevice::ahead(Arc::new(ReferenceDevice::f32())),
    })
}

/// The Neural Engine, or why there is none.
fn neural_engine(
    ane: &Ane,
    memory: Option<PathBuf>,
    least_columns: usize,
) -> Result<Arc<AneDevice>, String> {
    let options = AneOptions {
        memory,
        least_columns,
        ..AneOptions::default()
    };
    let device = AneDevice::with(ane.clone(), options);
    match device.availability() {
        Ok(()) => Ok(Arc::new(device)),
        Err(error) => Err(reason(error)),
    }
}

/// Core ML, or why there is none.
fn core_ml(least_columns: usize) -> Result<Arc<CoreMlDevice>, String> {
    let device = CoreMlDevice::with(CoreMlOptions { least_columns });
    match device.availability() {
        Ok(()) => Ok(Arc::new(device)),
        Err(error) => Err(reason(error)),
    }
}

/// Why a device cannot be used, without its name.
fn reason(error: DeviceError) -> String {
    match error {
        DeviceError::Unavailable { reason, .. } => reason,
        error => error.to_string(),
    }
}

fn named(device: &str) -> impl Fn(String) -> AppError {
    move |reason| {
        AppError::new(format_args!(
            "device {device}: {reason} (device cpu or auto)"
        ))
    }
}

/// What is the case, without what to do about it: an automatic choice did that already.
fn cause(reason: &str) -> String {
    let (cause, _) = reason.split_once(';').unwrap_or((reason, ""));
    cause.to_owned()
}

fn own_memory() -> Option<PathBuf> {
    memory(|name| env::var_os(name).map(PathBuf::from), Path::is_dir)
}

/// The file in which the form of program that this machine's Neural Engine takes is remembered: in the
/// folder that the system has for such files; nowhere if there is none.
fn memory(
    variable: impl Fn(&str) -> Option<PathBuf>,
    is_folder: impl Fn(&Path) -> bool,
) -> Option<PathBuf> {
    let absolute = |name: &str| variable(name).filter(|path| path.is_absolute());
    let caches = absolute("XDG_CACHE_HOME").or_else(|| {
        let home = absolute("HOME")?;
        let apple = home.join("Library").join("Caches");
        Some(match is_folder(&apple) {
            true => apple,
            false => home.join(".cache"),
        })
    });
    Some(caches?.join("ane-synth").join("neural-engine.txt"))
}

/// The libraries fall back to the widest level; somebody who forces one wants that one or none.
fn check_forced_level() -> Result<(), AppError> {
    match Level::forced() {
        None => Ok(()),
        Some(Ok(level)) if level.is_available() => Ok(()),
        Some(Ok(level)) => Err(AppError::new(format_args!(
            "ANE_SYNTH_SIMD: this processor has no {}; unset it or name another level",
            level.name()
        ))),
        Some(Err(unknown)) => Err(AppError::new(format_args!("ANE_SYNTH_SIMD: {unknown}"))),
    }
}

#[cfg(test)]
mod tests {
    use ane_bridge::Unavailable;
    use ane_bridge::fake::FakeAne;

    use super::*;

    fn live(fake: &FakeAne, choice: DeviceChoice) -> Result<LiveDevice, AppError> {
        live_device_by(&fake.ane(), None, choice)
    }

    #[test]
    fn where_there_is_no_engine_auto_is_the_processor_and_says_why() {
        let fake = FakeAne::new();
        fake.take_away(Unavailable::Unsupported);
        let device = live(&fake, DeviceChoice::Auto).unwrap();
        assert!(!device.ahead);
        assert_eq!(
            device.described(),
            "cpu (the Neural Engine can only be reached on macOS, and this program was built for another system)"
        );
        let Err(error) = live(&fake, DeviceChoice::Ane) else {
            panic!("it was found");
        };
        assert_eq!(
            error.to_string(),
            "device ane: the Neural Engine can only be reached on macOS, and this program was built for \
             another system; use the CPU here (device cpu or auto)"
        );
        if let Err(error) = live(&fake, DeviceChoice::CoreMl) {
            assert_eq!(
                error.to_string(),
                "device coreml: Core ML is on macOS only, and this program was built for another system; use the \
                 CPU here (device cpu or auto)"
            );
        }
        assert_eq!(live(&fake, DeviceChoice::Cpu).unwrap().described(), "cpu");
        let reference = live(&fake, DeviceChoice::Reference).unwrap();
        assert_eq!(
            reference.described(),
            "reference (ahead of time; the cpu fills in)"
        );
    }

    #[test]
    fn only_an_automatic_choice_is_replaced() {
        let fake = FakeAne::new();
        let error = AppError::new("flute: cannot run");
        let auto = live(&fake, DeviceChoice::Auto).unwrap();
        assert!(auto.ahead);
        assert_eq!(auto.device.name(), "ane");
        let instead = auto.instead(&error).unwrap();
        assert_eq!(
            instead.described(),
            "cpu (the Neural Engine is not used: flute: cannot run)"
        );
        assert!(instead.instead(&error).is_none());
        for choice in [
            DeviceChoice::Ane,
            DeviceChoice::Cpu,
            DeviceChoice::Reference,
        ] {
            assert!(live(&fake, choice).unwrap().instead(&error).is_none());
        }
    }

    #[test]
    fn what_works_is_remembered_where_the_system_keeps_such_things() {
        let place = |xdg: Option<&str>, home: Option<&str>, apple: bool| {
            let variable = |name: &str| match name {
                "XDG_CACHE_HOME" => xdg.map(PathBuf::from),
                _ => home.map(PathBuf::from),
            };
            memory(variable, |_| apple)
        };
        let file = |folder: &str| Some(Path::new(folder).join("ane-synth/neural-engine.txt"));
        assert_eq!(place(None, Some("/u"), true), file("/u/Library/Caches"));
        assert_eq!(place(None, Some("/u"), false), file("/u/.cache"));
        assert_eq!(place(Some("/c"), Some("/u"), true), file("/c"));
        assert_eq!(place(Some("c"), Some("/u"), false), file("/u/.cache"));
        assert_eq!(place(Some(""), Some("u"), false), None);
    }
}
