//! What a machine may have beside its processor, for the commands that measure it. Each answers with a
//! device, or why there is none.

use std::env::consts::{ARCH, OS};

use mil_runtime::ane::{Ane, AneDevice, AneOptions};
use mil_runtime::coreml::{CoreMlDevice, CoreMlOptions};

/// Why something is not measured, in words that follow "not measured: ".
pub(crate) type Why = String;

// Every group of columns is sent in either case, or the processor would be measured where few are asked for.

/// Apple's Neural Engine without Core ML; not yet run on hardware.
pub(crate) fn direct_ane() -> Result<AneDevice, Why> {
    if OS != "macos" {
        return Err(missing("the Neural Engine"));
    }
    let options = AneOptions {
        least_columns: 1,
        ..AneOptions::default()
    };
    let device = AneDevice::with(Ane::system(), options);
    match device.availability() {
        Ok(()) => Ok(device),
        Err(error) => Err(error.to_string()),
    }
}

/// The Neural Engine through Core ML; not yet run on hardware.
pub(crate) fn core_ml() -> Result<CoreMlDevice, Why> {
    if OS != "macos" {
        return Err(missing("Core ML"));
    }
    let device = CoreMlDevice::with(CoreMlOptions { least_columns: 1 });
    match device.availability() {
        Ok(()) => Ok(device),
        Err(error) => Err(error.to_string()),
    }
}

/// Why nothing of `what` can be used here.
pub(crate) fn missing(what: &str) -> Why {
    match OS {
        "macos" => format!("this build has nothing that runs on {what}"),
        _ => format!("{what} is on a Mac only; this is {OS} {ARCH}"),
    }
}
