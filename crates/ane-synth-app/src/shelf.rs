//! Instruments that are exchanged while they are played, each of them there once: an engine knows the
//! same instrument again by its place in memory, and a replay must find the same ones the same.

use std::ffi::{OsStr, OsString};
use std::fmt::Write;
use std::path::Path;
use std::sync::Arc;

use mil_runtime::Device;
use mil_runtime::cpu::CpuDevice;
use sha2::{Digest, Sha256};
use synth_engine::{AheadKernel, LoadedInstrument, ProgramMap, Renderer};
use synth_io::event_log::LogInstrument;
use synth_model::{Instrument, Predictor};

use crate::error::AppError;
use crate::instruments::{self, NamedInstrument};
use crate::printable;

/// An instrument and the digest of its bytes.
#[derive(Clone, Debug)]
pub(crate) struct Shelved {
    pub(crate) named: NamedInstrument,
    pub(crate) sha256: String,
}

impl Shelved {
    /// As a log names it.
    ///
    /// # Errors
    /// Where its file has a name that is no text.
    pub(crate) fn for_log(&self) -> Result<LogInstrument, AppError> {
        let file = match &self.named.file {
            None => None,
            Some(path) => Some(absolute(path)?),
        };
        Ok(LogInstrument {
            name: self.named.id.clone(),
            file,
            sha256: self.sha256.clone(),
        })
    }
}

fn absolute(path: &Path) -> Result<String, AppError> {
    let absolute = std::path::absolute(path).map_err(|error| {
        let what = format!("has no absolute path ({error}); check that the folder is there");
        AppError::about(path, what)
    })?;
    let text = absolute.into_os_string().into_string();
    text.map_err(|_| {
        let what = "has a name that is no Unicode text, which an event log cannot hold; rename it";
        AppError::about(path, what)
    })
}

/// Where networks run while the music plays.
pub(crate) enum Place<'a> {
    /// Where the sound is made.
    Here(&'a dyn Device),
    /// On a thread of its own, ahead of time, so many columns at once; what is not there in time is
    /// computed on the CPU.
    Ahead(&'a dyn Device, usize),
}

/// All instruments that were asked for so far.
#[derive(Default)]
pub(crate) struct Shelf {
    kept: Vec<(String, Arc<Instrument>)>,
}

impl Shelf {
    /// The instruments called `names`, all built-in ones without a name.
    pub(crate) fn choose(&mut self, names: &[OsString]) -> Result<Vec<Shelved>, AppError> {
        if !names.is_empty() {
            let found = names.iter().map(|name| {
                let (named, bytes) = instruments::find_with_bytes(name)?;
                Ok(self.keep(named, &bytes))
            });
            return found.collect();
        }
        let ids = instruments::built_in()?.into_iter().map(|named| named.id);
        ids.map(|id| self.built_in(&id)).collect()
    }

    /// The instruments that a log names.
    pub(crate) fn recall(&mut self, logged: &[LogInstrument]) -> Result<Vec<Shelved>, AppError> {
        let all = logged.iter().map(|logged| {
            let (found, changed) = match &logged.file {
                None => (
                    self.built_in(&logged.name)?,
                    "is another instrument in this program than the one that was played; use the \
                     program that wrote the log",
                ),
                Some(file) => {
                    let (named, bytes) = instruments::find_with_bytes(OsStr::new(file))?;
                    (
                        self.keep(named, &bytes),
                        "has changed since it was played; put the old file back",
                    )
                }
            };
            match found.sha256 == logged.sha256 {
                true => Ok(found),
                false => Err(AppError::about_name(&found.named.id, changed)),
            }
        });
        all.collect()
    }

    fn built_in(&mut self, id: &str) -> Result<Shelved, AppError> {
        let Some(known) = instruments::built_in_with_bytes(id) else {
            let id = printable::one_line(id);
            let what = "is not built into this program; use the one that wrote the log";
            return Err(AppError::about_name(&id, what));
        };
        let (named, bytes) = known?;
        Ok(self.keep(named, bytes))
    }

    fn keep(&mut self, mut named: NamedInstrument, bytes: &[u8]) -> Shelved {
        let sha256 = hexadecimal(&Sha256::digest(bytes));
        match self.kept.iter().find(|(digest, _)| *digest == sha256) {
            Some((_, known)) => named.instrument = known.clone(),
            None => self.kept.push((sha256.clone(), named.instrument.clone())),
        }
        Shelved { named, sha256 }
    }
}

/// Which of the instruments plays which program.
pub(crate) fn programs(shelved: &[Shelved]) -> ProgramMap {
    let all: Vec<&Instrument> = shelved.iter().map(|s| &*s.named.instrument).collect();
    instruments::programs(&all)
}

/// Prepares the networks for one rendering thread.
pub(crate) fn load(
    shelved: &[Shelved],
    place: &Place<'_>,
) -> Result<Vec<LoadedInstrument>, AppError> {
    let columns = Renderer::columns_per_call();
    let all = shelved.iter().map(|Shelved { named, .. }| {
        let NamedInstrument { id, instrument, .. } = named;
        let prepare = |device: &dyn Device, columns| {
            Predictor::new(device, instrument, columns).map_err(|error| {
                let device = device.name();
                let what = format!("cannot run on device {device}: {error}");
                AppError::about_name(id, what)
            })
        };
        let (predictor, ahead) = match *place {
            Place::Here(device) => (prepare(device, columns)?, None),
            Place::Ahead(device, at_once) => {
                let cpu = CpuDevice::new();
                let ahead = AheadKernel {
                    kernel: prepare(device, at_once)?,
                    check: prepare(&cpu, columns)?,
                };
                (prepare(&cpu, columns)?, Some(ahead))
            }
        };
        Ok(LoadedInstrument {
            instrument: instrument.clone(),
            predictors: vec![predictor],
            ahead,
        })
    });
    all.collect()
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_instrument_is_there_once() {
        let mut shelf = Shelf::default();
        let named =
            |names: &[&str]| -> Vec<OsString> { names.iter().map(OsString::from).collect() };
        let all = shelf.choose(&[]).unwrap();
        let again = shelf.choose(&named(&["Violin", "violin"])).unwrap();
        for other in &again {
            assert!(Arc::ptr_eq(
                &all[0].named.instrument,
                &other.named.instrument
            ));
        }
        let logged: Vec<LogInstrument> = all.iter().map(|i| i.for_log().unwrap()).collect();
        let recalled = shelf.recall(&logged).unwrap();
        assert!(Arc::ptr_eq(
            &all[5].named.instrument,
            &recalled[5].named.instrument
        ));
        let other = LogInstrument {
            sha256: "0".repeat(64),
            ..logged[0].clone()
        };
        let line = shelf.recall(&[other]).unwrap_err().to_string();
        assert!(line.starts_with("violin: is another instrument"), "{line}");
        let unknown = LogInstrument {
            name: "kazoo".to_owned(),
            ..logged[0].clone()
        };
        let line = shelf.recall(&[unknown]).unwrap_err().to_string();
        assert!(line.starts_with("kazoo: is not built"), "{line}");
    }

    #[test]
    fn digests_are_those_of_fips_180() {
        // FIPS 180-2, appendix B.1.
        let digest = hexadecimal(&Sha256::digest(b"abc"));
        assert!(digest.starts_with("ba7816bf8f01cfea") && digest.ends_with("f20015ad"));
    }
}
