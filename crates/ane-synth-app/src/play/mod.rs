//! `ane-synth play`: the realtime engine, played by MIDI and by an interface on the terminal or lines of text.

mod arguments;
mod audit;
mod command;
mod console;
pub(crate) mod controller_map;
mod ensemble;
mod heavy_blocks;
mod kept_files;
pub(crate) mod keys;
mod keys_down;
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
pub(crate) mod tap;
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
use crate::tui::{self, Keeper, Kept, Waiting};
use ensemble::{Ensemble, Ready, thread_time};
use live::Live;
use live_callback::LiveCallback;
use logbook::Logbook;
use midi_intake::MidiIntake;
use output::Output;
use preparer::Preparer;
use recorder::Recorder;
use session::{Player, Session};
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
pub(crate) fn play(asked: &PlayArguments) -> Result<(), AppError> {
    synth_io::keep_heap_small();
    kept_files::check_files(asked)?;
    let interrupt = Interrupt::watch_with(INTERRUPT_PATIENCE);
    let Beginning {
        mut arguments,
        kept,
        interface,
        mut teller,
    } = Beginning::of(asked);
    let mut ensemble = match Ensemble::new(&arguments.instrument, arguments.device) {
        // What was kept may be gone since.
        Err(error) if arguments.instrument != asked.instrument => {
            teller.complain(&error.to_string());
            arguments.instrument.clone_from(&asked.instrument);
            Ensemble::new(&arguments.instrument, arguments.device)?
        }
        ensemble => ensemble?,
    };
    let target = match Target::open(&arguments) {
        Err(error) if arguments.audio_device != asked.audio_device => {
            teller.complain(&error.to_string());
            arguments.audio_device.clone_from(&asked.audio_device);
            Target::open(&arguments)?
        }
        target => target?,
    };
    let arguments = &arguments;
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
    intake
        .controllers()
        .keep_polyphony_to(config.most_polyphony);
    for &(controller, parameter) in &kept.controllers {
        intake.controllers().bind(controller, parameter);
    }
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
    for line in target.lines(arguments, interface.is_none()) {
        teller.say(&line);
    }
    let (writer, tap) = match interface {
        None => (None, None),
        Some(interface) => {
            let (writer, tap) = tap::tap();
            (Some(writer), Some((interface, tap)))
        }
    };
    let (callback, samples) = LiveCallback::new(processor, publisher, recorder.is_some(), writer);
    let output = target.start(callback, config.sample_rate_hz, buffer)?;
    let player = match tap {
        None => Player::Lines(console::listen().map_err(no_thread)?),
        Some((interface, tap)) => {
            let shelved = ensemble.shelved().iter();
            let played: Vec<_> = shelved.map(|shelved| shelved.named.clone()).collect();
            Player::Interface(interface.show(tap, &played)?)
        }
    };
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
        player,
        interrupt,
    });
    session.run()
}

/// What is settled before anything else.
struct Beginning {
    /// As they were given, and what was kept where nothing was.
    arguments: PlayArguments,
    kept: Kept,
    /// `None` where it is played by lines.
    interface: Option<Waiting>,
    teller: Teller,
}

impl Beginning {
    fn of(asked: &PlayArguments) -> Self {
        let by_lines = |teller| Self {
            arguments: asked.clone(),
            kept: Kept::default(),
            interface: None,
            teller,
        };
        // An object of JSON is for a program, which wants lines.
        if asked.plain || asked.json || !tui::is_possible() {
            return by_lines(Teller::new(asked.json));
        }
        let (kept, keeper, told) = Keeper::open();
        let mut interface = Waiting::new(keeper);
        let Some(lines) = interface.take_lines() else {
            return by_lines(Teller::new(asked.json));
        };
        let mut teller = Teller::for_interface(lines);
        for line in told {
            teller.complain(&line);
        }
        let mut arguments = asked.clone();
        arguments.take_kept(&kept);
        Self {
            arguments,
            kept,
            interface: Some(interface),
            teller,
        }
    }
}

/// What is asked for to play on the device of this name, or on the default; `None` to play to nobody.
fn request_for(device: Option<&str>, arguments: &PlayArguments) -> Option<OutputRequest> {
    (device != Some(NULL)).then(|| OutputRequest {
        device: device.map(str::to_owned),
        buffer: Some(arguments.buffer.unwrap_or(USUAL_BUFFER).into()),
        sample_rate_hz: arguments.sample_rate,
    })
}

/// What is played on.
enum Target {
    Null,
    Card(Box<ReadyOutput>, OutputRequest),
}

impl Target {
    fn open(arguments: &PlayArguments) -> Result<Self, AppError> {
        let Some(request) = request_for(arguments.audio_device.as_deref(), arguments) else {
            return Ok(Self::Null);
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

    /// What there is to tell of it; with what helps whom plays `by_lines`.
    fn lines(&self, arguments: &PlayArguments, by_lines: bool) -> Vec<String> {
        match self {
            Self::Null => {
                let help = if by_lines {
                    "; type help for what there is"
                } else {
                    ""
                };
                vec![format!("audio device: null (nobody hears it){help}")]
            }
            Self::Card(ready, _) => {
                let mut lines = device_lines(ready.format(), arguments);
                if arguments.verbose {
                    lines.extend(ready.chatter().lines().map(str::to_owned));
                }
                if by_lines {
                    lines.push("type help for what there is".to_owned());
                }
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
