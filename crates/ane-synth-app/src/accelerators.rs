//! What a machine may have beside its processor, for the commands that measure it. Each answers with a
//! device, or why there is none.

use std::env::consts::{ARCH, OS};

use mil_runtime::Device;
use mil_runtime::ane::{Ane, AneDevice, AneOptions};

/// Why something is not measured, in words that follow "not measured: ".
pub(crate) type Why = String;

/// Apple's Neural Engine without CoreML; not yet run on hardware.
pub(crate) fn direct_ane() -> Result<Box<dyn Device>, Why> {
    if OS != "macos" {
        return Err(missing("the Neural Engine"));
    }
    // Every group of columns is sent, or the processor would be measured where few are asked for.
    let options = AneOptions {
        least_columns: 1,
        ..AneOptions::default()
    };
    let device = AneDevice::with(Ane::system(), options);
    match device.availability() {
        Ok(()) => Ok(Box::new(device)),
        Err(error) => Err(error.to_string()),
    }
}

/// The Neural Engine through CoreML: every table of ane-bench measures the device that is given here, and
/// so does the doctor.
pub(crate) fn core_ml() -> Result<Box<dyn Device>, Why> {
    Err(missing("CoreML"))
}

/// Why nothing of `what` can be used here.
pub(crate) fn missing(what: &str) -> Why {
    match OS {
        "macos" => format!("this build has nothing that runs on {what}"),
        _ => format!("{what} is on a Mac only; this is {OS} {ARCH}"),
    }
}
