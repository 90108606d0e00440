//! What is exchanged and set while it plays: instruments, devices, parameters.

use synth_engine::{
    ControlHandle, Event, LoadedInstrument, Parameter, ParameterSetting, ParameterSettingError,
    ProgramMap, Refusal,
};

use super::{Command, Session};
use crate::devices::{self, DeviceChoice, LiveDevice};
use crate::error::AppError;
use crate::oscillator_option;
use crate::parameter_option;
use crate::play::ensemble::{self, Ensemble, Order, Ready};
use crate::play::logbook::{Handed, Logbook};
use crate::play::polyphony_kept;
use crate::play::preparer::Coming;
use crate::shelf::Shelved;

impl Session<'_> {
    pub(super) fn set(&mut self, setting: &str) -> Result<(), String> {
        if setting
            .split('=')
            .next()
            .is_some_and(oscillator_option::is_meant)
        {
            return Err(format!(
                "set: the {0} are chosen when the engine is made; start with --set {0}=NAME",
                oscillator_option::NAME
            ));
        }
        let setting: Result<ParameterSetting, ParameterSettingError> = setting.parse();
        let setting =
            setting.map_err(|error| format!("set: {}", parameter_option::told(&error)))?;
        let ParameterSetting { parameter, value } = setting;
        self.set_to(parameter, value)?;
        self.tell_parameter(parameter);
        Ok(())
    }

    /// Sets a parameter as far as this engine can.
    pub(super) fn set_to(&mut self, parameter: Parameter, value: f32) -> Result<(), String> {
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

    pub(super) fn tell_oscillators(&mut self) {
        let line = oscillator_option::line(self.parts.config.oscillators);
        self.parts.teller.say(&line);
    }

    /// Another instrument in the place of all, or all built-in ones.
    pub(super) fn change_instrument(&mut self, name: Option<&str>) -> Result<(), String> {
        let shelved = self.parts.ensemble.with_instrument(name);
        let shelved = shelved.map_err(|error| error.to_string())?;
        let order = self.order();
        self.begin(What::Instruments, self.line, Order { shelved, ..order });
        Ok(())
    }

    pub(super) fn change_device(&mut self, choice: DeviceChoice) -> Result<(), String> {
        let device = devices::live_device(choice).map_err(|error| error.to_string())?;
        let order = self.order();
        self.begin(What::Device, self.line, Order { device, ..order });
        Ok(())
    }

    fn order(&self) -> Order {
        let parts = &self.parts;
        parts.ensemble.order(&parts.config, parts.buffer)
    }

    fn begin(&mut self, what: What, line: u64, order: Order) {
        self.preparing = Some(Preparing {
            line,
            what,
            described: ensemble::described(&order.shelved),
            rate_hz: self.parts.config.sample_rate_hz,
            coming: self.parts.preparer.begin(order),
        });
    }

    /// Whether a line has to wait until a change is prepared. What stands in a file or comes out of a pipe
    /// is meant in its order; what somebody types is meant now, unless it is another change.
    pub(super) fn waits_for_change(&self, command: &Command) -> bool {
        let is_change = matches!(
            command,
            Command::Instrument(_) | Command::Device(_) | Command::Rate(_)
        );
        self.preparing.is_some() && (is_change || !self.typed)
    }

    /// Hands over what has been prepared.
    pub(super) fn take_prepared(&mut self) {
        // Another sample rate is another engine, which the instruments must be made to fit.
        if self.rate_change.is_some() {
            return;
        }
        let Some(ready) = self.preparing.as_mut().and_then(|p| p.coming.take()) else {
            return;
        };
        let Some(preparing) = self.preparing.take() else {
            return;
        };
        let line = preparing.line;
        if let Err(what) = self.hand_over_prepared(preparing, ready) {
            self.complain_of(line, &what);
        }
        self.look();
    }

    fn hand_over_prepared(
        &mut self,
        preparing: Preparing,
        ready: Result<Ready, AppError>,
    ) -> Result<(), String> {
        let Preparing {
            line,
            what,
            rate_hz,
            ..
        } = preparing;
        let Ready {
            shelved,
            device,
            loaded,
            programs,
            carried,
        } = ready.map_err(|error| error.to_string())?;
        if rate_hz != self.parts.config.sample_rate_hz {
            // What the processor carries was measured at another rate.
            let order = Order {
                shelved,
                device,
                ..self.order()
            };
            self.begin(what, line, order);
            return Ok(());
        }
        let parts = &mut self.parts;
        hand_over(
            &mut parts.control,
            &mut parts.logbook,
            &shelved,
            &device,
            (loaded, programs),
        )?;
        if what == What::Instruments {
            parts.ensemble.set_instruments(shelved);
            let described = parts.ensemble.described();
            parts.teller.say(&format!("instrument: {described}"));
        }
        if self.play_on(device, what == What::Device) {
            self.keep_polyphony_to(carried);
        }
        Ok(())
    }

    /// This is the device from now on, which is told if it was asked for or is another one: whether it is.
    pub(super) fn play_on(&mut self, device: LiveDevice, was_asked: bool) -> bool {
        let parts = &mut self.parts;
        let is_another = device.device.name() != parts.ensemble.device().device.name();
        let is_told = was_asked || is_another;
        if is_told {
            for line in device.lines(parts.arguments.verbose) {
                parts.teller.say(&line);
            }
        }
        parts.ensemble.set_device(device);
        is_told
    }

    /// The polyphony that is wanted, as far as the processor carries it where that counts.
    pub(super) fn keep_polyphony_to(&mut self, carried: Option<usize>) {
        let most = self.parts.config.most_polyphony;
        self.most_polyphony = carried.map_or(most, |carried| carried.min(most));
        let intake = &self.parts.live.intake;
        intake.controllers().keep_polyphony_to(self.most_polyphony);
        let voices = self.wanted_polyphony.min(self.most_polyphony as f32);
        if voices < self.wanted_polyphony {
            self.parts.teller.say(&polyphony_kept(self.most_polyphony));
        }
        if self.parts.parameters.get(Parameter::Polyphony) != voices {
            self.set_parameter(Parameter::Polyphony, voices);
        }
    }
}

/// A change that is being prepared on another thread, while the old instruments play on.
pub(super) struct Preparing {
    /// The line that asked for it.
    line: u64,
    what: What,
    /// The instruments, for people.
    described: String,
    /// The rate that it is prepared for.
    rate_hz: u32,
    coming: Coming,
}

impl Preparing {
    /// The instruments that are coming, if it is others.
    pub(super) fn instruments(&self) -> Option<&str> {
        (self.what == What::Instruments).then_some(&*self.described)
    }
}

/// What is changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum What {
    Instruments,
    Device,
}

/// Hands instruments over, or the same ones on another device.
fn hand_over(
    control: &mut ControlHandle,
    logbook: &mut Option<Logbook<'_>>,
    shelved: &[Shelved],
    device: &LiveDevice,
    (loaded, programs): (Vec<LoadedInstrument>, ProgramMap),
) -> Result<(), String> {
    let logged = match logbook {
        None => Vec::new(),
        Some(_) => Ensemble::for_log(shelved).map_err(|error| error.to_string())?,
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
