//! What is exchanged and set while it plays: instruments, devices, parameters.

use synth_engine::{
    ControlHandle, Event, Parameter, ParameterSetting, ParameterSettingError, Refusal,
};

use super::Session;
use crate::devices::{self, DeviceChoice, LiveDevice};
use crate::error::AppError;
use crate::parameter_option;
use crate::play::ensemble::Ensemble;
use crate::play::logbook::{Handed, Logbook};
use crate::play::polyphony_kept;
use crate::shelf::Shelved;

impl Session<'_> {
    pub(super) fn set(&mut self, setting: &str) -> Result<(), String> {
        let setting: Result<ParameterSetting, _> = setting.parse();
        let setting = setting.map_err(|error: ParameterSettingError| format!("set: {error}"))?;
        let ParameterSetting { parameter, value } = setting;
        let most = self.most_polyphony;
        if parameter == Parameter::Polyphony && value > most as f32 {
            return Err(match most < self.parts.config.most_polyphony {
                true => format!("set: {}", polyphony_kept(most)),
                false => format!(
                    "set: {most} voices are the most that this engine was made for; start it with \
                     --polyphony {value}"
                ),
            });
        }
        if parameter == Parameter::Polyphony {
            self.wanted_polyphony = value;
        }
        self.set_parameter(parameter, value);
        self.tell_parameter(parameter);
        Ok(())
    }

    fn set_parameter(&mut self, parameter: Parameter, value: f32) {
        self.parts.parameters.set(parameter, value);
        self.send_now(Event::Parameter { parameter, value });
    }

    pub(super) fn tell_parameter(&mut self, parameter: Parameter) {
        let value = self.parts.parameters.get(parameter);
        let line = parameter_option::line(parameter.info(), value);
        self.parts.teller.say(&line);
    }

    pub(super) fn change_instrument(&mut self, name: &str) -> Result<(), String> {
        let shelved = self.parts.ensemble.with_instrument(name);
        let shelved = shelved.map_err(|error| error.to_string())?;
        let device = self.parts.ensemble.device();
        hand_over(
            &mut self.parts.control,
            &mut self.parts.logbook,
            &shelved,
            device,
        )?;
        self.parts.ensemble.set_instruments(shelved);
        let described = self.parts.ensemble.described();
        self.parts.teller.say(&format!("instrument: {described}"));
        Ok(())
    }

    pub(super) fn change_device(&mut self, choice: DeviceChoice) -> Result<(), String> {
        let told = |error: AppError| error.to_string();
        let device = devices::live_device(choice).map_err(told)?;
        let parts = &mut self.parts;
        let shelved = parts.ensemble.shelved();
        let buffer = parts.buffer;
        let carried = Ensemble::carried(shelved, &device, &parts.config, buffer).map_err(told)?;
        hand_over(&mut parts.control, &mut parts.logbook, shelved, &device)?;
        parts.ensemble.set_device(device);
        let described = parts.ensemble.device().described;
        parts.teller.say(&format!("device: {described}"));
        self.keep_polyphony_to(carried);
        Ok(())
    }

    /// The polyphony that is wanted, as far as the processor carries it where that counts.
    pub(super) fn keep_polyphony_to(&mut self, carried: Option<usize>) {
        let most = self.parts.config.most_polyphony;
        self.most_polyphony = carried.map_or(most, |carried| carried.min(most));
        let voices = self.wanted_polyphony.min(self.most_polyphony as f32);
        if voices < self.wanted_polyphony {
            self.parts.teller.say(&polyphony_kept(self.most_polyphony));
        }
        if self.parts.parameters.get(Parameter::Polyphony) != voices {
            self.set_parameter(Parameter::Polyphony, voices);
        }
    }
}

/// Hands instruments over, or the same ones on another device.
fn hand_over(
    control: &mut ControlHandle,
    logbook: &mut Option<Logbook<'_>>,
    shelved: &[Shelved],
    device: &LiveDevice,
) -> Result<(), String> {
    let told = |error: AppError| error.to_string();
    let (loaded, programs) = Ensemble::load(shelved, device).map_err(told)?;
    let logged = match logbook {
        None => Vec::new(),
        Some(_) => Ensemble::for_log(shelved).map_err(told)?,
    };
    let prepared = control.prepare(loaded, programs);
    let prepared = prepared.map_err(|error| error.to_string())?;
    let change = control.change_instruments(prepared);
    let change = change.map_err(|refusal: Refusal| refusal.to_string())?;
    if let Some(log) = logbook {
        let handed = Handed {
            instruments: logged,
            device: device.device.name().to_owned(),
        };
        log.remember(change, handed);
    }
    Ok(())
}
