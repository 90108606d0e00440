//! What all pieces of a command are rendered with.

use std::collections::BTreeSet;
use std::time::Duration;

use mil_runtime::Device;
use synth_engine::{LimiterMode, LoadedInstrument, ProgramMap, Renderer, RendererConfig};
use synth_model::Predictor;

use crate::devices;
use crate::error::AppError;
use crate::instruments::{self, Choice, NamedInstrument};
use crate::parameter_option;
use crate::render_arguments::RenderOptions;

/// What is refused.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// The longest piece.
    pub(crate) longest: Duration,
    /// Whether every warning about a file is an error.
    pub(crate) strict: bool,
}

/// Options and instruments, shared by all threads.
pub(crate) struct Studio<'a> {
    pub(crate) options: &'a RenderOptions,
    pub(crate) limits: Limits,
    pub(crate) instruments: Vec<NamedInstrument>,
    programs: ProgramMap,
}

impl<'a> Studio<'a> {
    /// Finds the instruments and refuses what no piece can be rendered with.
    pub(crate) fn new(options: &'a RenderOptions, limits: Limits) -> Result<Self, AppError> {
        options.time_range().check().map_err(AppError::new)?;
        devices::device(options.device)?;
        let Choice {
            instruments,
            programs,
        } = instruments::choose(&options.instrument)?;
        Ok(Self {
            options,
            limits,
            instruments,
            programs,
        })
    }

    /// A renderer without a limiter, and the name of the device that it runs on.
    pub(crate) fn renderer(&self, threads: usize) -> Result<(Renderer, &'static str), AppError> {
        let options = self.options;
        let device = devices::device(options.device)?;
        let config = RendererConfig {
            sample_rate_hz: options.sample_rate,
            polyphony: usize::from(options.polyphony()),
            seed: options.seed,
            steady: options.steady,
            threads,
            limiter: LimiterMode::Off,
            silent_channels: options.silenced().bits(),
            stems: options.stems,
            room: options.room(),
            oscillators: options.parameters.oscillators().unwrap_or_default(),
            control_rate: devices::control_rate(device.name()),
            ..RendererConfig::default()
        };
        let loaded = load(&self.instruments, &*device, threads)?;
        let mut renderer =
            Renderer::new(config, loaded, self.programs.clone()).map_err(AppError::new)?;
        parameter_option::set(&mut renderer, options.parameters.beyond_the_config());
        Ok((renderer, device.name()))
    }

    /// The names of the instruments that play `programs`, each with its bank.
    pub(crate) fn labels(&self, programs: &BTreeSet<(u16, u8)>) -> Vec<String> {
        let mut plays = vec![false; self.instruments.len()];
        for &(bank, program) in programs {
            plays[self.programs.instrument(bank, program)] = true;
        }
        let played = self.instruments.iter().zip(plays);
        let played = played.filter(|(_, plays)| *plays);
        played.map(|(instrument, _)| instrument.label()).collect()
    }
}

fn load(
    instruments: &[NamedInstrument],
    device: &dyn Device,
    threads: usize,
) -> Result<Vec<LoadedInstrument>, AppError> {
    let columns = Renderer::columns_per_call();
    instruments
        .iter()
        .map(|NamedInstrument { id, instrument, .. }| {
            let predictors = (0..threads)
                .map(|_| Predictor::new(device, instrument, columns))
                .collect::<Result<Vec<_>, _>>()
                .map_err(|error| {
                    let device = device.name();
                    let what = format!("cannot run on device {device}: {error}");
                    AppError::about_name(id, what)
                })?;
            Ok(LoadedInstrument {
                instrument: instrument.clone(),
                predictors,
                ahead: None,
            })
        })
        .collect()
}
