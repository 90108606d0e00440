//! The instruments that are played, and the device that their networks run on.

use std::ffi::OsString;
use std::time::Duration;

use cpu_time::ThreadTime;
use synth_engine::{LoadedInstrument, ProgramMap, Renderer, RendererConfig, carried_voices};
use synth_io::event_log::LogInstrument;

use crate::devices::{self, DeviceChoice, LiveDevice};
use crate::error::AppError;
use crate::shelf::{self, Place, Shelf, Shelved};

/// Voices to find out with what a voice costs.
const MEASURED_VOICES: usize = 32;

/// What sounds, and where it is computed.
pub(super) struct Ensemble {
    shelf: Shelf,
    shelved: Vec<Shelved>,
    device: LiveDevice,
}

impl Ensemble {
    pub(super) fn new(names: &[OsString], device: DeviceChoice) -> Result<Self, AppError> {
        let mut shelf = Shelf::default();
        Ok(Self {
            device: devices::live_device(device)?,
            shelved: shelf.choose(names)?,
            shelf,
        })
    }

    /// Another instrument in the place of all.
    pub(super) fn with_instrument(&mut self, name: &str) -> Result<Vec<Shelved>, AppError> {
        self.shelf.choose(&[OsString::from(name)])
    }

    pub(super) fn set_instruments(&mut self, shelved: Vec<Shelved>) {
        self.shelved = shelved;
    }

    pub(super) fn set_device(&mut self, device: LiveDevice) {
        self.device = device;
    }

    pub(super) fn shelved(&self) -> &[Shelved] {
        &self.shelved
    }

    pub(super) fn device(&self) -> &LiveDevice {
        &self.device
    }

    /// Prepared for `device`.
    pub(super) fn load(
        shelved: &[Shelved],
        device: &LiveDevice,
    ) -> Result<(Vec<LoadedInstrument>, ProgramMap), AppError> {
        let place = match device.ahead {
            true => Place::Ahead(&*device.device),
            false => Place::Here(&*device.device),
        };
        Ok((shelf::load(shelved, &place)?, shelf::programs(shelved)))
    }

    /// As a log names them.
    pub(super) fn for_log(shelved: &[Shelved]) -> Result<Vec<LogInstrument>, AppError> {
        shelved.iter().map(Shelved::for_log).collect()
    }

    /// For people: by name, or how many.
    pub(super) fn described(&self) -> String {
        let label = |shelved: &Shelved| shelved.named.label();
        match &*self.shelved {
            few if few.len() <= 4 => few.iter().map(label).collect::<Vec<_>>().join(", "),
            many => format!("{} instruments by General MIDI program", many.len()),
        }
    }

    /// Voices that the processor carries alone, which is what counts where a device may leave it alone;
    /// no limit where it is alone anyway.
    pub(super) fn carried(
        shelved: &[Shelved],
        device: &LiveDevice,
        config: &RendererConfig,
        buffer: usize,
    ) -> Result<Option<usize>, AppError> {
        if !device.ahead {
            return Ok(None);
        }
        let cpu = devices::device(DeviceChoice::Cpu)?;
        let config = RendererConfig {
            polyphony: MEASURED_VOICES,
            most_polyphony: MEASURED_VOICES,
            ..config.clone()
        };
        let loaded = shelf::load(shelved, &Place::Here(&*cpu))?;
        let renderer = Renderer::new(config, loaded, shelf::programs(shelved));
        let renderer = renderer.map_err(AppError::new)?;
        Ok(Some(carried_voices(renderer, buffer, thread_time)))
    }
}

/// CPU time of the calling thread; it stands still where the system does not tell. A system call and
/// nothing else.
pub(super) fn thread_time() -> Duration {
    ThreadTime::try_now().map_or(Duration::ZERO, |time| time.as_duration())
}
