//! `ane-synth play`: the realtime engine, played by lines of text and by MIDI.

mod arguments;
mod audit;
mod command;
mod console;
mod ensemble;
mod heavy_blocks;
mod kept_files;
mod keys;
mod live;
mod live_callback;
mod logbook;
mod meter;
mod midi_intake;
mod output;
mod pacer;
mod preparer;
mod recorder;
mod session;
mod summary;
mod teller;
mod timeline;

pub(crate) use arguments::PlayArguments;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use synth_engine::{
    Capacity, LimiterMode, ParameterValues, Renderer, RendererConfig, SAMPLE_RATES_HZ, realtime,
};
use synth_io::audio_device::{self, Difference, OutputFormat, OutputRequest, ReadyOutput};
use synth_io::event_log::{LogHeader, LogRoom};
use synth_io::midi_input::{ArrivalMapper, Choice, Latency, MidiInputs, MidiSystem, audio_clock};

use crate::devices;
use crate::error::AppError;
use crate::interrupt::Interrupt;
use crate::oscillator_option;
use crate::parameter_option;
use ensemble::{Ensemble, Ready, thread_time};
use live::Live;
use live_callback::LiveCallback;
use logbook::Logbook;
use midi_intake::MidiIntake;
use output::Output;
use preparer::Preparer;
use recorder::Recorder;
use session::Session;
use teller::Teller;

/// The audio device that plays to nobody.
const NULL: &str = "null";
/// What this program is called by other programs' patch bays.
const CLIENT: &str = "ane-synth";
/// Where nobody is played to.
const NULL_RATE_HZ: u32 = 44_100;
const NULL_BUFFER: usize = 256;
/// What devices are asked for where nobody asks for more or less: soon enough to play by, long enough
/// for an ordinary computer. (ALSA's own defaults are anything from 1 to some seconds.) JACK servers have
/// their own.
const USUAL_BUFFER: u16 = 512;
/// Events that may be under way, and reports: what comes while the console prepares an instrument.
const EVENTS: usize = 4096;
const REPORTS: usize = 16_384;
/// What has been played cannot be had again, so it gets more time to be kept than a render gets to be
/// taken away: an instrument may just be loading, then everything fades, then the disk is waited for.
const INTERRUPT_PATIENCE: Duration = Duration::from_secs(10);

/// What `ane-synth play` was asked for.
pub(crate) fn play(arguments: &PlayArguments) -> Result<(), AppError> {
    synth_io::keep_heap_small();
    kept_files::check_files(arguments)?;
    let interrupt = Interrupt::watch_with(INTERRUPT_PATIENCE);
    let mut teller = Teller::new(arguments.json);
    let mut ensemble = Ensemble::new(&arguments.instrument, arguments.device)?;
    let target = Target::open(arguments)?;
    let buffer = target.buffer(arguments);
    let mut config = RendererConfig {
        sample_rate_hz: target.rate_hz(arguments)?,
        polyphony: arguments.polyphony(),
        most_polyphony: arguments.most_polyphony(),
        seed: arguments.seed,
        threads: 1,
        limiter: LimiterMode::Instant,
        room: arguments.room(),
        oscillators: arguments.parameters.oscillators().unwrap_or_default(),
        control_rate: devices::control_rate(ensemble.device().device.name()),
        ..RendererConfig::default()
    };
    let preparer = Preparer::start().map_err(no_thread)?;
    let Ready {
        device,
        loaded,
        programs,
        carried,
        ..
    } = preparer.begin(ensemble.order(&config, buffer)).wait()?;
    ensemble.set_device(device);
    if let Some(carried) = carried {
        config.most_polyphony = config.most_polyphony.min(carried);
        config.polyphony = config.polyphony.min(carried);
    }
    let renderer = Renderer::new(config.clone(), loaded, programs);
    let mut renderer = renderer.map_err(AppError::new)?;
    parameter_option::set(&mut renderer, arguments.first_parameters());
    let mut parameters = ParameterValues::default();
    for (parameter, _) in ParameterValues::default().iter() {
        parameters.set(parameter, renderer.parameter(parameter));
    }
    let capacity = Capacity {
        events: EVENTS,
        reports: REPORTS,
        senders: 1,
    };
    let (mut control, processor) = realtime(renderer, capacity);
    let processor = processor.with_thread_clock(thread_time);

    let (publisher, clock) = audio_clock();
    let mapper = ArrivalMapper::new(clock, arguments.midi_latency.unwrap_or(Latency::Period));
    let sender = control.take_sender().ok_or_else(|| {
        AppError::new("the engine has no way for MIDI; please report this as a bug")
    })?;
    let intake = Arc::new(MidiIntake::new(sender, mapper));
    // What is refused is refused before anything is written.
    let inputs = open_inputs(arguments, &target, &intake)?;

    let shelved = ensemble.shelved().iter();
    let protected: Vec<&Path> = shelved.filter_map(|s| s.named.file.as_deref()).collect();
    let recorder = match &arguments.record {
        None => None,
        Some(path) => Some(Recorder::create(path, &protected, config.sample_rate_hz)?),
    };
    let logbook = match &arguments.event_log {
        None => None,
        Some(path) => {
            let header = header(&config, &ensemble, arguments)?;
            Some(Logbook::create(path, &protected, &header)?)
        }
    };
    teller.say(&format!(
        "{}, {} Hz, {} samples at a time ({:.1} ms), up to {} voices",
        ensemble.described(),
        config.sample_rate_hz,
        buffer,
        1e3 * buffer as f64 / f64::from(config.sample_rate_hz),
        config.polyphony,
    ));
    for line in ensemble.device().lines(arguments.verbose) {
        teller.say(&line);
    }
    if let Some(line) = oscillator_option::remark(config.oscillators) {
        teller.say(&line);
    }
    if carried.is_some_and(|carried| carried < arguments.polyphony()) {
        teller.say(&polyphony_kept(config.polyphony));
    }
    for line in target.lines(arguments) {
        teller.say(&line);
    }
    let (callback, samples) = LiveCallback::new(processor, publisher, recorder.is_some());
    let output = target.start(callback, config.sample_rate_hz, buffer)?;
    let lines = console::listen().map_err(no_thread)?;
    let session = Session::new(session::Parts {
        arguments,
        config,
        buffer,
        control,
        live: Live::new(output, intake, inputs),
        ensemble,
        preparer,
        logbook,
        parameters,
        recorder,
        samples,
        teller,
        lines,
        interrupt,
    });
    session.run()
}

/// What is played on.
enum Target {
    Null,
    Card(Box<ReadyOutput>, OutputRequest),
}

impl Target {
    fn open(arguments: &PlayArguments) -> Result<Self, AppError> {
        if arguments.audio_device.as_deref() == Some(NULL) {
            return Ok(Self::Null);
        }
        let request = OutputRequest {
            device: arguments.audio_device.clone(),
            buffer: Some(arguments.buffer.unwrap_or(USUAL_BUFFER).into()),
            sample_rate_hz: arguments.sample_rate,
        };
        let ready = audio_device::open(&request).map_err(|error| {
            AppError::new(format_args!(
                "{error}; ane-synth devices lists what there is, --audio-device null plays to nobody, \
                 and ane-synth render makes a file of a piece"
            ))
        })?;
        Ok(Self::Card(Box::new(ready), request))
    }

    fn rate_hz(&self, arguments: &PlayArguments) -> Result<u32, AppError> {
        let rate_hz = match self {
            Self::Null => arguments.sample_rate.unwrap_or(NULL_RATE_HZ),
            Self::Card(ready, _) => ready.format().sample_rate_hz,
        };
        match SAMPLE_RATES_HZ.contains(&rate_hz) {
            true => Ok(rate_hz),
            false => Err(AppError::new(format_args!(
                "the audio output plays at {rate_hz} Hz; choose one that plays at {} to {} Hz",
                SAMPLE_RATES_HZ.start(),
                SAMPLE_RATES_HZ.end()
            ))),
        }
    }

    fn buffer(&self, arguments: &PlayArguments) -> usize {
        let asked = arguments.buffer.map(usize::from);
        match self {
            Self::Null => asked.unwrap_or(NULL_BUFFER),
            Self::Card(ready, _) => match ready.format().buffer {
                Some(buffer) => buffer as usize,
                None => asked.unwrap_or(USUAL_BUFFER.into()),
            },
        }
    }

    fn lines(&self, arguments: &PlayArguments) -> Vec<String> {
        match self {
            Self::Null => {
                vec!["audio device: null (nobody hears it); type help for what there is".to_owned()]
            }
            Self::Card(ready, _) => {
                let mut lines = device_lines(ready.format(), arguments);
                if arguments.verbose {
                    lines.extend(ready.chatter().lines().map(str::to_owned));
                }
                lines.push("type help for what there is".to_owned());
                lines
            }
        }
    }

    fn start(
        self,
        callback: LiveCallback,
        rate_hz: u32,
        buffer: usize,
    ) -> Result<Output, AppError> {
        match self {
            Self::Null => Output::null(callback, rate_hz, buffer),
            Self::Card(ready, request) => Output::card(*ready, request, callback, buffer),
        }
    }
}

/// A device and what it does not do as asked, in lines.
fn device_lines(format: &OutputFormat, arguments: &PlayArguments) -> Vec<String> {
    let device = format!(
        "audio device: {} ({}), {} channels, {}",
        format.device, format.id, format.channels, format.sample_format
    );
    let was_asked = |difference: &&Difference| match difference {
        Difference::Buffer { .. } => arguments.buffer.is_some(),
        _ => arguments.sample_rate.is_some(),
    };
    let differences = format.differences.iter().filter(was_asked);
    let differences = differences.map(ToString::to_string);
    std::iter::once(device).chain(differences).collect()
}

/// Opens the MIDI ports that are asked for; none by default where nobody is played to, so that a test
/// hears nothing of its surroundings.
fn open_inputs(
    arguments: &PlayArguments,
    target: &Target,
    intake: &Arc<MidiIntake>,
) -> Result<Option<MidiInputs>, AppError> {
    let by_default = match target {
        Target::Null => Choice::None,
        Target::Card(..) => Choice::All,
    };
    let choice = arguments.midi.clone().unwrap_or(by_default);
    if choice == Choice::None {
        return Ok(None);
    }
    let system = match target {
        Target::Null => MidiSystem::preferred(),
        Target::Card(ready, _) => MidiSystem::beside(ready.format()),
    };
    let opened = MidiInputs::open(system, CLIENT, choice, intake.clone());
    opened.map(Some).map_err(|error| {
        AppError::new(format_args!(
            "{error}; ane-synth devices lists what there is"
        ))
    })
}

fn polyphony_kept(voices: usize) -> String {
    format!(
        "the polyphony is kept to {voices} voices, which the processor carries alone if the device \
         fails"
    )
}

fn no_thread(error: std::io::Error) -> AppError {
    AppError::new(format_args!(
        "no thread could be started ({error}); end some programs"
    ))
}

fn header(
    config: &RendererConfig,
    ensemble: &Ensemble,
    arguments: &PlayArguments,
) -> Result<LogHeader, AppError> {
    Ok(LogHeader {
        program: concat!("ane-synth ", env!("CARGO_PKG_VERSION")).to_owned(),
        sample_rate_hz: config.sample_rate_hz,
        channels: 2,
        seed: config.seed,
        polyphony: config.polyphony,
        most_polyphony: config.most_polyphony,
        room: LogRoom {
            size: config.room.size,
            amount: config.room.amount,
        },
        device: ensemble.device().device.name().to_owned(),
        instruments: Ensemble::for_log(ensemble.shelved())?,
        parameters: arguments.first_parameters().collect(),
        oscillators: oscillator_option::for_log(config.oscillators),
    })
}
