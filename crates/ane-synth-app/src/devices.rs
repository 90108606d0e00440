//! The devices that can be named on the command line.

use clap::ValueEnum;
use mil_runtime::Device;
use mil_runtime::cpu::{CpuDevice, Level, ReferenceDevice};

use crate::error::AppError;

/// Devices by the names of the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum DeviceChoice {
    /// The best for rendering: the processor.
    Auto,
    /// The processor, fast.
    Cpu,
    /// The plain interpreter: slow, the yardstick for the others.
    Reference,
}

/// The device to render with. Offline, `auto` is the processor on every machine, so that a render
/// can be repeated whatever else is built in.
pub(crate) fn device(choice: DeviceChoice) -> Result<Box<dyn Device>, AppError> {
    check_forced_level()?;
    Ok(match choice {
        DeviceChoice::Auto | DeviceChoice::Cpu => Box::new(CpuDevice::new()),
        DeviceChoice::Reference => Box::new(ReferenceDevice::f32()),
    })
}

/// A device to play live with.
pub(crate) struct LiveDevice {
    pub(crate) device: Box<dyn Device>,
    /// Whether its networks run ahead of time on a thread of their own, with the processor to fill in.
    pub(crate) ahead: bool,
    /// What it is called, and why it was chosen if nobody named it.
    pub(crate) described: &'static str,
}

/// The device to play live with.
pub(crate) fn live_device(choice: DeviceChoice) -> Result<LiveDevice, AppError> {
    let (ahead, described) = match choice {
        DeviceChoice::Auto => (false, "cpu (there is no accelerator that could be used)"),
        DeviceChoice::Cpu => (false, "cpu"),
        DeviceChoice::Reference => (true, "reference (ahead of time; the cpu fills in)"),
    };
    Ok(LiveDevice {
        device: device(choice)?,
        ahead,
        described,
    })
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
