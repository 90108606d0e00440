//! What a machine may have beside its processor, for the commands that measure it. Each answers with a
//! device, or why there is none.

use std::env::consts::{ARCH, OS};

use mil_runtime::Device;

/// Why something is not measured, in words that follow "not measured: ".
pub(crate) type Why = String;

/// Apple's Neural Engine without CoreML. **This is where its device is plugged in**: once it is given
/// here, every table of ane-bench measures it, and so does the doctor.
pub(crate) fn direct_ane() -> Result<Box<dyn Device>, Why> {
    Err(missing("the Neural Engine"))
}

/// The Neural Engine through CoreML; to be given here, as the one above.
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
