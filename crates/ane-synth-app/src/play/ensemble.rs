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
/// How many of those measurements are remembered.
const MOST_CARRIED: usize = 64;

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

    /// Another instrument in the place of all, or all built-in ones.
    pub(super) fn with_instrument(&mut self, name: Option<&str>) -> Result<Vec<Shelved>, AppError> {
        let names: Vec<OsString> = name.map(OsString::from).into_iter().collect();
        self.shelf.choose(&names)
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

    /// As a log names them.
    pub(super) fn for_log(shelved: &[Shelved]) -> Result<Vec<LogInstrument>, AppError> {
        shelved.iter().map(Shelved::for_log).collect()
    }

    /// For people: by name, or how many.
    pub(super) fn described(&self) -> String {
        described(&self.shelved)
    }

    /// What these instruments on this device are for an engine of `config`, whose audio side is asked for
    /// `buffer` samples at a time.
    pub(super) fn order(&self, config: &RendererConfig, buffer: usize) -> Order {
        Order {
            shelved: self.shelved.clone(),
            device: self.device.clone(),
            config: config.clone(),
            buffer,
        }
    }
}

/// Instruments for people: by name, or how many.
pub(super) fn described(shelved: &[Shelved]) -> String {
    let label = |shelved: &Shelved| shelved.named.label();
    match shelved {
        few if few.len() <= 4 => few.iter().map(label).collect::<Vec<_>>().join(", "),
        many => format!("{} instruments by General MIDI program", many.len()),
    }
}

/// Instruments to be made ready on a device, by whichever thread has time for it: a device that compiles
/// may take a second.
#[derive(Clone)]
pub(super) struct Order {
    pub(super) shelved: Vec<Shelved>,
    pub(super) device: LiveDevice,
    pub(super) config: RendererConfig,
    pub(super) buffer: usize,
}

/// What an [`Order`] came to.
pub(super) struct Ready {
    pub(super) shelved: Vec<Shelved>,
    /// The one of the order, or the one in its place.
    pub(super) device: LiveDevice,
    pub(super) loaded: Vec<LoadedInstrument>,
    pub(super) programs: ProgramMap,
    /// Voices that the processor carries alone, which is what counts where a device may leave it alone;
    /// no limit where it is alone anyway.
    pub(super) carried: Option<usize>,
}

impl Order {
    /// Makes everything ready, on another device where this one was chosen by nobody and refuses.
    pub(super) fn prepare(self, carried: &mut Carried) -> Result<Ready, AppError> {
        match self.clone().prepare_as_it_is(carried) {
            Ok(ready) => Ok(ready),
            Err(error) => match self.device.instead(&error) {
                Some(device) => Self { device, ..self }.prepare_as_it_is(carried),
                None => Err(error),
            },
        }
    }

    fn prepare_as_it_is(self, carried: &mut Carried) -> Result<Ready, AppError> {
        let Self {
            shelved,
            device,
            config,
            buffer,
        } = self;
        let at_once = device.columns_ahead(config.polyphony);
        let place = match device.ahead {
            true => Place::Ahead(&*device.device, at_once),
            false => Place::Here(&*device.device),
        };
        let loaded = shelf::load(&shelved, &place)?;
        let carried = match device.ahead {
            true => Some(carried.voices(&shelved, &config, buffer)?),
            false => None,
        };
        Ok(Ready {
            programs: shelf::programs(&shelved),
            shelved,
            device,
            loaded,
            carried,
        })
    }
}

/// Voices that the processor carries alone, by what they play and how, as far as it was measured.
#[derive(Default)]
pub(super) struct Carried(Vec<(Carrying, usize)>);

/// What that depends on.
#[derive(PartialEq)]
struct Carrying {
    /// Digests of the instruments.
    instruments: Vec<String>,
    config: RendererConfig,
    buffer: usize,
}

impl Carried {
    /// Measures it the first time.
    fn voices(
        &mut self,
        shelved: &[Shelved],
        config: &RendererConfig,
        buffer: usize,
    ) -> Result<usize, AppError> {
        let carrying = Carrying {
            instruments: shelved.iter().map(|s| s.sha256.clone()).collect(),
            config: RendererConfig {
                polyphony: MEASURED_VOICES,
                most_polyphony: MEASURED_VOICES,
                ..config.clone()
            },
            buffer,
        };
        if let Some((_, voices)) = self.0.iter().find(|(known, _)| *known == carrying) {
            return Ok(*voices);
        }
        let cpu = devices::device(DeviceChoice::Cpu)?;
        let loaded = shelf::load(shelved, &Place::Here(&*cpu))?;
        let renderer = Renderer::new(carrying.config.clone(), loaded, shelf::programs(shelved));
        let voices = carried_voices(renderer.map_err(AppError::new)?, buffer, thread_time);
        if self.0.len() == MOST_CARRIED {
            self.0.remove(0);
        }
        self.0.push((carrying, voices));
        Ok(voices)
    }
}

/// CPU time of the calling thread; it stands still where the system does not tell. A system call and
/// nothing else.
pub(super) fn thread_time() -> Duration {
    ThreadTime::try_now().map_or(Duration::ZERO, |time| time.as_duration())
}

#[cfg(test)]
mod tests;
