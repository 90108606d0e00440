//! What is kept from one time to the next: instrument, knobs, learned controllers, audio device, octave and
//! velocity.
//!
//! It is one small JSON file. Several programs may use it at once: each writes only what was changed in it, into
//! what the file holds by then, under a lock; of what two have changed the later counts.

mod file;
mod folder;

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use serde_json::Value;
use synth_engine::Parameter;

use super::keyboard::OCTAVES;
use super::link::Snapshot;
use crate::play::controller_map::{CONTROLLERS, can_be_learnt};
use file::StateFile;

/// What was changed is written this long after it began to change: knobs are turned in many steps.
const DELAY: Duration = Duration::from_secs(1);
/// Where a path leads into an object.
const INTO: char = '/';
const INSTRUMENT: &str = "instrument";
const AUDIO_DEVICE: &str = "audio_device";
const OCTAVE: &str = "octave";
const VELOCITY: &str = "velocity";
const PARAMETERS: &str = "parameters";
const BINDINGS: &str = "controllers";
/// Octave and velocity where nothing is kept.
const FIRST_HANDS: (i8, u8) = (0, 100);

/// Values by their paths.
type Flat = BTreeMap<String, Value>;

/// What was kept.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Kept {
    pub(crate) instrument: Option<String>,
    pub(crate) audio_device: Option<String>,
    pub(crate) parameters: Vec<(Parameter, f32)>,
    /// Which parameter a controller moves.
    pub(crate) controllers: Vec<(u8, Parameter)>,
    pub(crate) octave: Option<i8>,
    pub(crate) velocity: Option<u8>,
}

impl Kept {
    /// What has a meaning here; the rest stays in the file as it is.
    fn of(state: &Value) -> Self {
        let text = |key: &str| state.get(key).and_then(Value::as_str).map(str::to_owned);
        let number = |key: &str| state.get(key).and_then(Value::as_i64);
        let entries = |key: &str| {
            let object = state.get(key).and_then(Value::as_object);
            object.into_iter().flatten()
        };
        let parameters = entries(PARAMETERS).filter_map(|(name, value)| {
            let parameter = Parameter::named(name)?;
            let value = parameter.info().nearest(value.as_f64()? as f32);
            Some((parameter, value))
        });
        let controllers = entries(BINDINGS).filter_map(|(number, name)| {
            let number: u8 = number.parse().ok()?;
            let is_one = number < CONTROLLERS && can_be_learnt(number);
            let parameter = Parameter::named(name.as_str()?)?;
            is_one.then_some((number, parameter))
        });
        Self {
            instrument: text(INSTRUMENT),
            audio_device: text(AUDIO_DEVICE),
            parameters: parameters.collect(),
            controllers: controllers.collect(),
            octave: number(OCTAVE)
                .and_then(|octave| i8::try_from(octave).ok())
                .filter(|octave| OCTAVES.contains(octave)),
            velocity: number(VELOCITY)
                .and_then(|velocity| u8::try_from(velocity).ok())
                .filter(|velocity| (1..=127).contains(velocity)),
        }
    }
}

/// Keeps what changes.
pub(crate) struct Keeper {
    /// `None` where nothing is kept.
    file: Option<StateFile>,
    hands: (i8, u8),
    /// As it was at first, and what of it was written since.
    base: Option<Flat>,
    now: Flat,
    changed_at: Option<Instant>,
}

impl Keeper {
    /// What was kept, and who keeps the rest; with what there is to tell about it.
    pub(crate) fn open() -> (Kept, Self, Vec<String>) {
        Self::open_in(folder::own().map(StateFile::new))
    }

    fn open_in(file: Option<StateFile>) -> (Kept, Self, Vec<String>) {
        let mut told = Vec::new();
        let (kept, file) = match file {
            None => (Kept::default(), None),
            Some(file) => match file.read(&mut told) {
                Ok(state) => (Kept::of(&state), Some(file)),
                Err(why) => {
                    told.push(format!("nothing is kept this time: {why}"));
                    (Kept::default(), None)
                }
            },
        };
        let hands = (
            kept.octave.unwrap_or(FIRST_HANDS.0),
            kept.velocity.unwrap_or(FIRST_HANDS.1),
        );
        let keeper = Self {
            file,
            hands,
            base: None,
            now: Flat::new(),
            changed_at: None,
        };
        (kept, keeper, told)
    }

    /// Octave and velocity to begin with.
    pub(crate) fn hands(&self) -> (i8, u8) {
        self.hands
    }

    /// Looks at how it is now, and writes what has changed a while ago.
    ///
    /// # Errors
    /// Why it could not be written, once: nothing is kept from then on.
    pub(crate) fn look(
        &mut self,
        seen: &Snapshot,
        hands: (i8, u8),
        now: Instant,
    ) -> Result<(), String> {
        self.now = flat(seen, hands);
        let Some(base) = &self.base else {
            // What was asked for on the command line is as it was at first, and not kept.
            self.base = Some(self.now.clone());
            return Ok(());
        };
        if *base == self.now {
            self.changed_at = None;
            return Ok(());
        }
        let changed_at = *self.changed_at.get_or_insert(now);
        match now.saturating_duration_since(changed_at) >= DELAY {
            true => self.write(),
            false => Ok(()),
        }
    }

    /// Writes what has changed.
    ///
    /// # Errors
    /// Why it could not be written.
    pub(crate) fn finish(mut self) -> Result<(), String> {
        self.write()
    }

    fn write(&mut self) -> Result<(), String> {
        self.changed_at = None;
        let (Some(file), Some(base)) = (&self.file, &mut self.base) else {
            return Ok(());
        };
        let changes = changes(base, &self.now);
        if changes.is_empty() {
            return Ok(());
        }
        *base = self.now.clone();
        file.change(&changes).map_err(|why| {
            self.file = None;
            format!("what is changed is not kept any more: {why}")
        })
    }
}

/// What was set to a value, or taken away.
fn changes(before: &Flat, now: &Flat) -> Vec<(String, Option<Value>)> {
    let is_news = |(path, value): &(&String, &Value)| before.get(*path) != Some(*value);
    let set = now.iter().filter(is_news);
    let set = set.map(|(path, value)| (path.clone(), Some(value.clone())));
    let gone = before.keys().filter(|path| !now.contains_key(*path));
    set.chain(gone.map(|path| (path.clone(), None))).collect()
}

fn flat(seen: &Snapshot, hands: (i8, u8)) -> Flat {
    let mut flat = Flat::new();
    if let Some(instrument) = &seen.instrument {
        flat.insert(INSTRUMENT.to_owned(), instrument.as_str().into());
    }
    if let Some(device) = &seen.audio_device_asked {
        flat.insert(AUDIO_DEVICE.to_owned(), device.as_str().into());
    }
    for (parameter, value) in seen.parameters.iter() {
        let path = format!("{PARAMETERS}{INTO}{}", parameter.info().name);
        // As short as it can be written.
        let value: f64 = value.to_string().parse().unwrap_or(f64::from(value));
        flat.insert(path, value.into());
    }
    for info in Parameter::table() {
        if let Some(controller) = seen.controllers[info.parameter as usize] {
            let path = format!("{BINDINGS}{INTO}{controller}");
            flat.insert(path, info.name.into());
        }
    }
    flat.insert(OCTAVE.to_owned(), hands.0.into());
    flat.insert(VELOCITY.to_owned(), hands.1.into());
    flat
}

#[cfg(test)]
pub(crate) mod tests;
