//! The devices that can be named on the command line.

use mil_runtime::Device;
use mil_runtime::cpu::{CpuDevice, ReferenceDevice};

use crate::cli::DeviceChoice;

/// The device to render with. Offline, `auto` is the processor on every machine, so that a piece
/// has the same bits everywhere.
pub(crate) fn device(choice: DeviceChoice) -> Box<dyn Device> {
    match choice {
        DeviceChoice::Auto | DeviceChoice::Cpu => Box::new(CpuDevice::new()),
        DeviceChoice::Reference => Box::new(ReferenceDevice::f32()),
    }
}
